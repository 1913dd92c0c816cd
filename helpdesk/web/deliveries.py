"""What became of a reply that was mailed: to whom, when, why not; and sending it again."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from helpdesk import actions
from helpdesk.actions.outgoing import BOUNCED, is_resendable
from helpdesk.doors.pages import agent
from helpdesk.models import Comment, OutgoingMail, Recipient, Ticket
from helpdesk.permissions import can

State = OutgoingMail.State
CAME_BACK = Q(state=State.SENT, recipient__state=BOUNCED)
WORDS = {
    State.WAITING: gettext_lazy("waiting"),
    State.SENDING: gettext_lazy("being sent"),
    State.SENT: gettext_lazy("sent"),
    State.FAILED: gettext_lazy("not delivered"),
    State.DROPPED: gettext_lazy("no longer to be sent"),
    BOUNCED: gettext_lazy("came back"),
}
TONES = {State.WAITING: "warn", State.SENDING: "warn", State.FAILED: "danger", BOUNCED: "danger"}


@dataclass
class Delivery:
    """One recipient of a message."""

    mail: OutgoingMail
    may_resend: bool

    @property
    def resend_url(self) -> str:
        ticket, comment, uuid = self.mail.ticket_id, self.mail.comment, self.mail.uuid
        if comment is None:
            return reverse("opening-resend", args=[ticket, uuid])
        return reverse("comment-resend", args=[comment.ticket_id, comment.uuid, uuid])

    @property
    def state(self) -> str:
        return state_of(self.mail)

    @property
    def words(self) -> str:
        return str(WORDS[self.state])

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")

    @property
    def kind(self) -> str:
        recipient = self.mail.recipient
        return Recipient.Kind(recipient.kind).label if recipient else ""


def worst_state() -> Subquery:
    """An annotation of comments: the state of their mail that most needs a look, if they have
    any."""
    said = Case(When(CAME_BACK, then=Value(BOUNCED)), default=F("state"), output_field=CharField())
    rank = Case(
        When(state=State.FAILED, then=0),
        When(CAME_BACK, then=1),
        When(state__in=(State.WAITING, State.SENDING), then=2),
        When(state=State.SENT, then=3),
        default=4,
    )
    rows = OutgoingMail.objects.filter(comment=OuterRef("pk"), kind__in=OutgoingMail.OF_COMMENTS)
    return Subquery(rows.annotate(said=said).order_by(rank, "pk").values("said")[:1])


def state_of_opening() -> Subquery:
    """An annotation of tickets: what became of their own text, if it was mailed."""
    rows = OutgoingMail.objects.filter(ticket=OuterRef("pk"), kind=OutgoingMail.Kind.OPENING)
    return Subquery(rows.order_by("-pk").values("state")[:1])


def state_of(mail: OutgoingMail) -> str:
    came_back = mail.recipient is not None and mail.recipient.state == BOUNCED
    return BOUNCED if came_back and mail.state == State.SENT else mail.state


@require_safe
@agent
def deliveries(request: HttpRequest, number: int, uuid: UUID) -> HttpResponse:
    ticket, comment = _message(request, number, uuid)
    may_reply = can(request.actor, "reply", ticket) and not ticket.is_deleted
    rows = comment.outgoing.filter(kind__in=OutgoingMail.OF_COMMENTS).order_by("pk")
    found = [
        Delivery(mail, may_reply and is_resendable(mail))
        for mail in rows.select_related("recipient", "comment")
    ]
    context = {"ticket": ticket, "comment": comment, "deliveries": found}
    return render(request, "tickets/deliveries.html", context)


@require_safe
@agent
def of_opening(request: HttpRequest, number: int) -> HttpResponse:
    """What became of a ticket's own text that was mailed to its requester."""
    ticket = get_object_or_404(Ticket.objects.within_reach_of(request.actor), pk=number)
    may_reply = can(request.actor, "reply", ticket) and not ticket.is_deleted
    rows = ticket.outgoing.filter(kind=OutgoingMail.Kind.OPENING).order_by("pk")
    found = [
        Delivery(mail, may_reply and is_resendable(mail))
        for mail in rows.select_related("recipient", "ticket")
    ]
    context = {"ticket": ticket, "comment": None, "deliveries": found}
    return render(request, "tickets/deliveries.html", context)


@require_POST
@agent
def resend(request: HttpRequest, number: int, uuid: UUID, mail: UUID) -> HttpResponse:
    """Send once more what could not be delivered."""
    ticket, comment = _message(request, number, uuid)
    rows = comment.outgoing.filter(kind__in=OutgoingMail.OF_COMMENTS)
    row = get_object_or_404(rows, uuid=mail)
    _resend(request, row)
    return redirect("comment-deliveries", number=ticket.pk, uuid=comment.uuid)


@require_POST
@agent
def resend_opening(request: HttpRequest, number: int, mail: UUID) -> HttpResponse:
    """Send a ticket's own text once more."""
    ticket = get_object_or_404(Ticket.objects.within_reach_of(request.actor), pk=number)
    row = get_object_or_404(ticket.outgoing.filter(kind=OutgoingMail.Kind.OPENING), uuid=mail)
    _resend(request, row)
    return redirect("opening-deliveries", number=ticket.pk)


def _resend(request: HttpRequest, mail: OutgoingMail) -> None:
    try:
        actions.resend_mail(mail, by=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, gettext_lazy("It is sent once more."))


def _message(request: HttpRequest, number: int, uuid: UUID) -> tuple[Ticket, Comment]:
    ticket = get_object_or_404(Ticket.objects.within_reach_of(request.actor), pk=number)
    rows = Comment.objects.shown_to(request.actor).filter(ticket=ticket)
    return ticket, get_object_or_404(rows, uuid=uuid)
