"""Replies and forwards that wait: held for a moment, so that they can be undone, or until a time.

What is queued is a row of its author alone. The sender says it by the ordinary verb: only then
there is a comment and a change, in the same transaction in which the row goes.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.base import locked
from helpdesk.actions.comments import add_note, reply
from helpdesk.actions.drafts import (
    MAX_BODY,
    VERBS,
    forget_draft,
    free_uuid,
    put_files,
    uuid_to_say,
)
from helpdesk.actions.filling import fields_of
from helpdesk.actions.forwarding import forward, source_named
from helpdesk.actions.mentioning import tell_mentioned
from helpdesk.actions.recipients import add_recipients
from helpdesk.actions.tickets import field_names
from helpdesk.actions.time_spent import note_time
from helpdesk.actor import Actor, Role
from helpdesk.changes import Collision
from helpdesk.models import Attachment, Change, Comment, Draft, Status, Ticket, User
from helpdesk.permissions import actor_of, authorise, open_transitions
from helpdesk.text import normalise

log = logging.getLogger(__name__)
BATCH = 100
HOLDS = (0, 5, 10, 30)  # seconds


@transaction.atomic
def say(
    ticket: Ticket,
    *,
    by: Actor,
    kind: str,
    body: str,
    uuid: UUID | None = None,
    attachments: Sequence[Attachment] = (),
    recipients: list[dict] | None = None,
    sets: dict | None = None,
    base: int | None = None,
    minutes: int | None = None,
    forwards: dict | None = None,
    writer: str = "",
    revision: int | None = None,
) -> Comment | None:
    """Say at once what was written, and forget the draft; None if that was done before.

    `sets` is what changes with it: see `filling`. `recipients` are kept with a reply,
    `minutes` are noted as time spent on it. `forwards` says what a forward sends on: `{"of",
    "files"}`, see `forwarding`. `writer` and `revision`: see `forget_draft`.
    """
    if uuid is not None:
        uuid = uuid_to_say(uuid, by, body, writer)
        if uuid is None:
            return None
        forget_draft(uuid, by=by, body=body, writer=writer, revision=revision)
    ticket = locked(ticket)
    fields = fields_of(sets or {}, ticket, by)
    said = {"by": by, "body": body, "attachments": attachments, "fields": fields}
    if uuid is not None:
        said["uuid"] = free_uuid(uuid)
    if kind == Draft.Kind.NOTE:
        comment = add_note(ticket, **said)
    elif kind == Draft.Kind.FORWARD:
        comment = _forward(ticket, recipients, forwards or {}, said)
    else:
        if recipients == []:  # all were taken away: it is not for the usual ones then
            said["extra"] = {"to_nobody": True}
        comment = reply(ticket, base=base, **said)
        add_recipients(comment, recipients or [])
    tell_mentioned(comment, by=by)
    if minutes:
        note_time(ticket, by=by, minutes=minutes, comment=comment)
    return comment


def _forward(ticket: Ticket, recipients: list[dict] | None, what: dict, said: dict) -> Comment:
    source = source_named(ticket, str(what.get("of", "")))
    if source is None:
        raise ValidationError(_("The message is no longer there to be forwarded."))
    of, files = source.comment, what.get("files")
    return forward(ticket, of=of, recipients=recipients or [], files=files, **said)


@transaction.atomic
def queue_reply(
    ticket: Ticket,
    *,
    by: Actor,
    body: str,
    uuid: UUID,
    send_after: datetime,
    is_scheduled: bool = False,
    attachments: Sequence[Attachment] = (),
    recipients: list[dict] | None = None,
    fields: dict | None = None,
    base: int | None = None,
    kind: str = Draft.Kind.REPLY,
    writer: str = "",
    revision: int | None = None,
) -> Draft | None:
    """Keep a reply or a forward to be sent later; None if it was sent or queued before.

    What would refuse it now refuses it here: permission, collision, empty words. `fields` holds
    `sets`, `minutes` and `forwards`, as for `say`; `writer` and `revision` too.
    """
    ticket = locked(ticket)
    authorise(by, VERBS[kind], ticket)
    sets = (fields or {}).get("sets") or {}
    changed = fields_of(sets, ticket, by)
    if changed:
        authorise(by, "change", ticket)
    if "status" in changed and not _leads_to(ticket, changed["status"], by):
        words = _("No transition that asks nothing leads to %(name)s from here.")
        raise ValidationError(words % {"name": changed["status"]})
    names = {*field_names(changed), "requester"}
    changes.refuse_collision(ticket, base, names, replying=True)
    body = normalise(body)
    if not body.strip() and not attachments:
        raise ValidationError({"body": _("Write something first.")})
    if len(body) > MAX_BODY:
        raise ValidationError({"body": _("At most %(limit)s characters.") % {"limit": MAX_BODY}})
    uuid = uuid_to_say(uuid, by, body, writer)
    if uuid is None:
        return None
    forget_draft(uuid, by=by, body=body, writer=writer, revision=revision)
    draft = Draft(uuid=free_uuid(uuid), person_id=by.person_id, writer=writer)
    draft.ticket, draft.kind, draft.body = ticket, kind, body
    draft.recipients, draft.fields, draft.notice = recipients, fields or {}, ""
    draft.state, draft.send_after, draft.is_scheduled = Draft.State.QUEUED, send_after, is_scheduled
    draft.base, draft.revision, draft.updated_at = (
        ticket.version,
        (revision or 0) + 1,
        timezone.now(),
    )
    put_files(draft, attachments)
    return draft


@transaction.atomic
def unqueue_reply(uuid: UUID, *, by: Actor) -> Draft | None:
    """Bring a queued reply back to the composer; None if it has left already."""
    rows = Draft.objects.select_for_update(of=("self",))
    draft = rows.filter(uuid=uuid, person_id=by.person_id).first()
    if draft is not None and draft.is_queued:
        _take_back(draft, "")
    return draft


def send_due() -> int:
    """Send what is due, each in a transaction of its own; returns how many were sent."""
    due = Draft.objects.filter(state=Draft.State.QUEUED, send_after__lte=timezone.now())
    ids = list(due.order_by("send_after", "pk").values_list("pk", flat=True)[:BATCH])
    return sum(_send(pk) for pk in ids)


def take_back_answered(batch: list[Change]) -> None:
    """A subscriber: what was scheduled goes back to its author when the customer wrote first."""
    replies = [one for one in batch if one.kind == Change.Kind.REPLIED and one.comment_id]
    if not replies:
        return
    waiting = Draft.objects.filter(
        state=Draft.State.QUEUED,
        kind=Draft.Kind.REPLY,
        is_scheduled=True,
        ticket_id__in={one.ticket_id for one in replies},
    )
    for draft in waiting.select_related("person", "ticket"):
        by_customer = _customers_words(replies, draft)
        if by_customer is not None:
            _take_back_locked(draft.pk, _wrote_first, by_customer)


def _leads_to(ticket: Ticket, status: Status, by: Actor) -> bool:
    return by.sets_any_status or any(
        way.target_id == status.pk and not way.needs_resolution and not way.needs_comment
        for way in open_transitions(ticket, by)
    )


def _customers_words(replies: list[Change], draft: Draft) -> Change | None:
    for change in replies:
        if change.ticket_id != draft.ticket_id or change.version <= (draft.base or 0):
            continue
        author = change.comment.author
        if author is None or author.role == Role.CUSTOMER:
            return change
    return None


def _send(pk: int) -> bool:
    try:
        return _send_locked(pk)
    except (OperationalError, InterfaceError) as error:
        log.warning("Draft %s stays queued, the next run comes in seconds: %s", pk, error)
    except Collision as error:
        _take_back_locked(pk, _changed, error)
    except (ValidationError, PermissionDenied) as error:
        _take_back_locked(pk, _refused, error)
    except Exception as error:
        log.exception("Draft %s could not be sent", pk)
        _take_back_locked(pk, _failed, error)
    return False


@transaction.atomic
def _send_locked(pk: int) -> bool:
    """Say a reply if it is still queued: words, status and the row's end are committed together."""
    rows = Draft.objects.select_for_update(skip_locked=True, of=("self",))
    draft = rows.filter(pk=pk, state=Draft.State.QUEUED, send_after__lte=timezone.now()).first()
    if draft is None:
        return False
    by = actor_of(draft.person, "web")
    ticket = Ticket.objects.visible_to(by).filter(pk=draft.ticket_id).first()
    if ticket is None:
        raise PermissionDenied(_("You no longer see this ticket."))
    ticket = locked(ticket)
    sets = draft.fields.get("sets") or {}
    names = {*field_names(fields_of(sets, ticket, by)), "requester"}
    base = draft.base if draft.kind == Draft.Kind.REPLY else None  # a forward answers nobody
    changes.refuse_collision(ticket, base, names, replying=True, but_by=by.person_id)
    files = list(draft.kept.all())
    draft.delete()  # it waits no more, so its words can be said
    say(
        ticket,
        by=by,
        kind=draft.kind,
        body=draft.body,
        uuid=draft.uuid,
        attachments=files,
        recipients=draft.recipients,
        sets=sets,
        minutes=draft.fields.get("minutes"),
        forwards=draft.fields.get("forwards"),
    )
    return True


