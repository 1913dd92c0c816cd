"""Our records as StackOne shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from integrations import gateway
from integrations.connector import Maps
from integrations.gateway import people, relations
from integrations.remote import RemoteTicket
from integrations.services.stackone import parts, values, words
from integrations.services.stackone.setup import REFERENCE_FIELD


def maps_of(caller: gateway.Caller) -> Maps:
    """Every custom field of the queue under its key, options under their labels."""
    custom = {
        field.key: {
            "id": field.key,
            "type": str(field.kind),
            "multiple": field.is_many,
            "kind": str(field.kind),
            "options": {str(one.uuid): one.label for one in gateway.options_of(field)},
        }
        for field in gateway.custom_fields(caller)
    }
    return {"custom": custom}


def account_ids(caller: gateway.Caller) -> tuple[str, ...]:
    """What the account, project and collection of a key may be called: its home queue."""
    return caller.queue.slug, str(caller.queue.uuid), str(caller.queue.pk)


# What is shown -----------------------------------------------------------------------------------


def ticket_items(
    caller: gateway.Caller, rows: list[Any], request: HttpRequest
) -> list[dict[str, Any]]:
    read = gateway.read_all(caller, rows, html=True)
    related, maps = relations.related(caller, rows), maps_of(caller)
    return [
        _ticket_item(one, related[row.pk], caller, maps)
        | {"ticket_url": relations.address_of(row, request)}
        for one, row in zip(read, rows, strict=True)
    ]


def _ticket_item(
    ticket: RemoteTicket, related: relations.Related, caller: gateway.Caller, maps: Maps
) -> dict[str, Any]:
    fields, extra = ticket.fields, ticket.extra
    kept, queue = extra["kept"], project_item(caller)
    teams = {str(team.uuid): team for team in relations.teams_of(caller)}
    components = [str(related.team.uuid)] if related.team else []
    components += [one for one in kept.get("components") or [] if one in teams]
    teams |= {str(related.team.uuid): related.team} if related.team else {}
    creator = extra["created_by"].id if extra["created_by"] else ""
    text = {"plain": fields["body"], "html": extra["body_html"]}
    is_closed = words.STATUS.out[fields["status"]] == "closed"
    kind, organisation = related.type, related.organisation
    project_id = str(caller.queue.uuid)
    return {
        "id": ticket.id,
        "remote_id": ticket.id,
        "title": fields["title"],
        "ticket_number": ticket.number,
        "creator_id": creator or None,
        "remote_creator_id": creator or None,
        "reporters": _ids(
            fields["requester"], related.parts.get("reporter"), by_address=related.is_stranger
        )
        + list(kept.get("reporters") or []),
        "assignees": _ids(fields["assignee"], related.parts.get("co_assignee"))
        + list(kept.get("others") or []),
        "content": [text] if fields["body"] else [],
        "parent_id": related.parent or None,
        "remote_parent_id": related.parent or None,
        "priority": {
            "id": fields["priority"],
            "value": words.PRIORITY.out[fields["priority"]],
            "source_value": fields["priority"],
        },
        "status": parts.write_status(
            str(related.status.uuid), related.status.name, fields["status"]
        ),
        "tags": fields["tags"],
        "type": parts.write_type(str(kind.uuid), kind.name, project_id) if kind else None,
        "projects": [queue],
        "components": [component_item(teams[one], caller) for one in dict.fromkeys(components)],
        "collections": [project_id],
        "organization": {
            "id": str(organisation.uuid),
            "remote_id": str(organisation.uuid),
            "name": organisation.name,
            "domain": None,
        }
        if organisation
        else None,
        "unified_custom_fields": _customs(ticket, maps),
        "created_at": values.write_moment(ticket.created_at),
        "updated_at": values.write_moment(ticket.updated_at),
        "closed_at": values.write_moment(extra["resolved_at"]) if is_closed else None,
    }


def comment_item(caller: gateway.Caller, comment: Any, ticket: Any) -> dict[str, Any]:
    read = gateway.read_comment(caller, comment)
    read.extra["updated_at"] = comment.edited_at
    if ticket.requester_as_named and comment.author_id == ticket.requester_id:
        read = replace(read, author=replace(read.author, id=read.author.email))
    return parts.write_comment(read, str(ticket.uuid)) | {"unified_custom_fields": None}


def attachment_item(
    caller: gateway.Caller, attachment: Any, ticket_id: str, request: HttpRequest
) -> dict[str, Any]:
    read, author = gateway.read_file(attachment, caller, request)
    kind = parts.LINK if read.is_link else attachment.content_type
    item = parts.write_attachment(read, author, ticket_id, kind=kind, size=attachment.size)
    return item | {"unified_custom_fields": None}


def user_item(user: Any) -> dict[str, Any]:
    kind = words.AGENT if user.is_agent else words.CONTACT
    person = people.as_remote(user)
    return parts.write_user(person, kind=kind, active=user.is_active, created_at=user.created_at)


def type_item(kind: Any, caller: gateway.Caller) -> dict[str, Any]:
    return parts.write_type(str(kind.uuid), kind.name, str(caller.queue.uuid))


def project_item(caller: gateway.Caller) -> dict[str, Any]:
    """A queue as a project."""
    return parts.write_project(str(caller.queue.uuid), caller.queue.name)


def collection_item(caller: gateway.Caller) -> dict[str, Any]:
    """A queue as a collection, in the words of the older generation."""
    queue = caller.queue
    return parts.write_collection(str(queue.uuid), queue.name, queue.slug)


def component_item(team: Any, caller: gateway.Caller) -> dict[str, Any]:
    """A team as a component of the queue that it works on."""
    return parts.write_component(str(team.uuid), team.name, str(caller.queue.uuid))


def status_items(caller: gateway.Caller) -> list[dict[str, Any]]:
    return [
        parts.write_status(str(status.uuid), status.name, relations.word_of(status, caller))
        for status, _ways in gateway.statuses(caller)
    ]


# Inner parts -------------------------------------------------------------------------------------


def _ids(
    person: dict[str, str] | None, others: list[Any] | None, *, by_address: bool = False
) -> list[str]:
    """`by_address`: of a stranger the caller reads what it said."""
    first = []
    if person:
        named = (person["email"], person["id"]) if by_address else (person["id"], person["email"])
        first = [named[0] or named[1]]
    return [one for one in [*first, *(str(other.uuid) for other in others or [])] if one]


def _customs(ticket: RemoteTicket, maps: Maps) -> dict[str, Any]:
    """All fields of the queue, empty ones too, since nothing else tells which there are."""
    known: dict[str, Any] = dict.fromkeys(maps["custom"])
    shown = values.write_customs(ticket.fields["custom"], maps)
    reference = {REFERENCE_FIELD: ticket.reference} if ticket.reference else {}
    return {**reference, **(ticket.extra["kept"].get("custom") or {}), **known, **shown}
