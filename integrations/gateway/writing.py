"""What callers of a served API do to tickets: their words translated, then the verbs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.models import (
    UNRESOLVED,
    Attachment,
    CustomField,
    Status,
    Tag,
    TagCategory,
    Ticket,
)
from helpdesk.models.configuration import configuration
from helpdesk.text import fold, one_line
from integrations.gateway import files, people
from integrations.gateway.caller import Caller
from integrations.gateway.reading import kept_of, tickets
from integrations.gateway.ways import statuses_called, way_to
from integrations.installation import SOURCE_PREFIX, is_first_birth, ticket_of
from integrations.ours import status_word, type_named
from integrations.remote import Fields, RemotePerson

MAX_KEPT = 100_000  # characters of what has no home here, as JSON
AS_THEY_ARE = ("title", "body", "body_format", "priority")


def create(
    caller: Caller, fields: Fields, *, user: RemotePerson, kept: Mapping[str, Any] | None = None
) -> Ticket:
    """Open a ticket in the home queue. A repeated origin answers the first ticket.

    `fields` as `connector` describes them, `parent`, a ticket of ours or None, and `rows`, further
    fields as the verbs take them; `kept` has no home here and is given back unharmed.
    """
    if caller.origin.ticket and _stands_in(fields.get("requester"), user):
        fields = {**fields, "requester": None}
    row, kept = _row(caller, fields, dict(kept or {}))
    kept["user"] = people.as_it_came(user.as_field())
    row["extra"] = {caller.service: _bounded(kept)}
    by = caller.speaking_for(user.name or user.email)
    if not caller.origin.ticket:
        ticket = actions.open_ticket(by=by, **row)
    else:
        ticket = _opened_once(caller, by, row)
    return tickets(caller).get(pk=ticket.pk)


def change(
    caller: Caller,
    ticket: Ticket,
    fields: Fields,
    *,
    user: RemotePerson,
    kept: Mapping[str, Any] | None = None,
) -> Ticket:
    """Set fields of a ticket, and no others. Nothing is recorded where nothing differs."""
    before = kept_of(caller, ticket)
    row, after = _row(caller, fields, {**before, **(kept or {})}, ticket)
    by = caller.speaking_for(user.name or user.email)
    extra = {caller.service: _bounded(after)} if after != before else None
    actions.change_ticket(ticket, by=by, extra=extra, **row)
    return tickets(caller).get(pk=ticket.pk)


@transaction.atomic
def set_status(
    caller: Caller,
    ticket: Ticket,
    fields: Fields,
    *,
    user: RemotePerson,
    status_id: str = "",
    at: datetime | None = None,
) -> Ticket:
    """Bring a ticket into a status by the fewest transitions the key may take, all or none.

    `fields` holds `status` (a word of `connector.STATUSES`) or `status_id` names one of ours by
    uuid; further `resolution`, `resolution_comment`, and `comment` for statuses that are not done.
    """
    by = caller.speaking_for(user.name or user.email)
    ticket = Ticket.objects.select_for_update(of=("self",), no_key=True).get(pk=ticket.pk)
    targets = (
        [_status(status_id)] if status_id else statuses_called(fields["status"], ticket.queue_id)
    )
    now = configuration().statuses[ticket.status_id]
    if now in targets or (not status_id and _word(now, ticket) == fields["status"]):
        _say_more(ticket, now, fields, by)
        return tickets(caller).get(pk=ticket.pk)
    way = way_to(ticket, targets, by)
    if way is None:
        raise ValidationError({"status": _untaken(ticket, targets)})
    for step in way[:-1]:
        ticket = actions.take_transition(ticket, step, by=by, at=at)
    done = configuration().statuses[way[-1].target_id].category not in UNRESOLVED
    resolution = fields.get("resolution") or ("fixed" if way[-1].needs_resolution else "")
    actions.take_transition(
        ticket,
        way[-1],
        by=by,
        resolution=resolution if done else "",
        comment=fields.get("resolution_comment") or fields.get("comment") or "",
        at=at,
    )
    return tickets(caller).get(pk=ticket.pk)


def attach(
    caller: Caller,
    ticket: Ticket,
    kept: Sequence[Attachment],
    *,
    user: RemotePerson,
    public: bool = True,
) -> list[Attachment]:
    """Give kept files to a ticket, without a comment. A repeated origin adds none."""
    by = caller.speaking_for(user.name or user.email)
    with transaction.atomic():  # a name without its file would refuse the next try
        if before := files.name_once(kept, ticket, caller):
            return before
        actions.attach(ticket, kept, by=by, public=public)
    return list(kept)


def categorise(names: Mapping[str, str]) -> None:
    """Make new tags in the category (by uuid, "" for none) that a caller names with them."""
    known = configuration()
    categories = {str(row.uuid): row for row in known.categories.values() if not row.deleted_at}
    for name, identity in names.items():
        category = categories.get(identity)
        if identity and category is None:
            words = _("There is no tag category “%(id)s”.")
            raise ValidationError({"tags": words % {"id": identity[:60]}})
        tag = known.tags_by_name.get(fold(one_line(name))[:160])
        if category is not None and tag is None:
            _make_tag(name, category)


# Inner parts -------------------------------------------------------------------------------------


@transaction.atomic
def _opened_once(caller: Caller, by: Actor, row: Fields) -> Ticket:
    """The ticket of another installation, whichever connection brought it here first."""
    origin = caller.origin
    row = {**row, "source": origin.source, "source_ref": origin.ticket}
    other = origin.source.removeprefix(SOURCE_PREFIX).partition("/")[0]
    if not is_first_birth(other, origin.ticket):
        first = ticket_of(other, origin.ticket, among=tickets(caller))
        if first is not None:
            return first
    return actions.open_ticket(by=by, **row)


def _stands_in(requester: Mapping[str, str] | None, user: RemotePerson) -> bool:
    """Whether a helpdesk names who acts only because the service wants some requester."""
    address = people.address_of(requester or {})
    return bool(address) and fold(address) == fold(user.email)


def _row(
    caller: Caller, fields: Fields, kept: dict[str, Any], ticket: Ticket | None = None
) -> tuple[Fields, dict[str, Any]]:
    """Fields as the verbs take them, and what is kept beside them."""
    row: Fields = {name: fields[name] for name in AS_THEY_ARE if name in fields}
    if "tags" in fields:
        row["tags"] = fields["tags"]
    if "due_at" in fields:
        row["due_at"] = datetime.fromisoformat(fields["due_at"]) if fields["due_at"] else None
    if fields.get("requester"):
        row |= _requester(fields["requester"], kept, ticket)
    if "assignee" in fields:
        row["assignee"] = _assignee(fields["assignee"], kept, ticket)
    if "custom" in fields:
        row["custom"] = _custom(fields["custom"], kept)
    if "type" in fields:
        row["type"] = type_named(fields["type"])
    if "parent" in fields:
        row["parent"] = fields["parent"]
    if ticket is None and (fields.get("status") or fields.get("status_id")):
        row |= _first_status(caller, fields)
    return row | fields.get("rows", {}), kept


def _first_status(caller: Caller, fields: Fields) -> Fields:
    """The status a new ticket begins with; one that is done was fixed, unless it is said how."""
    status_id = fields.get("status_id")
    called = (
        [_status(status_id)] if status_id else statuses_called(fields["status"], caller.queue.pk)
    )
    status = called[0]
    if status.category in UNRESOLVED:
        return {"status": status}
    said = {name: fields.get(name) or "" for name in ("resolution", "resolution_comment")}
    return {"status": status, **said, "resolution": said["resolution"] or "fixed"}


def _requester(person: Mapping[str, str], kept: dict[str, Any], ticket: Ticket | None) -> Fields:
    if ticket is not None and ticket.requester_id and _is(ticket.requester, person):
        return {}
    found = people.found_or_made([person], "requester")
    user = found[fold(people.address_of(person))]
    people.keep(kept, person)
    name = one_line(str(person.get("name") or ""))[:200]
    return {"requester": user, "requester_name": name if name != str(user) else ""}


def _assignee(person: Mapping[str, str] | None, kept: dict[str, Any], ticket: Ticket | None):
    """The agent of that address; anyone else is kept as they came, for whoever asks."""
    kept.pop("assignee", None)
    if not person:
        return None
    if ticket is not None and ticket.assignee_id and _is(ticket.assignee, person):
        return ticket.assignee
    agent = people.agent_at(people.address_of(person))
    if agent is None:
        kept["assignee"] = people.as_it_came(person)
    else:
        people.keep(kept, person)
    return agent


def _is(user, person: Mapping[str, str]) -> bool:
    """Whether a caller names the person that is there already, as it was shown."""
    return not people.address_of(person) and str(user.uuid) == person.get("id")


def _custom(values: Fields, kept: dict[str, Any]) -> Fields:
    """Custom values as they are stored: persons become people of ours."""
    known = configuration().fields
    stored: Fields = {}
    for key, value in values.items():
        field = known.get(key)
        if value and field is not None and field.kind == CustomField.Kind.PEOPLE:
            found = people.found_or_made(value, f"custom.{key}")
            for person in value:
                people.keep(kept, person)
            value = [found[fold(people.address_of(person))] for person in value]
        stored[key] = value
    return stored


def _say_more(ticket: Ticket, now: Status, fields: Fields, by) -> None:
    """The status is as wanted: only its resolution or a comment may be new."""
    if now.category not in UNRESOLVED:
        names = fields.keys() & {"resolution", "resolution_comment"}
        said = {name: fields[name] for name in names}
        actions.change_ticket(ticket, by=by, **said)
    elif fields.get("comment"):
        actions.add_note(ticket, by=by, body=fields["comment"], format="plain")


def _word(status: Status, ticket: Ticket) -> str:
    return status_word(status, ticket.queue_id)


def _untaken(ticket: Ticket, targets: Sequence[Status]) -> str:
    known = configuration()
    leaving = known.transitions_from(ticket.queue_id, ticket.status_id)
    names = ", ".join(str(known.statuses[step.target_id]) for step in leaving) or "–"
    wanted = targets[0] if targets else "–"
    words = _("No transition leads to %(name)s from here. Open now: %(names)s.")
    return words % {"name": wanted, "names": names}


def _status(identity: str) -> Status:
    for status in configuration().statuses.values():
        if str(status.uuid) == identity and status.deleted_at is None:
            return status
    words = _("There is no status “%(id)s”.")
    raise ValidationError({"status": words % {"id": identity[:60]}})


def _make_tag(name: str, category: TagCategory) -> None:
    tag = Tag(name=one_line(name)[:120], category=category)
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError:
        return  # someone made it at the same moment: theirs is used


def _bounded(kept: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(kept)) > MAX_KEPT:
        words = _("More than %(limit)s characters that this helpdesk has no field for.")
        raise ValidationError(words % {"limit": MAX_KEPT})
    return kept
