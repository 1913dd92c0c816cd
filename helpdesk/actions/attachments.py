"""Files: kept first, outside any transaction, then claimed by the ticket they belong to."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import PurePath

import puremagic
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.base import locked
from helpdesk.actor import Actor
from helpdesk.models import Attachment, Change, Comment, Ticket
from helpdesk.permissions import authorise
from helpdesk.text import one_line

MAX_FILES = 50
CLAIM_WITHIN = timedelta(days=1)
UNKNOWN = "application/octet-stream"
TEXT_ENDINGS = {".csv": "text/csv", ".json": "application/json", ".md": "text/markdown"}


def keep_file(file: File, *, by: Actor, name: str = "", content_id: str = "") -> Attachment:
    """Store a file that waits to be claimed by a ticket. Its type is read from its content."""
    authorise(by, "attach")
    name = safe_name(name or file.name or "")
    limit = settings.MAX_UPLOAD_MB * 1024 * 1024
    if (file.size or 0) > limit:
        raise ValidationError(
            {
                "attachments": _("%(name)s is larger than %(limit)s MB.")
                % {"name": name, "limit": settings.MAX_UPLOAD_MB}
            }
        )
    digest, head, size = hashlib.sha256(), b"", 0
    for chunk in file.chunks():
        head = head or chunk[:8192]
        size += len(chunk)
        digest.update(chunk)
    attachment = Attachment(
        name=name,
        size=size,
        sha256=digest.hexdigest(),
        content_type=sniffed_type(head, name),
        content_id=content_id[:255],
        state=Attachment.State.WAITING,
        uploaded_by_id=by.person_id,
        uploaded_with_id=by.key_id,
    )
    file.seek(0)
    attachment.file.save(name, file, save=False)
    attachment.save()
    return attachment


def keep_link(url: str, *, by: Actor, name: str = "") -> Attachment:
    """Keep a link in place of a file."""
    authorise(by, "attach")
    attachment = Attachment(
        name=safe_name(name or url.rsplit("/", 1)[-1] or url),
        url=url,
        state=Attachment.State.WAITING,
        uploaded_by_id=by.person_id,
        uploaded_with_id=by.key_id,
    )
    try:
        attachment.clean_fields(exclude=["ticket", "comment", "file"])
    except ValidationError as error:
        raise ValidationError({"attachments": error.messages}) from error
    attachment.save()
    return attachment


@transaction.atomic
def attach(
    ticket: Ticket,
    attachments: Sequence[Attachment],
    *,
    by: Actor,
    public: bool = True,
    at=None,
) -> Ticket:
    """Attach kept files to a ticket, without a comment."""
    ticket = locked(ticket)
    authorise(by, "attach", ticket)
    if not attachments:
        return ticket
    claim(attachments, ticket, by=by, public=public)
    ticket.save_changed({}, last_activity_at=timezone.now())
    said = {"attachments": {"added": [named(one) for one in attachments], "removed": []}}
    changes.record(Change.Kind.ATTACHED, ticket, by=by, said=said, at=at)
    return ticket


@transaction.atomic
def remove_attachment(attachment: Attachment, *, by: Actor) -> Ticket:
    """Take a file off its ticket. The row stays, the content goes."""
    ticket = locked(attachment.ticket)
    attachment = Attachment.objects.get(pk=attachment.pk)
    authorise(by, "detach", ticket)
    if attachment.deleted_at is None:
        forget_content(attachment)
        attachment.deleted_at = timezone.now()
        attachment.save(update_fields=["deleted_at"])
        ticket.save_changed({}, last_activity_at=timezone.now())
        said = {"attachments": {"added": [], "removed": [named(attachment)]}}
        changes.record(Change.Kind.DETACHED, ticket, by=by, said=said)
    return ticket


def claim(
    attachments: Sequence[Attachment],
    ticket: Ticket,
    *,
    by: Actor,
    comment: Comment | None = None,
    public: bool = True,
) -> None:
    """Give kept files to a ticket, inside the verb's transaction. Only their uploader's."""
    if len(attachments) > MAX_FILES:
        raise ValidationError(
            {"attachments": _("At most %(limit)s files at once.") % {"limit": MAX_FILES}}
        )
    claimed = Attachment.objects.filter(
        pk__in=[one.pk for one in attachments],
        state=Attachment.State.WAITING,
        uploaded_by_id=by.person_id,
        uploaded_with_id=by.key_id,
    ).update(ticket=ticket, comment=comment, public=public, state=Attachment.State.STORED)
    if claimed != len(attachments):
        raise ValidationError({"attachments": _("A file is no longer there. Upload it again.")})


def forget_content(attachment: Attachment) -> None:
    """Delete a file's content when the transaction commits."""
    if attachment.file:
        storage, name = attachment.file.storage, attachment.file.name
        transaction.on_commit(lambda: storage.delete(name))


