"""Changing a ticket: its properties, and its status by the workflow's actions."""

from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.models import UNRESOLVED, Ticket, Transition
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise, open_transitions
from helpdesk.web.forms.properties import PropertiesForm, TransitionForm
from helpdesk.web.ticket_page import (
    done,
    page,
    put,
    refused,
    show,
    ticket_or_404,
    ticket_to_show,
)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Change what the form sets; a small form of the page names its fields in `only`."""
    ticket = ticket_or_404(request, number)
    if request.method != "POST":
        return redirect(reverse("ticket", args=[number]) + "?edit=1")
    authorise(request.actor, "change", ticket)
    form = PropertiesForm(ticket, request.actor, request.POST)
    if "refresh" in request.POST:
        return _asked_anew(request, number, form.unjudged())
    by = request.actor.in_set(uuid4())
    difference: list = []
    if form.is_valid():
        try:
            base = form.cleaned_data.get("version")
            actions.change_ticket(ticket, by=by, base=base, **form.changes())
        except ValidationError as error:
            difference = put(form, error)
        else:
            if not form.changes():
                return done(request, number, _("Nothing was changed."))
            return done(request, number, _changed_words(form), undo=by.change_set)
    if not form.errors and not difference:
        form.add_error(None, _("This could not be saved. Look at it again."))
    return refused(request, number, form, difference=difference)


def _asked_anew(request: HttpRequest, number: int, form: PropertiesForm) -> HttpResponse:
    """The properties as they were typed so far, with the fields that they ask for now."""
    if not wants_fragment(request):
        return show(request, number, status=200, edit=form)
    context = page(request, ticket_to_show(request, number), edit=form)
    response = render(request, "tickets/side-properties.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def transition(request: HttpRequest, number: int, transition: int) -> HttpResponse:
    """Take an action of the workflow, after asking what it wants to know."""
    ticket = ticket_or_404(request, number)
    known = configuration()
    way = known.transitions.get(transition)
    if way is None or way.workflow_id != known.workflow_of(ticket.queue_id).pk:
        raise Http404
    if way not in open_transitions(ticket, request.actor):
        return _not_open(request, ticket, way)
    resolves = configuration().statuses[way.target_id].category not in UNRESOLVED
    data = request.POST if request.method == "POST" else None
    form = TransitionForm(way, resolves=resolves, data=data, version=ticket.version, ticket=ticket)
    difference: list = []
    by = request.actor.in_set(uuid4())
    if form.is_valid():
        try:
            _take(ticket, way, form, by)
        except ValidationError as error:
            difference = put(form, error)
        else:
            status = configuration().statuses[way.target_id]
            words = _("The ticket is now “%(status)s”.") % {"status": status}
            return done(request, number, words, undo=by.change_set)
    status = 409 if difference else 422 if form.is_bound else 200
    return _asked(request, ticket, way, form, status=status, difference=difference)


def _changed_words(form: PropertiesForm) -> str:
    """What was saved, by name if it is one thing."""
    changed = [
        str(form.fields[name].label) for name in form.changed_data if form.fields[name].label
    ]
    return _("%(field)s saved.") % {"field": changed[0]} if len(changed) == 1 else _("Saved.")


def _take(ticket: Ticket, way: Transition, form: TransitionForm, by: Actor) -> None:
    actions.take_transition(
        ticket,
        way,
        by=by,
        base=form.cleaned_data.get("version"),
        resolution=form.cleaned_data.get("resolution", ""),
        comment=form.cleaned_data.get("comment", ""),
        custom=form.custom_values(),
    )


def _asked(
    request: HttpRequest, ticket: Ticket, way: Transition, form: TransitionForm, **own
) -> HttpResponse:
    """The small form: in the status menu for htmx, a page of its own without."""
    status = own.pop("status")
    target = configuration().statuses[way.target_id]
    context = {"ticket": ticket, "transition": way, "target": target, "form": form, **own}
    is_part = wants_fragment(request)
    template = "tickets/transition-form.html" if is_part else "tickets/transition.html"
    if is_part:
        context["in_menu"] = True
    response = render(request, template, context, status=status)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#status-menu", "innerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response


def _not_open(request: HttpRequest, ticket: Ticket, way: Transition) -> HttpResponse:
    """The ticket moved on, or the action is another's: say what is open now."""
    leaving = configuration().transitions_from(ticket.queue_id, ticket.status_id)
    if way in leaving:
        raise PermissionDenied
    context = {
        "ticket": ticket,
        "transition": way,
        "status": configuration().statuses[ticket.status_id],
        "open": open_transitions(ticket, request.actor),
    }
    return render(request, "tickets/transition-closed.html", context, status=409)
