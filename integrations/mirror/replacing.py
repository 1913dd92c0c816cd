"""Services without update: a change makes the ticket there anew, and the old one goes after."""

from django.db import transaction
from django.utils import timezone

from helpdesk.models import Ticket
from integrations import ours
from integrations.connector import ConnectorError, Fields
from integrations.merge import applied, with_whole_sets
from integrations.mirror import carrying, conversation, files, reading
from integrations.mirror.attempts import attempt, found_again
from integrations.mirror.halves import after_sending
from integrations.mirror.reading import Read
from integrations.mirror.run import Run
from integrations.models import Link
from integrations.remote import RemoteTicket


def has_words(run: Run, link: Link) -> bool:
    """Whether the conversation there is no longer the one here."""
    if not run.connector.capabilities.comments_with_create:
        return False
    if conversation.to_send(run.connection, link).exists():
        return True
    return bool(conversation.touched(link))


def replace_there(run: Run, link: Link, remote: RemoteTicket, read: Read, reference: str) -> None:
    """Make the ticket there as it is here; where it stands then is stored before the old one goes.

    A worker that dies on the way leaves the old one, or the new one and the id of the old.
    """
    connector = run.connector
    whole = applied(read.there, {**read.ours, **remote.fields})
    whole["body_format"] = read.ticket.body_format
    whole |= ours.told(read.ticket, connector.capabilities.told)
    if link.attempt_began_at is not None:
        lost = found_again(run.connection, connector, link, whole, reference)
        if lost is not None:
            _move(link, lost)
            clear_obsolete(run, link, reference)
    said = carrying.whole(link)
    with attempt(connector, link):
        shown = connector.replace(
            link.remote_id,
            whole,
            comments=[conversation.as_new(one) for one in said],
            reference=reference,
        )
    with transaction.atomic():
        _move(link, shown, sent=with_whole_sets(read.there, remote.fields), ours=read.ours)
        carrying.settle_whole(link, said)
    clear_obsolete(run, link, reference)


def settle_lost(run: Run, link: Link, ticket: Ticket, reference: str) -> None:
    """A replacement whose answer was lost: the link leads to it, so that it can be ended too."""
    connector = run.connector
    whole = reading.our_side(run.connection, connector, ticket)
    whole |= {"body_format": ticket.body_format, **ours.told(ticket, connector.capabilities.told)}
    made = found_again(run.connection, connector, link, whole, reference)
    if made is None and not connector.capabilities.can_find:  # repeatable: the answer is that one
        made = connector.replace(link.remote_id, whole, reference=reference)
    if made is not None:
        _move(link, made)
        clear_obsolete(run, link, reference)


def clear_obsolete(run: Run, link: Link, reference: str) -> None:
    """Delete the ticket there that another took the place of. Harmless when repeated."""
    if not link.obsolete_id or not run.connector.capabilities.delete:
        return
    try:
        run.connector.delete(link.obsolete_id, reference=reference)
    except ConnectorError as error:
        if not error.gone:
            raise
    Link.objects.filter(pk=link.pk, obsolete_id=link.obsolete_id).update(obsolete_id="")
    link.obsolete_id = ""


def _move(
    link: Link, shown: RemoteTicket, *, sent: Fields | None = None, ours: Fields | None = None
) -> None:
    """Let the link lead to what was made. The old ticket's id is stored with it."""
    with transaction.atomic():
        kept = Link.objects.select_for_update().get(pk=link.pk)
        if shown.id != kept.remote_id:
            kept.obsolete_id, kept.remote_id = kept.remote_id, shown.id
            files.forget_sent(kept, kept.obsolete_id)
        kept.remote_number = shown.number[:80]
        kept.remote_url = shown.url[:1000]
        kept.remote_updated_at = shown.updated_at
        kept.agreed_ours, _theirs = after_sending(
            sent=sent or {},
            ours=ours or {},
            shown_before=kept.agreed_theirs,
            shown_after=shown.theirs,
            agreed=(kept.agreed_ours, kept.agreed_theirs),
        )
        kept.agreed_theirs = shown.theirs
        kept.attempt_began_at = None
        kept.last_exchange_at = timezone.now()
        kept.save()
    link.refresh_from_db()