def redact_files(ticket: Ticket, attachments: Iterable[Attachment]) -> None:
    """Take away the content of a locked ticket's files, and their names from its history."""
    redacted = set()
    for attachment in attachments:
        forget_content(attachment)
        attachment.state = Attachment.State.REDACTED
        attachment.name = attachment.url = attachment.sha256 = attachment.content_id = ""
        attachment.extra = {}
        attachment.save(update_fields=["state", "name", "url", "sha256", "content_id", "extra"])
        redacted.add(str(attachment.uuid))
    kinds = (Change.Kind.ATTACHED, Change.Kind.DETACHED)
    for change in ticket.changes.filter(kind__in=kinds) if redacted else ():
        said = [one for side in change.fields["attachments"].values() for one in side]
        if found := [one for one in said if one["id"] in redacted]:
            for one in found:
                one["words"] = ""
            change.save(update_fields=["fields"])


def delete_unclaimed() -> int:
    """Delete files that nobody claimed within a day; returns how many."""
    late = Attachment.objects.filter(
        state=Attachment.State.WAITING,
        created_at__lt=timezone.now() - CLAIM_WITHIN,
        drafts=None,  # what belongs to a draft stays as long as the draft
    )
    count = 0
    for pk in late.values_list("pk", flat=True)[:1000]:
        with transaction.atomic():
            attachment = late.select_for_update(of=("self",)).filter(pk=pk).first()
            if attachment is not None:  # not claimed meanwhile
                forget_content(attachment)
                attachment.delete()
                count += 1
    return count


def discard_kept(attachments: Iterable[Attachment]) -> None:
    """Delete kept files that nobody is going to claim."""
    for one in attachments:
        with transaction.atomic():
            rows = Attachment.objects.filter(pk=one.pk, state=Attachment.State.WAITING)
            attachment = rows.select_for_update().first()
            if attachment is not None:
                forget_content(attachment)
                attachment.delete()


def named(attachment: Attachment) -> dict:
    """A file as history names it."""
    return {"id": str(attachment.uuid), "words": attachment.name, "size": attachment.size}


def safe_name(name: str) -> str:
    """A file's name without its path, at most 255 bytes, with its ending kept."""
    name = one_line(name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ") or _("file")
    ending = PurePath(name).suffix[:20]
    stem = name[: len(name) - len(ending)] if ending else name
    while len((stem + ending).encode()) > 255:
        stem = stem[:-1]
    return stem + ending


def sniffed_type(head: bytes, name: str) -> str:
    """The media type by the first bytes, by the name's ending only for plain text."""
    if not head:
        return UNKNOWN
    try:
        return puremagic.from_string(head, mime=True) or UNKNOWN
    except (puremagic.PureError, ValueError):
        pass
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return UNKNOWN
    if b"\0" in head:
        return UNKNOWN
    return TEXT_ENDINGS.get(PurePath(name).suffix.casefold(), "text/plain")
