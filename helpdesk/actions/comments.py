"""Replies and notes: said, edited, redacted."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes, search
from helpdesk.actions.attachments import claim, redact_files
from helpdesk.actions.base import latest, leading_on, locked
from helpdesk.actions.tickets import field_names, set_checked, status_fields
from helpdesk.actor import Actor, Role
from helpdesk.models import (
    Attachment,
    Category,
    Change,
    Comment,
    Format,
    Ticket,
    Transition,
    User,
)
from helpdesk.models.configuration import configuration
from helpdesk.models.conversation import Channel
from helpdesk.permissions import authorise
from helpdesk.text import normalise

MAX_BODY = 200_000
CHANNELS = {"mail": Channel.EMAIL, "import": Channel.IMPORT, "connection": Channel.MIRROR} | {
    "api": Channel.API,
    "compat": Channel.API,
}
WORDS = ("body", "format")


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    by: Actor,
    body: str,
    format: str = Format.MARKDOWN,
    attachments: Sequence[Attachment] = (),
    base: int | None = None,
    at: datetime | None = None,
    silent: bool = False,
    author: User | None = None,
    author_name: str = "",
    fields: dict | None = None,
    **identity,
) -> Comment:
    """Say something publicly. `fields` are changed with it, in the same change.

    A customer's reply to a ticket that waits, is resolved or closed opens it again, and wakes one
    that is snoozed. `author` (and
    `author_name`, as it came) may differ from the actor where the actor speaks for others:
    mirrors, mail, imports, keys. `identity` may hold `source`, `source_ref`, `uuid`, `extra`,
    `in_reply_to`, `message_id`.
    """
    ticket = leading_on(locked(ticket), by)
    authorise(by, "reply", ticket)
    fields = dict(fields or {})
    if fields:
        authorise(by, "change", ticket)
    changes.refuse_collision(ticket, base, {*field_names(fields), "requester"}, replying=True)
    comment = new_comment(
        ticket,
        by=by,
        body=body,
        format=format,
        public=True,
        at=at,
        author=author,
        author_name=author_name,
        attachments=attachments,
        **identity,
    )
    diff = set_checked(ticket, fields, by=by) if fields else {}
    metrics = {"last_activity_at": latest(ticket, at)}
    if speaks_as_customer(by, author, ticket):
        metrics["last_customer_at"] = comment.happened_at
        if "status" not in diff:
            diff |= reopened(ticket)
        diff |= ticket.set_fields({"snoozed_until": None})
    elif ticket.first_response_at is None and by.role != Role.CUSTOMER:
        metrics["first_response_at"] = comment.happened_at
    ticket.save_changed(diff, at=at, **metrics)
    changes.record(
        Change.Kind.REPLIED, ticket, by=by, fields=diff, comment=comment, at=at, silent=silent
    )
    search.add_comment(ticket, comment)
    return comment


@transaction.atomic
def add_note(
    ticket: Ticket,
    *,
    by: Actor,
    body: str,
    format: str = Format.MARKDOWN,
    attachments: Sequence[Attachment] = (),
    at: datetime | None = None,
    author: User | None = None,
    author_name: str = "",
    fields: dict | None = None,
    silent: bool = False,
    **identity,
) -> Comment:
    """Say something that customers and other services never see. See `reply`."""
    ticket = leading_on(locked(ticket), by)
    authorise(by, "note", ticket)
    fields = dict(fields or {})
    if fields:
        authorise(by, "change", ticket)
    comment = new_comment(
        ticket,
        by=by,
        body=body,
        format=format,
        public=False,
        at=at,
        author=author,
        author_name=author_name,
        attachments=attachments,
        **identity,
    )
    diff = set_checked(ticket, fields, by=by) if fields else {}
    ticket.save_changed(diff, at=at, last_activity_at=latest(ticket, at))
    changes.record(
        Change.Kind.NOTED, ticket, by=by, fields=diff, comment=comment, at=at, silent=silent
    )
    search.add_comment(ticket, comment)
    return comment


@transaction.atomic
def edit_comment(
    comment: Comment, *, by: Actor, body: str, format: str | None = None, at: datetime | None = None
) -> Comment:
    """Edit a comment: one's own, or any as administrator, key or mirror."""
    ticket = locked(comment.ticket)
    comment = Comment.objects.get(pk=comment.pk)
    authorise(by, "edit_comment", ticket)
    refuse_others(comment, by)
    body, format = edited_body(comment, body), format or comment.format
    if (body, format) == (comment.body, comment.format):
        return comment
    said = {"comment_body": {"from": {"length": len(comment.body)}, "to": {"length": len(body)}}}
    comment.body, comment.format, comment.edited_at = body, format, at or timezone.now()
    comment.clean_fields(exclude=_all_but(*WORDS))
    comment.save(update_fields=[*WORDS, "edited_at"])
    _record_touched(Change.Kind.COMMENT_EDITED, ticket, comment, by, said, at)
    return comment


@transaction.atomic
def redact_comment(comment: Comment, *, by: Actor) -> Comment:
    """Take a comment's words and files away for good; that it was there stays visible.

    The notes that forwarded it lose theirs, too: they quote it.
    """
    ticket = locked(comment.ticket)
    comment = Comment.objects.get(pk=comment.pk)
    authorise(by, "redact_comment", ticket)
    if not comment.is_redacted:
        for one in [comment, *forwards_of(comment)]:
            _redact(one, by)
    return comment


