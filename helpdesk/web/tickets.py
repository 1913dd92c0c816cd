"""The ticket page: one ticket, a new one, the trash."""

from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk import actions
from helpdesk.actions.drafts import open_drafted
from helpdesk.changes import Collision
from helpdesk.doors.pages import agent, put_errors, respond, wants_fragment
from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise, can
from helpdesk.web.begun import begun_ticket, seen_draft
from helpdesk.web.forms.opening import NewTicketForm
from helpdesk.web.forms.properties import DescriptionForm, PropertiesForm
from helpdesk.web.forwarding import message_named
from helpdesk.web.list_page import list_column
from helpdesk.web.listed import with_list
from helpdesk.web.ticket_page import (
    PAGE,
    done,
    fragments,
    mark_read,
    page,
    put,
    ticket_or_404,
    ticket_to_show,
)

TRASH_PAGE = 50
PARTS = {  # of the page, by the id of what htmx replaces
    "properties": "tickets/side-properties.html",
    "properties-edit": "tickets/side-properties.html",
    "earlier": "tickets/entries.html",
    "timeline": "tickets/timeline.html",
}


@require_safe
@agent
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """One ticket.

    `?edit=1` opens its properties for editing, `?earlier=2` shows a window further back, `?list=`
    holds the parameters of the list that stands beside it, `?forward=` names the message that is
    forwarded: its uuid, `opening` or `latest`.
    """
    if not wants_fragment(request) and (address := with_list(request)):
        return redirect(address)
    ticket = ticket_to_show(request, number)
    own = {}
    if "edit" in request.GET and not ticket.is_deleted and can(request.actor, "change", ticket):
        own["edit"] = PropertiesForm(ticket, request.actor)
    if "forward" in request.GET:
        own["forward"] = message_named(request, ticket, request.GET["forward"])
    if wants_fragment(request):
        return _part(request, ticket, own)
    mark_read(ticket, request.actor)
    context = page(request, ticket, **own) | list_column(request, number)
    response = render(request, PAGE, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _part(request: HttpRequest, ticket: Ticket, own: dict) -> HttpResponse:
    """What htmx asked for: the side, earlier messages, or all that may have changed."""
    template = PARTS.get(request.htmx.target or "")
    if template is None:
        mark_read(ticket, request.actor)
        return fragments(request, ticket, **own)
    response = render(request, template, page(request, ticket, **own))
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def new(request: HttpRequest) -> HttpResponse:
    authorise(request.actor, "open")
    if request.method != "POST":
        return _new(request, begun_ticket(request))
    form = NewTicketForm(request.actor, request.POST, request.FILES)
    if "refresh" in request.POST:
        return _new(request, _refreshed(request, form))
    if form.is_valid():
        try:
            draft, seen = seen_draft(request.POST)
            row = form.row() | {"attachments": form.kept}
            ticket = open_drafted(by=request.actor, draft=draft, **seen, **row)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Ticket #%(number)s is open.") % {"number": ticket.pk})
            return redirect("ticket", ticket.pk)
    return _new(request, form, status=422)


def _new(request: HttpRequest, form: NewTicketForm, status: int = 200) -> HttpResponse:
    return respond(request, "tickets/new.html", "fields", status=status, form=form)


def _refreshed(request: HttpRequest, posted: NewTicketForm) -> NewTicketForm:
    """The form for another queue or type, with all that was typed and chosen so far."""
    posted.is_valid()
    form = NewTicketForm(
        request.actor, initial={"queue": posted.data.get("queue"), "type": posted.data.get("type")}
    )
    form.remember(request.POST, request.FILES)
    form.kept = posted.kept
    return form


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def description(request: HttpRequest, number: int) -> HttpResponse:
    """Edit the ticket's own text."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "change", ticket)
    form = DescriptionForm(
        request.POST or None, initial={"body": ticket.body, "version": ticket.version}
    )
    difference: list = []
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_ticket(
                ticket,
                by=request.actor,
                base=form.cleaned_data["version"],
                body=form.cleaned_data["body"],
            )
            return done(request, number, _("The description was changed."))
        except ValidationError as error:
            difference = put(form, error)
    status = 409 if difference else 422 if form.is_bound else 200
    context = {"ticket": ticket, "form": form, "difference": difference}
    return render(request, "tickets/description.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """Say what moving to the trash does; do it."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "delete", ticket)
    difference: list = []
    if request.method == "POST":
        version = request.POST.get("version", "")
        base = int(version) if version.isdecimal() and len(version) < 10 else None
        try:
            by = request.actor.in_set(uuid4())
            actions.delete_ticket(ticket, by=by, base=base)
        except Collision as error:
            difference = put(None, error)
        else:
            words = _("Ticket #%(number)s is in the trash.") % {"number": number}
            way = reverse("ticket-undo", args=[number, by.change_set])
            messages.success(request, words, extra_tags=way)
            return redirect("trash")
    context = {"ticket": ticket, "difference": difference}
    return render(request, "tickets/delete.html", context, status=409 if difference else 200)


@require_POST
@agent
def restore(request: HttpRequest, number: int) -> HttpResponse:
    ticket = get_object_or_404(Ticket.objects.trash_of(request.actor), pk=number)
    actions.restore_ticket(ticket, by=request.actor)
    return done(request, number, _("The ticket is back."))


@require_safe
@agent
def trash(request: HttpRequest) -> HttpResponse:
    """What was deleted, newest first, fifty a page by `?before=<number>`."""
    rows = Ticket.objects.trash_of(request.actor).outside_sandboxes()
    rows = rows.select_related("requester", "trashed_by")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: TRASH_PAGE + 1])
    for ticket in found:
        ticket.status = configuration().statuses[ticket.status_id]
        ticket.may_restore = can(request.actor, "restore", ticket)
    following = found[TRASH_PAGE - 1].pk if len(found) > TRASH_PAGE else None
    context = {"tickets": found[:TRASH_PAGE], "next": following}
    return render(request, "tickets/trash.html", context)


@require_POST
@agent
def follow(request: HttpRequest, number: int) -> HttpResponse:
    """Follow a ticket with `follow=1`, no longer with anything else."""
    ticket = ticket_or_404(request, number)
    wanted = request.POST.get("follow") == "1"
    verb = actions.follow if wanted else actions.unfollow
    by = request.actor.in_set(uuid4())
    verb(ticket, request.user, by=by)
    words = _("You follow this ticket.") if wanted else _("You no longer follow this ticket.")
    return done(request, number, words, undo=by.change_set)
