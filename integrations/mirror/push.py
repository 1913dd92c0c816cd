"""From here to there: one link's turn."""

from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import Attachment, Comment, Ticket
from helpdesk.models.configuration import recheck
from integrations.connector import Capabilities, ConnectorError
from integrations.installation import reference_of
from integrations.merge import applied, changed, with_whole_sets
from integrations.mirror import (
    births,
    carrying,
    conversation,
    endings,
    files,
    maps,
    pull,
    reading,
    receiving,
    replacing,
    turns,
    ways,
)
from integrations.mirror.claims import Claim
from integrations.mirror.halves import after_sending
from integrations.mirror.run import Run
from integrations.models import Link
from integrations.remote import RemoteComment, RemoteTicket


def exchange(run: Run, claim: Claim) -> None:
    """Read there, take over here, send there. A ticket with nothing to send costs no call."""
    recheck()  # a tag or field made with the change must not look unknown
    link = claim.link
    ticket = link.ticket
    if link.obsolete_id and ticket is not None:
        replacing.clear_obsolete(run, link, reference_of(run.connection, ticket))
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
    fixed = ways.fixed_fields(run.connector)
    movable = {name: value for name, value in ours.items() if name not in fixed}
    if changed(movable, reading.agreed_of(run.connection, link)[0]):
        return True
    if can.replaces and (link.attempt_began_at is not None or replacing.has_words(run, link)):
        return True
    if can.add_comments and conversation.to_send(run.connection, link).exists():
        return True
    if _files_wait(link, can):
        return True
    if (can.edit_comments or can.delete_comments) and conversation.touched(link):
        return True
    return not set(link.left_out).issuperset(maps.unmapped(run.connection, run.connector, ticket))


def _files_wait(link: Link, can: Capabilities) -> bool:
    """Whether a file is to go there, or to be fetched from there; one statement at most."""
    waits = []
    if can.add_attachments:
        waits.append(Exists(files.to_send(link)))
    if can.download_attachments:
        waits.append(Exists(receiving.waiting(link)))
    return bool(waits) and Link.objects.filter(reduce(or_, waits), pk=link.pk).exists()


def _stay(run: Run, claim: Claim, ticket: Ticket) -> None:
    """Nothing to exchange: only what is said of the link may change."""
    link = claim.link
    kept = [words for words in link.left_out if words == reading.ASSIGNEE_LEFT_OUT]
    waited = link.state == Link.State.WAITING
    claim.is_done(
        state=Link.State.OK if waited else link.state,
        error="" if waited else link.error,
        left_out=[*kept, *_left_out(run, link, ticket)],
    )


def _left_out(run: Run, link: Link, ticket: Ticket, *, hangs: bool = True) -> list[str]:
    """Words of what stays behind. `hangs`: something was said or attached."""
    if not run.connection.sends:
        return []
    words = []
    if hangs:
        words += conversation.left_out(run.connection, run.connector, link)
        words += files.left_out(run.connector, link)
    return [
        *words,
        *maps.unmapped(run.connection, run.connector, ticket),
        *_in_vain(run, link, ticket),
    ]


def _in_vain(run: Run, link: Link, ticket: Ticket) -> list[str]:
    """Fields that were edited here and can't be changed there."""
    if not ways.fixed_fields(run.connector):
        return []
    ours = reading.our_side(run.connection, run.connector, ticket)
    agreed = reading.agreed_of(run.connection, link)[0]
    names = ways.edited_in_vain(run.connector, ours, agreed)
    return [name for name in names if ways.way_of(run.connection, name) in ways.OUTWARDS]


def _read_again(run: Run, claim: Claim) -> None:
    """What came could not be opened here: as a person asked, try again."""
    pull.read_into(run, claim, run.connector.read(claim.link.remote_id))


def _create(run: Run, claim: Claim, ticket: Ticket) -> None:
    if not run.connection.sends:
        return
    maps.keep_maps(run.connection, run.connector, ticket)
    remote = births.create_there(run.connection, run.connector, claim.link, ticket)
    if remote is None:
        return
    comments, can = None, run.connector.capabilities
    if can.attachments_with_create:
        files.settle_sent(claim.link)
    if can.comments_with_create and can.read_comments:
        reference = reference_of(run.connection, ticket)
        comments = run.connector.comments(remote.id, reference=reference)
    elif can.comments_with_create:
        carrying.settle_sent(claim.link)
    _go_on(run, claim, remote, comments, is_new=True)


