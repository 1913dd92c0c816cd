"""Tickets on the StackOne wire, both ways.

`read_…` turns theirs into ours, `write_…` ours into theirs. A *body* is what is sent to the
service, an *item* what it answers: the client writes bodies and reads items, the server writes
items and reads bodies (in `bodies`, closely). `maps` is `connector.Maps`. Words are in `words`,
single values in `values`, text in `texts`, the rest of the wire in `parts` and `envelopes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from integrations.connector import Fields, Maps, RemotePerson, RemoteTicket
from integrations.services.stackone import texts, values, words

# What of a ticket travels. The status and, with the older generation, custom fields are set by an
# update alone; the type by a create alone.
TRAVELS = frozenset(
    ("title", "body", "status", "priority", "type", "requester", "assignee", "tags", "custom")
)
PROJECTS, COLLECTIONS = "projects", "collections"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What of a connection decides how a ticket is written and read.

    `generation`: `projects` or `collections`. `project`: the id of where tickets are made.
    `reference_field`: the unified custom field that keeps our reference. `by_address`: see
    `values.write_person`. `known`: people there by id.
    """

    maps: Maps = field(default_factory=dict)
    generation: str = PROJECTS
    project: str = ""
    reference_field: str = ""
    by_address: bool = False
    known: Mapping[str, RemotePerson] = field(default_factory=dict)

    @property
    def people(self) -> Mapping[str, str]:
        return self.maps.get("people") or {}

    @cached_property
    def people_known(self) -> Mapping[str, RemotePerson]:
        """People by id: those asked for, and those that are mapped by their address."""
        mapped = {one: RemotePerson(id=one, email=email) for email, one in self.people.items()}
        return {**mapped, **self.known}

    def id_of(self, person: Mapping[str, str] | None) -> str:
        return values.write_person(person, self.people, by_address=self.by_address)


# Bodies ------------------------------------------------------------------------------------------


def write_create_body(fields: Fields, setting: Setting, reference: str) -> dict[str, Any]:
    """What `POST /tickets` takes. Fields that only an update can set are left out."""
    said = {name: value for name, value in fields.items() if name != "status"}
    if setting.generation == COLLECTIONS:
        said.pop("custom", None)
    body = write_update_body(said, setting, "")
    if requester := setting.id_of(fields.get("requester")):
        body["creator_id"] = requester
    if kind := write_type(fields.get("type"), setting.maps):
        body["type"] = kind
    if setting.project and setting.generation == COLLECTIONS:
        body["collections"] = [setting.project]
    elif setting.project:
        body["project_id"] = setting.project
    if reference and setting.reference_field and setting.generation == PROJECTS:
        custom = body.setdefault("unified_custom_fields", {})
        custom[setting.reference_field] = reference
    # Nothing is cleared by a create.
    return {name: value for name, value in body.items() if value not in (None, [], {})}


def write_update_body(fields: Fields, setting: Setting, reference: str) -> dict[str, Any]:
    """What `PATCH /tickets/{id}` takes: the fields that are named, and no others.

    People who are nobody there are left out, so that they clear nothing. `reference`: to be kept
    where a create could not carry it.
    """
    maps, body = setting.maps, {}
    for name, value in fields.items():
        if name == "title":
            body["title"] = value
        elif name == "body":
            format_ = fields.get("body_format") or "plain"
            body["content"] = texts.write_content(value or "", format_)
        elif name == "status":
            body["status"] = write_status(value, maps)
        elif name == "priority":
            body["priority"] = write_priority(value, maps)
        elif name in ("requester", "assignee"):
            member = "reporters" if name == "requester" else "assignees"
            if person := setting.id_of(value):
                body[member] = [person]
            elif not value:
                body[member] = []
        elif name == "tags":
            body["tags"] = list(value or [])
        elif name == "custom" and (custom := values.write_customs(value, maps)):
            body["unified_custom_fields"] = custom
    if reference and setting.reference_field:
        body.setdefault("unified_custom_fields", {})[setting.reference_field] = reference
    return body


def write_status(ours: str, maps: Maps) -> dict[str, Any]:
    word = words.write_word("status", ours, maps)
    return {"type": {"value": word}} if words.is_unified("status", word) else {"id": word}


def write_priority(ours: str, maps: Maps) -> dict[str, Any]:
    word = words.write_word("priority", ours, maps)
    return {"value": word} if words.is_unified("priority", word) else {"id": word}


def write_type(ours: Any, maps: Maps) -> str:
    """The id of the ticket type there, "" where none is mapped."""
    return (maps.get("type_out") or {}).get(str(ours or ""), "")


# Items -------------------------------------------------------------------------------------------


def read_ticket(item: Any, setting: Setting) -> RemoteTicket:
    """A ticket of theirs. A member that is absent was not said and is in neither half."""
    if not isinstance(item, Mapping) or not words.text_of(item.get("id")):
        raise values.WireError("The answer has no ticket with an id.")
    theirs = _said(item, setting)
    created = values.read_moment(item.get("created_at"))
    return RemoteTicket(
        id=words.text_of(item["id"]),
        number=words.text_of(item.get("ticket_number")),
        url=words.text_of(item.get("ticket_url")),
        fields=_understood(theirs, item, setting),
        theirs=theirs,
        created_at=created,
        updated_at=values.read_moment(item.get("updated_at")) or created,
        reference=read_reference(item, setting),
        extra=_beside(item, setting),
    )


