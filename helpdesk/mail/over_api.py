"""Mail as the REST API reads and decides it: see `helpdesk.api.mail`, which knows this by name."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import Http404
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.mail import door, keeping, showing, story
from helpdesk.mail.fetching import try_out
from helpdesk.mail.outgoing import templates
from helpdesk.mail.outgoing.probing import probe
from helpdesk.mail.store import raw_of
from helpdesk.models import Attachment, Mailbox, MailTemplate, StoredMessage
from helpdesk.permissions import authorise, can

COPIED = (
    *("id", "uuid", "state", "kind", "reason", "message_id", "sender", "subject", "envelope_to"),
    *("size", "is_whole", "is_released", "tries", "came_at", "stored_at", "worked_at"),
)


def messages(actor: Actor) -> QuerySet[StoredMessage]:
    return keeping.readable_messages(actor)


def shape(message: StoredMessage) -> dict:
    mailbox = message.mailbox
    return {
        **{name: getattr(message, name) for name in COPIED},
        "mailbox": {"id": mailbox.pk, "uuid": mailbox.uuid, "name": mailbox.name},
        "ticket": keeping.number_of(message),
        "comment": message.comment.uuid if message.comment_id else None,
    }


def told(message: StoredMessage, actor: Actor) -> dict:
    """A message with its story, in the caller's language, and its words."""
    raw = raw_of(message)
    mail = showing.read_again(message, raw)
    said = story.lines(message, mail.html if mail else "")
    author = keeping.awaited_author(message)
    copied = keeping.copied_by(message, actor)
    return shape(message) | {
        "story": [{"what": str(what), "words": str(words)} for what, words in said],
        "text": mail.text if mail else "",
        "files": [one.name for one in mail.files] if mail else [],
        "has_source": bool(raw),
        "is_decidable": message.state in keeping.DECIDABLE,
        "awaits_approval_of": author.pk if author else None,
        "copy_of": copied.pk if copied else None,
    }


def source(message: StoredMessage) -> str:
    """The original as text. Raises Http404 once it is no longer kept."""
    if (words := showing.source_of(message)) is None:
        raise Http404
    return words


def decide(decision: str, message: StoredMessage, actor: Actor) -> list[FieldFile]:
    """`decision`: release, retry or discard; returns the files that were made of it.

    Raises PermissionDenied, ValidationError.
    """
    message = keeping.DECISIONS[decision](message, by=actor)
    if message.state != StoredMessage.State.WORKED or message.ticket_id is None:
        return []
    rows = Attachment.objects.filter(ticket=message.ticket_id, comment=message.comment_id)
    return [one.file for one in rows if one.file]


def approve(message: StoredMessage, actor: Actor) -> list[FieldFile]:
    """Returns the files of the reply. Raises PermissionDenied, ValidationError."""
    if message.comment_id is None:
        raise ValidationError(_("Nothing waits for approval here."))
    ticket = message.comment.ticket
    if ticket.is_deleted or not can(actor, "reply", ticket):
        raise PermissionDenied(_("You may not reply on this ticket."))
    reply = keeping.approve(message, by=actor)
    return [one.file for one in reply.attachments.all() if one.file]


# Mailboxes and their words ---------------------------------------------------------------------


def tried(mailbox: Mailbox, actor: Actor) -> dict:
    """Sign in and count what waits, where mail is fetched; and have the mailbox write to itself."""
    authorise(actor, "configure")
    number, error = try_out(mailbox) if mailbox.is_fetched else (None, "")
    sent = None if error else probe(mailbox, by=actor).uuid
    return {
        "works": not error,
        "waiting": None if error else number,
        "error": error,
        "test": sent,
    }


def door_of(mailbox: Mailbox) -> str:
    """The address for a provider, with its secret."""
    return door.address_of(mailbox)


def template_kinds() -> list[str]:
    return list(templates.KINDS)


def template(kind: str) -> dict:
    """The words that are used. Raises Http404."""
    if kind not in templates.KINDS:
        raise Http404
    row = MailTemplate.objects.filter(kind=kind).first()
    subject, body = (row.subject, row.body) if row else templates.ours(kind)
    return {
        "kind": kind,
        "name": str(templates.KINDS[kind]),
        "subject": subject,
        "body": body,
        "variables": list(templates.VARIABLES[kind]),
        "is_own": row is not None,
        "changed_at": row.changed_at if row else None,
    }


def write_template(kind: str, actor: Actor, **words: str) -> None:
    """`subject` and `body`; what is left out stays. Raises Http404, ValidationError."""
    now = template(kind)
    said = {name: words.get(name, now[name]) for name in ("subject", "body")}
    templates.write(kind, by=actor, **said)


def reset_template(kind: str, actor: Actor) -> None:
    template(kind)
    templates.back_to_ours(kind, by=actor)
