"""What is reached from a mail without signing in: a file of it, and the end of being copied in."""

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk import actions
from helpdesk.actor import Actor, system
from helpdesk.mail.outgoing.links import file_of, leaving_of
from helpdesk.models import Attachment, Participant, Ticket, User

FENCE = "default-src 'none'; sandbox"
KINDS = (Participant.Kind.CC, Participant.Kind.FOLLOWER)


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponse:
    """A file of a message that was mailed, always as a download, while its link lasts."""
    said = Q(comment__deleted_at=None, comment__redacted_at=None)
    publicly = Q(comment__public=True) | Q(comment=None)  # the ticket's own text
    forwarded = Q(comment__public=False, comment__extra__has_key="forward")
    rows = Attachment.objects.filter(
        (publicly & Q(public=True)) | forwarded,
        said | Q(comment=None),
        deleted_at=None,
        state=Attachment.State.STORED,
        ticket__deleted_at=None,
    )
    uuid = file_of(token)
    found = rows.filter(uuid=uuid).first() if uuid else None
    if found is None or not found.file:
        raise Http404
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=found.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = FENCE
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@csrf_exempt  # mail programs post it (RFC 8058); the signed address is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and end that somebody gets mail about a ticket. It tells nothing of the ticket."""
    leaving = leaving_of(token)
    if leaving is None:
        raise Http404
    ticket = get_object_or_404(Ticket, pk=leaving.ticket_id)
    person = get_object_or_404(User, pk=leaving.person_id)
    is_done = request.method == "POST"
    if is_done:
        taking_part = Participant.objects.filter(ticket=ticket, person=person, kind__in=KINDS)
        for kind in list(taking_part.values_list("kind", flat=True)):
            actions.unfollow(ticket, person, by=_as(person), kind=kind)
    response = render(request, "mail/leave.html", {"is_done": is_done, "number": ticket.pk})
    response["X-Robots-Tag"] = "noindex"
    return response


def _as(person: User) -> Actor:
    """Whoever holds the link ends it for that person alone."""
    return system("mail", name=str(person), person_id=person.pk)
