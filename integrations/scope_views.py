"""The scope of a connection: which tickets it mirrors by itself, and what that is just now."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from helpdesk.filters import TicketFilter
from helpdesk.models.configuration import configuration
from integrations import console, scope
from integrations.access import administrator, connection_of, read_or_write
from integrations.models import Connection, Link

SHOWN = 5


@administrator
@read_or_write
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Choose the tickets. `look` shows what a query finds, without saving it."""
    found = connection_of(uuid)
    typed = request.POST.get("query", "") if request.method == "POST" else found.query
    query, errors = _understood(found, typed)
    if request.method == "POST" and not errors and "look" not in request.POST:
        Connection.objects.filter(pk=found.pk).update(query=query)
        messages.success(request, _("Saved. It counts for tickets that change from now on."))
        return redirect("connection-scope", found.uuid)
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "typed": typed if errors else query,
        "errors": errors,
        "is_saved": query == found.query and not errors,
        "queues": _queues_of(found, query),
        "parameters": [(name, one.label) for name, one in TicketFilter.declared_filters.items()],
        **({} if errors else _shown(found, query)),
    }
    is_refused = bool(errors) and request.method == "POST"
    return render(request, "integrations/scope.html", context, status=422 if is_refused else 200)


def _understood(found: Connection, typed: str) -> tuple[str, list[tuple[str, str]]]:
    try:
        query = scope.tidy(typed)
        scope.tickets(found, query)
    except ValidationError as error:
        return typed, scope.words_of(error)
    return query, []


def _shown(found: Connection, query: str) -> dict:
    rows = scope.tickets(found, query)
    links = Link.objects.filter(connection=found, ticket=OuterRef("pk")).exclude(
        state=Link.State.ENDED
    )
    first = rows.annotate(is_mirrored=Exists(links)).order_by("-pk")[:SHOWN]
    known = configuration()
    return {
        "count": rows.count(),
        "first": [(ticket, known.statuses[ticket.status_id]) for ticket in first],
    }


def _queues_of(found: Connection, query: str) -> list[str]:
    """The names of other queues, if the query reaches beyond the connection's own."""
    return QueryDict(query).getlist(scope.QUEUE)
