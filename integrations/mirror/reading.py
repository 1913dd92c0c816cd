"""Taking over what changed there: merge, verbs, both halves, in one transaction a ticket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from helpdesk import actions
from helpdesk.models import Comment, Ticket
from helpdesk.models.configuration import configuration
from integrations import ours
from integrations.connector import Connector, Fields
from integrations.merge import Conflict, Difference, Merged, merge, with_whole_sets
from integrations.mirror import conversation, hearing, turns, ways
from integrations.mirror.claims import NotYet
from integrations.mirror.halves import after_reading, travelling
from integrations.mirror.people import (
    actor_of_connection,
    assignee_of,
    requester_fields,
    updater_name,
)
from integrations.models import Connection, Link
from integrations.remote import RemoteComment, RemoteTicket

REMEMBERED_CONFLICTS = 10
ASSIGNEE_LEFT_OUT = "assignee"
NOTED = (  # what taking over a ticket alone, without its conversation, changes of a link
    "remote_id",
    "remote_number",
    "remote_url",
    "remote_updated_at",
    "agreed_ours",
    "agreed_theirs",
    "conflicts",
    "decisions",
    "turns",
    "last_exchange_at",
)


@dataclass(slots=True)
class Read:
    """What came of reading: what is to be sent, in our words, and our ticket as it is now."""

    ticket: Ticket
    ours: Fields
    link: Link | None = None  # as it was stored
    there: Difference = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)  # field and why it was refused
    left_out: list[str] = field(default_factory=list)


def our_side(connection: Connection, connector: Connector, ticket: Ticket) -> Fields:
    """What of our ticket this connection mirrors."""
    names, keys = ways.names_of(connection, connector), ways.keys_of(connection)
    return travelling(ours.fields_of(ticket), names, keys)


def agreed_of(connection: Connection, link: Link) -> tuple[Fields, Fields]:
    """Both halves, without custom fields that are mirrored no more."""
    keys = ways.keys_of(connection)
    halves = []
    for half in (link.agreed_ours, link.agreed_theirs):
        halves.append(travelling(half, half.keys(), keys))
    return halves[0], halves[1]


def take_over(
    connection: Connection,
    connector: Connector,
    link: Link,
    remote: RemoteTicket,
    comments: list[RemoteComment] | None,
    *,
    prefer_ours: bool = False,
    is_untouched: bool = False,
    and_store: Callable[[], None] = lambda: None,
) -> Read:
    """Apply what changed there to our ticket, and store what is agreed now.

    `comments` None: the conversation was not read. `is_untouched`: there is none yet. `and_store`
    is called in the same transaction.
    """
    with transaction.atomic():
        link = locked(link)
        ticket = link.ticket
        before = our_side(connection, connector, ticket)
        agreed = agreed_of(connection, link)
        if ticket.deleted_at is not None:
            raise NotYet  # it was trashed just now: taken over if it is restored
        edits = []
        if comments is not None and connection.receives:
            edits = hearing.take_over(
                connection,
                link,
                ticket,
                comments,
                can=connector.capabilities,
                winner=_winner_of_words(connection, link, _changed_there_at(connector, remote)),
            )
        merged = _merged(connection, connector, link, ticket, before, remote, agreed, prefer_ours)
        merged.conflicts += edits
        if comments is not None:  # one may have changed it
            ticket = Ticket.objects.get(pk=ticket.pk)
        read = _apply(connection, ticket, before, merged, remote)
        read.ours = our_side(connection, connector, read.ticket)
        undecided = _undecided(merged) | {name for name, _why in read.refused}
        link.agreed_ours, link.agreed_theirs = after_reading(
            before=before,
            after=read.ours,
            theirs=remote.theirs,
            agreed=agreed,
            merged=merged,
            undecided=undecided,
        )
        fixed = ways.fixed_fields(connector)  # these stay our change, and are left out
        read.there = {name: value for name, value in merged.there.items() if name not in fixed}
        note(
            link,
            remote,
            merged,
            was_whole=is_untouched or is_whole(connector, comments),
            was_heard=comments is not None,
        )
        read.link = link
        link.save(update_fields=None if comments else NOTED)
        and_store()
    return read


def conversation_of(
    connector: Connector, remote_id: str, reference: str
) -> list[RemoteComment] | None:
    """What is said there, with the files that hang on the ticket; None where it can't be read."""
    can = connector.capabilities
    if not can.read_comments and not can.ticket_attachments:
        return None
    said = connector.comments(remote_id, reference=reference) if can.read_comments else []
    if can.ticket_attachments:
        listed = tuple(connector.attachments(remote_id, reference=reference))
        said = [*said, RemoteComment(id="", body="", attachments=listed)]
    return said


def locked(link: Link) -> Link:
    rows = Link.objects.select_for_update(of=("self",))
    return rows.select_related("ticket__requester", "ticket__assignee").get(pk=link.pk)


def _merged(
    connection: Connection,
    connector: Connector,
    link: Link,
    ticket: Ticket,
    before: Fields,
    remote: RemoteTicket,
    agreed: tuple[Fields, Fields],
    prefer_ours: bool,
) -> Merged:
    names, keys = ways.names_of(connection, connector), ways.keys_of(connection)
    merged = merge(
        ours=before,
        agreed_ours=agreed[0],
        theirs=travelling(remote.theirs, names, keys),
        agreed_theirs=agreed[1],
        theirs_read=travelling(remote.fields, names, keys),
        ours_written=connector.written(before),
        winner=_winner(connection, link, ticket, _changed_there_at(connector, remote), prefer_ours),
    )
    merged.here = ways.only(connection, merged.here, ways.INWARDS if connection.receives else ())
    merged.there = ways.only(connection, merged.there, ways.OUTWARDS if connection.sends else ())
    return merged


