"""What agents do about mail that leaves, and to whom a reply goes that names nobody."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor, Role
from helpdesk.models import (
    Comment,
    Mailbox,
    MailReference,
    OutgoingMail,
    Participant,
    Recipient,
    User,
)
from helpdesk.models.configuration import configuration
from helpdesk.nudging import ask_for
from helpdesk.permissions import authorise
from helpdesk.text import fold

SEND_TASK = "helpdesk.send_mail"
PATIENCE = timedelta(days=1)
PENDING, SENT, FAILED, BOUNCED = "pending", "sent", "failed", "bounced"  # states of a Recipient
MAIL_REQUESTER = "mail_requester"  # in `extra` of a ticket: its own text is mailed as a reply is
State = OutgoingMail.State
Kind = OutgoingMail.Kind


@transaction.atomic
def resend_mail(mail: OutgoingMail, *, by: Actor) -> OutgoingMail:
    """Try a reply or a first message once more that could not be sent or came back. Raises
    ValidationError.

    What is on its way, and what arrived as far as is known, is not sent again. A first message goes
    to whom the ticket is for by now, at the address they have by now.
    """
    rows = OutgoingMail.objects.select_for_update(of=("self",))
    mail = rows.select_related("ticket__requester", "recipient", "comment").get(pk=mail.pk)
    authorise(by, "reply", mail.ticket)
    if not is_resendable(mail):
        raise ValidationError(_("Only what could not be sent or came back is sent again."))
    now = timezone.now()
    mail.state, mail.tries, mail.last_error = State.WAITING, 0, ""
    mail.due_at, mail.give_up_at, mail.ended_at = now, now + PATIENCE, None
    mail.lease = mail.leased_until = None
    if mail.kind == Kind.OPENING:
        _address_anew(mail)
    mail.save()
    if mail.recipient is not None:
        mail.recipient.state = PENDING
        mail.recipient.save(update_fields=["state"])
    ask_for_sending()
    return mail


def is_resendable(mail: OutgoingMail) -> bool:
    if mail.kind == Kind.OPENING:
        return mail.state == State.FAILED and mail.ticket.deleted_at is None
    if (
        mail.kind not in OutgoingMail.OF_COMMENTS
        or mail.comment.deleted_at
        or mail.comment.redacted_at
    ):
        return False
    came_back = mail.recipient is not None and mail.recipient.state == BOUNCED
    return mail.state == State.FAILED or (mail.state == State.SENT and came_back)


def may_mail_requester(by: Actor) -> bool:
    """Whoever opens a ticket for somebody by hand or by call; what came from elsewhere did not."""
    return by.origin in ("web", "api") and by.role in (Role.ADMIN, Role.AGENT, Role.KEY)


def queues_that_mail() -> set[int]:
    """The ids of queues with a mailbox that speaks for them."""
    found = set(Mailbox.objects.values_list("queue_id", flat=True).distinct())
    return found - set(configuration().sandboxes)


def name_recipients(comments: Sequence[Comment]) -> dict[int, list[Recipient]]:
    """To whom each comment goes, by its id: whom it names; else the requester and who is copied
    in, who are kept with it. A few statements for all; `ticket__requester` is loaded.
    """
    found: dict[int, list[Recipient]] = {comment.pk: [] for comment in comments}
    for row in Recipient.objects.filter(comment__in=found).order_by("pk"):
        found[row.comment_id].append(row)
    named = {one.pk for one in comments if found[one.pk] or one.extra.get("to_nobody")}
    silent = [one for one in comments if one.public and one.pk not in named]
    if silent:
        copied = _copied_in({one.ticket_id for one in silent})
        made = [row for one in silent for row in _usual(one, copied.get(one.ticket_id, []))]
        for row in Recipient.objects.bulk_create(made):
            found[row.comment_id].append(row)
    return found


def ask_for_sending() -> None:
    """Ask for mail to be sent once the transaction commits; lost, the clock asks soon."""
    if all(run is not _nudge for _sids, run, *_rest in connection.run_on_commit):
        transaction.on_commit(_nudge, robust=True)


def _address_anew(mail: OutgoingMail) -> None:
    requester = mail.ticket.requester
    if requester is None or not requester.email or not requester.is_active:
        raise ValidationError(_("The ticket is for nobody who has an address."))
    mail.person, mail.name, mail.address = requester, requester.name, requester.email_written
    known = MailReference.objects.filter(message_id=mail.message_id, ticket=mail.ticket)
    known.update(address=requester.email)


def _copied_in(tickets: Iterable[int]) -> dict[int, list[User]]:
    rows = Participant.objects.filter(ticket__in=tickets, kind=Participant.Kind.CC)
    found: dict[int, list[User]] = {}
    for row in rows.select_related("person").order_by("pk"):
        found.setdefault(row.ticket_id, []).append(row.person)
    return found


def _usual(comment: Comment, copied: list[User]) -> list[Recipient]:
    requester = comment.ticket.requester
    people = [(Recipient.Kind.TO, requester)] if requester is not None else []
    people += [(Recipient.Kind.CC, person) for person in copied]
    chosen: dict[str, Recipient] = {}
    for kind, person in people:
        if person.email and person.is_active and person.pk != comment.author_id:
            row = Recipient(comment=comment, kind=kind, address=person.email_written, person=person)
            row.name = person.name
            chosen.setdefault(fold(row.address), row)
    return list(chosen.values())


def _nudge() -> None:
    ask_for(SEND_TASK)
