"""The ticket before and after one, in the list from which it was opened."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent
from helpdesk.doors.paging import beside
from helpdesk.web.list_query import ListQuery
from helpdesk.web.ticket_page import ticket_or_404
from helpdesk.web.view_shape import shape_of

WAYS = {"next": False, "previous": True}


@require_safe
@agent
def neighbour(request: HttpRequest, number: int, way: str) -> HttpResponse:
    """Go to the next or the previous ticket; back to the list where there is none."""
    if way not in WAYS:
        raise Http404
    ticket = ticket_or_404(request, number)
    listed = request.GET.get("list", "")[:4000]
    query = ListQuery(QueryDict(listed), request.actor)
    query.group_sort = shape_of(request.user, query.view).group_sort
    rows = query.tickets.only("pk")
    found = beside(rows, query.grouped_keys(), ticket.pk, backwards=WAYS[way])
    if found is None:
        messages.info(request, _("That was the last ticket of the list."))
        return redirect(query.address())
    suffix = "?" + urlencode({"list": listed}) if listed else ""
    return redirect(reverse("ticket", args=[found.pk]) + suffix)
