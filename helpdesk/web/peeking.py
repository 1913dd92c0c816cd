"""A look at a ticket from the list: who asks, what was said last; it stays unread."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent, respond
from helpdesk.web.ticket_page import ticket_to_show
from helpdesk.web.timeline import Look, Message, window

LATEST = 3


@require_safe
@agent
def peek(request: HttpRequest, number: int) -> HttpResponse:
    """A layer over the list for scripts, else a page. Nobody is told that somebody reads."""
    ticket = ticket_to_show(request, number)
    ticket.comment_count = ticket.comments_shown or 0
    shown = window(ticket, request.actor, look=Look())
    said = [_still(one) for one in shown.entries if one.is_message]
    context = {
        "ticket": ticket,
        "messages_shown": said[-LATEST:],
        "earlier": shown.earlier + len(said[:-LATEST]),
    }
    return respond(request, "tickets/peek.html", "layer", **context)


def _still(message: Message) -> Message:
    """A message without what acts on it; its id is the ticket page's, which may be beside it."""
    return replace(message, anchor=f"peek-{message.anchor}", menu_url="", edit_url="")
