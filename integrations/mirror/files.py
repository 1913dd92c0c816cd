"""Files both ways: ours are sent, theirs are noted to be fetched, or kept as links."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.models import Attachment, Ticket
from integrations.connector import Capabilities, Connector
from integrations.installation import part_of
from integrations.mirror.attempts import is_helpdesk
from integrations.mirror.conversation import note_failure
from integrations.mirror.people import actor_of_connection
from integrations.models import AttachmentLink, Connection, Link
from integrations.remote import NewAttachment, RemoteAttachment, RemoteComment, RemotePerson


def take_over(
    connection: Connection,
    link: Link,
    ticket: Ticket,
    remote: RemoteComment,
    *,
    can: Capabilities,
) -> None:
    """Note each new file of a comment there, inside the caller's transaction.

    A file that the service hands out is fetched later, see `receiving`; of others the link is
    kept.
    """
    for file in remote.attachments:
        known = link.attachment_links.filter(remote_id=file.id[:400])
        if known.exists() or _is_ours(link, file):
            continue
        row = AttachmentLink(link=link, remote_id=file.id[:400], name=file.name[:255])
        if can.download_attachments and not file.is_link:
            row.save()
            link.due_at, link.must_read = timezone.now(), True
            continue
        by = actor_of_connection(connection, remote.author.name or remote.author.email)
        try:
            with transaction.atomic():
                kept = actions.keep_link(file.url, by=by, name=file.name)
                actions.attach(ticket, [kept], by=by, public=remote.public)
                row.attachment = kept
        except ValidationError as error:
            row.error = " ".join(error.messages)
        row.save()


def to_send(link: Link) -> QuerySet[Attachment]:
    """Public files that were not sent yet, oldest first.

    What a merge brought along lies there already, on the ticket that it was sent with.
    """
    is_there = ~Q(remote_id="") | Q(sent_at__isnull=False)
    done = AttachmentLink.objects.filter(link__connection=link.connection_id)
    done = done.filter(is_there | (Q(link=link) & ~Q(error=""))).exclude(attachment=None)
    rows = Attachment.objects.filter(
        Q(comment=None) | Q(comment__public=True, comment__deleted_at=None),
        ticket_id=link.ticket_id,
        public=True,
        state=Attachment.State.STORED,
        deleted_at=None,
    )
    return rows.exclude(pk__in=done.values("attachment_id")).order_by("pk")


def send(connector: Connector, link: Link, reference: str, keep: Callable[[], None]) -> None:
    """Send what is missing there, if the service takes files."""
    if not connector.capabilities.add_attachments:
        return
    for attachment in list(to_send(link)):
        _send_one(connector, link, attachment, reference)
        keep()


def left_out(connector: Connector, link: Link) -> list[str]:
    """Words of what was not sent, not received, or can still be read there."""
    words = []
    for row in link.attachment_links.select_related("attachment").order_by("pk"):
        if row.error:
            words.append(f"{row.name}: {row.error}")
        elif _is_only_there(row):
            words.append(_("a removed file, which can still be read there"))
    if not connector.capabilities.add_attachments and to_send(link).exists():
        words.append(_("files"))
    return words


def _is_only_there(row: AttachmentLink) -> bool:
    file = row.attachment
    if file is None or (file.state != Attachment.State.REDACTED and file.deleted_at is None):
        return False
    return row.sent_at is not None or (row.attempt_began_at is None and row.remote_id != "")


def on_the_way(link: Link) -> "Files":
    """What goes with the new ticket, each on record as being sent."""
    attachments = list(to_send(link))
    now = timezone.now()
    link.attachment_links.filter(attachment__in=attachments).update(attempt_began_at=now)
    AttachmentLink.objects.bulk_create(
        [
            AttachmentLink(link=link, attachment=one, name=one.name[:255], attempt_began_at=now)
            for one in attachments
        ],
        ignore_conflicts=True,
    )
    return Files(attachments)


def not_sent(link: Link) -> None:
    """The call that was to carry them did nothing."""
    rows = link.attachment_links.filter(sent_at=None, remote_id="").exclude(attachment=None)
    rows.update(attempt_began_at=None)


def settle_sent(link: Link) -> None:
    """What went with the new ticket is there, whatever its id."""
    rows = link.attachment_links.filter(sent_at=None, remote_id="").exclude(attachment=None)
    rows = rows.exclude(attempt_began_at=None)
    rows.update(sent_at=timezone.now(), attempt_began_at=None, error="")


def forget_sent(link: Link, former: str) -> None:
    """The ticket there is another one now: files of ours that lay on the former go there anew.

    What lies beside it, under an id of its own, stays when the former ticket goes.
    """
    rows = link.attachment_links.exclude(attachment=None)
    rows.filter(remote_id__in=("", former)).delete()


class Files(Sequence[NewAttachment]):
    """Files on their way out, each read only when it is looked at."""

    def __init__(self, attachments: list[Attachment]) -> None:
        self._attachments = attachments

    def __len__(self) -> int:
        return len(self._attachments)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Files(self._attachments[index])
        return _new(self._attachments[index])


def _send_one(connector: Connector, link: Link, attachment: Attachment, reference: str) -> None:
    reference = part_of(reference, attachment.uuid)
    row, made = AttachmentLink.objects.get_or_create(
        link=link,
        attachment=attachment,
        defaults={"name": attachment.name[:255], "attempt_began_at": timezone.now()},
    )
    if not made and row.attempt_began_at is not None:
        if _find(connector, link, row, reference):
            return
        if not connector.capabilities.read_attachments and not is_helpdesk(connector):
            row.error = _("The answer was lost. Look there: if it is missing, press Retry.")
            row.save(update_fields=["error"])
            return
    row.attempt_began_at = timezone.now()
    row.save(update_fields=["attempt_began_at"])
    writes = connector.writes
    try:
        new = _new(attachment)
        remote = connector.add_attachment(link.remote_id, new, reference=reference)
    except Exception as error:
        if not note_failure(row, error, nothing_left=connector.writes == writes):
            raise
        return
    _settle(row, remote)


def _find(connector: Connector, link: Link, row: AttachmentLink, reference: str) -> bool:
    """Whether the attempt whose answer was lost had worked."""
    if not connector.capabilities.read_attachments:
        return False
    taken = set(link.attachment_links.values_list("remote_id", flat=True))
    for remote in connector.attachments(link.remote_id, reference=reference):
        if remote.name == row.name and remote.id not in taken:
            _settle(row, remote)
            return True
    return False


def _settle(row: AttachmentLink, remote: RemoteAttachment | None) -> None:
    row.remote_id = remote.id[:400] if remote else ""
    row.sent_at, row.attempt_began_at, row.error = timezone.now(), None, ""
    row.save(update_fields=["remote_id", "sent_at", "attempt_began_at", "error"])


def _new(attachment: Attachment) -> NewAttachment:
    author = attachment.uploaded_by
    said: dict[str, Any] = {
        "name": attachment.name,
        "content_type": attachment.content_type,
        "author": RemotePerson(name=str(author), email=author.email or "")
        if author
        else RemotePerson(),
    }
    if attachment.url:
        return NewAttachment(url=attachment.url, **said)
    limit = settings.MAX_UPLOAD_MB * 1024 * 1024
    with attachment.file.open("rb") as file:
        return NewAttachment(content=file.read(limit), **said)


def _is_ours(link: Link, file: RemoteAttachment) -> bool:
    """Whether this is one of our own files, whose id there was not told."""
    rows = link.attachment_links.filter(remote_id="", name=file.name[:255])
    row = rows.exclude(attachment=None).order_by("pk").first()
    if row is None:
        return False
    _settle(row, file)
    return True
