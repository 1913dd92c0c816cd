"""Moving a message to another ticket, after a look at where it goes."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk import actions
from helpdesk.doors.pages import agent, put_errors
from helpdesk.models import Comment
from helpdesk.permissions import authorise, can
from helpdesk.text import excerpt, to_text
from helpdesk.web.forms.moving import MoveForm
from helpdesk.web.ticket_page import ticket_or_404

WORDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def move(request: HttpRequest, number: int, uuid: str) -> HttpResponse:
    """Say to which ticket with `into`, a number; then the message is there."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "split", ticket)
    rows = Comment.objects.shown_to(request.actor).filter(ticket=ticket)
    comment = get_object_or_404(rows.select_related("author"), uuid=uuid)
    form = MoveForm(request.actor, request.POST if request.method == "POST" else None)
    if form.is_valid():
        into = form.cleaned_data["into"]
        try:
            if not can(request.actor, "split", into):
                raise PermissionDenied
            actions.move_comments(ticket, [comment], into, by=request.actor)
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = _("The message moved to #%(number)s.") % {"number": into.pk}
            messages.success(request, words)
            return redirect(reverse("ticket", args=[into.pk]) + f"#comment-{comment.uuid}")
    context = {
        "ticket": ticket,
        "comment": comment,
        "form": form,
        "words": excerpt(to_text(comment.body, comment.format), WORDS),
    }
    status = 422 if form.errors else 200
    return render(request, "tickets/comment-move.html", context, status=status)
