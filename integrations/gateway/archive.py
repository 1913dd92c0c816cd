"""A ticket as it is elsewhere: whole, with its times and its conversation.

For services that know a ticket by where it lies and what it is called there, and that say all of
it again when it changed.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actions.conversations import delete_comments, edit_comments
from helpdesk.models import UNRESOLVED, Attachment, Change, Comment, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.text import fold
from integrations.gateway import files, people, saying, writing
from integrations.gateway.caller import Caller
from integrations.gateway.reading import tickets
from integrations.gateway.ways import statuses_called
from integrations.installation import SOURCE_PREFIX, ticket_of
from integrations.ours import status_word
from integrations.remote import Fields, NewComment, RemotePerson

FRESH_FOR = timedelta(days=1)  # what is older when it comes rings no bell
CLEARED: Fields = {"body": "", "body_format": "plain", "type": "", "assignee": None, "tags": []}
FILE_SIGNS = ("/", "#", ":")  # between a ticket's reference and what belongs to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came. `place` and `reference` are its name there, and bring it here once.

    `fields` as `connector` describes them, with `title`; a type or person that nobody here knows
    stays a word. `kept` gives, for the fields as they become, what else is to be remembered.
    `comments` None: nothing was said of them.
    """

    place: str
    reference: str
    fields: Fields
    kept: Callable[[Fields], Mapping[str, Any]]
    user: RemotePerson
    created_at: datetime | None = None
    updated_at: datetime | None = None
    comments: Sequence[NewComment] | None = None


def store(caller: Caller, arrival: Arrival) -> Ticket:
    """Open the ticket in the caller's queue, or make the one that came before as it is now.

    Each step is a transaction of its own and may be repeated: what was cut is completed by the
    same call. Raises ValidationError.
    """
    ticket = _first(caller, arrival)
    if ticket is not None and not _is_from_here(caller, ticket):
        return ticket  # another connection brought it, and keeps it in step
    fields = _known(caller, {**CLEARED, **arrival.fields})
    whole = {**_unsaid(caller, ticket), **fields}
    kept = {**arrival.kept(whole), "place": arrival.place}
    done, word = _is_done(caller, fields.get("status")), fields.get("status")
    requester = _requester_row(fields)
    if ticket is None:
        said = {name: fields[name] for name in fields if name != "status" or not done}
        rows = {"source": _source(caller, arrival.place), "source_ref": _ref(arrival.reference)}
        rows |= {"created_at": arrival.created_at, "updated_at": arrival.updated_at}
        said["rows"] = {name: value for name, value in rows.items() if value} | requester
        ticket = writing.create(caller, said, user=arrival.user, kept=kept)
    else:
        said = {name: value for name, value in fields.items() if name != "status"}
        said["rows"] = requester
        ticket = writing.change(caller, ticket, said, user=arrival.user, kept=kept)
    if arrival.comments is not None:
        _converse(caller, ticket, arrival.comments)
    if word:
        said = {"status": word}
        at = arrival.updated_at if done else None
        ticket = writing.set_status(caller, ticket, said, user=arrival.user, at=at)
    return tickets(caller).get(pk=ticket.pk)


def one_of(caller: Caller, identities: Sequence[uuid.UUID]) -> Ticket:
    """The ticket that has one of these uuids. Raises Http404."""
    found = tickets(caller).filter(uuid__in=identities).first() if identities else None
    if found is None:
        raise Http404
    return found


def said_of(caller: Caller, ticket: Ticket) -> QuerySet[Comment]:
    """The public conversation, oldest first."""
    rows = files.comments_shown(caller, ticket).filter(public=True)
    return rows.select_related("author").order_by("happened_at", "pk")


def is_untouched(caller: Caller, ticket: Ticket) -> bool:
    """Whether nobody but the service changed the ticket since it came."""
    return not ticket.changes.exclude(origin=caller.actor.origin).exists()


def owner_of(caller: Caller, place: str, reference: str) -> Ticket:
    """The ticket of a place that a reference of something else begins with. Raises Http404."""
    if caller.origin.ticket:
        other = caller.origin.source.removeprefix(SOURCE_PREFIX).partition("/")[0]
        found = ticket_of(other, caller.origin.ticket, among=tickets(caller))
        if found is not None:
            return one_of(caller, [found.uuid])
    ends = (at for at, sign in enumerate(reference) if sign in FILE_SIGNS)
    begins = [_ref(reference[:at]) for at in ends][:40]
    rows = tickets(caller).filter(source=_source(caller, place), source_ref__in=begins)
    found = max(rows, key=lambda one: len(one.source_ref), default=None)
    if found is None:
        raise Http404
    return found


def lying_at(caller: Caller, place: str) -> QuerySet[Ticket]:
    """The tickets that came to a place."""
    return tickets(caller).filter(**{f"extra__{caller.service}__place": place}).order_by("pk")


