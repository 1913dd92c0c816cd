"""What the verbs share: the row lock, and the moment something happened."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Ticket

LED_ON = ("connection:", "compat:", "mail")
RELATED = ("requester", "assignee", "organisation", "parent")


def locked(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked until the verb's transaction ends.

    Rows that point to it may be stored meanwhile: two tickets can be linked both ways at once.
    """
    rows = Ticket.objects.select_for_update(of=("self",), no_key=True).select_related(*RELATED)
    return rows.get(pk=ticket.pk)


def leading_on(ticket: Ticket, by: Actor) -> Ticket:
    """Where something said on a locked ticket belongs: after a merge, the ticket that goes on.

    Mail, mirrors and served APIs are led there, since their other side knows the old ticket;
    whoever can look is told instead. Raises ValidationError.
    """
    while ticket.merged_into_id is not None:
        if not by.origin.startswith(LED_ON):
            words = _("This ticket was merged into #%(number)s. Write there.")
            raise ValidationError(words % {"number": ticket.merged_into_id})
        ticket = locked(ticket.merged_into)
    return ticket


def latest(ticket: Ticket, at: datetime | None) -> datetime:
    """The ticket's last activity once something happened at `at` (None: now)."""
    return max(ticket.last_activity_at, at or timezone.now())
