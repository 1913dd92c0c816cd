"""Single values of the StackOne wire, both ways: moments, people, custom fields.

`read_…` turns theirs into ours, `write_…` ours into theirs. People are ids there: `people` maps
addresses to ids, `known` ids to people, as far as somebody asked for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.connector import CustomMap, Fields, Maps, RemotePerson
from integrations.services.stackone.words import folded, text_of

# Types of custom fields, as their values show them: which kinds of ours they hold, best first.
KINDS_OF_TYPE = {
    "text": ("text", "textarea", "url", "email", "date", "choice"),
    "number": ("number", "text"),
    "boolean": ("toggle",),
    "list": ("choices", "people"),
    "": (
        *("text", "textarea", "url", "email", "number", "date", "toggle"),
        *("choice", "choices", "people"),
    ),
}


class WireError(ValueError):
    """A body or parameter that cannot be understood; the text names the member at fault."""


# Moments -----------------------------------------------------------------------------------------


def read_moment(value: Any) -> datetime | None:
    """An instant in UTC; None for what is no date. Without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# People ------------------------------------------------------------------------------------------


def write_person(
    person: Mapping[str, str] | None, people: Mapping[str, str], *, by_address: bool = False
) -> str:
    """The id there of a person, "" where nobody is known.

    `by_address`: the other side finds people by their address too, as our own endpoint does.
    """
    if not person:
        return ""
    email = folded(person.get("email"))
    return people.get(email) or (email if by_address else "") or text_of(person.get("id"))


def person_shown(identity: str, known: Mapping[str, RemotePerson]) -> dict[str, str] | None:
    """A person as a read shows them: the id, and whatever is known of it."""
    if not identity:
        return None
    found = known.get(identity)
    if found is None:
        return {"id": identity, "name": "", "email": identity if "@" in identity else ""}
    return {"id": identity, "name": found.name, "email": found.email}


def read_user(item: Any) -> RemotePerson | None:
    """A user of theirs; None for what has no id."""
    if not isinstance(item, Mapping) or not text_of(item.get("id")):
        return None
    parts = (text_of(item.get("first_name")), text_of(item.get("last_name")))
    name = text_of(item.get("name")) or " ".join(filter(None, parts))
    email = text_of(item.get("primary_email"))
    return RemotePerson(
        id=text_of(item["id"]), name=name or text_of(item.get("username")), email=email
    )


def ids_in(values: Any) -> list[str]:
    """Ids of a list, or the one that stands in place of a list."""
    listed = values if isinstance(values, list) else [values]
    ids = [text_of(one.get("id") if isinstance(one, Mapping) else one) for one in listed]
    return [one for one in dict.fromkeys(ids) if one]


# Custom fields -----------------------------------------------------------------------------------


def write_custom(value: Any, field: CustomMap) -> Any:
    """A value as `Ticket.custom` stores it, in the form of theirs; None clears.

    Raises LookupError for an option that theirs has no counterpart for.
    """
    if value in (None, "", []):
        return None
    kind, options = field.get("kind", "text"), field.get("options", {})
    if kind == "toggle":
        return value is True
    if kind == "choice":
        return options[str(value)]
    if kind == "choices":
        return [options[str(one)] for one in _listed(value)]
    if kind == "people":
        return [address for address in map(_address, _listed(value)) if address] or None
    return value


def read_custom(value: Any, field: CustomMap) -> Any:
    """A value of theirs as `Ticket.custom` stores it; None if empty.

    Raises LookupError for an option that ours has no counterpart for.
    """
    if value in (None, "", []):
        return None
    kind = field.get("kind", "text")
    ours_of = {folded(theirs): ours for ours, theirs in field.get("options", {}).items()}
    if kind == "toggle":
        return value is True or folded(value) in ("true", "1", "yes")
    if kind == "choice":
        return ours_of[folded(_text(_listed(value)[0]))]
    if kind == "choices":
        return [ours_of[folded(_text(one))] for one in _listed(value)]
    if kind == "people":
        addresses = [_address(one) for one in _listed(value)]
        people = [{"id": "", "name": "", "email": one} for one in addresses if one]
        return people or None
    if kind == "number":
        return _number(value)
    if kind == "date":
        return _text(value)[:10]
    return ", ".join(_text(one) for one in _listed(value))


def write_customs(values: Mapping[str, Any] | None, maps: Maps) -> dict[str, Any]:
    """The mapped ones among some custom fields, by the name of theirs.

    An option without a counterpart is left out: it must clear nothing.
    """
    written = {}
    for key, value in (values or {}).items():
        field = maps.get("custom", {}).get(key)
        if field is None:
            continue
        try:
            written[field["id"]] = write_custom(value, field)
        except LookupError:
            continue
    return written


def read_customs(values: Any, maps: Maps) -> tuple[Fields, Fields]:
    """All mapped custom fields by our key: in our words, and as read.

    What we have no option for is in their half alone.
    """
    said = values if isinstance(values, Mapping) else {}
    ours: Fields = {}
    theirs: Fields = {}
    for key, field in maps.get("custom", {}).items():
        raw = said.get(field["id"])
        try:
            read = read_custom(raw, field)
        except LookupError:
            theirs[key] = raw
            continue
        if read is not None:
            ours[key], theirs[key] = read, raw
    return ours, theirs


def type_of(value: Any) -> str:
    """Which type of custom field a value speaks for, "" if it says nothing."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) and value else ""


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _address(person: Any) -> str:
    if isinstance(person, Mapping):
        return text_of(person.get("email") or person.get("id"))
    return text_of(person)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return text_of(value.get("value") or value.get("name") or value.get("id"))
    return "true" if value is True else "false" if value is False else str(value)


def _number(value: Any) -> Any:
    """A number where it is one; other text is left for the field's own check to refuse."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    for kind in (int, float):
        try:
            return kind(str(value).strip())
        except ValueError:
            continue
    return value
