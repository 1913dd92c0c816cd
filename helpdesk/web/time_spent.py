"""The time spent on a ticket: in its panel, and as a page of its own."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import actions
from helpdesk.actor import Role
from helpdesk.doors.pages import agent, put_errors, wants_fragment
from helpdesk.models import Comment, Ticket, TimeSpent
from helpdesk.permissions import authorise, can
from helpdesk.web.events import minutes_words
from helpdesk.web.forms.working import TimeForm
from helpdesk.web.ticket_page import ticket_or_404

MOST = 200  # entries in one panel, the newest


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def times(request: HttpRequest, number: int) -> HttpResponse:
    """The entries; a new one with POST, for a message if `message` names it by its uuid."""
    ticket = ticket_or_404(request, number)
    if request.method != "POST":
        return _answer(request, ticket, TimeForm(initial={"message": _asked(request)}))
    authorise(request.actor, "change", ticket)
    form = TimeForm(request.POST)
    if form.is_valid():
        try:
            actions.note_time(
                ticket, by=request.actor, comment=_message(request, ticket, form), **form.row
            )
        except ValidationError as error:
            put_errors(form, error)
        else:
            if wants_fragment(request):
                return _answer(request, ticket, TimeForm())
            return redirect("ticket-time", number)
    return _answer(request, ticket, form, status=422)


@require_POST
@agent
def remove(request: HttpRequest, number: int, entry: int) -> HttpResponse:
    ticket = ticket_or_404(request, number)
    rows = TimeSpent.objects.filter(ticket=ticket).select_related("ticket")
    actions.remove_time(get_object_or_404(rows, pk=entry), by=request.actor)
    if wants_fragment(request):
        return _answer(request, ticket, TimeForm())
    return redirect("ticket-time", number)


def _asked(request: HttpRequest) -> str:
    return request.GET.get("message", "")[:36]


def _message(request: HttpRequest, ticket: Ticket, form: TimeForm) -> Comment | None:
    identity = form.cleaned_data["message"]
    if identity is None:
        return None
    rows = Comment.objects.shown_to(request.actor).filter(ticket=ticket)
    found = rows.filter(uuid=identity).first()
    if found is None:
        raise ValidationError({"message": _("There is no such message here.")})
    return found


def _answer(request: HttpRequest, ticket: Ticket, form: TimeForm, status: int = 200):
    actor = request.actor
    rows = ticket.time_spent.select_related("person", "comment").order_by("-worked_on", "-pk")
    entries = list(rows[:MOST])
    for one in entries:
        one.words = minutes_words(one.minutes)
        one.is_mine = actor.role == Role.ADMIN or one.person_id == actor.person_id
    is_part = wants_fragment(request)
    total = sum(one.minutes for one in entries)
    context = {
        "ticket": ticket,
        "entries": entries,
        "total": minutes_words(total) if total else "",
        "form": form if can(actor, "change", ticket) else None,
        "is_part": is_part,
    }
    template = "tickets/time-list.html" if is_part else "tickets/time.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