def remove_file(caller: Caller, identity: str) -> None:
    """Take a file off its ticket. Nothing happens where it is gone."""
    found = Attachment.objects.filter(uuid=identity, ticket__in=tickets(caller)).first()
    if found is not None:
        actions.remove_attachment(found, by=caller.actor)


# Inner parts -------------------------------------------------------------------------------------


def _first(caller: Caller, arrival: Arrival) -> Ticket | None:
    """The ticket that came before under this name, taken out of the trash if it was put there
    through the same service."""
    if caller.origin.ticket:
        other = caller.origin.source.removeprefix(SOURCE_PREFIX).partition("/")[0]
        reached = Ticket.objects.within_reach_of(caller.actor)
        row = ticket_of(other, caller.origin.ticket, among=reached)
    else:
        source, ref = _source(caller, arrival.place), _ref(arrival.reference)
        row = Ticket.objects.filter(source=source, source_ref=ref).first()
    if row is None:
        return None
    if row.deleted_at is not None and caller.actor.queues and row.queue_id in caller.actor.queues:
        last = row.changes.filter(kind=Change.Kind.DELETED).order_by("-pk").first()
        if last is None or last.origin != caller.actor.origin:
            raise ValidationError({"ref": _("This ticket is in the trash of this helpdesk.")})
        actions.restore_ticket(row, by=caller.actor)
    found = tickets(caller).filter(pk=row.pk).first()
    if found is None:
        raise ValidationError({"ref": _("This reference is not free.")})
    return found


def _is_from_here(caller: Caller, ticket: Ticket) -> bool:
    return not caller.origin.ticket or ticket.source == caller.origin.source


def _known(caller: Caller, fields: Fields) -> Fields:
    """Fields as they become here: a type nobody has is none, a status the nearest there is."""
    known = configuration().types.values()
    names = {fold(one.name): one.name for one in known if one.deleted_at is None}
    fields = {**fields, "type": names.get(fold(fields.get("type") or ""), "")}
    if word := fields.get("status"):
        queue = caller.queue.pk
        fields["status"] = status_word(statuses_called(word, queue)[0], queue)
    return fields


def _unsaid(caller: Caller, ticket: Ticket | None) -> Fields:
    """What a ticket has although nothing was said of it."""
    known, queue = configuration(), caller.queue.pk
    first = ticket.status_id if ticket is not None else known.workflow_of(queue).initial_id
    priority = ticket.priority if ticket is not None else Ticket._meta.get_field("priority").default
    return {"status": status_word(known.statuses[first], queue), "priority": str(priority)}


def _is_done(caller: Caller, word: str | None) -> bool:
    if not word:
        return False
    return statuses_called(word, caller.queue.pk)[0].category not in UNRESOLVED


def _requester_row(fields: Fields) -> Fields:
    """What the verbs take for a requester without an address: a name alone, or nobody."""
    person = fields.get("requester")
    if person and people.address_of(person):
        return {}
    fields.pop("requester", None)
    return {"requester": None, "requester_name": (person or {}).get("name", "")[:200]}


def _converse(caller: Caller, ticket: Ticket, said: Sequence[NewComment]) -> None:
    """Let the comments that came through the service be these, each of them once.

    One is known by its author and moment. What was redacted or deleted here stays so.
    """
    source = f"{caller.service}:{ticket.uuid}"
    rows = Comment.objects.filter(source=source).exclude(source_ref="")
    known = {row.source_ref: row for row in rows}  # also those that a merge or split moved
    again: Counter[str] = Counter()
    named, added, edited = set(), [], []
    for new in said:
        mark = f"{new.author.email or new.author.name}\0{new.created_at}"
        mark = hashlib.sha256(mark.encode("utf-8", "replace")).hexdigest()[:32]
        again[mark] += 1
        ref = f"{mark}/{again[mark]}"
        named.add(ref)
        row = known.get(ref)
        if row is None:
            added.append((new, {"source": source, "source_ref": ref}, _is_old(new)))
        elif row.deleted_at is None and not row.is_redacted and row.body != new.body:
            edited.append((row, new.body))
    saying.converse(caller, ticket, added)
    edit_comments(edited, by=caller.actor)
    gone = [row for ref, row in known.items() if ref not in named and row.deleted_at is None]
    delete_comments(gone, by=caller.actor)


def _is_old(new: NewComment) -> bool:
    return new.created_at is not None and timezone.now() - new.created_at > FRESH_FOR


def _source(caller: Caller, place: str) -> str:
    """The colon marks it as ours to give: no key claims such a source through the API."""
    return f"{caller.service}:{place}"[:200]


def _ref(reference: str) -> str:
    """As it is stored; what is too long is known by its digest."""
    if len(reference) <= 200:
        return reference
    return f"sha256:{hashlib.sha256(reference.encode('utf-8', 'replace')).hexdigest()}"
