"""Forwards: a public message sent on to people outside the conversation, or what they answered.

What is kept of it is an internal note with recipients: the customer sees nothing of it, it is no
first response and changes nothing else on the ticket. Files of the message go along by reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from helpdesk.actions.base import locked
from helpdesk.actions.comments import add_note
from helpdesk.actions.outgoing import queues_that_mail
from helpdesk.actions.recipients import add_recipients, checked_recipients
from helpdesk.actor import STAFF, Actor
from helpdesk.lookup import uuid_of
from helpdesk.models import Attachment, Channel, Comment, Format, Recipient, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise
from helpdesk.text import one_line, to_text

OPENING, LATEST = "opening", "latest"
MAX_OWN = 50_000  # characters above the message
MOST_QUOTED = 100_000  # characters of the message
MARK = "> "
ANSWERS = Q(public=False, channel=Channel.EMAIL, in_reply_to__extra__has_key="forward") & ~Q(
    extra__has_key="forward"
)


@dataclass(frozen=True)
class Source:
    """A message that may be forwarded: a comment, or the ticket's own text."""

    ticket: Ticket
    comment: Comment | None = None

    @property
    def name(self) -> str:
        return str(self.comment.uuid) if self.comment else OPENING

    @property
    def files(self) -> QuerySet:
        """What came with it and is still there."""
        rows = Attachment.objects.filter(ticket=self.ticket, comment=self.comment, public=True)
        kept = rows.filter(deleted_at=None, state=Attachment.State.STORED)
        return kept.order_by("pk")


def source_named(ticket: Ticket, name: str) -> Source | None:
    """The message of a ticket by its uuid, or `opening`, or `latest`; None where there is none."""
    if name == OPENING:
        return Source(ticket)
    rows = sources_of(ticket)
    if name == LATEST:
        comment = rows.filter(public=True).order_by("-happened_at", "-pk").first()
        return Source(ticket, comment)
    uuid = uuid_of(name)
    comment = rows.filter(uuid=uuid).first() if uuid else None
    return Source(ticket, comment) if comment is not None else None


def sources_of(ticket: Ticket) -> QuerySet:
    """The comments that may be forwarded: notes stay in the house, but for answers to a forward."""
    rows = Comment.objects.filter(ticket=ticket, state=Comment.State.SENT)
    rows = rows.filter(Q(public=True) | ANSWERS, deleted_at=None, redacted_at=None)
    return rows.select_related("author")


def writer_of(comment: Comment) -> dict | None:
    """Who outside the conversation wrote an answer to a forward, as a recipient. None for other
    messages, for whoever the ticket is for, who is answered by a reply, and without an address."""
    if comment.author_id and comment.author_id == comment.ticket.requester_id:
        return None
    if not Comment.objects.filter(ANSWERS, pk=comment.pk).exists():
        return None
    stored = comment.messages.order_by("pk").first()
    address = comment.author.email_written if comment.author else stored.sender if stored else ""
    if not address:
        return None
    name = "" if comment.author_words == address else comment.author_words
    return {"kind": str(Recipient.Kind.TO), "address": address, "name": name}


@transaction.atomic
def forward(
    ticket: Ticket,
    *,
    by: Actor,
    of: Comment | None,
    body: str,
    recipients: list[dict],
    files: Sequence[str] | None = None,
    attachments: Sequence[Attachment] = (),
    format: str = Format.PLAIN,
    fields: dict | None = None,
    **identity,
) -> Comment:
    """Mail a message of a ticket, its own text where `of` is None, to people outside.

    `body` is the whole text, see `forwarded_text`; `recipients` lists `{"kind", "address",
    "name"}`, at least one of them `to`. `files` are the uuids of the message's files that go
    along: all where it is None. Returns the note that is kept of it. Raises ValidationError.
    """
    ticket = locked(ticket)
    authorise(by, "forward", ticket)
    source = _checked(ticket, of)
    recipients = _reached(recipients)
    known = [str(uuid) for uuid in source.files.values_list("uuid", flat=True)]
    wanted = known if files is None else [str(one) for one in files]
    if not set(wanted) <= set(known):
        raise ValidationError({"files": _("A file of the message is no longer there.")})
    note = add_note(
        ticket,
        by=by,
        body=body,
        format=format,
        attachments=attachments,
        fields=fields,
        in_reply_to=source.comment,
        extra={"forward": {"files": [one for one in known if one in wanted]}},
        **identity,
    )
    add_recipients(note, recipients)
    return note


