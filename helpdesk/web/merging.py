"""Making one ticket of two, taking that back, and a new one of a part; each after a preview."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import actions, search
from helpdesk.actor import STAFF, Actor
from helpdesk.doors.pages import agent, put_errors
from helpdesk.models import Attachment, Comment, Organisation, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise, can
from helpdesk.text import excerpt, to_text
from helpdesk.web.forms.conversation import SplitForm
from helpdesk.web.ticket_page import ticket_or_404

MOST = 10  # tickets that a search offers
MOST_MESSAGES = 200  # that a split offers, the newest
WORDS = 200  # characters of each


@dataclass
class Preview:
    """What merging would move, and who would read what they could not read before.

    `readers` are customers who will read what was said here, `arriving` those of here who will
    read what was said there; `organisations` share all of their tickets.
    """

    into: Ticket
    replies: int
    notes: int
    files: int
    readers: list[User] = field(default_factory=list)
    arriving: list[User] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    refusal: str = ""
    queues: tuple = ()  # from and to, where they differ


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """Choose a ticket by number or words with `?into=`, see what would move, and move it."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "merge", ticket)
    if ticket.merged_into_id:
        messages.info(request, _("This ticket was merged already."))
        return redirect("ticket", number)
    said = request.POST.get("into", "") if request.method == "POST" else request.GET.get("into", "")
    said = said.strip()[:200]
    wanted = search.number_in(said)
    into = _mergeable(ticket, request.actor).filter(pk=wanted).first() if wanted else None
    error = ""
    if into is not None and request.method == "POST":
        try:
            actions.merge(ticket, into, by=request.actor)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        else:
            words = _("#%(number)s is merged into this ticket.") % {"number": number}
            messages.success(request, words)
            return redirect("ticket", into.pk)
    if wanted and into is None:
        error = _("There is no other ticket #%(number)s.") % {"number": wanted}
    preview = _preview(ticket, into, request.actor) if into is not None else None
    context = {
        "ticket": ticket,
        "said": said,
        "preview": preview,
        "error": error,
        "found": [] if preview else _offered(ticket, said if not wanted else "", request.actor),
        "is_search": bool(said) and not wanted,
    }
    status = 422 if error else 200
    return render(request, "tickets/merge.html", context, status=status)


@require_POST
@agent
def unmerge(request: HttpRequest, number: int) -> HttpResponse:
    """Take a merge back."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "merge", ticket)
    if ticket.merged_into_id:  # one does not take out of a ticket what one may not see
        ticket_or_404(request, ticket.merged_into_id)
    try:
        actions.unmerge(ticket, by=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The merge is taken back."))
    return redirect("ticket", number)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def split(request: HttpRequest, number: int) -> HttpResponse:
    """Choose messages for a new ticket; `?message=<uuid>` has one chosen already."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "split", ticket)
    offered = _messages(ticket, request.actor)
    choices = {str(one.uuid): one for one in offered}
    form = SplitForm(
        list(choices),
        request.POST if request.method == "POST" else None,
        initial={"title": ticket.title, "messages": [request.GET.get("message", "")]},
    )
    if form.is_valid():
        chosen = [choices[uuid] for uuid in form.cleaned_data["messages"]]
        try:
            new = actions.split(ticket, chosen, by=request.actor, title=form.cleaned_data["title"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = _("Ticket #%(number)s is open, split from #%(old)s.")
            messages.success(request, words % {"number": new.pk, "old": number})
            return redirect("ticket", new.pk)
    ticked = set(form["messages"].value() or ())
    rows = [
        (one, uuid in ticked, excerpt(to_text(one.body, one.format), WORDS))
        for uuid, one in choices.items()
    ]
    context = {"ticket": ticket, "form": form, "rows": rows}
    status = 422 if form.errors else 200
    return render(request, "tickets/split.html", context, status=status)


def _messages(ticket: Ticket, actor: Actor) -> list[Comment]:
    """What can be split off, oldest first."""
    rows = Comment.objects.shown_to(actor).filter(
        ticket=ticket, state=Comment.State.SENT, deleted_at=None, redacted_at=None
    )
    newest = rows.select_related("author").order_by("-happened_at", "-pk")[:MOST_MESSAGES]
    return list(newest)[::-1]


def _mergeable(ticket: Ticket, actor: Actor) -> QuerySet:
    rows = Ticket.objects.visible_to(actor).exclude(pk=ticket.pk)
    return rows.select_related("requester", "organisation")


def _offered(ticket: Ticket, words: str, actor: Actor) -> list[Ticket]:
    """What the words find; without words the requester's other tickets."""
    rows = _mergeable(ticket, actor).outside_sandboxes().filter(merged_into=None)
    if words:
        rows = search.matching(rows, words, actor)
    elif ticket.requester_id:
        rows = rows.filter(requester=ticket.requester_id)
    else:
        return []
    found = list(rows.order_by("-last_activity_at", "-pk")[:MOST])
    for one in found:
        one.status = configuration().statuses[one.status_id]
    return found


def _preview(ticket: Ticket, into: Ticket, actor: Actor) -> Preview:
    known = configuration()
    into.status = known.statuses[into.status_id]
    said = Comment.objects.filter(ticket=ticket, deleted_at=None).aggregate(
        replies=Count("pk", filter=Q(public=True)), notes=Count("pk", filter=Q(public=False))
    )
    here, there = _people(ticket), _people(into)
    queues = (known.queues[ticket.queue_id], known.queues[into.queue_id])
    return Preview(
        into=into,
        replies=said["replies"] + bool(ticket.body.strip()),
        notes=said["notes"],
        files=Attachment.objects.filter(ticket=ticket, deleted_at=None).count(),
        readers=[one for pk, one in there.items() if pk not in here],
        arriving=[one for pk, one in here.items() if pk not in there],
        organisations=_sharing(ticket, into),
        refusal=_refusal(into, actor),
        queues=queues if queues[0].pk != queues[1].pk else (),
    )


def _people(ticket: Ticket) -> dict[int, User]:
    """The customers who read a ticket because they take part."""
    wanted = Q(pk=ticket.requester_id) | Q(pk__in=ticket.participants.values("pk"))
    return {one.pk: one for one in User.objects.filter(wanted).exclude(role__in=STAFF)}


def _sharing(ticket: Ticket, into: Ticket) -> list[Organisation]:
    shares = into.organisation is not None and into.organisation.shares_tickets
    return [into.organisation] if shares and into.organisation_id != ticket.organisation_id else []


def _refusal(into: Ticket, actor: Actor) -> str:
    if into.merged_into_id:
        return _("That ticket was itself merged into another one.")
    return "" if can(actor, "merge", into) else _("You may read its queue, not write in it.")
