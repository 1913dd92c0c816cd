"""Messages as agents keep them: who may see which, and what a person decides about one."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actor import Actor, Role
from helpdesk.mail import receiving
from helpdesk.mail.threads import remember
from helpdesk.models import (
    Attachment,
    Change,
    Comment,
    Format,
    MailReference,
    RawMessage,
    SenderRule,
    StoredMessage,
    Ticket,
    User,
)
from helpdesk.text import fold

State = StoredMessage.State
DECIDABLE = (State.QUARANTINED, State.COPY, State.STORED)


def visible_messages(actor: Actor) -> QuerySet[StoredMessage]:
    """What belongs to a ticket is seen by whoever sees it; the rest by who sees the queue."""
    if not actor.is_staff and actor.role != Role.KEY:
        return StoredMessage.objects.none()
    if actor.queues is None:
        return StoredMessage.objects.all()
    tickets = Ticket.objects.within_reach_of(actor).values("pk")
    return StoredMessage.objects.filter(
        Q(comment__ticket__in=tickets)
        | Q(comment=None, ticket__in=tickets)
        | Q(comment=None, ticket=None, mailbox__queue__in=actor.queues)
    )


def readable_messages(actor: Actor) -> QuerySet[StoredMessage]:
    """Those that are visible, but for what belongs to another's held message."""
    rows = visible_messages(actor).select_related("mailbox__queue", "ticket", "comment__ticket")
    shown = Comment.objects.shown_to(actor).values("pk")
    return rows.select_related("copy_of").filter(Q(comment=None) | Q(comment__in=shown))


def number_of(message: StoredMessage) -> int | None:
    """The ticket that it belongs to now, wherever merges and splits moved it."""
    return message.comment.ticket_id if message.comment_id else message.ticket_id


def copied_by(message: StoredMessage, actor: Actor) -> StoredMessage | None:
    """The message of which this is a copy, if the actor sees it."""
    if message.copy_of_id is None:
        return None
    return visible_messages(actor).filter(pk=message.copy_of_id).first()


def may_decide(message: StoredMessage, by: Actor) -> bool:
    is_light = by.role == Role.LIGHT
    queue = message.mailbox.queue_id
    reaches = by.queues is None or queue in by.queues - by.read_only_queues
    return by.can_write and (by.is_staff or by.role == Role.KEY) and not is_light and reaches


def release(message: StoredMessage, *, by: Actor) -> StoredMessage:
    """Take a message although it was held back, as a message of a person."""
    return _again(message, by=by, is_released=True)


def retry(message: StoredMessage, *, by: Actor) -> StoredMessage:
    """Work on a message once more, by the same rules."""
    return _again(message, by=by)


def discard(message: StoredMessage, *, by: Actor) -> StoredMessage:
    """Nothing comes of it. It is kept as long as other messages."""
    _refuse(message, by)
    rows = StoredMessage.objects.filter(pk=message.pk, state__in=DECIDABLE)
    rows.update(state=State.DISCARDED, worked_at=timezone.now())
    message.refresh_from_db()
    return message


DECISIONS = {"release": release, "retry": retry, "discard": discard}


def approve(message: StoredMessage, *, by: Actor) -> Comment:
    """Post the words of an agent whose mail was not proven, as theirs. Raises ValidationError."""
    note = message.comment
    author = awaited_author(message)
    if note is None or author is None:
        raise ValidationError(_("Nothing waits for approval here."))
    kept = [_kept_again(one, by) for one in note.attachments.filter(deleted_at=None)]
    with transaction.atomic():
        row = StoredMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
        if row.story.get("effect") != "await":
            raise ValidationError(_("Nothing waits for approval here."))
        reply = actions.reply(
            note.ticket,
            by=by,
            body=note.body,
            format=Format.PLAIN,
            attachments=kept,
            author=author,
            message_id=message.message_id,
            extra={"mail": {"message": str(message.uuid)}},
        )
        row.story = row.story | {"effect": "approved", "approved_by": by.name}
        row.save(update_fields=["story"])
        remember(message.message_id, reply.ticket, reply)
    return reply


def awaited_author(message: StoredMessage) -> User | None:
    """The agent in whose name a note waits, if one does."""
    if message.comment_id is None or (message.story or {}).get("effect") != "await":
        return None
    number = (message.comment.extra.get("mail") or {}).get("awaits")
    return User.objects.filter(pk=number, is_active=True).first()


def _kept_again(file: Attachment, by: Actor) -> Attachment:
    with file.file.open("rb") as content:
        copy = ContentFile(content.read(), name=file.name)
    return actions.keep_file(copy, by=by, name=file.name, content_id=file.content_id)


def _again(message: StoredMessage, *, by: Actor, **changed) -> StoredMessage:
    _refuse(message, by)
    now = timezone.now()
    rows = StoredMessage.objects.filter(pk=message.pk, state__in=DECIDABLE)
    if not rows.update(state=State.STORED, tries=0, due_at=now, reason="", **changed):
        raise ValidationError(_("This message was dealt with meanwhile."))
    message = StoredMessage.objects.select_related("mailbox__queue").get(pk=message.pk)
    receiving.work(message)
    message.refresh_from_db()
    return message


def _refuse(message: StoredMessage, by: Actor) -> None:
    if not may_decide(message, by):
        raise PermissionDenied(_("You may not decide about mail of this queue."))
    if message.state not in DECIDABLE:
        raise ValidationError(_("This message was dealt with meanwhile."))


# What is taken back for good -------------------------------------------------------------------


def forget_redacted(changes: list[Change]) -> None:
    """A subscriber: where a comment is redacted, its original goes too."""
    ids = [one.comment_id for one in changes if one.kind == Change.Kind.COMMENT_REDACTED]
    if ids:
        _forget(StoredMessage.objects.filter(comment__in=ids))


def forget_person(person: User, address: str, name: str) -> None:
    """A forgetter: an erased person's mail, and what is kept of their address."""
    if not address:
        return
    _forget(StoredMessage.objects.filter(sender=fold(address)))
    MailReference.objects.filter(address__iexact=address).update(address="")
    SenderRule.objects.filter(pattern=fold(address)).delete()


def _forget(messages: QuerySet[StoredMessage]) -> None:
    found = list(messages.values_list("pk", flat=True))
    RawMessage.objects.filter(pk__in=found).delete()
    StoredMessage.objects.filter(pk__in=found).update(sender="", subject="", story={})
