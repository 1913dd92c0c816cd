"""The menus of a ticket's head that load when opened. Without script the form beside does it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.fields import lookup_html
from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise

MENUS = frozenset({"title", "assignee", "team", "tags"})


@require_safe
@agent
def menu(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One of the menus; anybody without htmx goes to the form of all properties."""
    rows = Ticket.objects.visible_to(request.actor).select_related("assignee")
    ticket = get_object_or_404(rows, pk=number)
    if name not in MENUS:
        raise Http404
    authorise(request.actor, "change", ticket)
    if not wants_fragment(request):
        response = redirect(reverse("ticket", args=[number]) + "?edit=1#side")
        patch_vary_headers(response, ["HX-Request"])
        return response
    teams = configuration().teams.values()
    context = {
        "ticket": ticket,
        "change_url": reverse("ticket-change", args=[number]),
        "staff_lookup": lookup_html(staff=True),
        "tag_boxes": [(tag.name, tag.name, True) for tag in ticket.tag_list],
        "teams": [team for team in teams if team.deleted_at is None],
    }
    response = render(request, f"tickets/menu-{name}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
