"""The first page: how much there is, what comes next, who asked for one, what is unfinished."""

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.doors.paging import first_of
from helpdesk.filters import TicketFilter, sort_keys
from helpdesk.models import Draft, Mention, Ticket
from helpdesk.web.named_views import (
    DUE_SOON,
    FIRST,
    NamedView,
    find_view,
    queue_views,
    saved_views,
    team_views,
)
from helpdesk.web.preferences import prefer
from helpdesk.web.rows import FIELDS, JOINED, Writer
from helpdesk.web.shell import BEGUN, Shell
from helpdesk.web.tour import tour_of

SHOWN = 6
FIGURES = ("my-open", "due-soon", "overdue", "unassigned", "waiting")
NEXT = {"assignee": "me", "category": "unresolved"}
UNASSIGNED = {"assignee": "none", "category": "unresolved"}


@agent
@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """Where one begins: the view that the person chose for it, else this page."""
    key = request.user.preferences.get("home", "")
    if key and find_view(key, request.actor) is not None:
        return redirect(f"/tickets/?view={key}")
    return home(request)


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The page itself; a post chooses the view with which one begins instead of it."""
    actor = request.actor
    if request.method == "POST":
        key = request.POST.get("home", "")
        prefer(request.user, home=key if find_view(key, actor) else "")
        return redirect("home-page")
    counted = Shell(request).counted
    views = {view.key: view for view in (*FIRST, DUE_SOON)}
    writer = Writer({})
    context = {
        "now": timezone.localtime(),
        "tour": tour_of(request.user.preferences),
        "figures": [(views[key], counted.get(key, 0)) for key in FIGURES],
        "next": _lines(writer, _tickets(actor, NEXT, "due_at,-priority")),
        "unassigned": _lines(writer, _tickets(actor, UNASSIGNED, "-priority,created_at")),
        "mentions": prepared.seen_by(actor, "home mentions", _mentions),
        "drafts": prepared.seen_by(actor, "home drafts", _drafts),
        "troubles": troubles_of(actor),
        "choices": _choices(actor),
        "chosen": request.user.preferences.get("home", ""),
    }
    return render(request, "home/home.html", context)


def troubles_of(actor: Actor) -> list[dict]:
    """What other parts of the house have to say, as `{"words", "url", "icon"}` each."""
    return [one for name in settings.HOME_NOTICES for one in import_string(name)(actor)]


def _tickets(actor: Actor, query: dict, sort: str) -> list[dict]:
    """The first few tickets of a query, as rows of a list."""

    def asked(actor: Actor) -> QuerySet:
        tickets = TicketFilter(query, Ticket.objects.visible_to(actor), actor=actor).qs
        return first_of(tickets.values(*FIELDS, **JOINED), sort_keys(sort), SHOWN)

    return prepared.seen_by(actor, ("home", *query.items(), sort), asked)


def _lines(writer: Writer, rows: list[dict]) -> list[dict]:
    """What a line of the page shows of a ticket: cells of a list."""
    cells = {
        "subject": writer.subject_link,
        "requester": writer.requester,
        "status": writer.status,
        "due": writer.due,
        "priority": writer.priority_sign,
        "age": writer.last_activity,
    }
    return [
        {"number": row["id"], **{name: mark_safe(cell(row)) for name, cell in cells.items()}}
        for row in rows
    ]


def _mentions(actor: Actor) -> QuerySet:
    """Where the person was named last, unseen first, on tickets that the person sees."""
    visible = Ticket.objects.visible_to(actor).values("pk")
    rows = Mention.objects.filter(
        person=actor.person_id, comment__ticket__in=visible, comment__deleted_at=None
    )
    return rows.select_related("by", "comment__ticket").order_by("seen_at", "-at")[:SHOWN]


def _drafts(actor: Actor) -> QuerySet:
    """What the person began to write, latest first; `is_seen` where the ticket is still shown."""
    visible = Ticket.objects.visible_to(actor).filter(pk=OuterRef("ticket"))
    rows = Draft.objects.filter(BEGUN, person=actor.person_id).annotate(is_seen=Exists(visible))
    return rows.select_related("ticket").order_by("-updated_at")[:SHOWN]


def _choices(actor: Actor) -> list[tuple[str, str]]:
    """With what one can begin."""
    views: list[NamedView] = [*FIRST, *saved_views(actor), *team_views(actor), *queue_views(actor)]
    return [("", _("This page")), *((view.key, str(view.label)) for view in views)]
