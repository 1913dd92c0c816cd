"""A row of the outbox written out: only when it is sent, so that what was taken back stays back."""

from collections.abc import Callable
from email.utils import parseaddr
from operator import attrgetter

from django.conf import settings
from django.db.models import Q
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from helpdesk.mail.addresses import (
    bounce_address,
    bounce_address_alone,
    forward_address,
    reply_address,
    tagged,
)
from helpdesk.mail.outgoing import letters, templates
from helpdesk.mail.outgoing.letters import Enclosed, Envelope, Letter, letter, named, thread_of
from helpdesk.mail.outgoing.links import file_link, leave_link
from helpdesk.mail.outgoing.templates import Value, Words
from helpdesk.models import (
    Attachment,
    Change,
    Comment,
    Mailbox,
    MailSending,
    OutgoingMail,
    Participant,
    Recipient,
    Ticket,
    User,
)
from helpdesk.models.configuration import configuration
from helpdesk.text import fold, one_line, render, to_text

MEGABYTE = 1024 * 1024


class NotToBeSent(Exception):
    """It is no longer to be sent; the words say why."""


def reply_letter(mail: OutgoingMail) -> Letter:
    """Raises NotToBeSent for what was taken back meanwhile."""
    comment, sending = mailed(mail, attrgetter("public"))
    ticket = mail.ticket
    values = templates.ticket_values(ticket, comment.author)
    values["message.text"] = _said(comment)
    values["message.signature"] = signatures(comment.author, sending)
    words = templates.fill(templates.REPLY, values)
    return letter(
        envelope_of(mail, sending),
        Words(tagged(words.subject, ticket), words.text, words.html),
        message_id=mail.message_id,
        locale=locale(mail.person),
        thread=_before(thread_of(ticket, mail.address), mail.message_id),
        automatic="auto-generated" if mail.is_automatic else "",
        leave=_leave(mail, ticket),
        enclosed=enclosed(Q(comment=comment, public=True)),
    )


def mailed(mail: OutgoingMail, goes_out: Callable[[Comment], bool]) -> tuple[Comment, MailSending]:
    """The comment that a message holds, and what sends it, unless one of them is gone."""
    comment, mailbox = mail.comment, mail.mailbox
    if comment is None or comment.deleted_at or comment.redacted_at or not goes_out(comment):
        raise NotToBeSent(_("The message was taken back."))
    if mail.ticket.deleted_at or mailbox is None or mail.recipient is None:
        raise NotToBeSent(_("The ticket or its mailbox is gone."))
    refuse_unwritable(mail.address)
    return comment, sending_of(mailbox)


def envelope_of(mail: OutgoingMail, sending: MailSending) -> Envelope:
    """Of a comment: from its mailbox, to all whom it names but those copied in unseen."""
    comment, ticket, mailbox = mail.comment, mail.ticket, mail.mailbox
    shown = _shown_recipients(comment)
    envelope = Envelope(
        goes_to=mail.address,
        sender=bounces_to(mail, mailbox, sending),
        from_=named(_from_name(sending, ticket, comment.author), mailbox.address),
        to=[named(one.name, one.address) for one in shown if one.kind == Recipient.Kind.TO],
        cc=[named(one.name, one.address) for one in shown if one.kind == Recipient.Kind.CC],
        reply_to=answers_to(mail, ticket, mailbox, sending),
    )
    if not envelope.to and not envelope.cc:
        envelope.to = [named(mail.name, mail.address)]
    return envelope


def opening_letter(mail: OutgoingMail) -> Letter:
    """The text of a ticket that was opened for its requester. Raises NotToBeSent."""
    ticket, mailbox = mail.ticket, mail.mailbox
    if ticket.deleted_at or mailbox is None:
        raise NotToBeSent(_("The ticket or its mailbox is gone."))
    refuse_unwritable(mail.address)
    opened = Change.objects.filter(ticket=ticket, kind=Change.Kind.OPENED)
    first = opened.select_related("person").order_by("pk").first()
    author, sending = first.person if first else None, sending_of(mailbox)
    values = templates.ticket_values(ticket, author)
    html = mark_safe(render(ticket.body, ticket.body_format))
    values["message.text"] = Value(to_text(ticket.body, ticket.body_format).strip(), html)
    values["message.signature"] = signatures(author, sending)
    words = templates.fill(templates.REPLY, values)
    envelope = Envelope(
        goes_to=mail.address,
        sender=bounces_to(mail, mailbox, sending),
        from_=named(_from_name(sending, ticket, author), mailbox.address),
        to=[named(mail.name, mail.address)],
        reply_to=answers_to(mail, ticket, mailbox, sending),
    )
    return letter(
        envelope,
        Words(tagged(one_line(ticket.title), ticket), words.text, words.html),  # answers nothing
        message_id=mail.message_id,
        locale=locale(mail.person),
        enclosed=enclosed(Q(ticket=ticket, comment=None, public=True)),
    )


