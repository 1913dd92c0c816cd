"""A subscriber: public replies, messages that agents forward, mail that opened a ticket, and what
was said to open one for somebody, become messages to be sent.

Rows only, and few statements however many changes. What was said elsewhere first – a connection, an
import, another installation – was also mailed there, or is old: it is never mailed from here.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from helpdesk.actions.outgoing import (
    MAIL_REQUESTER,
    PATIENCE,
    ask_for_sending,
    name_recipients,
)
from helpdesk.actor import Role
from helpdesk.mail.addresses import is_own, new_message_id, own_addresses
from helpdesk.mail.caps import CAPS
from helpdesk.models import (
    Change,
    Comment,
    Mailbox,
    MailReference,
    OutgoingMail,
    Recipient,
    StoredMessage,
    Ticket,
)
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

ELSEWHERE = ("import", "connection")
OTHER_INSTALLATION = "helpdesk:"  # begins the source of what another installation says here
SAID = (Change.Kind.REPLIED, Change.Kind.NOTED)
OPENING = ("open", "follow_up")
Kind = OutgoingMail.Kind


def hand_on(changes: list[Change]) -> None:
    told = [one for one in changes if not one.silent and _is_of_here(one)]
    replies = [one for one in told if one.kind in SAID and one.comment_id]
    opened = [one for one in told if one.kind == Change.Kind.OPENED]
    by_mail = [one for one in opened if one.origin == "mail"]
    by_hand = [one for one in opened if one.ticket.extra.get(MAIL_REQUESTER)]
    if not replies and not by_mail and not by_hand:
        return
    mailboxes = mailboxes_of({one.ticket.queue_id for one in [*replies, *by_mail, *by_hand]})
    if not mailboxes:
        return
    made = _of_replies(replies, mailboxes) + _acknowledgements(by_mail)
    made += _first_messages(by_hand, mailboxes)
    if made:
        OutgoingMail.objects.bulk_create(made, ignore_conflicts=True)
        ask_for_sending()


def mailboxes_of(queues: set[int]) -> dict[int, Mailbox]:
    """The mailbox that speaks for each queue: its oldest one; queues without one send nothing."""
    sandboxes = configuration().sandboxes
    rows = Mailbox.objects.filter(queue__in=queues - set(sandboxes))
    found: dict[int, Mailbox] = {}
    for mailbox in rows.select_related("sending").order_by("pk"):
        found.setdefault(mailbox.queue_id, mailbox)
    return found


def _is_of_here(change: Change) -> bool:
    return change.origin.partition(":")[0] not in ELSEWHERE


def _of_replies(replies: Sequence[Change], mailboxes: dict[int, Mailbox]) -> list[OutgoingMail]:
    ids = [one.comment_id for one in replies if one.ticket.queue_id in mailboxes]
    if not ids:
        return []
    goes_out = Q(public=True) | Q(extra__has_key="forward")  # no other note does
    rows = Comment.objects.filter(goes_out, pk__in=ids, deleted_at=None, redacted_at=None)
    rows = rows.select_related("author", "ticket__requester").order_by("pk")
    comments = [one for one in rows if _goes_out(one) and one.ticket.queue_id in mailboxes]
    if not comments:
        return []
    own, recipients = own_addresses(), name_recipients(comments)
    mails, references = [], []
    for comment in comments:
        mailbox = mailboxes[comment.ticket.queue_id]
        reached = [one for one in recipients[comment.pk] if not is_own(one.address, own)]
        if not reached:
            continue
        message_id = new_message_id(mailbox.address)
        mails += [_mail(comment, one, mailbox, message_id) for one in reached]
        references.append(_reference(message_id, comment.ticket, comment))
    MailReference.objects.bulk_create(references, ignore_conflicts=True)
    return mails


def _goes_out(comment: Comment) -> bool:
    """Whether it is ours to mail. Customers' words are for the agents, who are notified."""
    if comment.source.startswith(OTHER_INSTALLATION) or comment.state != Comment.State.SENT:
        return False
    is_customer = comment.author is not None and comment.author.role == Role.CUSTOMER
    return not is_customer and comment.ticket.deleted_at is None


