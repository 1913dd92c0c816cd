"""The agents' pages of messages that came in: the list, one with its story, and what is decided."""

from uuid import UUID

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.folding import render_folded
from helpdesk.mail import keeping, showing, story
from helpdesk.mail.keeping import visible_messages
from helpdesk.mail.showing import shown
from helpdesk.mail.store import raw_of
from helpdesk.models import Attachment, StoredMessage, Ticket
from helpdesk.permissions import can

PAGE = 50
State = StoredMessage.State
STATES = {
    State.QUARANTINED: gettext_lazy("Quarantine"),
    State.STORED: gettext_lazy("Waiting"),
    State.WORKED: gettext_lazy("Done"),
    State.COPY: gettext_lazy("Copies"),
    State.DISCARDED: gettext_lazy("Discarded"),
}


@agent
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Messages, newest first, fifty a page; `?state=` says which, in quarantine first."""
    state = request.GET.get("state", State.QUARANTINED)
    state = state if state in STATES else State.QUARANTINED
    place = request.GET.get("page", "1")
    page = int(place) if place.isascii() and place.isdecimal() and 0 < len(place) < 6 else 1
    first = max(0, page - 1) * PAGE
    rows = visible_messages(request.actor).filter(state=state).select_related("mailbox")
    found = list(rows.order_by("-pk")[first : first + PAGE + 1])
    context = {
        "stored": found[:PAGE],
        "state": state,
        "states": STATES.items(),
        "previous": f"?state={state}&page={page - 1}" if page > 1 else None,
        "next": f"?state={state}&page={page + 1}" if len(found) > PAGE else None,
    }
    return render(request, "mail/messages.html", context)


@agent
@require_safe
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A message: what it says, its story, and what may be done."""
    message = message_or_404(request.actor, uuid)
    raw = raw_of(message)
    mail = showing.read_again(message, raw)
    place = _place(message, request.actor)
    context = {
        "message": message,
        "lines": story.lines(message, mail.html if mail else ""),
        "text": render_folded(mail.text, [one.as_list for one in mail.folds]) if mail else "",
        "files": [one.name for one in mail.files] if mail and not message.ticket_id else [],
        "has_html": bool(mail and mail.html),
        "is_kept": bool(raw),
        "is_unread": bool(raw) and mail is None,
        "is_decidable": message.state in keeping.DECIDABLE
        and keeping.may_decide(message, request.actor),
        "awaits": keeping.awaited_author(message) if _may_approve(message, request.actor) else None,
        **place,
    }
    return render(request, "mail/message.html", context)


@agent
@require_safe
def source(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The original as text, never as anything else."""
    words = showing.source_of(message_or_404(request.actor, uuid))
    if words is None:
        raise Http404
    response = HttpResponse(words, content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@agent
@require_safe
def designed(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The message's own HTML, cleaned; `?pictures=1` shows those from elsewhere."""
    message = message_or_404(request.actor, uuid)
    raw = raw_of(message)
    mail = showing.read_again(message, raw)
    if mail is None or not mail.html:
        raise Http404
    with_remote = request.GET.get("pictures") == "1"
    html, held_back = shown(mail.html, _pictures(message), with_remote=with_remote)
    context = {"message": message, "html": html, "held_back": held_back}
    response = render(request, "mail/designed.html", context)
    if with_remote:
        response._csp_update = {"img-src": ["https:", "http:"]}
    return response


@agent
@require_POST
def decide(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """`decision`: release, retry or discard."""
    message = message_or_404(request.actor, uuid)
    verb = keeping.DECISIONS.get(request.POST.get("decision", ""))
    if verb is None:
        return HttpResponse(status=400)
    try:
        message = verb(message, by=request.actor)
    except ValidationError as error:
        notices.error(request, " ".join(error.messages))
        return redirect("mail-message", uuid)
    if message.state == State.WORKED and message.ticket_id:
        notices.success(request, _("It is on ticket #%(number)s.") % {"number": message.ticket_id})
    elif message.state == State.DISCARDED:
        notices.success(request, _("Discarded."))
        return redirect("mail-messages")
    elif message.state == State.QUARANTINED:
        notices.error(request, _("It is held back again: %(why)s") % {"why": message.reason})
    return redirect("mail-message", uuid)


@agent
@require_POST
def approve(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Post what waits as a note in the name of its agent."""
    message = message_or_404(request.actor, uuid)
    if not _may_approve(message, request.actor):
        raise PermissionDenied(_("You may not reply on this ticket."))
    try:
        reply = keeping.approve(message, by=request.actor)
    except ValidationError as error:
        notices.error(request, " ".join(error.messages))
        return redirect("mail-message", uuid)
    notices.success(request, _("Posted as a reply."))
    return redirect(reverse("ticket", args=[reply.ticket_id]) + f"#comment-{reply.uuid}")


# What the pages share ----------------------------------------------------------------------------


def message_or_404(actor: Actor, uuid: UUID) -> StoredMessage:
    return get_object_or_404(keeping.readable_messages(actor), uuid=uuid)


def _place(message: StoredMessage, actor: Actor) -> dict:
    anchor = f"comment-{message.comment.uuid}" if message.comment_id else "opening"
    copied = keeping.copied_by(message, actor)
    return {"number": keeping.number_of(message), "anchor": anchor, "copy_of": copied}


def _may_approve(message: StoredMessage, actor: Actor) -> bool:
    if message.comment_id is None:
        return False
    ticket: Ticket = message.comment.ticket
    return can(actor, "reply", ticket) and not ticket.is_deleted


def _pictures(message: StoredMessage) -> dict[str, str]:
    if message.ticket_id is None:
        return {}
    rows = Attachment.objects.filter(comment=message.comment_id, deleted_at=None)
    rows = rows.exclude(content_id="").filter(state=Attachment.State.STORED)
    if message.comment_id is None:
        rows = rows.filter(ticket=message.ticket_id)
    return {one.content_id: reverse("attachment", args=[one.uuid]) for one in rows[:200]}
