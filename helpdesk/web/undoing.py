"""Taking back what one just did on a ticket's page."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk import actions
from helpdesk.doors.pages import agent
from helpdesk.models import Change, Ticket
from helpdesk.web.events import field_label
from helpdesk.web.ticket_page import done


@require_POST
@agent
def undo(request: HttpRequest, number: int, change_set: UUID) -> HttpResponse:
    """Undo a set of one's own changes that touched this ticket; undoing can be undone as well."""
    ticket = get_object_or_404(Ticket.objects.within_reach_of(request.actor), pk=number)
    own = Change.objects.filter(change_set=change_set, person_id=request.actor.person_id)
    if not own.filter(ticket=ticket).exists():
        raise Http404
    by = request.actor.in_set(uuid4())
    undone = actions.undo_change_set(change_set, by=by)
    for one in undone.skipped:
        label = f"{field_label(one.field)}: " if one.field else ""
        messages.warning(request, _("Not undone. %(why)s") % {"why": label + one.reason})
    if not undone.undone:
        words = "" if undone.skipped else _("There is nothing left to undo.")
        return done(request, number, words, told=True)
    response = done(request, number, _("Undone."), undo=by.change_set)
    response["HX-Trigger"] = "undone"  # panels that were loaded show it, too
    return response