def _mail(
    comment: Comment, recipient: Recipient, mailbox: Mailbox, message_id: str
) -> OutgoingMail:
    return OutgoingMail(
        kind=Kind.FORWARD if comment.is_forward else Kind.REPLY,
        ticket=comment.ticket,
        comment=comment,
        recipient=recipient,
        person_id=recipient.person_id,
        mailbox=mailbox,
        address=recipient.address,
        name=recipient.name,
        message_id=message_id,
        is_automatic=comment.author_id is None,
        give_up_at=timezone.now() + PATIENCE,
    )


def _reference(message_id: str, ticket: Ticket, comment: Comment | None = None, address: str = ""):
    return MailReference(
        message_id=message_id, ticket=ticket, comment=comment, is_ours=True, address=address
    )


def _first_messages(opened: Sequence[Change], mailboxes: dict[int, Mailbox]) -> list[OutgoingMail]:
    """What agents and callers said when they opened a ticket for somebody."""
    ids = [one.ticket_id for one in opened if one.ticket.queue_id in mailboxes]
    if not ids:
        return []
    rows = Ticket.objects.filter(pk__in=ids, deleted_at=None, requester__is_active=True)
    rows = rows.exclude(requester__email=None).select_related("requester").order_by("pk")
    own, mails, references = own_addresses(), [], []
    for ticket in rows:
        person = ticket.requester
        if not ticket.body.strip() or is_own(person.email, own):
            continue
        mailbox = mailboxes[ticket.queue_id]
        message_id = new_message_id(mailbox.address)
        mails.append(
            OutgoingMail(
                kind=Kind.OPENING,
                ticket=ticket,
                person=person,
                mailbox=mailbox,
                address=person.email_written,
                name=person.name,
                message_id=message_id,
                give_up_at=timezone.now() + PATIENCE,
            )
        )
        references.append(_reference(message_id, ticket, address=person.email))
    MailReference.objects.bulk_create(references, ignore_conflicts=True)
    return mails


# Acknowledgements --------------------------------------------------------------------------------


def _acknowledgements(opened: Sequence[Change]) -> list[OutgoingMail]:
    """For mail of a person that opened a ticket, where its mailbox acknowledges, within the cap."""
    if not opened:
        return []
    rows = StoredMessage.objects.filter(
        ticket__in=[one.ticket_id for one in opened],
        may_answer=True,
        mailbox__sending__acknowledges=True,
        mailbox__queue__is_sandbox=False,
        acknowledgement=None,
    )
    mails, references, counted = [], [], {}
    for stored in rows.select_related("mailbox", "ticket__requester").order_by("pk"):
        person = stored.ticket.requester
        is_from_requester = person is not None and person.email == fold(stored.sender)
        if stored.story.get("effect") not in OPENING or not is_from_requester:
            continue
        counted.setdefault(person.email, _acknowledged_today(person.email))
        if counted[person.email] >= CAPS["answers_address_day"]:
            continue
        counted[person.email] += 1
        message_id = new_message_id(stored.mailbox.address)
        mails.append(
            OutgoingMail(
                kind=Kind.ACKNOWLEDGEMENT,
                ticket=stored.ticket,
                answers=stored,
                person=person,
                mailbox=stored.mailbox,
                address=person.email_written,
                name=person.name,
                message_id=message_id,
                is_automatic=True,
                give_up_at=timezone.now() + PATIENCE,
            )
        )
        references.append(_reference(message_id, stored.ticket, address=person.email))
    MailReference.objects.bulk_create(references, ignore_conflicts=True)
    return mails


def _acknowledged_today(address: str) -> int:
    since = timezone.now() - timedelta(days=1)
    rows = OutgoingMail.objects.filter(kind=Kind.ACKNOWLEDGEMENT, created_at__gt=since)
    return rows.filter(address__iexact=address).count()
