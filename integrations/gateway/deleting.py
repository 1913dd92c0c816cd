"""Deleting a ticket as a caller of a served API: it goes to the trash."""

from __future__ import annotations

from helpdesk import actions
from helpdesk.models import Ticket
from integrations.gateway.caller import Caller


def delete(caller: Caller, ticket: Ticket) -> None:
    """Raises PermissionDenied. From then on the ticket is not there for served APIs."""
    actions.delete_ticket(ticket, by=caller.actor)
