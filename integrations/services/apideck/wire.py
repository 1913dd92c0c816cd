"""Tickets on the Apideck wire, both ways.

A *body* is what is sent to the service, an *item* what it answers: the client writes bodies and
reads items, the server the other way round. `maps` is `connector.Maps`. Single values are in
`words` and `custom`, comments in `comments`, the rest in `envelopes`, `listing`, `references`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector import Fields, Maps, RemoteTicket, Vocabulary
from integrations.services.apideck import custom, references, words
from integrations.services.apideck.words import STATUS, WireError

# What of a ticket travels; a type only where a person mapped it.
TRAVELS = frozenset(
    ("title", "body", "status", "priority", "type", "assignee", "tags", "due_at", "custom")
)
COMPLETED = ("resolved", "closed")


# As the client has them --------------------------------------------------------------------------


def write_ticket_body(
    fields: Fields, maps: Maps, *, service_id: str, statuses: Vocabulary = STATUS
) -> dict[str, Any]:
    """The body of a create or update. What is not in `fields` is left alone."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "title":
            body["subject"] = value
        elif name == "body":
            body["description"] = words.write_text(value, fields.get("body_format") or "plain")
        elif name == "status":
            body["status"] = words.write_status(value, maps, statuses)
        elif name == "priority":
            body["priority"] = words.write_priority(value, maps)
        elif name == "type" and (not value or words.write_type(value, maps)):
            body["type"] = words.write_type(value, maps) if value else None
        elif name == "assignee":
            identity = words.write_assignee(value, maps)
            body["assignees"] = [{"id": identity}] if identity else []
        elif name == "tags":
            body["tags"] = write_tags(value or [], maps)
        elif name == "due_at":
            body["due_date"] = words.write_moment(value)
        elif name == "custom" and (customs := custom.write_customs(value, maps)):
            body["pass_through"] = custom.write_pass_through(customs, service_id)
    return body


def write_tags(tags: list[str], maps: Maps) -> list[dict[str, str]]:
    """Tags by their id there; one that is new there by its name, which most services take."""
    known = {name.casefold(): identity for name, identity in maps.get("tags", {}).items()}
    ids = dict.fromkeys(known.get(tag.casefold(), tag) for tag in tags)
    return [{"id": identity} for identity in ids]


def write_theirs(fields: Fields, maps: Maps, *, statuses: Vocabulary = STATUS) -> Fields:
    """Our fields in their words under our names: what `read_ticket` would find in `theirs`."""
    written: Fields = {}
    for name, value in fields.items():
        if name == "body":
            written[name] = words.write_text(value, fields.get("body_format") or "plain")
        elif name == "status":
            written[name] = words.write_status(value, maps, statuses)
        elif name == "priority":
            written[name] = words.write_priority(value, maps)
        elif name == "type":
            if not value or words.write_type(value, maps):
                written[name] = words.write_type(value, maps) if value else None
        elif name == "assignee":
            written[name] = words.only_id(words.write_assignee(value, maps))
        elif name == "due_at":
            written[name] = words.write_moment(value)
        elif name == "tags":
            written[name] = list(dict.fromkeys(value or []))
        elif name == "custom":
            mapped = maps.get("custom", {})
            kept = {key: one for key, one in (value or {}).items() if key in mapped}
            written[name] = {key: custom.write_custom(kept[key], mapped[key]) for key in kept}
        elif name in TRAVELS:
            written[name] = value
    return written


def understand(theirs: Fields, maps: Maps) -> Fields:
    """Fields in their words, in ours; what we have no word for is left out."""
    fields: Fields = {}
    for name, value in theirs.items():
        if name == "body":
            fields["body"], fields["body_format"] = words.read_text(value)
        elif name in ("status", "priority", "type"):
            if (read := _word(name, value, maps)) is not None:
                fields[name] = read
        elif name == "assignee":
            fields[name] = words.read_assignee((value or {}).get("id"), "", maps)
        elif name == "due_at":
            moment = words.read_moment(value)
            fields[name] = moment.isoformat() if moment else None
        elif name == "custom":
            mapped = maps.get("custom", {})
            read_all = {
                key: custom.read_custom(one, mapped[key])
                for key, one in (value or {}).items()
                if key in mapped
            }
            fields[name] = {key: one for key, one in read_all.items() if one is not None}
        else:
            fields[name] = value
    return fields


def read_ticket(item: Any, maps: Maps) -> RemoteTicket:
    """A ticket of theirs. A member that is absent was not said and is in neither half."""
    if not isinstance(item, Mapping) or item.get("id") in (None, ""):
        raise WireError("The answer has no ticket with an id.")
    theirs, found = _theirs(item, maps)
    fields = understand({name: one for name, one in theirs.items() if name != "custom"}, maps)
    if "custom_mappings" in item:
        fields["custom"], theirs["custom"] = custom.read_customs(item["custom_mappings"], maps)
    if theirs.get("assignee"):
        first = next(one for one in list_of(item["assignees"]) if _id(one))
        fields["assignee"] = words.read_assignee(_id(first), first.get("username"), maps)
    created = words.read_moment(item.get("created_at"))
    return RemoteTicket(
        id=str(item["id"]),
        number=str(item["id"]),
        fields=fields,
        theirs=theirs,
        created_at=created,
        updated_at=words.read_moment(item.get("updated_at")) or created,
        reference=found.reference,
        extra={"reference_in": found.place, "created_by": str(item.get("created_by") or "")},
    )


