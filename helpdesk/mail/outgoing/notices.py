"""What agents are told by mail: gathered when its time has come, unless they saw it meanwhile.

The words of internal notes are in no mail: it says that there is one, and where.
"""

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from helpdesk.actions.outgoing import PATIENCE, ask_for_sending
from helpdesk.mail.addresses import new_message_id, tagged
from helpdesk.mail.outgoing import templates
from helpdesk.mail.outgoing.letters import Envelope, Letter, letter, named
from helpdesk.mail.outgoing.links import leave_link, ticket_link
from helpdesk.mail.outgoing.outbox import mailboxes_of
from helpdesk.mail.outgoing.templates import Value, Words
from helpdesk.mail.outgoing.writing import (
    NotToBeSent,
    answers_to,
    bounces_to,
    default_sender,
    refuse_unwritable,
    sending_of,
)
from helpdesk.models import MailReference, Notification, OutgoingMail, Ticket
from helpdesk.permissions import actor_of
from helpdesk.text import excerpt, fold, render, to_text

MOST = 50  # of one mail
PEOPLE = 100  # of one run
Reason = Notification.Reason


def gather() -> int:
    """Make a mail for each person of what is to be mailed now; returns how many."""
    due = Notification.objects.filter(mail=None, mail_at__lte=timezone.now())
    people = list(due.order_by().values_list("person_id", flat=True).distinct()[:PEOPLE])
    made = sum(_gather_for(person_id) for person_id in people)
    return made


@transaction.atomic
def _gather_for(person_id: int) -> bool:
    due = Notification.objects.filter(person_id=person_id, mail=None, mail_at__lte=timezone.now())
    due.filter(seen_at__isnull=False).update(mail_at=None)
    rows = due.select_for_update(of=("self",)).select_related("person", "ticket").order_by("pk")
    found = list(rows[:MOST])
    if not found:
        return False
    person, tickets = found[0].person, {one.ticket for one in found}
    [ticket] = tickets if len(tickets) == 1 else [None]
    mailbox = mailboxes_of({ticket.queue_id}).get(ticket.queue_id) if ticket else None
    message_id = new_message_id(mailbox.address if mailbox else default_sender()[1])
    mail = OutgoingMail.objects.create(
        kind=OutgoingMail.Kind.NOTICE,
        ticket=ticket,
        person=person,
        mailbox=mailbox,
        address=person.email_written or "",
        name=person.name,
        message_id=message_id,
        is_automatic=True,
        give_up_at=timezone.now() + PATIENCE,
    )
    Notification.objects.filter(pk__in=[one.pk for one in found]).update(mail=mail)
    if ticket is not None:
        MailReference.objects.create(
            message_id=message_id, ticket=ticket, is_ours=True, address=person.email or ""
        )
    ask_for_sending()
    return True


def notice_letter(mail: OutgoingMail) -> Letter:
    """Raises NotToBeSent if nothing is left that this agent may read."""
    person = mail.person
    if person is None or not person.is_agent or person.erased_at or not person.email:
        raise NotToBeSent(_("Its reader is no agent any more."))
    refuse_unwritable(mail.address)
    found = _readable(mail)
    if not found:
        raise NotToBeSent(_("Nothing is left that its reader may see."))
    with translation.override(person.locale or translation.get_language()):
        return _one(mail, found[0]) if len(found) == 1 else _several(mail, found)


def _readable(mail: OutgoingMail) -> list[Notification]:
    visible = Ticket.objects.visible_to(actor_of(mail.person))
    rows = mail.notifications.filter(ticket__in=visible.order_by().values("pk"))
    return list(rows.select_related("ticket__requester", "comment").order_by("pk"))


def _one(mail: OutgoingMail, notification: Notification) -> Letter:
    ticket = notification.ticket
    link = ticket_link(ticket)
    values = templates.ticket_values(ticket, None)
    values |= {
        "notice.summary": templates.plain(summary(notification)),
        "notice.link": Value(link, format_html('<a href="{}">{}</a>', link, link)),
        "message.text": _said(notification),
    }
    words = templates.fill(templates.NOTICE, values)
    words = Words(tagged(words.subject, ticket), words.text, words.html)
    return _letter(mail, words, ticket)


def _several(mail: OutgoingMail, found: list[Notification]) -> Letter:
    lines = [(summary(one), ticket_link(one.ticket)) for one in found]
    html = render_to_string("mail/out/notices.html", {"lines": lines})
    text = "\n\n".join(f"{words}\n{link}" for words, link in lines)
    values = {
        "notice.list": Value(text, mark_safe(html)),
        "notice.count": templates.plain(str(len(found))),
    }
    words = templates.fill(templates.DIGEST, values)
    tickets = {one.ticket for one in found}
    ticket = tickets.pop() if len(tickets) == 1 else None
    if ticket is not None:
        words = Words(tagged(words.subject, ticket), words.text, words.html)
    return _letter(mail, words, ticket)


def _letter(mail: OutgoingMail, words: Words, ticket: Ticket | None) -> Letter:
    """In the name of the ticket's mailbox, so that an agent can answer; else of the helpdesk."""
    name, address = default_sender()
    reply_to, bounces, mailbox = "", address, mail.mailbox
    if ticket is not None and mailbox is not None:
        sending = sending_of(mailbox)
        name, address = sending.from_name or name, mailbox.address
        reply_to = answers_to(mail, ticket, mailbox, sending)
        bounces = bounces_to(mail, mailbox, sending)
    envelope = Envelope(
        goes_to=mail.address,
        sender=bounces,
        from_=named(name or _("Helpdesk"), address),
        to=[named(mail.name, mail.address)],
        reply_to=reply_to,
    )
    follows = mail.notifications.filter(reason=Reason.FOLLOWED).exists()
    return letter(
        envelope,
        words,
        message_id=mail.message_id,
        locale=mail.person.locale,
        thread=_told_before(mail, ticket),
        automatic="auto-generated",
        leave=leave_link(ticket, mail.person) if ticket is not None and follows else "",
    )


def _told_before(mail: OutgoingMail, ticket: Ticket | None) -> list[str]:
    """The first one of this ticket to this agent: their mail program keeps them together."""
    if ticket is None:
        return []
    rows = MailReference.objects.filter(ticket=ticket, is_ours=True, comment=None)
    first = rows.filter(address=fold(mail.address)).order_by("at", "pk").first()
    return [first.message_id] if first is not None else []


def summary(notification: Notification) -> str:
    """`Ann answered: #12 Printer on fire (because you follow it)`."""
    return _("%(name)s %(what)s: #%(number)s %(title)s (%(why)s)") % {
        "name": notification.by_name or _("Somebody"),
        "what": notification.get_what_display(),
        "number": notification.ticket_id,
        "title": excerpt(notification.ticket.title, 120),
        "why": notification.get_reason_display(),
    }


def _said(notification: Notification) -> Value:
    """The words of a public message; of an opened ticket its description. Never of a note."""
    comment, ticket = notification.comment, notification.ticket
    if notification.what == Notification.What.OPENED:
        body, kind = ticket.body, ticket.body_format
    elif comment is None or not comment.public or comment.deleted_at or comment.redacted_at:
        return Value("", mark_safe(""))
    else:
        body, kind = comment.body, comment.format
    return Value(to_text(body, kind).strip(), mark_safe(render(body, kind)))
