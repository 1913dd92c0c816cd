"""Our tickets as `remote.RemoteTicket`: what a served API shows, in words of no service."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import Http404

from helpdesk.models import Change, CustomField, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.text import render, to_text
from integrations.gateway import people
from integrations.gateway.caller import Caller
from integrations.installation import SOURCE_PREFIX
from integrations.ours import status_word, type_name
from integrations.remote import Fields, RemotePerson, RemoteTicket


def tickets(caller: Caller) -> QuerySet[Ticket]:
    """The tickets of the caller's home queue, trash aside."""
    rows = Ticket.objects.visible_to(caller.actor)
    return rows.select_related("requester", "assignee")


def ticket(caller: Caller, identity: str) -> Ticket:
    """One of them by its uuid. Anything else raises Http404."""
    found = tickets(caller).filter(uuid=uuid_or_404(identity)).first()
    if found is None:
        raise Http404
    return found


def read(caller: Caller, found: Ticket, *, html: bool = False) -> RemoteTicket:
    return read_all(caller, [found], html=html)[0]


def read_all(caller: Caller, found: Sequence[Ticket], *, html: bool = False) -> list[RemoteTicket]:
    """Tickets with their people, in three statements at most. `html`: with `extra["body_html"]`.

    `extra` also holds `created_by`, `updated_by`, `first_response_at`, `first_resolved_at`,
    `resolved_at`, `is_reopened`, `origin`, `queue` and what the service keeps as `kept`.
    """
    who = _people_in_custom(found)
    hands = _hands(found)
    return [_read(caller, one, who, hands, html) for one in found]


def kept_of(caller: Caller, found: Ticket) -> dict[str, Any]:
    """What the service said of a ticket for which we have no field."""
    kept = found.extra.get(caller.service)
    return kept if isinstance(kept, dict) else {}


def plain(body: str, format: str) -> str:
    """A text as others can read it: HTML loses its marks, Markdown is text already."""
    return to_text(body, format) if format == "html" else body


def uuid_or_404(identity: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(identity))
    except ValueError as error:
        raise Http404 from error


def parents(caller: Caller, found: Sequence[Ticket]) -> dict[int, str]:
    """The uuids of the parents that the caller sees, by the id of the parent. One statement."""
    ids = {one.parent_id for one in found if one.parent_id}
    rows = tickets(caller).filter(pk__in=ids).values_list("pk", "uuid") if ids else []
    return {pk: str(identity) for pk, identity in rows}


def is_uuid(identity: str) -> bool:
    try:
        uuid.UUID(str(identity))
    except ValueError:
        return False
    return True


def custom_persons(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    rows = User.objects.filter(pk__in=ids) if ids else []
    return {person.pk: people.as_field(person) or {} for person in rows}


def _read(
    caller: Caller,
    found: Ticket,
    who: dict[int, dict[str, str]],
    hands: dict[tuple[int, str], RemotePerson],
    html: bool,
) -> RemoteTicket:
    kept = kept_of(caller, found)
    maker = kept.get("user")
    extra = {
        "kept": kept,
        "created_by": RemotePerson(**maker) if maker else hands.get((found.pk, "first")),
        "updated_by": hands.get((found.pk, "last")),
        "first_response_at": found.first_response_at,
        "first_resolved_at": found.first_resolved_at,
        "resolved_at": found.resolved_at,
        "is_reopened": found.reopened_count > 0,
        "origin": found.channel,
        "queue": caller.queue,
    }
    if html:
        extra["body_html"] = str(render(found.body, found.body_format))
    return RemoteTicket(
        id=str(found.uuid),
        number=str(found.pk),
        fields=_fields(found, kept, who),
        created_at=found.created_at,
        updated_at=found.updated_at,
        reference=_reference(found),
        extra=extra,
    )


def _fields(found: Ticket, kept: dict[str, Any], who: dict[int, dict[str, str]]) -> Fields:
    known = configuration()
    requester = people.as_field(found.requester, people.name_for(found))
    assignee = people.as_field(found.assignee)
    if assignee is None:
        assignee = kept.get("assignee")  # someone who is no agent of ours
    return {
        "title": found.title,
        "body": plain(found.body, found.body_format),
        "body_format": found.body_format,
        "status": status_word(known.statuses[found.status_id], found.queue_id),
        "priority": found.priority,
        "resolution": found.resolution,
        "resolution_comment": found.resolution_comment,
        "requester": people.shown(kept, requester),
        "assignee": people.shown(kept, assignee),
        "tags": [tag.name for tag in found.tag_list],
        "due_at": found.due_at.isoformat() if found.due_at else None,
        "type": type_name(found.type_id),
        "custom": _custom(found, kept, who),
    }


def _custom(found: Ticket, kept: dict[str, Any], who: dict[int, dict[str, str]]) -> Fields:
    known = configuration().fields
    values: Fields = {}
    for key, value in found.custom.items():
        field = known.get(key)
        if field is None or field.deleted_at is not None:
            continue
        if field.kind == CustomField.Kind.PEOPLE:
            value = [people.shown(kept, who[pk]) for pk in value if pk in who]
        values[key] = value
    return values


def _people_in_custom(found: Sequence[Ticket]) -> dict[int, dict[str, str]]:
    fields = configuration().fields.values()
    keys = [field.key for field in fields if field.kind == CustomField.Kind.PEOPLE]
    ids = {pk for one in found for key in keys for pk in one.custom.get(key) or ()}
    return custom_persons(sorted(ids))


def _hands(found: Sequence[Ticket]) -> dict[tuple[int, str], RemotePerson]:
    """Who made each ticket and who touched it last, by ticket and `first` or `last`."""
    if not found:
        return {}
    rows = Change.objects.filter(ticket__in=[one.pk for one in found]).filter(
        Q(version=1) | Q(version=F("ticket__version"))
    )
    hands: dict[tuple[int, str], RemotePerson] = {}
    for change in rows.select_related("person").order_by("version"):
        person = people.as_remote(change.person, change.person_name)
        hands.setdefault((change.ticket_id, "first"), person)
        hands[change.ticket_id, "last"] = person
    return hands


def _reference(found: Ticket) -> str:
    """The `Helpdesk-Origin` a ticket was made with, "" for others."""
    if not found.source.startswith(SOURCE_PREFIX):
        return ""
    return f"{found.source.removeprefix(SOURCE_PREFIX)}/{found.source_ref}"
