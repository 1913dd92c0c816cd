"""The checklist in its panel beside the ticket, and as a page of its own."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import actions
from helpdesk.doors.pages import agent, put_errors, wants_fragment
from helpdesk.models import Change, ChecklistItem, Ticket
from helpdesk.permissions import authorise, can
from helpdesk.web.forms.working import StepForm
from helpdesk.web.ticket_page import ticket_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def checklist(request: HttpRequest, number: int) -> HttpResponse:
    """The steps; a new one with POST."""
    ticket = ticket_or_404(request, number)
    form = StepForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        authorise(request.actor, "change", ticket)
    if form.is_valid():
        try:
            by = request.actor.in_set(uuid4())
            actions.add_step(ticket, by=by, text=form.cleaned_data["text"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            return _done(request, ticket, _("The step is added."), by.change_set)
    return _answer(request, ticket, form, status=422 if form.is_bound else 200)


@require_POST
@agent
def step(request: HttpRequest, number: int, step: int) -> HttpResponse:
    """`deed` is done, undone, up, down or remove."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "change", ticket)
    steps = list(ChecklistItem.objects.filter(ticket=ticket).order_by("position", "pk"))
    found = get_object_or_404(
        ChecklistItem.objects.select_related("ticket"), pk=step, ticket=ticket
    )
    place = next((index for index, one in enumerate(steps) if one.pk == found.pk), 0)
    deed, by = request.POST.get("deed", ""), request.actor.in_set(uuid4())
    if deed in ("done", "undone"):
        actions.change_step(found, by=by, is_done=deed == "done")
    elif deed in ("up", "down"):
        place += 1 if deed == "down" else -1
        actions.change_step(found, by=by, position=max(place, 0))
    elif deed == "remove":
        actions.remove_step(found, by=by)
    words = {
        "done": _("The step is done."),
        "undone": _("The step is open again."),
        "remove": _("The step is removed."),
    }.get(deed, _("The step is moved."))
    return _done(request, ticket, words, by.change_set)


def _done(request: HttpRequest, ticket: Ticket, words: str, change_set: UUID) -> HttpResponse:
    if Change.objects.filter(change_set=change_set, ticket=ticket).exists():
        way = reverse("ticket-undo", args=[ticket.pk, change_set])
        messages.success(request, words, extra_tags=way)
    if wants_fragment(request):
        return _answer(request, ticket, StepForm())
    return redirect("ticket-checklist", ticket.pk)


def _answer(request: HttpRequest, ticket: Ticket, form: StepForm, status: int = 200):
    steps = list(ticket.checklist.select_related("done_by").order_by("position", "pk"))
    is_part = wants_fragment(request)
    context = {
        "ticket": ticket,
        "steps": steps,
        "done": sum(one.is_done for one in steps),
        "form": form if can(request.actor, "change", ticket) else None,
        "is_part": is_part,
    }
    template = "tickets/checklist-list.html" if is_part else "tickets/checklist.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