def list_of(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, or nothing in place of what is none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _theirs(item: Mapping[str, Any], maps: Maps) -> tuple[Fields, references.Found]:
    """What an item says in its own words, and our reference, taken out of it."""
    theirs: Fields = {}
    found = references.in_custom(item.get("custom_mappings"))
    if "subject" in item:
        theirs["title"] = str(item["subject"] or "")
    if "description" in item:
        text, said = references.out_of_text(str(item["description"] or ""))
        theirs["body"], found = text, said or found
    for name in ("status", "priority", "type"):
        if name in item:
            theirs[name] = str(item[name]).strip() if item[name] is not None else None
    if "assignees" in item:
        ids = [_id(one) for one in list_of(item["assignees"]) if _id(one)]
        theirs["assignee"] = words.only_id(ids[0]) if ids else None
    if "due_date" in item:
        theirs["due_at"] = words.write_moment(item["due_date"])
    if "tags" in item:
        names = [str(one.get("name") or _id(one)).strip() for one in list_of(item["tags"])]
        theirs["tags"], said = references.out_of_tags([name for name in names if name])
        found = said or found
    return theirs, found


def _word(name: str, value: Any, maps: Maps) -> str | None:
    if name == "status":
        return words.read_status(value, maps)
    if name == "priority":
        return words.read_priority(value, maps)
    return words.read_type(value, maps) if value else ""


def _id(one: Mapping[str, Any]) -> str:
    return str(one["id"]).strip() if one.get("id") is not None else ""


# As the server has them --------------------------------------------------------------------------


def write_ticket(ticket: RemoteTicket, maps: Maps) -> dict[str, Any]:
    """A ticket as it is read. Its `fields` must be complete.

    Taken from `extra`: `collection_id`, `parent_id`, `tag_ids` (by name), `created_by` (an id),
    `completed_at` (datetime), `type` (what stands for a type that is none of ours), `body`.
    """
    fields, extra = ticket.fields, ticket.extra
    assignee = fields.get("assignee") or {}
    customs = {field["id"]: None for field in maps.get("custom", {}).values()}
    customs |= custom.write_customs(fields.get("custom"), maps)
    if ticket.reference:
        customs[references.CUSTOM_KEY] = ticket.reference
    return {
        "id": ticket.id,
        "parent_id": extra.get("parent_id"),
        "collection_id": extra.get("collection_id"),
        "type": fields.get("type") or extra.get("type") or None,
        "subject": fields["title"],
        "description": extra["body"],
        "status": STATUS.out[fields["status"]],
        "priority": words.PRIORITY.out[fields["priority"]],
        "assignees": [{"id": assignee["id"], "username": assignee.get("name") or None}]
        if assignee.get("id")
        else [],
        "updated_at": words.write_moment(ticket.updated_at),
        "created_at": words.write_moment(ticket.created_at),
        "created_by": extra.get("created_by") or None,
        "due_date": words.write_moment(fields.get("due_at")),
        "completed_at": words.write_moment(extra.get("completed_at"))
        if fields["status"] in COMPLETED
        else None,
        "tags": [{"id": extra["tag_ids"].get(name, name), "name": name} for name in fields["tags"]],
        "custom_mappings": customs,
    }


def read_ticket_body(body: Mapping[str, Any], maps: Maps) -> Fields:
    """What a create or update sets: absent is left alone, null clears, read-only is passed over.

    Beside our fields there are `status` as it was said, and ids that the caller looks up:
    `assignee_ids`, `tag_ids` and `parent_id`.
    """
    fields: Fields = {}
    for name in ("subject", "description", "type", "status", "parent_id"):
        if not isinstance(body.get(name), (str, type(None))):
            raise WireError(f"{name}: a text is required.")
    if "subject" in body:
        fields["title"] = body["subject"] or ""
    if "description" in body:
        text, _found = references.out_of_text(body["description"] or "")
        fields["body"], fields["body_format"] = words.read_text(text)
    if body.get("status"):
        fields["status"] = body["status"].strip()
    if "priority" in body:
        fields["priority"] = _priority(body["priority"])
    if "type" in body:
        fields["type"] = (body["type"] or "").strip()
    if "parent_id" in body:
        fields["parent_id"] = body["parent_id"] or ""
    for name, ours in (("assignees", "assignee_ids"), ("tags", "tag_ids")):
        if name in body:
            fields[ours] = _ids(name, body[name])
    if "tag_ids" in fields:
        fields["tag_ids"], _found = references.out_of_tags(fields["tag_ids"])
    if "due_date" in body:
        moment = words.read_moment(body["due_date"])
        if moment is None and body["due_date"]:
            raise WireError("due_date: use a date and time, as in 2026-04-01T09:00:00.000Z.")
        fields["due_at"] = moment.isoformat() if moment else None
    said = custom.read_pass_through(body.get("pass_through"))
    if customs := custom.read_written_customs(said, maps):
        fields["custom"] = customs
    return fields


def _priority(word: Any) -> str:
    if word is None:
        return "normal"
    read = words.read_priority(word, {})
    if read is None:
        raise WireError("priority: use low, normal, high or urgent.")
    return read


def _ids(name: str, said: Any) -> list[str]:
    if said is None:
        return []
    if not isinstance(said, list):
        raise WireError(f"{name}: a list is required.")
    ids = [one.get("id") if isinstance(one, Mapping) else None for one in said]
    if not all(isinstance(one, str) and one.strip() for one in ids):
        raise WireError(f"{name}: each must be an object with an id.")
    return list(dict.fromkeys(one.strip() for one in ids))
