"""What the verbs share: the row lock, and the moment something happened."""

from helpdesk.models import Ticket

RELATED = ("requester", "assignee", "organisation", "parent")


def locked(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked until the verb's transaction ends."""
    rows = Ticket.objects.select_for_update(of=("self",)).select_related(*RELATED)
    return rows.get(pk=ticket.pk)
