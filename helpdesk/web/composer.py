"""What an agent says on a ticket: reply, note, forward, edit, redact."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import actions
from helpdesk.actions import sending
from helpdesk.actions.worded import count_uses
from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.models import Comment, Draft, Ticket, User
from helpdesk.permissions import authorise
from helpdesk.web.composing import hold_of, next_address, tell_queued
from helpdesk.web.forms.conversation import (
    FORWARD,
    NEXT,
    NOTE,
    REPLY,
    CommentForm,
    ComposerForm,
)
from helpdesk.web.preferences import prefer
from helpdesk.web.ticket_page import (
    done,
    fragments,
    go,
    put,
    show,
    ticket_or_404,
    ticket_to_show,
)


@require_POST
@agent
def comments(request: HttpRequest, number: int) -> HttpResponse:
    """Send a reply or a forward, now or later, or add a note, with all that is set with it."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, FORWARD if request.POST.get("kind") == FORWARD else NOTE, ticket)
    form = ComposerForm(ticket, request.actor, request.POST, request.FILES, person=request.user)
    difference: list = []
    if form.is_valid():
        wants_next = form.cleaned_data["then"].startswith(NEXT)
        address = next_address(request, number) if wants_next else ""
        try:
            queued = _say(request, ticket, form)
        except ValidationError as error:
            difference = put(form, error)
        else:
            count_uses([UUID(one) for one in form.used], by=request.actor)
            return _said(request, ticket, form, queued, address)
    return _kept(request, number, form, difference)


def _say(request: HttpRequest, ticket: Ticket, form: ComposerForm) -> Draft | None:
    """Say it, or have it wait: what waits is returned."""
    sets = dict(form.cleaned_data["sets"])
    transition = form.chosen_transition
    if transition is not None and not asks(transition):
        sets["status"] = transition.target_id
    said = {
        "by": request.actor,
        "body": form.cleaned_data["body"],
        "uuid": UUID(form.draft_uuid),
        "attachments": form.kept,
        "writer": form.cleaned_data["writer"],
        "revision": form.cleaned_data["revision"],
    }
    _remember(request.user, form, sets.get("status"))
    minutes = form.cleaned_data.get("minutes")
    if form.is_note:
        sending.say(ticket, kind=NOTE, sets=sets, minutes=minutes, **said)
        return None
    said["recipients"] = form.cleaned_data["recipients"]
    later = {"kind": REPLY, "base": form.cleaned_data["version"]}
    if form.forward_of:  # collides with nobody's words
        later = {"kind": FORWARD}
    at, hold = form.chosen_time, hold_of(request.user)
    if at is None and not hold:
        if form.forward_of:
            later["forwards"] = form.forwards
        sending.say(ticket, sets=sets, minutes=minutes, **said, **later)
        return None
    fields = {"sets": sets, **({"minutes": minutes} if minutes else {})}
    return sending.queue_reply(
        ticket,
        send_after=at or timezone.now() + timedelta(seconds=hold),
        is_scheduled=at is not None,
        fields=fields | ({"forwards": form.forwards} if form.forward_of else {}),
        **said,
        **later,
    )


def _remember(person: User, form: ComposerForm, status: int | None) -> None:
    """The next button of this kind offers what this one did."""
    if "transition" not in form.data and "keep" not in form.data:
        return
    transition = form.chosen_transition
    if transition is not None and asks(transition):
        return
    chosen = person.preferences.get("send_and_set") or {}
    if chosen.get(form.cleaned_data["kind"]) != status:
        prefer(person, send_and_set={**chosen, form.cleaned_data["kind"]: status})


def _said(
    request: HttpRequest, ticket: Ticket, form: ComposerForm, queued: Draft | None, address: str
) -> HttpResponse:
    words = {NOTE: _("Note added."), FORWARD: _("Forwarded.")}.get(
        form.cleaned_data["kind"], _("Reply sent.")
    )
    transition = form.chosen_transition
    if queued is not None:
        tell_queued(request, queued)
    if transition is not None and asks(transition):
        return go(request, reverse("ticket-transition", args=[ticket.pk, transition.pk]))
    if address:
        if queued is None:
            messages.success(request, words)
        return go(request, address)
    if not wants_fragment(request):
        answer = done(request, ticket.pk, "" if queued else words)
        answer["Location"] += "#latest"
        return answer
    if queued is not None:
        return done(request, ticket.pk, told=True, with_composer=True)
    return done(request, ticket.pk, words, with_composer=True)


def asks(transition) -> bool:
    """Whether a transition wants to know something first."""
    return transition.needs_resolution or transition.needs_comment


def _kept(request: HttpRequest, number: int, form: ComposerForm, difference: list) -> HttpResponse:
    """Text and files as they were, with what is wrong or what changed meanwhile."""
    status = 409 if difference else 422
    own = {"composer": form, "held": difference}
    if not wants_fragment(request):
        return show(request, number, status=status, **own)
    ticket = ticket_to_show(request, number)
    return fragments(request, ticket, status=status, with_composer=True, **own)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def edit(request: HttpRequest, number: int, uuid: str) -> HttpResponse:
    """Edit one's own message."""
    ticket, comment = _comment_or_404(request, number, uuid)
    authorise(request.actor, "edit_comment", ticket)
    form = CommentForm(request.POST or None, initial={"body": comment.body})
    if form.is_valid():
        try:
            actions.edit_comment(comment, by=request.actor, body=form.cleaned_data["body"])
        except ValidationError as error:
            put(form, error)
        else:
            return _back_to(comment)
    context = {"ticket": ticket, "comment": comment, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "tickets/comment-edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def redact(request: HttpRequest, number: int, uuid: str) -> HttpResponse:
    """Say what redacting takes away; do it."""
    ticket, comment = _comment_or_404(request, number, uuid)
    authorise(request.actor, "redact_comment", ticket)
    if request.method == "POST":
        actions.redact_comment(comment, by=request.actor)
        return _back_to(comment)
    files = comment.attachments.filter(deleted_at=None).count()
    context = {"ticket": ticket, "comment": comment, "files": files}
    return render(request, "tickets/comment-redact.html", context)


def _comment_or_404(request: HttpRequest, number: int, uuid: str) -> tuple[Ticket, Comment]:
    ticket = ticket_or_404(request, number)
    rows = Comment.objects.shown_to(request.actor).filter(ticket=ticket)
    return ticket, get_object_or_404(rows, uuid=uuid)


def _back_to(comment: Comment) -> HttpResponse:
    return redirect(f"{reverse('ticket', args=[comment.ticket_id])}#comment-{comment.uuid}")