def _changed_there_at(connector: Connector, remote: RemoteTicket) -> datetime | None:
    """When it changed there; where the service does not tell, the moment that it is seen."""
    return remote.updated_at if connector.capabilities.dates_changes else timezone.now()


def _winner(
    connection: Connection,
    link: Link,
    ticket: Ticket,
    changed_there_at: datetime | None,
    prefer_ours: bool,
) -> Callable[[str], str]:
    def decide(name: str) -> str:
        way = ways.way_of(connection, name)
        if prefer_ours or not connection.receives or way == "out":
            return "ours"
        if not connection.sends or way == "in":
            return "theirs"
        if name in link.decisions:
            return link.decisions[name]
        if connection.winner != Connection.Winner.LATER:
            return connection.winner
        return turns.later(turns.changed_here_at(connection, ticket, name), changed_there_at)

    return decide


def _winner_of_words(
    connection: Connection, link: Link, changed_there_at: datetime | None
) -> Callable[[str], str]:
    """The same policy for a comment that both sides edited, named `comment.<id>`."""

    def decide(name: str) -> str:
        if not connection.sends:
            return "theirs"
        if name in link.decisions:
            return link.decisions[name]
        if connection.winner != Connection.Winner.LATER:
            return connection.winner
        identity = name.removeprefix(conversation.COMMENT)
        ours_at = Comment.objects.values_list("edited_at", flat=True).get(pk=identity)
        return turns.later(ours_at, changed_there_at)

    return decide


def _apply(
    connection: Connection,
    ticket: Ticket,
    before: Fields,
    merged: Merged,
    remote: RemoteTicket,
) -> Read:
    """Through verbs. A value that is refused is named, and the others are taken over."""
    here = with_whole_sets(merged.here, before)
    if "body" in here:
        here["body_format"] = remote.fields.get("body_format", "plain")
    now = configuration().statuses[ticket.status_id]
    refused: list[tuple[str, str]] = []
    left_out: list[str] = []
    fields: dict[str, Any] = {}
    for name, value in here.items():
        try:
            row, left = row_of(connection, {name: value}, ticket.queue_id, now)
        except ValidationError as error:
            refused += refusals(name, error)
            continue
        fields |= row
        left_out += left
    by = actor_of_connection(connection, updater_name(remote))
    while fields:
        try:
            with transaction.atomic():
                ticket = actions.change_ticket(ticket, by=by, **fields)
            break
        except ValidationError as error:
            found = refusals("", error)
            if not drop(fields, {name for name, _why in found}):
                raise
            refused += found
    return Read(ticket=ticket, ours={}, refused=refused, left_out=left_out)


def row_of(
    connection: Connection, fields: Fields, queue_id: int, now: Any
) -> tuple[dict[str, Any], list[str]]:
    """What a verb takes, and the words of what has no counterpart here."""
    row = ours.verb_fields(fields, queue_id=queue_id, now=now)
    left_out: list[str] = []
    if "requester" in fields:
        row |= requester_fields(connection, fields["requester"])
    if "assignee" in fields:
        assignee = assignee_of(connection, fields["assignee"])
        if assignee is not None or fields["assignee"] is None:
            row["assignee"] = assignee
        else:
            left_out.append(ASSIGNEE_LEFT_OUT)
    return row, left_out


def refusals(name: str, error: ValidationError) -> list[tuple[str, str]]:
    if hasattr(error, "error_dict"):
        return [(key, " ".join(words)) for key, words in error.message_dict.items()]
    return [(name, " ".join(error.messages))]


def drop(fields: dict[str, Any], bad: set[str]) -> bool:
    size = len(fields) + len(fields.get("custom") or {})
    for name in bad:
        if name.startswith("custom."):
            (fields.get("custom") or {}).pop(name.removeprefix("custom."), None)
        else:
            fields.pop(name, None)
    if fields.get("custom") == {}:
        del fields["custom"]
    return len(fields) + len(fields.get("custom") or {}) < size


def _undecided(merged: Merged) -> set[str]:
    return {conflict.field for conflict in merged.conflicts if conflict.winner == "ask"}


def note(
    link: Link,
    remote: RemoteTicket,
    merged: Merged,
    *,
    was_whole: bool,
    was_heard: bool = True,
) -> None:
    """What is said of the ticket there, and of what both sides changed.

    `was_heard`: the conversation was read too, so that an open conflict in it is in `merged`.
    """
    link.remote_id = remote.id
    link.remote_number = remote.number[:80]
    link.remote_url = remote.url[:1000]
    link.last_exchange_at = timezone.now()
    if was_whole:
        link.remote_updated_at = remote.updated_at
    settled = [
        one
        for one in link.conflicts
        if one["winner"] != "ask"
        or (not was_heard and one["field"].startswith(conversation.COMMENT))
    ]
    link.conflicts = (settled + [_remembered(one) for one in merged.conflicts])[
        -REMEMBERED_CONFLICTS:
    ]
    decided = {one.field for one in merged.conflicts if one.winner != "ask"}
    link.decisions = {name: side for name, side in link.decisions.items() if name not in decided}
    turns.note(link, "in", merged.here)


def _remembered(conflict: Conflict) -> dict[str, Any]:
    return {
        "field": conflict.field,
        "ours": conflict.ours,
        "theirs": conflict.theirs,
        "winner": conflict.winner,
        "at": timezone.now().isoformat(),
    }


def is_whole(connector: Connector, comments: list[RemoteComment] | None) -> bool:
    can = connector.capabilities
    return comments is not None or not (can.read_comments or can.ticket_attachments)
