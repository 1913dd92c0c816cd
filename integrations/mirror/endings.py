"""What happens on the other side when a ticket goes away on one."""

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.models import Category, Ticket
from helpdesk.models.configuration import configuration
from integrations.connector import ConnectorError, Fields
from integrations.installation import reference_of
from integrations.mirror import births, failures, reading, replacing
from integrations.mirror.claims import Claim
from integrations.mirror.halves import after_sending
from integrations.mirror.people import actor_of_connection
from integrations.mirror.run import Run
from integrations.models import Connection, Link
from integrations.remote import RemoteTicket

LOOK_AGAIN_AFTER = 60.0  # seconds, before a ticket is believed to be gone


def end_there(run: Run, claim: Claim, ticket: Ticket) -> None:
    """Our ticket is in the trash: do there what the connection's rule says."""
    link, connection, connector = claim.link, run.connection, run.connector
    rule = connection.on_delete if connection.sends else Connection.OnDelete.UNLINK
    left_out = []
    if not link.remote_id and link.attempt_began_at is not None:
        births.lost_one(connection, connector, link, ticket)
    if link.remote_id and rule != Connection.OnDelete.UNLINK:
        reference = reference_of(connection, ticket)
        if rule == Connection.OnDelete.TRASH and connector.capabilities.delete:
            if link.attempt_began_at is not None and connector.capabilities.replaces:
                replacing.settle_lost(run, link, ticket, reference)
            connector.delete(link.remote_id, reference=reference)
        elif connector.capabilities.update and "status" in connector.capabilities.fields:
            whole = {**reading.our_side(connection, connector, ticket), "status": "closed"}
            shown = connector.update(
                link.remote_id, {"status": "closed"}, whole=whole, reference=reference
            )
            _agree_on_closed(link, whole, shown)
        else:
            left_out = [_("the deletion")]
    rows = Link.objects.filter(pk=link.pk, claim=claim.token)
    rows.update(
        state=Link.State.ENDED, error="", left_out=left_out, last_exchange_at=timezone.now()
    )


def _agree_on_closed(link: Link, whole: Fields, shown: RemoteTicket) -> None:
    """Both halves say so: if the ticket is restored here, what it is here counts."""
    link.agreed_ours, link.agreed_theirs = after_sending(
        sent={"status": "closed"},
        ours=whole,
        shown_before=link.agreed_theirs,
        shown_after=shown.theirs,
        agreed=(link.agreed_ours, link.agreed_theirs),
    )
    link.save(update_fields=["agreed_ours", "agreed_theirs"])


def gone_there(run: Run, claim: Claim, ticket: Ticket, error: ConnectorError | None) -> None:
    """The other side has it no more. Believed on the second look, and if the rest answers."""
    connection = run.connection
    if claim.link.attempts == 0 and error is not None:
        raise ConnectorError(
            error.message, permanent=False, retry_after=LOOK_AGAIN_AFTER, status=error.status
        )
    run.connector.check()
    failures.park(
        claim,
        _("The other side has this ticket no more. Retry looks for it again."),
        state=Link.State.GONE,
    )
    by = actor_of_connection(connection)
    if not connection.receives:
        return
    if connection.on_delete == Connection.OnDelete.TRASH:
        actions.delete_ticket(ticket, by=by)
    elif connection.on_delete == Connection.OnDelete.CLOSE:
        closed = configuration().statuses_in(Category.CLOSED)
        if closed and ticket.is_unresolved:
            actions.change_ticket(ticket, by=by, status=closed[0])