def forwards_of(comment: Comment) -> QuerySet:
    """The notes that quote a message to people outside."""
    return comment.answers.filter(public=False, redacted_at=None, extra__has_key="forward")


@transaction.atomic
def delete_comment(comment: Comment, *, by: Actor) -> Comment:
    """Delete a comment: one's own, or any as administrator, key or mirror."""
    ticket = locked(comment.ticket)
    comment = Comment.objects.get(pk=comment.pk)
    authorise(by, "edit_comment", ticket)
    refuse_others(comment, by)
    if comment.deleted_at is None:
        comment.deleted_at = timezone.now()
        comment.save(update_fields=["deleted_at"])
        _record_touched(Change.Kind.COMMENT_DELETED, ticket, comment, by, {}, None)
    return comment


def _redact(comment: Comment, by: Actor) -> None:
    ticket = locked(comment.ticket)
    comment.body, comment.redacted_at = "", timezone.now()
    comment.extra = {"forward": {"files": []}} if comment.is_forward else {}
    comment.save(update_fields=["body", "redacted_at", "extra"])
    redact_files(ticket, comment.attachments.exclude(state=Attachment.State.REDACTED))
    _record_touched(Change.Kind.COMMENT_REDACTED, ticket, comment, by, {}, None)


def new_comment(
    ticket: Ticket,
    *,
    by: Actor,
    body: str,
    public: bool,
    format: str = Format.MARKDOWN,
    at: datetime | None = None,
    author: User | None = None,
    author_name: str = "",
    attachments: Sequence[Attachment] = (),
    **identity,
) -> Comment:
    """Store a comment of a locked ticket with its files; recording it is the verb's part."""
    comment = unsaved_comment(
        ticket,
        by=by,
        body=body,
        public=public,
        format=format,
        at=at,
        author=author,
        author_name=author_name,
        may_be_empty=bool(attachments),
        **identity,
    )
    comment.save(force_insert=True)
    if attachments:
        claim(attachments, ticket, by=by, comment=comment, public=public)
    return comment


def unsaved_comment(
    ticket: Ticket,
    *,
    by: Actor,
    body: str,
    public: bool,
    format: str = Format.MARKDOWN,
    at: datetime | None = None,
    author: User | None = None,
    author_name: str = "",
    may_be_empty: bool = False,
    **identity,
) -> Comment:
    """A comment as it is to be stored. Raises ValidationError."""
    now = timezone.now()
    comment = Comment(
        ticket=ticket,
        public=public,
        body=_checked_body(body, may_be_empty=may_be_empty),
        format=format,
        author_name=(author_name or (by.name if author is None else str(author)))[:200],
        channel=CHANNELS.get(by.origin.partition(":")[0], Channel.WEB),
        origin=by.origin,
        happened_at=at or now,
        created_at=now,
        **identity,
    )
    comment.author_id = author.pk if author is not None else by.person_id
    if format not in Format.values:
        raise ValidationError(
            {"format": _("Choose one of %(names)s.") % {"names": ", ".join(Format.values)}}
        )
    return comment


def edited_body(comment: Comment, body: str) -> str:
    """New words of a comment as they are stored. Raises ValidationError."""
    if comment.is_redacted:
        raise ValidationError({"body": _("A redacted comment can't be edited.")})
    return _checked_body(body)


def _checked_body(body: str, *, may_be_empty: bool = False) -> str:
    if not isinstance(body, str):
        raise ValidationError({"body": _("Enter text.")})
    body = normalise(body)
    if not body.strip() and not may_be_empty:
        raise ValidationError({"body": _("Write something first.")})
    if len(body) > MAX_BODY:
        raise ValidationError({"body": _("At most %(limit)s characters.") % {"limit": MAX_BODY}})
    return body


def speaks_as_customer(by: Actor, author: User | None, ticket: Ticket) -> bool:
    """Whether what is said counts as the customer's words."""
    if by.role == Role.CUSTOMER:
        return True
    if author is not None:
        return author.role == Role.CUSTOMER
    return by.person_id is not None and by.person_id == ticket.requester_id


def reopened(ticket: Ticket) -> dict:
    """The diff of opening a ticket again, along a transition everyone may take if there is one."""
    if ticket.status_category not in (Category.WAITING, Category.RESOLVED, Category.CLOSED):
        return {}
    known = configuration()
    ways = known.transitions_from(ticket.queue_id, ticket.status_id)
    ways.sort(key=lambda way: way.takers != Transition.Takers.EVERYONE)
    leading = [known.statuses[way.target_id] for way in ways]
    choices = [status for status in leading if status.category == Category.OPEN]
    choices += known.statuses_in(Category.OPEN) + known.statuses_in(Category.NEW)
    if not choices:
        return {}
    return ticket.set_fields(status_fields(ticket, choices[0], {"status": choices[0]}))


def refuse_others(comment: Comment, by: Actor) -> None:
    """Raises PermissionDenied for who may edit no comment but their own."""
    may_edit_any = by.role in (Role.ADMIN, Role.SYSTEM, Role.KEY)
    if not may_edit_any and comment.author_id != by.person_id:
        raise PermissionDenied(_("Only its author or an administrator changes a comment."))


def _record_touched(kind: str, ticket: Ticket, comment: Comment, by: Actor, said: dict, at) -> None:
    ticket.save_changed({}, last_activity_at=timezone.now())
    changes.record(kind, ticket, by=by, comment=comment, said=said, at=at)
    search.index(ticket)


def _all_but(*names: str) -> list[str]:
    return [field.name for field in Comment._meta.fields if field.name not in names]
