"""What people do with one mirrored ticket: retry, decide, pause, unlink, link, look closer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.doors.pages import agent
from helpdesk.models import Ticket
from helpdesk.permissions import authorise, can
from integrations import console, mirror
from integrations.access import read_or_write
from integrations.models import Connection, Link
from integrations.operations import failures, journal, matching
from integrations.operations.stopped import CannotRun
from integrations.panels import field_words, mirrored, value_words

SHOWN = 10  # exchanges


@agent
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """All there is to know of a ticket's mirrors: each field of three sides, and the journal."""
    rows = Ticket.objects.visible_to(request.actor).select_related("requester", "assignee")
    ticket = get_object_or_404(rows, pk=number)
    context = mirrored(ticket, request.actor)
    context["exchanges"] = journal.of_ticket(ticket)[:SHOWN]
    context["may_configure"] = can(request.actor, "configure")
    return render(request, "integrations/operations/ticket.html", context)


@agent
@require_POST
def retry(request: HttpRequest, link: int) -> HttpResponse:
    """Try a link again now, or mirror it now."""
    found = _link(request, link)
    mirror.retry(found)
    messages.success(request, _("It is tried again now."))
    return _back(request, found)


@agent
@require_POST
def settle(request: HttpRequest, link: int) -> HttpResponse:
    """Choose sides for fields that both changed: one as `field` and `side`, or many at once."""
    found = _link(request, link)
    choices = {
        name.removeprefix("choice-"): side
        for name, side in request.POST.items()
        if name.startswith("choice-")
    }
    if "field" in request.POST:
        choices[request.POST["field"]] = request.POST.get("side", "")
    known = {one["field"] for one in found.conflicts}
    if not choices or not choices.keys() <= known or set(choices.values()) - {"ours", "theirs"}:
        raise Http404
    failures.settle(found, choices)
    messages.success(request, _("It is exchanged now."))
    return _back(request, found)


@agent
@require_POST
def begin(request: HttpRequest, number: int, connection: int) -> HttpResponse:
    """Mirror a ticket that is not in the connection's scope by itself, or was unlinked."""
    ticket, found = _pair(request, number, connection)
    link = Link.objects.filter(connection=found, ticket=ticket).first()
    if link is None:
        mirror.begin(found, ticket)
    else:
        mirror.again(link)
    messages.success(request, _("The ticket is sent now."))
    return redirect("ticket", ticket.pk)


@agent
@require_POST
def pause(request: HttpRequest, link: int) -> HttpResponse:
    found = _link(request, link)
    failures.pause(found)
    messages.success(request, _("Paused. What changes meanwhile is exchanged when you resume."))
    return _back(request, found)


@agent
@require_POST
def skip(request: HttpRequest, link: int) -> HttpResponse:
    """Leave it until the ticket changes again."""
    found = _link(request, link)
    if failures.skip(found, str(request.user)):
        messages.success(request, _("Left as it is until the ticket changes."))
    return _back(request, found)


@agent
@require_POST
def unlink(request: HttpRequest, link: int) -> HttpResponse:
    """Mirror the ticket no more; both sides stay as they are."""
    found = _link(request, link)
    console.stop_mirroring([found])
    messages.success(request, _("The ticket is no longer mirrored."))
    return _back(request, found)


@agent
@require_POST
def arrived(request: HttpRequest, link: int) -> HttpResponse:
    """A person looked: the reply or file whose answer was lost is there."""
    found = _link(request, link)
    failures.arrived(found)
    messages.success(request, _("It counts as sent."))
    return _back(request, found)


@agent
@read_or_write
def existing(request: HttpRequest, number: int, connection: int) -> HttpResponse:
    """Link a ticket to one that is there already: asked for, read there, shown, confirmed.

    What was shown is read again before it is stored: nothing of a page is believed but the id.
    """
    ticket, found = _pair(request, number, connection)
    said = request.POST.get("there", request.GET.get("there", "")).strip()
    context: dict[str, Any] = {"ticket": ticket, "connection": found, "said": said}
    context["link"] = Link.objects.filter(connection=found, ticket=ticket).first()
    if request.method == "POST":
        try:
            if "search" in request.POST:
                context["candidates"] = _searched(found, context["link"])
            else:
                candidate = matching.look(found, ticket, said, request.actor)
                wins = request.POST.get("wins", "")
                if "confirm" in request.POST and wins in matching.WINS:
                    matching.attach(found, ticket, candidate, wins=wins)
                    messages.success(request, _("The tickets are linked and compared now."))
                    return redirect("ticket-mirror", ticket.pk)
                context |= {"candidate": candidate, "fields": _both(candidate)}
        except CannotRun as error:
            context["problem"] = str(error)
    status = 422 if "problem" in context else 200
    return render(request, "integrations/operations/existing.html", context, status=status)


def _searched(connection: Connection, link: Link | None) -> list:
    if link is None or link.ticket_id is None:
        raise CannotRun(_("Nothing was sent of this ticket yet: there is nothing to look for."))
    return matching.search(connection, link)


def _both(candidate: matching.Candidate) -> list[dict[str, Any]]:
    """Fields that differ: what is there in the service's own words, and what ours would be."""
    theirs = candidate.remote.theirs
    return [
        {
            "words": field_words(name),
            "ours": value_words(candidate.ours.get(name)),
            "theirs": value_words(theirs.get(name)),
        }
        for name in candidate.ours
        if name in theirs and theirs[name] != candidate.written.get(name)
    ]


def _pair(request: HttpRequest, number: int, connection: int) -> tuple[Ticket, Connection]:
    """A ticket that the agent may change, and a connection of its queue that runs."""
    rows = Ticket.objects.visible_to(request.actor).select_related("requester", "assignee")
    ticket = get_object_or_404(rows, pk=number)
    authorise(request.actor, "change", ticket)
    running = Connection.objects.filter(queue_id=ticket.queue_id, state=Connection.State.ACTIVE)
    return ticket, get_object_or_404(running, pk=connection)


def _link(request: HttpRequest, pk: int) -> Link:
    """A link of a ticket that the agent sees and may change."""
    visible = Ticket.objects.visible_to(request.actor)
    found = get_object_or_404(Link.objects.select_related("ticket"), pk=pk, ticket__in=visible)
    authorise(request.actor, "change", found.ticket)
    return found


def _back(request: HttpRequest, link: Link) -> HttpResponse:
    """To where the button stood: the ticket, or the page of its mirrors."""
    page = "ticket-mirror" if request.POST.get("page") == "mirror" else "ticket"
    return redirect(page, link.ticket_id)
