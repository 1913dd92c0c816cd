"""Sending a message on: the composer in that mode, in its place on the page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from helpdesk.actions.forwarding import LATEST, source_named
from helpdesk.doors.pages import agent
from helpdesk.models import Ticket
from helpdesk.permissions import authorise
from helpdesk.web.composing import buttons, composing
from helpdesk.web.ticket_page import ticket_to_show, transition_choices


@require_safe
@agent
def forward(request: HttpRequest, number: int) -> HttpResponse:
    """The composer for a script; without one it opens with the page: `?forward=`."""
    ticket = ticket_to_show(request, number)
    name = message_named(request, ticket, request.GET.get("of", LATEST))
    context = composing(request, ticket, forward=name)
    if context["composer"] is None:
        raise Http404
    context |= {
        "ticket": ticket,
        "transitions": transition_choices(ticket, request.actor),
        "send": buttons(context["composer"], request.user),
        "is_beside": True,
    }
    response = render(request, "tickets/composer.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def message_named(request: HttpRequest, ticket: Ticket, name: str) -> str:
    """The message that is to be forwarded, `latest` by its own name. 404 where there is none."""
    authorise(request.actor, "forward", ticket)
    source = source_named(ticket, name)
    if source is None:
        raise Http404
    return source.name
