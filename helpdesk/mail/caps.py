"""The last net: how much one address, one ticket and one mailbox take in a while.

What exceeds a cap of intake is kept in quarantine, never lost; what exceeds a cap of automatic
answers is just not answered.
"""

from datetime import timedelta

from django.utils import timezone

from helpdesk.models import Mailbox, StoredMessage, Ticket
from helpdesk.text import fold

CAPS = {
    "ticket_hour": 60,  # messages of one address to one ticket
    "address_day": 1000,
    "answers_ticket_day": 3,  # automatic answers to one address on one ticket
    "answers_address_day": 10,
    "answers_mailbox_minute": 60,
}
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
DONE = StoredMessage.State.WORKED


def exceeded(address: str, ticket: Ticket | None) -> str:
    """The name of the cap of intake that this message exceeds, or nothing."""
    rows = _since(StoredMessage.objects, DAY).filter(sender=fold(address)[:254], state=DONE)
    if rows.count() >= CAPS["address_day"]:
        return "address_day"
    if ticket is not None:
        on_ticket = _since(rows, HOUR).filter(ticket=ticket)
        if on_ticket.count() >= CAPS["ticket_hour"]:
            return "ticket_hour"
    return ""


def answers_exceeded(address: str, ticket: Ticket | None, mailbox: Mailbox) -> str:
    """The name of the cap of automatic answers that one more would exceed, or nothing."""
    rows = StoredMessage.objects.filter(may_answer=True)
    to_address = rows.filter(sender=fold(address)[:254])
    if ticket is not None:
        on_ticket = _since(to_address, DAY).filter(ticket=ticket)
        if on_ticket.count() >= CAPS["answers_ticket_day"]:
            return "answers_ticket_day"
    if _since(to_address, DAY).count() >= CAPS["answers_address_day"]:
        return "answers_address_day"
    if _since(rows, MINUTE).filter(mailbox=mailbox).count() >= CAPS["answers_mailbox_minute"]:
        return "answers_mailbox_minute"
    return ""


def _since(rows, span: timedelta):
    return rows.filter(stored_at__gt=timezone.now() - span)
