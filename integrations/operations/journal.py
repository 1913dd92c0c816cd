"""The journal, searched: what was exchanged, for those who see the ticket that it was about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from helpdesk.actor import Actor
from helpdesk.models import Ticket
from integrations.journal import KEPT_DAYS
from integrations.models import Connection, Exchange

__all__ = ["KEPT_DAYS", "METHODS", "OUTCOMES", "Search", "neighbours", "of_ticket", "searched"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OUTCOMES = {
    "2xx": Q(status__gte=200, status__lt=300),
    "3xx": Q(status__gte=300, status__lt=400),
    "4xx": Q(status__gte=400, status__lt=500),
    "5xx": Q(status__gte=500),
    "none": Q(status=None),
    "failed": ~Q(error=""),
}
LOOKED_THROUGH = 20_000  # the newest exchanges of a connection that words are looked for in


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; what is empty narrows nothing. `before` is the id of the page's end."""

    ticket: int | None = None
    outcome: str = ""
    method: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def searched(connection: Connection, actor: Actor, search: Search) -> QuerySet[Exchange]:
    """Exchanges of tickets that the actor sees and of none, newest first.

    Words are looked for in the newest LOOKED_THROUGH alone: no index helps there.
    """
    rows = connection.exchanges.filter(seen_by(actor))
    if search.ticket is not None:
        rows = rows.filter(ticket_id=search.ticket)
    if search.outcome in OUTCOMES:
        rows = rows.filter(OUTCOMES[search.outcome])
    if search.method:
        rows = rows.filter(method=search.method)
    if search.since:
        rows = rows.filter(at__gte=search.since)
    if search.until:
        rows = rows.filter(at__lt=search.until)
    if search.text:
        words = Q(url__icontains=search.text) | Q(error__icontains=search.text)
        words |= Q(request_body__icontains=search.text) | Q(response_body__icontains=search.text)
        if floor := floor_of_words(connection):
            rows = rows.filter(pk__gte=floor)
        rows = rows.filter(words)
    if search.before:
        rows = rows.filter(pk__lt=search.before)
    return rows.order_by("-pk").defer("request_body", "response_body")


def floor_of_words(connection: Connection) -> int | None:
    """The oldest exchange that words are looked for in; None while that is all of them."""
    ids = connection.exchanges.order_by("-pk").values_list("pk", flat=True)
    return next(iter(ids[LOOKED_THROUGH - 1 : LOOKED_THROUGH]), None)


def seen_by(actor: Actor) -> Q:
    return Q(ticket=None) | Q(ticket__in=Ticket.objects.visible_to(actor))


def of_ticket(ticket: Ticket) -> QuerySet[Exchange]:
    """What was exchanged about a ticket that the caller may see, newest first."""
    rows = Exchange.objects.filter(ticket=ticket).select_related("connection")
    return rows.order_by("-pk").defer("request_body", "response_body")


def neighbours(exchange: Exchange) -> tuple[int | None, int | None]:
    """The ids of those before and after: of the same ticket, else of the connection's without."""
    rows = Exchange.objects.filter(ticket_id=exchange.ticket_id)
    if exchange.ticket_id is None:
        rows = rows.filter(connection_id=exchange.connection_id)
    earlier = rows.filter(pk__lt=exchange.pk).order_by("-pk").values_list("pk", flat=True)
    later = rows.filter(pk__gt=exchange.pk).order_by("pk").values_list("pk", flat=True)
    return earlier.first(), later.first()
