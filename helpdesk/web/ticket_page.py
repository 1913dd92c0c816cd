"""The ticket page: how a ticket is fetched, what is shown of it, and how a change is answered."""

from functools import cache
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from django_htmx.http import HttpResponseClientRedirect

from helpdesk import prepared
from helpdesk.actions.notifying import see
from helpdesk.actor import Actor
from helpdesk.addresses import address
from helpdesk.changes import Collision
from helpdesk.doors.pages import put_errors, wants_fragment
from helpdesk.models import (
    UNRESOLVED,
    Attachment,
    ChecklistItem,
    Comment,
    Draft,
    Notification,
    Participant,
    Priority,
    ReadMark,
    Ticket,
    TimeSpent,
)
from helpdesk.models.configuration import configuration
from helpdesk.models.tickets import channel_words
from helpdesk.permissions import can, open_transitions
from helpdesk.web.composing import buttons, composing, copied_in
from helpdesk.web.deliveries import state_of_opening
from helpdesk.web.events import field_label, minutes_words, value_words
from helpdesk.web.forms.properties import PropertiesForm
from helpdesk.web.listed import in_list, listed
from helpdesk.web.properties_panel import properties_of
from helpdesk.web.requester import requester_of
from helpdesk.web.timeline import Look, window

PAGE = "tickets/detail.html"
EDITOR = "properties-edit"  # the id of the open form: what is typed there is never replaced


# Fetching ----------------------------------------------------------------------------------------


def ticket_or_404(request: HttpRequest, number: int) -> Ticket:
    """A ticket that the agent sees, to be worked on."""
    return get_object_or_404(Ticket.objects.visible_to(request.actor), pk=number)


def ticket_to_show(request: HttpRequest, number: int) -> Ticket:
    """A ticket with all that its page shows of it, in one statement; the trash included."""
    known = configuration()
    found = prepared.seen_by(request.actor, "ticket page", _asked, number=number)
    if not found:
        raise Http404
    [ticket] = found
    ticket.queue, ticket.status = known.queues[ticket.queue_id], known.statuses[ticket.status_id]
    ticket.channel_words = channel_words(ticket.channel)
    ticket.minutes_words = minutes_words(ticket.minutes_spent) if ticket.minutes_spent else ""
    ticket.type, ticket.team = known.types.get(ticket.type_id), known.teams.get(ticket.team_id)
    return ticket


def _asked(actor: Actor, number: int) -> QuerySet:
    return _shown(Ticket.objects.within_reach_of(actor), actor).filter(pk=number)


def _shown(rows: QuerySet, actor: Actor) -> QuerySet:
    comments = Comment.objects.shown_to(actor).filter(ticket=OuterRef("pk")).order_by()
    marks = ReadMark.objects.filter(ticket=OuterRef("pk"), person=actor.person_id)
    parents = Ticket.objects.visible_to(actor).filter(pk=OuterRef("parent_id"))
    heirs = Ticket.objects.visible_to(actor).filter(pk=OuterRef("merged_into_id"))
    following = Participant.objects.filter(
        ticket=OuterRef("pk"), person=actor.person_id, kind=Participant.Kind.FOLLOWER
    )
    told = Notification.objects.filter(ticket=OuterRef("pk"), person=actor.person_id, seen_at=None)
    drafts = Draft.objects.filter(ticket=OuterRef("pk"), person=actor.person_id)
    files = Attachment.objects.filter(ticket=OuterRef("pk"), deleted_at=None)
    asked = {name: one for show in panels() for name, one in getattr(show, "asks", dict)().items()}
    counted = comments.values("ticket").annotate(count=Count("pk")).values("count")
    rows = rows.select_related("requester", "assignee", "organisation", "trashed_by")
    return rows.annotate(
        comments_shown=Subquery(counted),
        read_version=Subquery(marks.values("version")[:1]),
        parent_title=Subquery(parents.values("title")[:1]),
        heir_title=Subquery(heirs.values("title")[:1]),
        is_followed=Exists(following),
        is_told=Exists(told),
        has_drafts=Exists(drafts),  # what most have not is not asked for
        has_files=Exists(files),
        **asked,
        steps=Subquery(_count(ChecklistItem.objects.all())),
        steps_done=Subquery(_count(ChecklistItem.objects.exclude(done_at=None))),
        minutes_spent=Subquery(
            _of(TimeSpent.objects.all()).annotate(sum=Sum("minutes")).values("sum")
        ),
        copied_in=copied_in(),
        opening_delivery=state_of_opening(),
    )


def _of(rows: QuerySet) -> QuerySet:
    """Rows of the ticket of the outer query, as one group."""
    return rows.filter(ticket=OuterRef("pk")).order_by().values("ticket")


def _count(rows: QuerySet) -> QuerySet:
    return _of(rows).annotate(count=Count("pk")).values("count")


def mark_read(ticket: Ticket, actor: Actor) -> None:
    """Remember how far the reader has read: one write, and none if nothing is new."""
    if ticket.is_told:
        see(actor.person_id, ticket=ticket)
    if ticket.read_version is not None and ticket.read_version >= ticket.version:
        return
    ReadMark.objects.bulk_create(
        [ReadMark(person_id=actor.person_id, ticket_id=ticket.pk, version=ticket.version)],
        update_conflicts=True,
        unique_fields=["person", "ticket"],
        update_fields=["version"],
    )


# Showing -----------------------------------------------------------------------------------------


