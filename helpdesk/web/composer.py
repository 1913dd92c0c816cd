"""What an agent says on a ticket: reply, note, edit, redact."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import actions
from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.models import Comment, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise
from helpdesk.web.forms.conversation import CommentForm, ComposerForm
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
    """Send a reply or add a note, with files and the transition chosen on the button."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "note", ticket)
    form = ComposerForm(ticket, request.actor, request.POST, request.FILES)
    difference: list = []
    if form.is_valid():
        try:
            _say(ticket, form)
        except ValidationError as error:
            difference = put(form, error)
        else:
            return _said(request, ticket, form)
    return _kept(request, number, form, difference)


def _say(ticket: Ticket, form: ComposerForm) -> None:
    transition = form.chosen_transition
    fields = {}
    if transition is not None and not asks(transition):
        fields["status"] = configuration().statuses[transition.target_id]
    said = {
        "by": form.actor,
        "body": form.cleaned_data["body"],
        "attachments": form.kept,
        "fields": fields,
    }
    if form.is_note:
        actions.add_note(ticket, **said)
    else:
        actions.reply(ticket, base=form.cleaned_data["version"], **said)


def _said(request: HttpRequest, ticket: Ticket, form: ComposerForm) -> HttpResponse:
    words = _("Note added.") if form.is_note else _("Reply sent.")
    transition = form.chosen_transition
    if transition is not None and asks(transition):
        return go(request, reverse("ticket-transition", args=[ticket.pk, transition.pk]))
    if not wants_fragment(request):
        answer = done(request, ticket.pk, words)
        answer["Location"] += "#latest"
        return answer
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
