"""Which ticket a message belongs to: each sign that it shows leads only as far as its sender may
see the ticket."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from helpdesk.actions import heir_of
from helpdesk.mail import headers
from helpdesk.mail.addresses import Token, forwarded_recipient, tag_in, token_in
from helpdesk.mail.parsing import Mail
from helpdesk.mail.senders import Sender
from helpdesk.models import Comment, MailReference, Recipient, StoredMessage, Ticket
from helpdesk.permissions import actor_of

ADDRESS, REFERENCE, TAG, FORWARD = "address", "reference", "tag", "forward"
DELIVERED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To")


@dataclass
class Thread:
    """`ticket` is the one to join, after all merges. `refused` is what the message shows and its
    sender may not see: `(how, why, ticket)`. `token` is that of the joined ticket alone. `forward`
    is the forward that it answers, whoever its sender is."""

    ticket: Ticket | None = None
    how: str = ""
    sign: str = ""
    token: Token | None = None
    forward: Comment | None = None
    refused: list[tuple[str, str, Ticket]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def related(self) -> Ticket | None:
        """The ticket that a stranger shows knowledge of: a number alone shows none."""
        known = [ticket for how, _why, ticket in self.refused if how != TAG]
        return next((one for one in known if one.deleted_at is None), None)


def thread_of(mail: Mail, stored: StoredMessage, sender: Sender) -> Thread:
    thread = Thread()
    token, was_forged = token_in(delivered_to(mail, stored))
    if was_forged:
        thread.notes.append("forged address")
    referenced = _referenced(mail)
    thread.forward = _forward_answered(mail, stored, sender, referenced)
    if thread.forward is not None:
        thread.ticket, thread.how = heir_of(thread.forward.ticket), FORWARD
        return thread
    signs = list(_signs(mail, token, referenced))
    found = Ticket.objects.in_bulk({number for _how, _sign, number in signs})
    visible = _visible(found, sender)
    for how, sign, number in signs:
        ticket = found.get(number)
        if ticket is None:
            continue
        why = _refusal(ticket, how, sender, visible)
        if why:
            thread.refused.append((how, why, ticket))
        else:
            thread.ticket, thread.how, thread.sign = heir_of(ticket), how, sign
            thread.token = token if token and token.ticket_id == number else None
            return thread
    return thread


def delivered_to(mail: Mail, stored: StoredMessage) -> list[str]:
    """Every address of ours that the message may have been sent to, bounce addresses included."""
    said = [headers.all_of(mail.headers, name, 4000) for name in DELIVERED]
    return [stored.envelope_to, *(one for line in said for one in line.split(",")[:200])]


def _forward_answered(
    mail: Mail, stored: StoredMessage, sender: Sender, referenced: list[MailReference]
) -> Comment | None:
    """The forward that this belongs to: by the signed address of a recipient, or by a Message-ID
    that only they got. It leads to a note and shows nothing, so nobody has to see the ticket."""
    found = None
    if number := forwarded_recipient(delivered_to(mail, stored)):
        rows = Recipient.objects.select_related("comment__ticket")
        found = getattr(rows.filter(pk=number).first(), "comment", None)
    elif not sender.authentication.is_refuted:
        known = (row.comment for row in referenced if row.is_ours and row.comment is not None)
        found = next((one for one in known if one.is_forward), None)
    if found is None or not found.is_forward or found.ticket.deleted_at is not None:
        return None
    return found


def _referenced(mail: Mail) -> list[MailReference]:
    """What is known of the messages that it says it answers, in the order in which it says so."""
    ids = list(dict.fromkeys([*mail.in_reply_to, *mail.references]))
    if not ids:
        return []
    rows = MailReference.objects.filter(message_id__in=ids).select_related("comment__ticket")
    places = {one: at for at, one in enumerate(ids)}
    found = list(rows.order_by("-is_ours", "-pk")[:200])
    return sorted(found, key=lambda row: places[row.message_id])


def _signs(
    mail: Mail, token: Token | None, referenced: list[MailReference]
) -> Iterable[tuple[str, str, int]]:
    """`(how, what, ticket id)` in the order in which they are believed."""
    if token is not None:
        yield ADDRESS, "", token.ticket_id
    for row in referenced:
        yield REFERENCE, row.message_id, row.ticket_id
    if (number := tag_in(mail.subject)) is not None:
        yield TAG, f"[#{number}]", number


def _visible(found: dict[int, Ticket], sender: Sender) -> set[int]:
    if sender.person is None or not found:
        return set()
    rows = Ticket.objects.visible_to(actor_of(sender.person, "mail"))
    return set(rows.filter(pk__in=found).values_list("pk", flat=True))


def _refusal(ticket: Ticket, how: str, sender: Sender, visible: set[int]) -> str:
    if ticket.deleted_at is not None:
        return "trash"
    if ticket.pk not in visible:
        return "stranger"
    if sender.authentication.is_refuted and how != ADDRESS:
        return "refuted"
    return ""


def remember(
    message_id: str,
    ticket: Ticket,
    comment: Comment | None = None,
    *,
    is_ours: bool = False,
    address: str = "",
) -> None:
    """Have a Message-ID lead to a ticket. Whoever sends mail calls it for each message sent."""
    if message_id:
        row = MailReference(
            message_id=message_id.strip("<>")[:500],
            ticket=ticket,
            comment=comment,
            is_ours=is_ours,
            address=address[:254],
        )
        MailReference.objects.bulk_create([row], ignore_conflicts=True)
