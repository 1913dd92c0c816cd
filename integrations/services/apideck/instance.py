"""What a collection has to map, both ways. Apideck lists people and tags; the rest is observed.

A helpdesk says its custom fields with the collection, see `FIELDS_KEY`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.connector import (
    Instance,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTag,
)
from integrations.services.apideck import references, words
from integrations.services.apideck.wire import list_of

FIELDS_KEY = "helpdesk:fields"
TYPES_KEY = "helpdesk:types"
TEXTS = ("text", "textarea", "email", "url", "number", "date", "choice", "people")
KINDS = {
    "boolean": ("toggle",),
    "number": ("number", "text"),
    "list": ("choices", "people", "text"),
    "text": TEXTS,
    "nothing": (*TEXTS, "toggle", "choices"),
}


def read_instance(
    collection: Mapping[str, Any],
    tags: Iterable[Mapping[str, Any]],
    users: Iterable[Mapping[str, Any]],
    newest: Iterable[Mapping[str, Any]],
) -> Instance:
    """`newest`: tickets by which custom fields are known, where the collection says none."""
    said = collection.get("custom_mappings")
    said = said if isinstance(said, Mapping) else {}
    fields = [_field(one) for one in list_of(said.get(FIELDS_KEY)) if one.get("key")]
    types = said.get(TYPES_KEY)
    return Instance(
        id=str(collection.get("id") or ""),
        name=str(collection.get("name") or ""),
        people=tuple(read_people(users)),
        fields=tuple(fields or _observed(newest)),
        tags=tuple(read_tags(tags)),
        statuses=_options(words.STATUS.back),
        priorities=_options(words.PRIORITY.back),
        types=_options(map(str, types if isinstance(types, list) else ())),
    )


def read_people(users: Iterable[Mapping[str, Any]]) -> Iterable[RemotePerson]:
    for user in users:
        if user.get("id") in (None, ""):
            continue
        parts = (user.get("first_name"), user.get("last_name"))
        name = user.get("name") or " ".join(str(part) for part in parts if part)
        yield RemotePerson(
            id=str(user["id"]), name=str(name), email=str(user.get("email") or "").strip()
        )


def read_tags(tags: Iterable[Mapping[str, Any]]) -> Iterable[RemoteTag]:
    """Tags with their id, which the mapping keeps as where they belong."""
    for tag in tags:
        name = str(tag.get("name") or tag.get("id") or "").strip()
        if name and not references.out_of_tags([name])[1]:
            yield RemoteTag(text=name, category_id=str(tag.get("id") or ""))


def write_field(field: RemoteField) -> dict[str, Any]:
    return {
        "key": field.id,
        "name": field.title,
        "kind": field.type,
        "required": field.required,
        "options": [option.text for option in field.options],
    }


def _field(said: Mapping[str, Any]) -> RemoteField:
    kind = str(said.get("kind") or "text")
    options = said.get("options")
    kinds = {"choice": ("choice", "text"), "choices": ("choices",)}.get(kind, (kind,))
    return RemoteField(
        id=str(said["key"]),
        title=str(said.get("name") or said["key"]),
        type=kind,
        multiple=kind in ("choices", "people"),
        required=said.get("required") is True,
        options=_options(map(str, options if isinstance(options, list) else ())),
        kinds=kinds,
    )


def _observed(tickets: Iterable[Mapping[str, Any]]) -> list[RemoteField]:
    """The custom fields that tickets have, of which nobody says more than a value."""
    seen: dict[str, str] = {}
    for ticket in tickets:
        said = ticket.get("custom_mappings")
        for name, value in said.items() if isinstance(said, Mapping) else ():
            if not name.startswith(references.PREFIX) and seen.get(name, "nothing") == "nothing":
                seen[name] = _shape(value)
    return [
        RemoteField(id=name, title=name, type=shape, multiple=shape == "list", kinds=KINDS[shape])
        for name, shape in seen.items()
    ]


def _shape(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "list" if isinstance(value, list) else "text"


def _options(texts: Iterable[str]) -> tuple[RemoteOption, ...]:
    return tuple(RemoteOption(key=text, text=text) for text in texts)
