"""Custom fields on the Apideck wire: out by `pass_through`, in by `custom_mappings`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from integrations.connector import CustomMap, Fields, Maps
from integrations.services.apideck.words import WireError, folded, read_moment

KEY_PATH = re.compile(r"\$\.([\w-]+)|\$\['([^']+)'\]")
SIMPLE = (str, int, float, bool, type(None))


def write_custom(value: Any, field: CustomMap) -> Any:
    """A value as `Ticket.custom` stores it, in their words; None clears."""
    if value in (None, "", []):
        return None
    kind, options = field.get("kind", "text"), field.get("options", {})
    if kind == "toggle":
        return value is True
    if kind == "people":
        return [_person_word(person) for person in _listed(value)]
    if kind == "choices":
        return [options.get(str(choice), str(choice)) for choice in _listed(value)]
    if kind == "choice":
        return options.get(str(value), str(value))
    return value


def read_custom(value: Any, field: CustomMap) -> Any:
    """A value of theirs as `Ticket.custom` stores it; None if empty."""
    if value in (None, "", [], {}):
        return None
    kind = field.get("kind", "text")
    if kind == "toggle":
        return value is True or folded(value) in ("true", "yes", "1")
    if kind == "people":
        people = [_person(person) for person in _listed(value)]
        return [person for person in people if any(person.values())] or None
    if kind == "choices":
        return [_option(choice, field) for choice in _listed(value)]
    if kind == "choice":
        return _option(_listed(value)[0], field)
    if kind == "number":
        return _number(value)
    if kind == "date":
        moment = read_moment(value)
        return moment.date().isoformat() if moment else str(value)
    return _text(value)


def write_customs(values: Mapping[str, Any] | None, maps: Maps) -> dict[str, Any]:
    """The mapped ones among some custom fields, by the name of theirs."""
    mapped = maps.get("custom", {})
    return {
        mapped[key]["id"]: write_custom(value, mapped[key])
        for key, value in (values or {}).items()
        if key in mapped
    }


def read_customs(said: Any, maps: Maps) -> tuple[Fields, Fields]:
    """All mapped custom fields that are filled, by our key: in our words, and as read."""
    said = said if isinstance(said, Mapping) else {}
    ours: Fields = {}
    theirs: Fields = {}
    for key, field in maps.get("custom", {}).items():
        raw = said.get(field["id"])
        read = read_custom(raw, field)
        if read is not None:
            ours[key], theirs[key] = read, raw
    return ours, theirs


def write_pass_through(values: Mapping[str, Any], service_id: str) -> list[dict[str, Any]]:
    return [{"service_id": service_id, "extend_object": dict(values)}]


def read_pass_through(said: Any) -> dict[str, Any]:
    """All values of a `pass_through`, by name: of objects, and of paths that name one member."""
    if said is None:
        return {}
    if not isinstance(said, list):
        raise WireError("pass_through: a list is required.")
    found: dict[str, Any] = {}
    for item in said:
        if not isinstance(item, Mapping):
            raise WireError("pass_through: a list of objects is required.")
        extend = item.get("extend_object")
        if not isinstance(extend, (Mapping, type(None))):
            raise WireError("pass_through.extend_object: an object is required.")
        found |= dict(extend or {})
        paths = item.get("extend_paths")
        if not isinstance(paths, (list, type(None))):
            raise WireError("pass_through.extend_paths: a list is required.")
        for one in paths or []:
            path = KEY_PATH.fullmatch(str(one.get("path"))) if isinstance(one, Mapping) else None
            if path is not None:
                found[path[1] or path[2]] = one.get("value")
    return found


def read_written_customs(said: Mapping[str, Any], maps: Maps) -> Fields:
    """Our custom fields among the values of a body; None clears, unknown names are no business."""
    read: Fields = {}
    for key, field in maps.get("custom", {}).items():
        if field["id"] in said:
            value = said[field["id"]]
            plain = value if isinstance(value, (list, Mapping)) else [value]
            parts = plain.values() if isinstance(plain, Mapping) else plain
            if not all(isinstance(part, (*SIMPLE, Mapping)) for part in parts):
                raise WireError(f"pass_through: {field['id']} has a value of the wrong kind.")
            read[key] = read_custom(value, field)
    return read


def _option(choice: Any, field: CustomMap) -> str:
    """Our option: by its own key, by theirs, or by theirs in other letters."""
    options = field.get("options", {})
    text = _text(choice)
    if text in options:
        return text
    exact = (ours for ours, theirs in options.items() if theirs == text)
    loose = (ours for ours, theirs in options.items() if folded(theirs) == folded(text))
    return next(exact, None) or next(loose, text)


def _person(person: Any) -> dict[str, str]:
    if isinstance(person, Mapping):
        return {part: str(person.get(part) or "") for part in ("id", "name", "email")}
    word = str(person or "").strip()
    return {"id": "", "name": "" if "@" in word else word, "email": word if "@" in word else ""}


def _person_word(person: Any) -> str:
    found = _person(person)
    return found["email"] or found["name"] or found["id"]


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, Mapping):
        named = (value.get(part) for part in ("name", "value", "text", "email", "id"))
        return str(next((one for one in named if one), ""))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(value: Any) -> Any:
    """A number where it is one; other text is left for the field's own check to refuse."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    text = _text(value)
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and "e" not in text.lower() else number
