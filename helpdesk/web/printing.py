"""A ticket on paper: all that was said and done, in one piece, for the printer or a PDF."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent
from helpdesk.web.properties_panel import properties_of
from helpdesk.web.requester import requester_of
from helpdesk.web.ticket_page import ticket_to_show
from helpdesk.web.timeline import whole


@require_safe
@agent
def printed(request: HttpRequest, number: int) -> HttpResponse:
    """`?notes=0` leaves out what is internal, for a copy that goes to a customer."""
    ticket = ticket_to_show(request, number)
    ticket.comment_count = ticket.comments_shown or 0
    with_notes = request.GET.get("notes") != "0"
    shown = whole(ticket, request.actor, with_notes=with_notes)
    context = {
        "ticket": ticket,
        "window": shown,
        "with_notes": with_notes,
        "properties": [line for line in properties_of(ticket) if with_notes or not line.staff_only],
        "requester": requester_of(ticket, request.actor),
        "now": timezone.now(),
    }
    return render(request, "tickets/print.html", context)
