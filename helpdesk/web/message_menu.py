"""What can be done with one message: in its menu, or as a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.models import Comment
from helpdesk.permissions import can
from helpdesk.web.ticket_page import ticket_or_404
from helpdesk.web.timeline import ways_of


@require_safe
@agent
def menu(request: HttpRequest, number: int, uuid: str) -> HttpResponse:
    ticket = ticket_or_404(request, number)
    rows = Comment.objects.shown_to(request.actor).filter(ticket=ticket)
    comment = get_object_or_404(rows, uuid=uuid)
    is_part = wants_fragment(request)
    context = {
        "ticket": ticket,
        "comment": comment,
        "anchor": f"comment-{comment.uuid}",
        "ways": ways_of(comment, ticket, request.actor),
        "may_reply": is_part and can(request.actor, "reply", ticket),
    }
    template = "tickets/message-ways.html" if is_part else "tickets/message-menu.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
