"""What happened to a ticket as a served API lists it: comments and changes, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404

from helpdesk.models import Attachment, Change, Comment, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.models.ticket_fields import LONG_TEXT
from helpdesk.text import render
from integrations.gateway import files, people
from integrations.gateway.caller import Caller
from integrations.gateway.lists import Page, read_token, write_token
from integrations.gateway.reading import plain, tickets, uuid_or_404
from integrations.ours import status_word
from integrations.remote import RemoteComment, RemotePerson

# A change has no uuid of its own: its number stands in one, marked by the first and third part.
MARK = 0x4C8E1D00_0000_8000_8000_000000000000
MASK = 0x00000000_0000_0000_0000_FFFFFFFFFFFF
SAID = (Change.Kind.REPLIED, Change.Kind.NOTED)
TOLD = (*SAID, Change.Kind.CHANGED, Change.Kind.TRANSITIONED, Change.Kind.ATTACHED)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`name` is ours; a status is in words of `connector.STATUSES`, the rest as people read it."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A comment, changed fields, added files, or several of them at once."""

    id: str
    at: datetime
    author: RemotePerson
    comment: RemoteComment | None = None
    changes: Sequence[FieldChange] = ()
    attachments: Sequence[Attachment] = ()


def activities(caller: Caller, ticket: Ticket, *, limit: int, token: str = "") -> Page:
    """A page of what happened, in four statements at most. Raises ValidationError on a token."""
    shown = files.comments_shown(caller, ticket)
    rows = ticket.changes.filter(kind__in=TOLD).filter(
        Q(comment__in=shown, kind__in=SAID) | ~Q(kind__in=SAID) | ~Q(fields={})
    )
    total = rows.count()
    if token:
        identity, after = read_token(token, 1)
        if identity != str(ticket.uuid) or not isinstance(after[0], int):
            raise Http404
        rows = rows.filter(version__lt=after[0])
    rows = rows.select_related("comment__author", "person").order_by("-version")
    found = list(rows[: limit + 1])
    following = ""
    if len(found) > limit:
        found.pop()
        following = write_token([str(ticket.uuid), found[-1].version])
    return Page(_told(caller, ticket, found), total, following)


def activity_files(caller: Caller, identity: str) -> tuple[Ticket, list[Attachment]]:
    """The files of one activity, of a ticket the caller sees. Anything else raises Http404."""
    wanted = uuid_or_404(identity)
    if wanted.int & ~MASK == MARK:
        change = Change.objects.filter(pk=wanted.int & MASK, kind=Change.Kind.ATTACHED).first()
        ticket = tickets(caller).filter(pk=change.ticket_id).first() if change else None
        if ticket is None:
            raise Http404
        names = _added(change)
        return ticket, list(files.shown(caller, ticket).filter(uuid__in=names))
    comment = Comment.objects.filter(uuid=wanted).first()
    ticket = tickets(caller).filter(pk=comment.ticket_id).first() if comment else None
    if ticket is None or not files.comments_shown(caller, ticket).filter(pk=comment.pk).exists():
        raise Http404
    return ticket, list(files.shown(caller, ticket).filter(comment=comment))


def read_comment(caller: Caller, comment: Comment) -> RemoteComment:
    """A comment of ours; `extra` has its `text` and its `html`."""
    kept = comment.extra.get(caller.service)
    present = people.as_field(comment.author, comment.author_words) or {
        "id": "",
        "name": comment.author_words,
        "email": "",
    }
    came = kept.get("user") if isinstance(kept, dict) else None
    author = came if came and not comment.is_redacted else present
    return RemoteComment(
        id=str(comment.uuid),
        body=comment.body,
        format=comment.format,
        public=comment.public,
        author=RemotePerson(**author),
        created_at=comment.happened_at,
        extra={
            "text": plain(comment.body, comment.format),
            "html": str(render(comment.body, comment.format)),
        },
    )


def _told(caller: Caller, ticket: Ticket, found: list[Change]) -> list[Activity]:
    held = files.comments_shown(caller, ticket)
    shown = set(held.filter(pk__in=[one.comment_id for one in found]).values_list("pk", flat=True))
    attachments = list(files.shown(caller, ticket)) if any(map(_may_have_files, found)) else []
    by_uuid = {str(one.uuid): one for one in attachments}
    told = []
    is_newest_resolution = True
    for change in found:
        comment = change.comment if change.comment_id in shown and change.kind in SAID else None
        text = ""
        if "resolution_comment" in change.fields and is_newest_resolution:
            is_newest_resolution = False
            text = ticket.resolution_comment
        added = [by_uuid[name] for name in _added(change) if name in by_uuid]
        if comment is not None:
            added += [one for one in attachments if one.comment_id == comment.pk]
        told.append(_activity(caller, change, comment, text, added))
    return told


def _activity(
    caller: Caller,
    change: Change,
    comment: Comment | None,
    text: str,
    added: list[Attachment],
) -> Activity:
    said = read_comment(caller, comment) if comment is not None else None
    identity = str(UUID(int=MARK | change.pk)) if said is None else said.id
    author = people.as_remote(change.person, change.person_name) if said is None else said.author
    if said is None and text:
        said = RemoteComment(id=identity, body=text, author=author, extra={"text": text})
    return Activity(
        id=identity,
        at=change.at,
        author=author,
        comment=said,
        changes=_field_changes(change),
        attachments=added,
    )


def _field_changes(change: Change) -> list[FieldChange]:
    told = []
    for name, said in change.fields.items():
        if name in LONG_TEXT or not isinstance(said, dict):
            continue
        if "added" in said or "removed" in said:
            if name != "attachments":
                old, new = said.get("removed"), said.get("added")
                told.append(FieldChange(name, _words(old), _words(new)))
        elif name == "status":
            old, new = (_status_word(said[side], change) for side in ("from", "to"))
            told.append(FieldChange(name, old, new))
        elif name != "extra":
            told.append(FieldChange(name, _words(said.get("from")), _words(said.get("to"))))
    return told


def _status_word(said: Any, change: Change) -> str | None:
    status = configuration().statuses.get(said.get("id")) if isinstance(said, dict) else None
    return status_word(status, change.ticket.queue_id) if status is not None else None


def _words(said: Any) -> Any:
    if isinstance(said, dict):
        return said.get("words", "")
    if isinstance(said, list):
        return ", ".join(str(_words(one)) for one in said)
    return said


def _added(change: Change) -> list[str]:
    files_said = change.fields.get("attachments")
    added = files_said.get("added") if isinstance(files_said, dict) else None
    return [one["id"] for one in added or ()]


def _may_have_files(change: Change) -> bool:
    return change.kind in (*SAID, Change.Kind.ATTACHED)