def _checked(ticket: Ticket, of: Comment | None) -> Source:
    if not may_leave(ticket):
        raise ValidationError(_("This queue has no mailbox, so that nothing can be forwarded."))
    source = source_named(ticket, str(of.uuid) if of is not None else OPENING)
    if source is None:
        raise ValidationError(_("Only public messages that are still there are forwarded."))
    return source


def may_leave(ticket: Ticket) -> bool:
    """Whether its queue has a mailbox that forwards; that of a sandbox pretends to."""
    return ticket.queue_id in queues_that_mail() | set(configuration().sandboxes)


def _reached(recipients: list[dict]) -> list[dict]:
    checked = checked_recipients(recipients)
    if not any(one["kind"] == Recipient.Kind.TO for one in checked):
        raise ValidationError({"to": _("To: say to whom it is forwarded.")})
    return checked


# The words ---------------------------------------------------------------------------------------


def forwarded_text(source: Source, own: str = "") -> str:
    """One's own words, and below them the message as a quotation with a head, as plain text."""
    head = "\n".join(f"{label}: {one_line(words)}" for label, words in _head(source) if words)
    title = _("Forwarded message")
    quoted = f"{title}\n\n{head}\n\n{_words(source)}".rstrip().split("\n")
    text = "\n".join(f"{MARK}{line}".rstrip() for line in quoted)
    if len(text) > MOST_QUOTED:
        rest = _("[The rest of the message is left out.]")
        text = text[:MOST_QUOTED].rpartition("\n")[0] + f"\n{MARK}{rest}"
    return f"{own.rstrip()}\n\n{text}\n"


def parted(body: str) -> tuple[str, str]:
    """What is said, and the quotation that stands below it."""
    lines = body.rstrip().split("\n")
    at = len(lines)
    while at and (lines[at - 1].startswith(MARK.strip()) or not lines[at - 1].strip()):
        at -= 1
    own, quoted = ("\n".join(part).strip("\n") for part in (lines[:at], lines[at:]))
    return own.rstrip(), quoted


def said_above(body: str, more: str) -> str:
    """The text with more words at the end of what is said, above the quotation."""
    own, quoted = parted(body)
    return "\n\n".join(filter(None, (own, more.strip("\n"), quoted))) + "\n"


def _words(source: Source) -> str:
    if source.comment is not None:
        return to_text(source.comment.body, source.comment.format)
    return to_text(source.ticket.body, source.ticket.body_format)


def _head(source: Source) -> list[tuple[str, str]]:
    at = source.comment.happened_at if source.comment else source.ticket.created_at
    return [
        (_("From"), _author(source)),
        (_("Date"), _moment(at)),
        (_("Subject"), source.ticket.title),
        (_("To"), _addressees(source)),
    ]


def _author(source: Source) -> str:
    """The name, with the address of a customer; that of an agent is nobody's business."""
    ticket, comment = source.ticket, source.comment
    person = comment.author if comment else ticket.requester
    name = comment.author_words if comment else ticket.requester_words
    if person is None or person.role in STAFF or not person.email:
        return name
    return f"{name} <{person.email_written}>" if name else person.email_written


def _addressees(source: Source) -> str:
    """Whom a reply names; what customers wrote went to the queue."""
    if source.comment is not None:
        named = Recipient.objects.filter(comment=source.comment, kind=Recipient.Kind.TO)
        if found := [one.name or one.address for one in named.order_by("pk")]:
            return ", ".join(found)
    queue = configuration().queues[source.ticket.queue_id]
    person = source.comment.author if source.comment else source.ticket.requester
    is_staff = person is not None and person.role in STAFF
    return "" if is_staff else queue.email_address


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    day = date_format(local, _("j M Y"))
    return f"{day}, {local:%H:%M} ({local:%Z})"