def page(request: HttpRequest, ticket: Ticket, **own) -> dict:
    """What the page and each of its fragments show. `own` replaces forms with filled ones."""
    actor = request.actor
    ticket.comment_count = ticket.comments_shown or 0
    is_open = not ticket.is_deleted
    look = Look.of(request.GET, request.user.preferences)
    composed = composing(
        request, ticket, own.get("composer"), own.get("forward", ""), has_drafts=ticket.has_drafts
    )
    if ticket.merged_into_id is not None:  # one writes on the ticket that goes on
        composed = {"composer": None, "queued": []}
    transitions = transition_choices(ticket, actor) if is_open else []
    if composed["composer"] is not None:
        composed["send"] = buttons(composed["composer"], request.user)
    return {
        "ticket": ticket,
        "window": window(ticket, actor, earlier_page(request.GET), look),
        "in_list": in_list(request),
        "listed": listed(request),
        "requester": requester_of(ticket, actor),
        "properties": properties_of(ticket),
        "panels": [
            render_to_string(*found, request) for show in panels() if (found := show(ticket, actor))
        ],
        "change_url": address("ticket-change", ticket.pk),
        "may_change": is_open and can(actor, "change", ticket),
        "may_merge": is_open and can(actor, "merge", ticket),
        "may_split": is_open and ticket.comment_count > 0 and can(actor, "split", ticket),
        "may_delete": is_open and can(actor, "delete", ticket),
        "may_restore": ticket.is_deleted and can(actor, "restore", ticket),
        "transitions": transitions,
        "priorities": Priority.choices,
        **own,
        **composed,
    }


def transition_choices(ticket: Ticket, actor: Actor) -> list[dict]:
    """The actions open to the actor, each with the status it leads to."""
    statuses = configuration().statuses
    return [
        {
            "pk": way.pk,
            "name": way.name,
            "status": statuses[way.target_id],
            "asks": way.needs_resolution or way.needs_comment,
            "resolves": statuses[way.target_id].category not in UNRESOLVED,
            "url": address("ticket-transition", ticket.pk, way.pk),
        }
        for way in open_transitions(ticket, actor)
    ]


@cache
def panels() -> tuple:
    """What integrations show beside a ticket: functions of ticket and actor. `asks()` of one are
    annotations that the ticket has there, in the page's own statement."""
    return tuple(import_string(name) for name in settings.PANELS)


def earlier_page(parameters: QueryDict) -> int:
    text = parameters.get("earlier", "")
    return min(int(text), 10_000) if text.isdecimal() and len(text) < 6 else 0


def show(request: HttpRequest, number: int, *, status: int = 200, **own) -> HttpResponse:
    """The whole page."""
    ticket = ticket_to_show(request, number)
    response = render(request, PAGE, page(request, ticket, **own), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


# Answering ---------------------------------------------------------------------------------------


def done(
    request: HttpRequest,
    number: int,
    words: str = "",
    *,
    undo: UUID | None = None,
    told: bool = False,
    **own,
) -> HttpResponse:
    """After a verb: the changed parts for htmx, the page for everyone else.

    `undo` names the set of changes that the toast offers to take back; `told` says that messages
    wait to be shown.
    """
    is_part = wants_fragment(request)
    if words and (undo or told or not is_part):
        way = address("ticket-undo", number, undo) if undo else ""
        messages.success(request, words, extra_tags=way)
    if not is_part:
        return redirect(address("ticket", number) + in_list(request))
    ticket = ticket_to_show(request, number)
    mark_read(ticket, request.actor)
    is_toast = bool(undo or told)
    own |= {"said": "" if is_toast else words, "is_toast": is_toast}
    own |= {"was_editing": request.htmx.target == EDITOR}
    return fragments(request, ticket, **own)


def fragments(request: HttpRequest, ticket: Ticket, *, status: int = 200, **own) -> HttpResponse:
    context = page(request, ticket, **own) | {"oob": True}
    response = render(request, "tickets/answer.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def refused(request: HttpRequest, number: int, form: PropertiesForm, **own) -> HttpResponse:
    """The properties as they were typed, with what is wrong beside them."""
    status = 409 if own.get("difference") else 422
    own |= {"edit": form, "is_refused": True}
    if not wants_fragment(request):
        return show(request, number, status=status, **own)
    context = page(request, ticket_to_show(request, number), **own)
    was_editing = request.htmx.target == EDITOR
    template = "tickets/side-properties.html" if was_editing else "tickets/side.html"
    response = render(request, template, context, status=status)
    if not was_editing:
        response["HX-Retarget"], response["HX-Reswap"] = "#side", "outerHTML"
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Another page, also for htmx."""
    return HttpResponseClientRedirect(url) if wants_fragment(request) else redirect(url)


def put(form, error: ValidationError) -> list[dict]:
    """Show on a form why a verb refused; a collision's difference is answered in words."""
    if isinstance(error, Collision):
        return [_difference(one) for one in error.difference]
    put_errors(form, error)
    return []


def _difference(one: dict) -> dict:
    name = one["field"]
    return {
        "label": field_label(name),
        "before": value_words(name, one.get("from")),
        "after": value_words(name, one.get("to")) or _listed(one),
        "by": one["by"],
        "at": one["at"],
        "is_comment": name == "comment",
    }


def _listed(one: dict) -> str:
    added = [f"+ {value_words('', item)}" for item in one.get("added") or ()]
    return ", ".join(added + [f"− {value_words('', item)}" for item in one.get("removed") or ()])