def read_reference(item: Mapping[str, Any], setting: Setting) -> str:
    custom = item.get("unified_custom_fields")
    if not setting.reference_field or not isinstance(custom, Mapping):
        return ""
    return words.text_of(custom.get(setting.reference_field))


def people_in(item: Any) -> list[str]:
    """The ids of everybody that a ticket or comment names."""
    if not isinstance(item, Mapping):
        return []
    named = [values.ids_in(item.get(one) or []) for one in ("reporters", "assignees")]
    single = [words.text_of(item.get(one)) for one in ("creator_id", "user_id")]
    ids = [*named[0][:1], *named[1][:1], *single]
    return [one for one in dict.fromkeys(ids) if one]


# Both halves -------------------------------------------------------------------------------------


def write_theirs(fields: Fields, setting: Setting) -> Fields:
    """Our fields in their words under our names: what `read_ticket` would find in `theirs`."""
    maps, written = setting.maps, {}
    for name, value in fields.items():
        if name in ("status", "priority"):
            written[name] = words.write_word(name, value, maps)
        elif name == "title":
            written[name] = str(value or "")
        elif name == "body":
            format_ = fields.get("body_format") or "plain"
            written[name] = texts.shown_text(value or "", format_)
        elif name == "type":
            written[name] = write_type(value, maps)
        elif name in ("requester", "assignee"):
            written[name] = values.person_shown(setting.id_of(value), setting.people_known)
        elif name == "tags":
            written[name] = list(value or [])
        elif name == "custom":
            said = values.write_customs(value, maps)
            named = {maps["custom"][key]["id"]: key for key in value or {} if key in _custom(maps)}
            written[name] = {named[theirs]: raw for theirs, raw in said.items() if raw is not None}
    return written


def read_theirs(theirs: Fields, setting: Setting) -> Fields:
    """What `write_theirs` gave, in our words: what of it survives."""
    return _understood(theirs, {}, setting)


# Inner parts -------------------------------------------------------------------------------------


def _said(item: Mapping[str, Any], setting: Setting) -> Fields:
    """What an item says, in their words."""
    theirs: Fields = {}
    if item.get("title") is not None:
        theirs["title"] = str(item["title"])
    if (content := texts.read_content(item.get("content"))) is not None:
        theirs["body"] = texts.shown_text(*content)
    for name in ("status", "priority"):
        if word := words.word_of(name, item.get(name), setting.maps):
            theirs[name] = word
    if isinstance(item.get("type"), (Mapping, str)):
        theirs["type"] = next(iter(values.ids_in(item["type"])), "")
    if "assignees" in item:
        theirs["assignee"] = _first(item["assignees"], setting)
    if "reporters" in item or "creator_id" in item:
        theirs["requester"] = _first(item.get("reporters") or item.get("creator_id"), setting)
    if "tags" in item:
        theirs["tags"] = _tags(item["tags"] or [])
    if isinstance(item.get("unified_custom_fields"), Mapping):
        theirs["custom"] = values.read_customs(item["unified_custom_fields"], setting.maps)[1]
    return theirs


def _understood(theirs: Fields, item: Mapping[str, Any], setting: Setting) -> Fields:
    maps, fields = setting.maps, {}
    for name, value in theirs.items():
        if name == "body":
            content = texts.read_content(item.get("content")) if item else None
            fields["body"], fields["body_format"] = content or (value, "plain")
        elif name in ("status", "priority"):
            ours = words.read_word(name, value, maps)
            if ours is not None:
                fields[name] = ours
        elif name == "type":
            ours = _read_type(value, maps)
            if ours is not None:
                fields[name] = ours
        elif name == "custom":
            read = {maps["custom"][key]["id"]: raw for key, raw in value.items()}
            fields[name] = values.read_customs(read, maps)[0]
        else:
            fields[name] = value
    return fields


def _read_type(theirs: str, maps: Maps) -> str | None:
    """The name of our type, "" for none; None where nothing says what theirs is called here."""
    if not theirs:
        return ""
    if found := (maps.get("type") or {}).get(theirs):
        return found
    sent = [ours for ours, kind in (maps.get("type_out") or {}).items() if kind == theirs]
    return sent[0] if sent else None


def _first(value: Any, setting: Setting) -> dict[str, str] | None:
    ids = values.ids_in(value or [])
    return values.person_shown(ids[0], setting.people_known) if ids else None


def _tags(tags: Any) -> list[str]:
    named = [
        words.text_of(tag.get("name") or tag.get("id") if isinstance(tag, Mapping) else tag)
        for tag in (tags if isinstance(tags, list) else [])
    ]
    return [tag for tag in dict.fromkeys(named) if tag]


def _custom(maps: Maps) -> Mapping[str, Any]:
    return maps.get("custom") or {}


def _beside(item: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """What has no field of ours: who made it, the others who take part, its parent."""
    creator = _first(item.get("creator_id"), setting)
    return {
        "createdBy": creator,
        "reporters": values.ids_in(item.get("reporters") or []),
        "assignees": values.ids_in(item.get("assignees") or []),
        "parent": words.text_of(item.get("parent_id")),
    }
