"""What the panel on a ticket's page does: retry, decide, begin."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.doors.pages import agent
from helpdesk.models import Ticket
from helpdesk.permissions import authorise
from integrations import mirror
from integrations.models import Connection, Link


@agent
@require_POST
def retry(request: HttpRequest, link: int) -> HttpResponse:
    """Try a link again now."""
    found = _link(request, link)
    mirror.retry(found)
    messages.success(request, _("It is tried again now."))
    return redirect("ticket", found.ticket_id)


@agent
@require_POST
def settle(request: HttpRequest, link: int) -> HttpResponse:
    """Choose the value of one side for a field that both changed."""
    found = _link(request, link)
    field, side = request.POST.get("field", ""), request.POST.get("side", "")
    if side not in ("ours", "theirs") or field not in {one["field"] for one in found.conflicts}:
        raise Http404
    mirror.settle(found, field, side)
    messages.success(request, _("It is exchanged now."))
    return redirect("ticket", found.ticket_id)


@agent
@require_POST
def begin(request: HttpRequest, number: int, connection: int) -> HttpResponse:
    """Mirror a ticket that is not in the connection's scope by itself."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.actor), pk=number)
    authorise(request.actor, "change", ticket)
    rows = Connection.objects.filter(queue_id=ticket.queue_id, state=Connection.State.ACTIVE)
    mirror.begin(get_object_or_404(rows, pk=connection), ticket)
    messages.success(request, _("The ticket is sent now."))
    return redirect("ticket", ticket.pk)


def _link(request: HttpRequest, pk: int) -> Link:
    """A link of a ticket that the agent sees and may change."""
    visible = Ticket.objects.visible_to(request.actor)
    found = get_object_or_404(Link.objects.select_related("ticket"), pk=pk, ticket__in=visible)
    authorise(request.actor, "change", found.ticket)
    return found