def acknowledgement_letter(mail: OutgoingMail) -> Letter:
    ticket, mailbox, stored = mail.ticket, mail.mailbox, mail.answers
    if ticket.deleted_at or mailbox is None:
        raise NotToBeSent(_("The ticket or its mailbox is gone."))
    refuse_unwritable(mail.address)
    sending = sending_of(mailbox)
    values = templates.ticket_values(ticket, None)
    values["message.signature"] = signatures(None, sending)
    words = templates.fill(templates.ACKNOWLEDGEMENT, values)
    envelope = Envelope(
        goes_to=mail.address,
        sender=bounces_to(mail, mailbox, sending),
        from_=named(_from_name(sending, ticket, None), mailbox.address),
        to=[named(mail.name, mail.address)],
        reply_to=answers_to(mail, ticket, mailbox, sending),
    )
    return letter(
        envelope,
        Words(tagged(words.subject, ticket), words.text, words.html),
        message_id=mail.message_id,
        locale=locale(mail.person),
        thread=[stored.message_id] if stored.message_id else [],
        automatic="auto-replied",
    )


def sending_of(mailbox: Mailbox) -> MailSending:
    found = MailSending.objects.filter(mailbox=mailbox).first()
    return found or MailSending(mailbox=mailbox)


def bounces_to(mail: OutgoingMail, mailbox: Mailbox, sending: MailSending) -> str:
    """An address of this message alone, where the mailbox takes it."""
    if not sending.has_plus:
        return mailbox.address
    if mail.recipient is not None:
        return bounce_address(mail.recipient, mailbox.address)
    return bounce_address_alone(mail, mailbox.address)


def answers_to(mail: OutgoingMail, ticket: Ticket, mailbox: Mailbox, sending: MailSending) -> str:
    """The signed address of this reader, where the mailbox takes it."""
    if not sending.has_plus:
        return mailbox.address
    if mail.kind == OutgoingMail.Kind.FORWARD and mail.recipient is not None:
        return forward_address(mail.recipient, mailbox.address)
    if mail.person is None:
        return mailbox.address
    return reply_address(ticket, mail.person, mailbox.address)


def refuse_unwritable(address: str) -> None:
    if not letters.is_writable(address):
        raise NotToBeSent(_("The address can't be written to."))


def default_sender() -> tuple[str, str]:
    """The name and the address of EMAIL_FROM."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)


def _before(ids: list[str], message_id: str) -> list[str]:
    """What came before a message: after a while it is written with what is known of then."""
    return ids[: ids.index(message_id)] if message_id in ids else ids


def _said(comment: Comment) -> Value:
    html = mark_safe(render(comment.body, comment.format))
    return Value(to_text(comment.body, comment.format).strip(), html)


def signatures(author: User | None, sending: MailSending) -> Value:
    of_author = author.signature.strip() if author is not None and author.is_agent else ""
    text = "\n\n".join(one for one in (of_author, sending.signature.strip()) if one)
    if not text:
        return Value("", mark_safe(""))
    html = format_html("-- <br>{}", mark_safe(escape(text).replace("\n", "<br>\n")))
    return Value(f"-- \n{text}", html)


def _from_name(sending: MailSending, ticket: Ticket, author: User | None) -> str:
    queue = configuration().queues[ticket.queue_id]
    name = sending.from_name or queue.email_name or default_sender()[0] or queue.name
    if sending.names_agent and author is not None and author.is_agent and author.name:
        return f"{author.name}, {name}"
    return name


def _shown_recipients(comment: Comment) -> list[Recipient]:
    """All but who is copied in unseen."""
    rows = Recipient.objects.filter(comment=comment).exclude(kind=Recipient.Kind.BCC)
    return [one for one in rows.order_by("pk") if letters.is_writable(one.address)]


def locale(person: User | None) -> str:
    known = dict(settings.LANGUAGES)
    said = person.locale if person is not None else ""
    return said if said in known else settings.LANGUAGE_CODE


def _leave(mail: OutgoingMail, ticket: Ticket) -> str:
    """Whoever takes part beside the requester may end it."""
    person = mail.person
    if person is None or person.pk == ticket.requester_id or fold(mail.address) != person.email:
        return ""
    takes_part = Participant.objects.filter(ticket=ticket, person=person)
    kinds = (Participant.Kind.CC, Participant.Kind.FOLLOWER)
    return leave_link(ticket, person) if takes_part.filter(kind__in=kinds).exists() else ""


def enclosed(which: Q) -> Enclosed:
    """Files as they are, as long as they fit; the others, and links, as addresses."""
    found, left = Enclosed(), settings.MAIL_ATTACH_MB * MEGABYTE
    rows = Attachment.objects.filter(which, deleted_at=None, state=Attachment.State.STORED)
    for file in rows.order_by("pk"):
        if file.url:
            found.links.append((file.name, file.url))
        elif file.file and file.size <= left:
            left -= file.size
            found.files.append(file)
        elif file.file:
            found.links.append((file.name, file_link(file)))
    return found
