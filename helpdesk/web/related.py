"""What opens on demand beside a ticket: its links, its history, its files."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk import actions
from helpdesk.doors.pages import agent, put_errors, wants_fragment
from helpdesk.models import Change, Participant, Ticket, TicketLink
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise, can
from helpdesk.web.events import event_of, other_tickets
from helpdesk.web.forms.properties import LinkForm
from helpdesk.web.ticket_page import ticket_or_404

HISTORY_PAGE = 100
MOST = 200  # links and children in one panel


@dataclass
class Relation:
    """Another ticket and what it is to this one; `kind` is empty where it can't be unlinked."""

    words: str
    ticket: Ticket
    kind: str = ""
    is_ours: bool = True


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def links(request: HttpRequest, number: int) -> HttpResponse:
    """Parent, children, links and those who take part; with a form that links another ticket."""
    ticket = ticket_or_404(request, number)
    form = LinkForm(request.actor, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            other, kind = form.cleaned_data["other"], form.cleaned_data["kind"]
            actions.link(ticket, other, by=request.actor, kind=kind)
        except ValidationError as error:
            put_errors(form, error)
        else:
            form = LinkForm(request.actor)
            if not wants_fragment(request):
                return redirect("ticket-links", number)
    return _links(request, ticket, form, status=422 if form.is_bound else 200)


@require_POST
@agent
def unlink(request: HttpRequest, number: int, other: int) -> HttpResponse:
    """Take away a link from this ticket to another one, or from that one to this."""
    ticket = ticket_or_404(request, number)
    linked = ticket_or_404(request, other)
    kind = request.POST.get("kind", "")
    one, two = (ticket, linked) if request.POST.get("ours") == "1" else (linked, ticket)
    actions.unlink(one, two, by=request.actor, kind=kind)
    if wants_fragment(request):
        return _links(request, ticket, LinkForm(request.actor))
    return redirect("ticket-links", number)


def _links(request: HttpRequest, ticket: Ticket, form: LinkForm, status: int = 200):
    context = {
        "ticket": ticket,
        "relations": _relations(ticket, request),
        "people": ticket.participations.select_related("person").order_by("pk")[:MOST],
        "form": form if can(request.actor, "link", ticket) else None,
    }
    return _answer(request, "links", context, status)


def _relations(ticket: Ticket, request: HttpRequest) -> list[Relation]:
    """Those that the agent sees, in two statements."""
    rows = TicketLink.objects.filter(ticket=ticket) | TicketLink.objects.filter(other=ticket)
    found = list(rows.order_by("pk")[:MOST])
    numbers = {one.other_id if one.ticket_id == ticket.pk else one.ticket_id for one in found}
    wanted = Ticket.objects.filter(pk__in=[*numbers, *filter(None, [ticket.parent_id])])
    wanted |= Ticket.objects.filter(parent_id=ticket.pk)
    visible = Ticket.objects.visible_to(request.actor)
    seen = {one.pk: one for one in visible.filter(pk__in=wanted.values("pk")).order_by("pk")[:MOST]}
    for one in seen.values():
        one.status = configuration().statuses[one.status_id]
    relations = []
    if ticket.parent_id in seen:
        relations.append(Relation(_("Parent"), seen[ticket.parent_id]))
    children = [one for one in seen.values() if one.parent_id == ticket.pk]
    relations += [Relation(_("Child"), child) for child in children]
    for one in found:
        is_ours = one.ticket_id == ticket.pk
        other = one.other_id if is_ours else one.ticket_id
        if other in seen:
            words = one.get_kind_display() if is_ours else _from_there(one.kind)
            relations.append(Relation(words, seen[other], kind=one.kind, is_ours=is_ours))
    return relations


def _from_there(kind: str) -> str:
    """A link's words seen from its other end."""
    return {
        TicketLink.Kind.RELATED: _("related to"),
        TicketLink.Kind.DUPLICATE: _("has the duplicate"),
        TicketLink.Kind.BLOCKS: pgettext("link", "blocked by"),
    }[kind]


@require_safe
@agent
def history(request: HttpRequest, number: int) -> HttpResponse:
    """Every change, newest first, a hundred a page by `?before=<version>`."""
    ticket = get_object_or_404(Ticket.objects.within_reach_of(request.actor), pk=number)
    rows = Change.objects.filter(ticket_id=ticket.pk)
    before = request.GET.get("before", "")
    if before:
        if not before.isdecimal() or len(before) > 9:
            raise Http404
        rows = rows.filter(version__lt=int(before))
    found = list(rows.order_by("-version")[: HISTORY_PAGE + 1])
    shown = found[:HISTORY_PAGE]
    named = other_tickets(shown)
    visible = Ticket.objects.visible_to(request.actor).filter(pk__in=named)
    readable = set(visible.values_list("pk", flat=True)) if named else set()
    entries = [
        {"change": change, "event": event_of(change, readable), "kind": change.get_kind_display()}
        for change in shown
    ]
    following = shown[-1].version if len(found) > HISTORY_PAGE else None
    context = {"ticket": ticket, "entries": entries, "next": following}
    return _answer(request, "history", context)


def _answer(request: HttpRequest, name: str, context: dict, status: int = 200) -> HttpResponse:
    """The panel's content for htmx, a page of its own without."""
    part = "tickets/%s-list.html" if wants_fragment(request) else "tickets/%s.html"
    response = render(request, part % name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@agent
def person(request: HttpRequest, number: int) -> HttpResponse:
    """Take a person off those who take part."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "change", ticket)
    pk = request.POST.get("person", "")
    rows = ticket.participations.select_related("person")
    wanted = int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    one = get_object_or_404(rows, person_id=wanted, kind=Participant.Kind.FOLLOWER)
    actions.unfollow(ticket, one.person, by=request.actor)
    return redirect("ticket-links", number)
