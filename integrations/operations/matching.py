"""Linking a ticket here to one that is there already: read there, shown, then confirmed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Comment, Ticket
from integrations import mirror
from integrations.asking import calling_client
from integrations.connector import Connector, ConnectorError
from integrations.installation import reference_of
from integrations.mirror import reading, ways
from integrations.mirror.conversation import text_hash
from integrations.mirror.halves import travelling
from integrations.models import CommentLink, Connection, Link
from integrations.operations.stopped import CannotRun, running_well
from integrations.remote import RemoteComment, RemoteTicket

SEARCH_SECONDS = 4.0
LONGEST_ID = 200
NOT_FOUND = (400, 404, 410, 422)
WINS = ("ours", "theirs", "policy")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket there as it is now, with its conversation where the service tells it."""

    remote: RemoteTicket
    comments: list[RemoteComment] | None
    ours: dict[str, Any]
    written: dict[str, Any]


def look(connection: Connection, ticket: Ticket, said: str, actor: Actor) -> Candidate:
    """Read a ticket there by its id, or else by its number. Raises CannotRun."""
    said = said.strip()
    if not said or len(said) > LONGEST_ID:
        raise CannotRun(_("Enter the id or the number that the ticket has there."))
    with running_well(), calling_client(connection, as_stored=True) as connector:
        remote = _read(connection, connector, ticket, said)
        _refuse_taken(connection, ticket, remote, actor)
        comments = None
        if connector.capabilities.read_comments:
            reference = reference_of(connection, ticket)
            comments = connector.comments(remote.id, reference=reference)
        ours = reading.our_side(connection, connector, ticket)
        return Candidate(remote, comments, ours, connector.written(ours))


def search(connection: Connection, link: Link) -> list[RemoteTicket]:
    """Tickets there that a create with a lost answer may have made. Raises CannotRun."""
    ticket = link.ticket
    with running_well(), calling_client(connection, as_stored=True) as connector:
        if not connector.capabilities.can_find:
            words = _("%(service)s cannot be searched. Open it and look for the ticket.")
            raise CannotRun(words % {"service": connector.title})
        fields = reading.our_side(connection, connector, ticket)
        fields["body_format"] = ticket.body_format
        since = link.attempt_began_at or ticket.created_at
        reference = reference_of(connection, ticket)
        return connector.find(fields, since=since, reference=reference)


def attach(connection: Connection, ticket: Ticket, candidate: Candidate, *, wins: str) -> Link:
    """Mirror the ticket with that one from now on. Raises CannotRun.

    `wins` says what counts where they differ: `ours`, `theirs`, or the connection's `policy`.
    Nothing is sent here: the mirror sends and takes over what the agreed halves leave open.
    """
    remote = candidate.remote
    try:
        with transaction.atomic():
            link, _made = Link.objects.select_for_update(of=("self",)).get_or_create(
                connection=connection, ticket=ticket
            )
            if link.remote_id and link.state != Link.State.ENDED:
                raise CannotRun(_("The ticket is linked already. Unlink it first."))
            if link.remote_id != remote.id:
                link.comment_links.all().delete()
                link.attachment_links.all().delete()
            _store(connection, link, candidate, wins)
            _pair_comments(connection, link, candidate.comments or [])
    except IntegrityError as error:
        raise CannotRun(_("That ticket there is linked to another one here.")) from error
    mirror.nudge()
    return link


def _store(connection: Connection, link: Link, candidate: Candidate, wins: str) -> None:
    remote = candidate.remote
    keys = ways.keys_of(connection)
    names = candidate.ours.keys()
    halves = {
        "ours": (travelling(remote.fields, names, keys), dict(remote.theirs)),
        "theirs": (candidate.ours, candidate.written),
        "policy": ({}, {}),
    }
    link.agreed_ours, link.agreed_theirs = halves[wins]
    link.remote_id, link.remote_number = remote.id, remote.number[:80]
    link.remote_url, link.remote_updated_at = remote.url[:1000], None
    link.state, link.error, link.conflicts, link.decisions = Link.State.WAITING, "", [], {}
    link.due_at, link.must_read, link.urgency = timezone.now(), True, Link.Urgency.LIVE
    link.attempts, link.attempt_began_at, link.obsolete_id = 0, None, ""
    link.save()


def _pair_comments(connection: Connection, link: Link, comments: list[RemoteComment]) -> None:
    """What both have said already is not said again: the same words are the same comment."""
    known = set(link.comment_links.values_list("remote_id", flat=True))
    rows = Comment.objects.filter(ticket_id=link.ticket_id, public=True, deleted_at=None)
    linked = CommentLink.objects.filter(connection=connection, comment__ticket=link.ticket_id)
    rows = rows.filter(redacted_at=None).exclude(pk__in=linked.values("comment_id"))
    by_text: dict[str, list[Comment]] = {}
    for comment in rows.order_by("happened_at", "pk"):
        by_text.setdefault(text_hash(comment.body), []).append(comment)
    for remote in comments:
        equal = by_text.get(text_hash(remote.body))
        if remote.public and equal and remote.id not in known:
            words = text_hash(remote.body)
            CommentLink.objects.create(
                link=link,
                connection=connection,
                comment=equal.pop(0),
                remote_id=remote.id[:200],
                ours_hash=words,
                theirs_hash=words,
            )


def _read(connection: Connection, connector: Connector, ticket: Ticket, said: str) -> RemoteTicket:
    reference = reference_of(connection, ticket)
    try:
        remote = connector.read(said, reference=reference)
    except ConnectorError as error:
        if error.status not in NOT_FOUND or not connector.capabilities.list:
            raise
        remote = _numbered(connector, said.removeprefix("#"))
    if remote.deleted:
        raise CannotRun(_("That ticket is deleted there."))
    return remote


def _numbered(connector: Connector, number: str) -> RemoteTicket:
    """By its number, in the part of the list that can be read while a person waits."""
    ends = time.monotonic() + SEARCH_SECONDS
    for looked, remote in enumerate(connector.all_tickets(), start=1):
        if remote.number == number:
            return remote
        if time.monotonic() > ends:
            words = _("Not among the first %(count)s tickets there. Enter its id instead.")
            raise CannotRun(words % {"count": looked})
    raise CannotRun(_("There is no ticket there with this id or number."))


def _refuse_taken(
    connection: Connection, ticket: Ticket, remote: RemoteTicket, actor: Actor
) -> None:
    taken = connection.links.filter(remote_id=remote.id).exclude(ticket=ticket).first()
    if taken is None:
        return
    is_seen = Ticket.objects.visible_to(actor).filter(pk=taken.ticket_id).exists()
    words = _("That ticket there is linked to #%(number)s.")
    if is_seen:
        raise CannotRun(words % {"number": taken.ticket_id})
    raise CannotRun(_("That ticket there is linked to another one here."))
