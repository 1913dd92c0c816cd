"""Single values of the TeamsWork wire, both ways: words, people, dates, tags, custom fields.

`read_…` turns theirs into ours, `write_…` ours into theirs. `timezone` is whole hours east of UTC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed_zone
from typing import Any

from integrations.connector import CustomMap, Fields, Maps, RemotePerson, Vocabulary

STATUS_SHOWN = {
    "new": "Open",
    "open": "Open",
    "started": "Started",
    "waiting": "Started",
    "resolved": "Resolved",
    "closed": "Closed",
}
# `Open` cannot be asked for: who goes back to it reopens.
STATUS_ASKED = STATUS_SHOWN | {"new": "Reopened", "open": "Reopened"}
PRIORITY_WRITTEN = {"low": "Low", "normal": "Medium", "high": "Important", "urgent": "Urgent"}
PRIORITY_READ = {word.casefold(): ours for ours, word in PRIORITY_WRITTEN.items()}
STATUS = Vocabulary(
    out=STATUS_SHOWN,
    back={
        "Open": "open",
        "Reopened": "open",
        "Started": "started",
        "In Progress": "started",
        "Resolved": "resolved",
        "Closed": "closed",
    },
)
PRIORITY = Vocabulary(
    out=PRIORITY_WRITTEN, back={word: ours for ours, word in PRIORITY_WRITTEN.items()}
)
RESOLUTION_WRITTEN = {
    "": None,
    "fixed": "fixed",
    "cannot_resolve": "cannotResolve",
    "cancelled": "cancelled",
}
RESOLUTION_READ = {(word or "").casefold(): ours for ours, word in RESOLUTION_WRITTEN.items()}
DONE = ("resolved", "closed")

# Their custom-field types: which kinds of ours they can hold, the best fit first.
KINDS_OF_TYPE = {
    "text": ("text", "url", "number", "email", "textarea"),
    "textarea": ("textarea", "text", "url", "number"),
    "date": ("date",),
    "toggle": ("toggle",),
    "list": ("choice", "choices"),
    "peoplepicker": ("people",),
    "emailpicker": ("email",),
}
TYPE_OF_KIND = {
    "text": "text",
    "textarea": "textarea",
    "number": "text",
    "date": "date",
    "toggle": "toggle",
    "choice": "list",
    "choices": "list",
    "people": "peoplepicker",
    "email": "emailpicker",
    "url": "text",
}


class WireError(ValueError):
    """A body or parameter that cannot be understood; the text names the member at fault."""


def folded(word: Any) -> str:
    """A word without its case and spaces: `' Closed'`, `In Progress` and `InProgress` are one."""
    return re.sub(r"[\s_]+", "", str(word or "")).casefold()


STATUS_READ = {folded(word): ours for word, ours in STATUS.back.items()}


def read_status(word: Any, *, now: str = "", known: Mapping[str, str] | None = None) -> str | None:
    """Our status of a word of theirs; None if it is unknown.

    `now`: our present status, kept if TeamsWork shows it by the same word (waiting as Started).
    `known`: what a connection says about the states of its own workflow.
    """
    for theirs, ours in (known or {}).items():
        if folded(theirs) == folded(word):
            return ours
    found = STATUS_READ.get(folded(word))
    if now and found and STATUS_READ[folded(STATUS_SHOWN[now])] == found:
        return now
    return found


def status_of(word: Any, maps: Maps) -> str | None:
    """Our status of a word of theirs: as a person mapped it, else by the table; None: unknown."""
    found = read_status(word, known=maps.get("status"))
    if found:
        return found
    sent = {theirs: ours for ours, theirs in maps.get("status_out", {}).items()}
    return read_status(word, known=sent)


def shown_status(status: str, maps: Maps) -> str:
    return maps.get("status_out", {}).get(status) or STATUS_SHOWN[status]


def asked_status(status: str, maps: Maps) -> str:
    return maps.get("status_out", {}).get(status) or STATUS_ASKED[status]


def priority_of(word: Any, maps: Maps) -> str | None:
    """Our priority of a word of theirs, as `status_of`."""
    sent = {theirs: ours for ours, theirs in maps.get("priority_out", {}).items()}
    for known in (maps.get("priority", {}), PRIORITY.back, sent):
        for theirs, ours in known.items():
            if folded(theirs) == folded(word):
                return ours
    return None


def written_priority(priority: str, maps: Maps) -> str:
    return maps.get("priority_out", {}).get(priority) or PRIORITY_WRITTEN[priority]


def read_person(user: Any) -> RemotePerson | None:
    """A user object, or the bare name or address that some answers have in its place."""
    if isinstance(user, Mapping):
        found = {name: str(user.get(name) or "").strip() for name in ("id", "name", "email")}
        return RemotePerson(**found) if any(found.values()) else None
    if isinstance(user, str) and user.strip():
        word = user.strip()
        return RemotePerson(name=word, email=word if "@" in word else "")
    return None


def read_actor(body: Any) -> RemotePerson:
    """The `user` of a body: who acts. Multipart bodies have it as JSON text."""
    user = body.get("user") if isinstance(body, Mapping) else None
    if isinstance(user, str):
        try:
            user = json.loads(user)
        except ValueError as error:
            raise WireError("user: an object is required.") from error
    person = read_person(user) if isinstance(user, Mapping) else None
    if person is None:
        raise WireError("user: an object with id, name and email is required.")
    return person


def write_person(
    person: Mapping[str, str] | RemotePerson | None,
    *,
    people: Mapping[str, str] | None = None,
    otherwise: Mapping[str, str] | None = None,
) -> dict[str, str] | None:
    """A user with all three members filled, as the service demands.

    `people`: ids there by e-mail. `otherwise`: who stands in for missing parts.
    """
    if isinstance(person, RemotePerson):
        person = person.as_field()
    person = {part: str(value or "").strip() for part, value in (person or {}).items()}
    if not any(person.get(part) for part in ("id", "name", "email")):
        return dict(otherwise) if otherwise else None
    email = person.get("email") or (otherwise or {}).get("email") or person.get("name") or ""
    known = (people or {}).get(email.casefold())
    return {
        "id": known or person.get("id") or email,
        "name": person.get("name") or email,
        "email": email,
    }


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


def read_due(value: Any, timezone: int = 0) -> str | None:
    """Our due time of a date (midnight in the caller's offset) or of a time."""
    if not isinstance(value, str):
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        value = f"{value.strip()}T00:00:00{_offset(timezone)}"
    moment = read_moment(value)
    return moment.isoformat() if moment else None


def write_day(value: Any, timezone: int = 0) -> str | None:
    """The day, `YYYY-MM-DD`, on which a date or time falls in the caller's offset."""
    if not isinstance(value, str) or not value.strip():
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        return value.strip()
    moment = read_moment(value)
    if moment is None:
        return None
    try:
        return moment.astimezone(fixed_zone(timedelta(hours=timezone))).date().isoformat()
    except OverflowError:
        return None


def read_tags(tags: Any) -> list[str]:
    """Tag texts, from plain strings (as served live) or objects (as written)."""
    texts = []
    for tag in tags if isinstance(tags, list) else []:
        text = tag.get("text") if isinstance(tag, Mapping) else tag
        if isinstance(text, str) and text.strip():
            texts.append(text.strip())
    return list(dict.fromkeys(texts))


def write_tags(tags: list[str], maps: Maps) -> list[dict[str, str]]:
    """Tags as written: with the category that holds them, where one is known."""
    categories = {name.casefold(): found for name, found in maps.get("tags", {}).items()}
    written = []
    for text in tags:
        category = categories.get(text.casefold()) or maps.get("tag_category")
        written.append({"tagCategoryId": category, "text": text} if category else {"text": text})
    return written


def read_type(value: Any) -> str:
    """The key of a custom field's type: `{"key": "1_text"}`, `1_text` and `text` are one."""
    key = value.get("key") if isinstance(value, Mapping) else value
    return re.sub(r"^\d+_", "", str(key or "")).casefold()


def write_custom(value: Any, field: CustomMap, maps: Maps, timezone: int = 0) -> Any:
    """A value as `Ticket.custom` stores it, in the form of their field; None clears."""
    if value in (None, "", []):
        return None
    kind, options = field.get("type", "text"), field.get("options", {})
    if kind == "toggle":
        return value is True
    if kind == "date":
        return write_day(str(value), timezone)
    if kind == "list":
        return [options.get(str(choice), str(choice)) for choice in _listed(value)]
    if kind in ("peoplepicker", "emailpicker"):
        people = [read_person(person) for person in _listed(value)]
        return [write_person(person, people=maps.get("people")) for person in people if person]
    return ", ".join(options.get(_text(part), _text(part)) for part in _listed(value))


def read_custom(value: Any, field: CustomMap, timezone: int = 0) -> Any:
    """A value of their field as `Ticket.custom` stores it; None if empty."""
    if value in (None, "", []):
        return None
    kind = field.get("kind", "text")
    ours_of = {theirs: ours for ours, theirs in field.get("options", {}).items()}
    if kind == "toggle":
        return value is True or folded(value) == "true"
    if kind == "date":
        return write_day(value, timezone)
    if kind in ("choice", "choices"):
        chosen = [ours_of.get(str(choice), str(choice)) for choice in _listed(value)]
        return chosen if kind == "choices" else chosen[0]
    if kind == "people":
        people = [read_person(person) for person in _listed(value)]
        return [person.as_field() for person in people if person] or None
    if kind == "email":
        people = [person for person in map(read_person, _listed(value)) if person]
        return (people[0].email or people[0].name) if people else None
    if kind == "number":
        return _number(value)
    return ", ".join(_text(part) for part in _listed(value))


def read_customs(values: Any, maps: Maps, timezone: int = 0) -> tuple[Fields, Fields]:
    """All mapped custom fields by our key: in our words, and as read."""
    said = values if isinstance(values, Mapping) else {}
    ours: Fields = {}
    theirs: Fields = {}
    for key, field in maps.get("custom", {}).items():
        raw = said.get(field["id"])
        read = read_custom(raw, field, timezone)
        if read is not None:
            ours[key], theirs[key] = read, raw
    return ours, theirs


def write_customs(values: Mapping[str, Any], maps: Maps, timezone: int = 0) -> dict[str, Any]:
    """The mapped ones among some custom fields, by the id of theirs."""
    mapped = maps.get("custom", {})
    return {
        mapped[key]["id"]: write_custom(value, mapped[key], maps, timezone)
        for key, value in values.items()
        if key in mapped
    }


def list_of(value: Any) -> list:
    """A list, or nothing in place of what is none."""
    return value if isinstance(value, list) else []


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("email") or value.get("name") or value.get("text") or "")
    return str(value)


def _number(value: Any) -> Any:
    """A number where it is one; other text is left for the field's own check to refuse."""
    if isinstance(value, (int, float)):
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        try:
            return float(value)
        except (TypeError, ValueError):
            return value


def _offset(hours: int) -> str:
    return f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
