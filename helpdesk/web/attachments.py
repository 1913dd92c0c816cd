"""Files of tickets: shown through a visibility check, never run in our origin."""

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.models import Attachment, Comment, Ticket
from helpdesk.permissions import authorise
from helpdesk.web.forms.files import FilesForm
from helpdesk.web.ticket_page import done, ticket_or_404

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
FENCE = "default-src 'none'; sandbox"


@require_safe
@agent
def attachment(request: HttpRequest, uuid: str) -> HttpResponse:
    """A file's content: a download, or inline for a few kinds of picture."""
    found = visible_attachment(request.actor, uuid)
    if found.url:
        return render(request, "attachments/link.html", {"attachment": found})
    if not found.file or found.state != Attachment.State.STORED:
        raise Http404
    is_inline = found.content_type in INLINE
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=not is_inline,
        filename=found.name,
        content_type=found.content_type if is_inline else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = FENCE
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache"
    return response


def visible_attachment(actor: Actor, uuid: str) -> Attachment:
    """A file of a ticket and message that the actor sees; 404 for all others."""
    rows = Attachment.objects.filter(deleted_at=None).select_related("ticket", "comment")
    found = get_object_or_404(rows, uuid=uuid, ticket__isnull=False)
    reach = Ticket.objects.within_reach_of(actor)
    get_object_or_404(reach.only("pk"), pk=found.ticket_id)
    if found.comment_id is not None:
        get_object_or_404(Comment.objects.shown_to(actor).only("pk"), pk=found.comment_id)
    return found


@require_POST
@agent
def attach(request: HttpRequest, number: int) -> HttpResponse:
    """Put files on a ticket without a message."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "attach", ticket)
    form = FilesForm(request.actor, request.POST, request.FILES)
    if form.is_valid():
        try:
            if not form.kept:
                raise ValidationError({"files": _("Choose a file first.")})
            actions.attach(ticket, form.kept, by=request.actor)
        except ValidationError as error:
            form.add_error("files", error.messages)
        else:
            return done(request, number, _("Attached."))
    context = {"ticket": ticket, "form": form}
    return render(request, "attachments/attach.html", context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def remove(request: HttpRequest, uuid: str) -> HttpResponse:
    """Say what removing a file does; do it."""
    found = visible_attachment(request.actor, uuid)
    ticket = ticket_or_404(request, found.ticket_id)
    authorise(request.actor, "detach", ticket)
    if request.method == "POST":
        actions.remove_attachment(found, by=request.actor)
        return done(request, ticket.pk, _("The file was removed."))
    return render(request, "attachments/remove.html", {"ticket": ticket, "attachment": found})