@transaction.atomic
def _take_back_locked(pk: int, words, about) -> None:
    rows = Draft.objects.select_for_update(of=("self",)).select_related("person")
    draft = rows.filter(pk=pk, state=Draft.State.QUEUED).first()
    if draft is not None:
        with _language_of(draft.person):
            _take_back(draft, words(about))


def _take_back(draft: Draft, notice: str) -> None:
    draft.state, draft.send_after, draft.notice = Draft.State.WRITING, None, notice
    draft.is_scheduled, draft.revision = False, draft.revision + 1
    draft.updated_at = timezone.now()
    draft.save()


def _language_of(person: User):
    return translation.override(person.locale or translation.get_language())


def _wrote_first(change: Change) -> str:
    return _("Not sent: %(name)s wrote before its time came.") % {"name": change.person_name}


def _changed(error: Collision) -> str:
    names = sorted({one["by"] for one in error.difference if one["by"]})
    said = any(one["field"] == "comment" for one in error.difference)
    if said:
        words = _("Not sent: %(names)s answered meanwhile. Read it, then send.")
    else:
        words = _("Not sent: %(names)s changed the ticket meanwhile. Look at it, then send.")
    return words % {"names": ", ".join(names)}


def _refused(error: ValidationError | PermissionDenied) -> str:
    said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return _("Not sent: %(reason)s") % {"reason": said}


def _failed(_error: Exception) -> str:
    return _("Not sent: something failed here. Send it again.")
