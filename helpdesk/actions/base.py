"""What the verbs share: the row lock, and the moment something happened."""

from datetime import datetime

from django.utils import timezone

from helpdesk.models import Ticket

RELATED = ("requester", "assignee", "organisation", "parent")


def locked(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked until the verb's transaction ends.

    Rows that point to it may be stored meanwhile: two tickets can be linked both ways at once.
    """
    rows = Ticket.objects.select_for_update(of=("self",), no_key=True).select_related(*RELATED)
    return rows.get(pk=ticket.pk)


def latest(ticket: Ticket, at: datetime | None) -> datetime:
    """The ticket's last activity once something happened at `at` (None: now)."""
    return max(ticket.last_activity_at, at or timezone.now())