def _exchange(run: Run, claim: Claim, ticket: Ticket) -> None:
    maps.keep_maps(run.connection, run.connector, ticket)
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
    _go_on(run, claim, remote, _conversation(run, claim, remote, reference))


def _conversation(
    run: Run, claim: Claim, remote: RemoteTicket, reference: str
) -> list[RemoteComment] | None:
    """What is said there, if that may have changed or is needed again; None: it was not read."""
    link = claim.link
    if not run.connection.receives:
        return None
    is_news = link.remote_updated_at != remote.updated_at
    is_decided = any(name.startswith(conversation.COMMENT) for name in link.decisions)
    can = run.connector.capabilities
    if not (is_news or is_decided or (can.download_attachments and _waits(link))):
        return None
    return reading.conversation_of(run.connector, remote.id, reference)


def _waits(link: Link) -> bool:
    return receiving.waiting(link).exists()


def _go_on(
    run: Run,
    claim: Claim,
    remote: RemoteTicket,
    comments: list[RemoteComment] | None,
    *,
    is_new: bool = False,
) -> None:
    """From what was read: take over, then send words, files, and fields last.

    Fields last: words may open a ticket again over there, and what it is here counts.
    """
    link, connection, connector = claim.link, run.connection, run.connector
    is_untouched = is_new and _is_untouched(remote)
    read = reading.take_over(
        connection, connector, link, remote, comments, is_untouched=is_untouched
    )
    claim.link = link = read.link
    left_out = list(read.left_out)
    hangs = comments or _has_parts(link)
    reference = reference_of(connection, read.ticket)
    if is_new and connector.capabilities.comments_with_create:
        carrying.settle_sent(link)
    if connection.sends and connector.capabilities.replaces:
        is_wanted = read.there or link.attempt_began_at or replacing.has_words(run, link)
        if is_wanted and not _is_restless(link, read):
            replacing.replace_there(run, link, remote, read, reference)
        files.send(connector, link, reference, claim.renew)
    elif connection.sends:
        if hangs:
            conversation.send(connection, connector, link, reference, claim.renew)
            conversation.send_touched(connector, link, reference, claim.renew)
            files.send(connector, link, reference, claim.renew)
        if read.there and not _is_restless(link, read):
            _send_fields(run, link, remote, read, reference)
    if comments and connector.capabilities.download_attachments:  # last: it may fail for long
        receiving.receive(
            connection, connector, link, read.ticket, comments, reference, claim.renew
        )
    left_out += _left_out(run, link, read.ticket, hangs=hangs)
    said = pull.standing(link, read, is_unclear=_is_unclear(link, left_out))
    claim.is_done(**said, left_out=list(dict.fromkeys(left_out)))


def _has_parts(link: Link) -> bool:
    """Whether anything was ever said or attached, here or there; what comes later is due again."""
    parts = (
        Comment.objects.filter(ticket=link.ticket_id),
        Attachment.objects.filter(ticket=link.ticket_id),
        link.comment_links.all(),
        link.attachment_links.all(),
    )
    found = reduce(or_, (Exists(rows.order_by()) for rows in parts))
    return Link.objects.filter(found, pk=link.pk).exists()


def _is_untouched(remote: RemoteTicket) -> bool:
    """Whether nothing was said or changed since it was made: it need not be read for that.

    Known only where times are finer than seconds: a rule there may answer within the second.
    """
    made = remote.created_at
    return made is not None and made == remote.updated_at and made.microsecond != 0


def _send_fields(
    run: Run, link: Link, remote: RemoteTicket, read: reading.Read, reference: str
) -> None:
    """Send what differs, read back, and store what both have agreed on."""
    connector = run.connector
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


def _is_unclear(link: Link, left_out: list[str]) -> bool:
    """Whether a reply or file was maybe said, and nothing but a person can tell."""
    if not left_out:
        return False
    rows = link.comment_links.filter(remote_id="").exclude(error="")
    if rows.exclude(attempt_began_at=None).exists():
        return True
    rows = link.attachment_links.filter(remote_id="", sent_at=None).exclude(error="")
    return rows.exclude(attempt_began_at=None).exists()


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
