"""What mirroring a ticket would send, and what it would lose, before anything is sent.

The mirror itself runs, with its own client and on its own rows, in a transaction that is taken
back. So what is shown is what would be sent, not what a second program thinks of it.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.encryption import LostKey
from helpdesk.models import Comment, Ticket
from helpdesk.models.configuration import recheck
from integrations.asking import calling_client
from integrations.connecting import budget_of
from integrations.connector import Connector, ConnectorError
from integrations.installation import reference_of
from integrations.journal import Journal
from integrations.merge import changed
from integrations.mirror import push, reading
from integrations.mirror.claims import Claim, NotYet
from integrations.mirror.due import born_here
from integrations.mirror.run import Run
from integrations.models import Connection, Link
from integrations.operations.losses import Loss, losses
from integrations.operations.rehearsal import Record, Rehearsed, Sending, rehearse
from integrations.remote import RemoteComment, RemoteTicket

HELD_FOR = timedelta(seconds=30)
BATCH = 200
IN_FULL = 5
SECONDS = 3.0
KINDS = ("create", "change", "nothing", "rest", "elsewhere", "born_elsewhere")


@dataclass(slots=True)
class DryRun:
    """Of one ticket. `here` is what would change here: field → our value then."""

    ticket: Ticket
    sendings: list[Sending] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    here: dict[str, Any] = field(default_factory=dict)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str = ""
    was_read: bool = False

    @property
    def writes(self) -> list[Sending]:
        return [one for one in self.sendings if not one.is_read]


@dataclass(slots=True)
class Survey:
    """Of many tickets. `counts` by KINDS; `looked_at` of `total` were looked at in time."""

    total: int = 0
    looked_at: int = 0
    counts: Counter = field(default_factory=Counter)
    internal_notes: int = 0
    runs: list[DryRun] = field(default_factory=list)
    seconds: float = SECONDS

    @property
    def is_whole(self) -> bool:
        return self.looked_at == self.total


def dry_run(connection: Connection, ticket: Ticket, *, ask_there: bool = False) -> DryRun:
    """Rehearse one ticket. With `ask_there` it is read there first; else it is as last agreed."""
    result = DryRun(ticket)
    link = Link.objects.filter(connection=connection, ticket=ticket).first()
    seen = said = None
    try:
        if ask_there and link is not None and link.remote_id:
            seen, said = _read(connection, ticket, link)
            result.was_read = True
        record = Record()
        rehearsed = open_rehearsed(connection, record, link, seen, said)
        _rehearse(connection, ticket, rehearsed, result, must_read=result.was_read)
        result.sendings = record.sendings
        result.losses = losses(connection, rehearsed.connector, ticket)
        result.notes = _notes(connection, link, record, result)
    except (ConnectorError, LostKey) as error:
        result.error = result.error or str(error)
    return result


def survey(
    connection: Connection,
    tickets: QuerySet[Ticket],
    *,
    in_full: int = IN_FULL,
    seconds: float | None = None,
) -> Survey:
    """Count what would happen to each ticket, and rehearse the first of them that are sent.

    Nothing is read there. What is not looked at within `seconds` (SECONDS) is said, not guessed.
    """
    seconds = SECONDS if seconds is None else seconds
    ends = time.monotonic() + seconds
    found = Survey(total=tickets.count(), seconds=seconds)
    run = RehearsalRun(connection, open_rehearsed(connection, Record(), None, None, None))
    rows = tickets.select_related("requester", "assignee").order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        links = Link.objects.filter(connection=connection, ticket__in=batch)
        by_ticket = {link.ticket_id: link for link in links}
        born = set(born_here([ticket.pk for ticket in batch]))
        looked: list[int] = []
        for ticket in batch:
            if time.monotonic() > ends:
                break
            kind = kind_of(run, ticket, by_ticket.get(ticket.pk), is_born_here=ticket.pk in born)
            found.counts[kind] += 1
            looked.append(ticket.pk)
            if kind in ("create", "change") and len(found.runs) < in_full:
                found.runs.append(dry_run(connection, ticket))
        found.looked_at += len(looked)
        found.internal_notes += Comment.objects.filter(
            ticket__in=looked, public=False, deleted_at=None
        ).count()
        if len(looked) < len(batch):
            break
        last = batch[-1].pk
    return found


def kind_of(run: Run, ticket: Ticket, link: Link | None, *, is_born_here: bool) -> str:
    """One of KINDS: what a mirroring of the ticket would come to. Makes no call."""
    if link is None:
        return "create" if is_born_here else "born_elsewhere"
    if link.state == Link.State.ELSEWHERE:
        return "elsewhere"
    if link.is_at_rest:
        return "rest"
    if not link.remote_id:
        return "create"
    return "change" if push.has_news(run, link, ticket) else "nothing"


class RehearsalRun(Run):
    """What the mirror works with, without a wire, a journal or an end."""

    def __init__(self, connection: Connection, connector: Rehearsed) -> None:
        # A copy: what a rehearsal stores on it is not to outlive it.
        self.connection = Connection.objects.select_related("queue").get(pk=connection.pk)
        self.connection.maps_at = timezone.now()  # it does not ask there what there is
        self.deadline = float("inf")
        self.journal = Journal(connection)
        self.budget = budget_of(connection)
        self.held = []
        self.connector = connector


def open_rehearsed(
    connection: Connection,
    record: Record,
    link: Link | None,
    seen: RemoteTicket | None,
    said: list[RemoteComment] | None,
) -> Rehearsed:
    rehearsed = rehearse(connection, record, said=said)
    if seen is None and link is not None and link.remote_id:
        seen = agreed_there(rehearsed.connector, link)
    rehearsed.seen = seen
    return rehearsed


def agreed_there(connector: Connector, link: Link) -> RemoteTicket:
    """The ticket there as it was when both sides last agreed."""
    return RemoteTicket(
        id=link.remote_id,
        number=link.remote_number,
        url=link.remote_url,
        fields=connector.understood(link.agreed_theirs),
        theirs=dict(link.agreed_theirs),
        updated_at=link.remote_updated_at,
    )


def _read(
    connection: Connection, ticket: Ticket, link: Link
) -> tuple[RemoteTicket, list[RemoteComment] | None]:
    with calling_client(connection, as_stored=True) as connector:
        reference = reference_of(connection, ticket)
        seen = connector.read(link.remote_id, reference=reference)
        asks = connection.receives and connector.capabilities.read_comments
        if not asks or link.remote_updated_at == seen.updated_at:
            return seen, None
        return seen, connector.comments(link.remote_id, reference=reference)


def _rehearse(
    connection: Connection,
    ticket: Ticket,
    rehearsed: Rehearsed,
    result: DryRun,
    *,
    must_read: bool,
) -> None:
    recheck()
    with transaction.atomic():
        link = _claimed(connection, ticket, must_read)
        run = RehearsalRun(connection, rehearsed)
        before = reading.our_side(run.connection, rehearsed, Ticket.objects.get(pk=ticket.pk))
        try:
            with transaction.atomic():
                push.exchange(run, Claim(link, link.claim))
        except NotYet:
            result.error = _("It is being made on the other side just now. Try again in a moment.")
        except ConnectorError as error:
            result.error = error.message
        except ValidationError as error:
            result.error = " ".join(error.messages)
        except PermissionDenied as error:
            result.error = str(error)
        link.refresh_from_db()
        after = reading.our_side(run.connection, rehearsed, Ticket.objects.get(pk=ticket.pk))
        result.here = changed(after, before)
        result.left_out = list(link.left_out)
        result.conflicts = list(link.conflicts)
        if link.error and not result.error:
            result.error = link.error
        transaction.set_rollback(True)


def _claimed(connection: Connection, ticket: Ticket, must_read: bool) -> Link:
    """The ticket's link as a worker would hold it; of a new one there is none outside."""
    link, _made = Link.objects.get_or_create(connection=connection, ticket=ticket)
    Link.objects.filter(pk=link.pk).update(
        claim=uuid.uuid4(),
        claimed_until=timezone.now() + HELD_FOR,
        must_read=must_read,
        error="",
        conflicts=[one for one in link.conflicts if one["winner"] == "ask"],
    )
    return Link.objects.select_related("ticket").get(pk=link.pk)


def _notes(connection: Connection, link: Link | None, record: Record, result: DryRun) -> list[str]:
    """What is to be known beside the requests."""
    notes = []
    if not connection.sends:
        notes.append(_("This connection only receives: nothing is sent."))
    if connection.state != Connection.State.ACTIVE:
        notes.append(_("The connection is stopped: nothing is sent until it is resumed."))
    if link is not None and link.is_at_rest:
        words = _("Nothing is sent as it is (%(state)s). This is what Retry would send.")
        notes.append(words % {"state": link.get_state_display()})
    if "ticket" in record.looked:
        notes.append(_("An earlier answer was lost: it is looked for there before it is made."))
    if "comment" in record.looked:
        notes.append(_("An answer to a reply was lost: it is looked for there before it is sent."))
    if record.begins_new:
        words = _("A new ticket there is taken to begin open; another status is set after that.")
        notes.append(words)
    if record.depends:
        notes.append(_("The service's answers decide about further requests after the last one."))
    if link is not None and link.remote_id and not result.was_read:
        notes.append(_("Compared with what both sides last agreed on; nothing was read there."))
    return notes
