"""From here to there: one link's turn."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import Ticket
from helpdesk.models.configuration import recheck
from integrations.connector import ConnectorError
from integrations.installation import reference_of
from integrations.merge import applied, changed, with_whole_sets
from integrations.mirror import births, conversation, endings, files, maps, pull, reading, turns
from integrations.mirror.claims import Claim
from integrations.mirror.halves import after_sending
from integrations.mirror.run import Run
from integrations.models import Link
from integrations.remote import RemoteTicket


def exchange(run: Run, claim: Claim) -> None:
    """Read there, take over here, send there. A ticket with nothing to send costs no call."""
    recheck()  # a tag or field made with the change must not look unknown
    link = claim.link
    ticket = link.ticket
    if ticket is None:
        _read_again(run, claim)
    elif ticket.deleted_at is not None:
        endings.end_there(run, claim, ticket)
    elif not link.remote_id:
        _create(run, claim, ticket)
    elif link.must_read or has_news(run, link, ticket):
        _exchange(run, claim, ticket)
    else:
        _stay(run, claim, ticket)
    claim.is_done()


def has_news(run: Run, link: Link, ticket: Ticket) -> bool:
    """Whether there is anything of ours that the other side does not have; makes no call."""
    if not run.connection.sends:
        return False
    can = run.connector.capabilities
    ours = reading.our_side(run.connection, run.connector, ticket)
    if changed(ours, reading.agreed_of(run.connection, link)[0]):
        return True
    if can.add_comments and conversation.to_send(run.connection, link).exists():
        return True
    if can.add_attachments and files.to_send(link).exists():
        return True
    if (can.edit_comments or can.delete_comments) and conversation.touched(link):
        return True
    return not set(link.left_out).issuperset(maps.unmapped(run.connection, ticket))


def _stay(run: Run, claim: Claim, ticket: Ticket) -> None:
    """Nothing to exchange: only what is said of the link may change."""
    link = claim.link
    kept = [words for words in link.left_out if words == reading.ASSIGNEE_LEFT_OUT]
    changes: dict[str, Any] = {"left_out": [*kept, *_left_out(run, link, ticket)]}
    if link.state == Link.State.WAITING:
        changes |= {"state": Link.State.OK, "error": ""}
    Link.objects.filter(pk=link.pk, claim=claim.token).update(**changes)


def _left_out(run: Run, link: Link, ticket: Ticket) -> list[str]:
    if not run.connection.sends:
        return []
    return [
        *conversation.left_out(run.connection, run.connector, link),
        *files.left_out(run.connector, link),
        *maps.unmapped(run.connection, ticket),
    ]


def _read_again(run: Run, claim: Claim) -> None:
    """What came could not be opened here: as a person asked, try again."""
    _clear_must_read(claim.link)
    pull.read_into(run, claim, run.connector.read(claim.link.remote_id))


def _create(run: Run, claim: Claim, ticket: Ticket) -> None:
    if not run.connection.sends:
        return
    maps.keep_maps(run.connection, run.connector, ticket)
    remote = births.create_there(run.connection, run.connector, claim.link, ticket)
    if remote is not None:
        _go_on(run, claim, remote, comments=None)


def _exchange(run: Run, claim: Claim, ticket: Ticket) -> None:
    maps.keep_maps(run.connection, run.connector, ticket)
    _clear_must_read(claim.link)
    reference = reference_of(run.connection, ticket)
    try:
        remote = run.connector.read(claim.link.remote_id, reference=reference)
    except ConnectorError as error:
        if not error.gone:
            raise
        endings.gone_there(run, claim, ticket, error)
        return
    if remote.deleted:
        endings.gone_there(run, claim, ticket, None)
        return
    comments = None
    if (
        run.connection.receives
        and run.connector.capabilities.read_comments
        and claim.link.remote_updated_at != remote.updated_at
    ):
        comments = run.connector.comments(remote.id, reference=reference)
    _go_on(run, claim, remote, comments)


def _go_on(run: Run, claim: Claim, remote: RemoteTicket, comments: list | None) -> None:
    """From what was read: take over, then send words, files, and fields last.

    Fields last: words may open a ticket again over there, and what it is here counts.
    """
    link, connection, connector = claim.link, run.connection, run.connector
    read = reading.take_over(connection, connector, link, remote, comments)
    link.refresh_from_db()
    left_out = list(read.left_out)
    if connection.sends:
        reference = reference_of(connection, read.ticket)
        conversation.send(connection, connector, link, reference, claim.renew)
        conversation.send_touched(connector, link, reference, claim.renew)
        files.send(connector, link, reference, claim.renew)
        if read.there and not _is_restless(link, read):
            left_out += _send_fields(run, link, remote, read, reference)
    left_out += _left_out(run, link, read.ticket)
    link.refresh_from_db()
    Link.objects.filter(pk=link.pk).update(left_out=list(dict.fromkeys(left_out)))
    if link.state != Link.State.PAUSED:
        pull.settle(claim, read)


def _send_fields(
    run: Run, link: Link, remote: RemoteTicket, read: reading.Read, reference: str
) -> list[str]:
    """Send what differs, read back, and store what both have agreed on."""
    connector = run.connector
    if not connector.capabilities.update:
        return sorted(read.there)
    sent = with_whole_sets(read.there, remote.fields)
    whole = applied(read.there, {**read.ours, **remote.fields})
    whole["body_format"] = read.ticket.body_format
    shown = connector.update(link.remote_id, sent, whole=whole, reference=reference)
    with transaction.atomic():
        kept = Link.objects.select_for_update().get(pk=link.pk)
        kept.agreed_ours, kept.agreed_theirs = after_sending(
            sent=sent,
            ours=read.ours,
            shown_before=remote.theirs,
            shown_after=shown.theirs,
            agreed=(kept.agreed_ours, kept.agreed_theirs),
        )
        kept.last_exchange_at = timezone.now()
        kept.save(update_fields=["agreed_ours", "agreed_theirs", "last_exchange_at"])
    return []


def _is_restless(link: Link, read: reading.Read) -> bool:
    """Whether a field went to and fro too often without a person: then the link pauses."""
    names: list[Any] = turns.by_machines(read.ticket, read.there)
    turns.note(link, "out", names)
    found = turns.restless(link)
    changes: dict[str, Any] = {"turns": link.turns}
    if found:
        changes["state"] = Link.State.PAUSED
        changes["error"] = _(
            "These fields went to and fro too often and are no longer exchanged: %(names)s. Find"
            " the automatic change on one of the sides, then press Retry."
        ) % {"names": ", ".join(found)}
    Link.objects.filter(pk=link.pk).update(**changes)
    return bool(found)


def _clear_must_read(link: Link) -> None:
    """Before reading: what changes from now on sets it again."""
    Link.objects.filter(pk=link.pk).update(must_read=False)
