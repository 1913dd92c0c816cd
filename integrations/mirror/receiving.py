"""Files of theirs that the service hands out: fetched and attached here, one at a time."""

import mimetypes
from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet

from helpdesk import actions
from helpdesk.models import Ticket
from integrations.connector import Connector, ConnectorError
from integrations.mirror.claims import NotYet
from integrations.mirror.people import actor_of_connection
from integrations.models import AttachmentLink, Connection, Link
from integrations.remote import RemoteAttachment, RemoteComment

LOOKS = 4  # tries for a file that can't be had just now


def waiting(link: Link) -> QuerySet[AttachmentLink]:
    """Files that were noted and not fetched yet."""
    rows = link.attachment_links.filter(attachment=None, error="", sent_at=None)
    return rows.exclude(remote_id="")


def receive(
    connection: Connection,
    connector: Connector,
    link: Link,
    ticket: Ticket,
    comments: list[RemoteComment],
    reference: str,
    keep: Callable[[], None],
) -> None:
    """Fetch what is waiting. What can't be had says why on its link; the others come."""
    said = {file.id[:400]: (comment, file) for comment in comments for file in comment.attachments}
    for row in list(waiting(link)):
        found = said.get(row.remote_id)
        if found is None:  # taken away there meanwhile
            row.delete()
            continue
        _receive_one(connection, connector, link, ticket, row, *found, reference)
        keep()


def _receive_one(
    connection: Connection,
    connector: Connector,
    link: Link,
    ticket: Ticket,
    row: AttachmentLink,
    comment: RemoteComment,
    file: RemoteAttachment,
    reference: str,
) -> None:
    try:
        content = connector.download(link.remote_id, file, reference=reference)
    except ConnectorError as error:
        is_last = link.attempts >= LOOKS and not error.permanent
        if error.scope != "ticket" or not (error.permanent or is_last):
            raise
        _keep_link(connection, ticket, row, comment, file, error.message)
        return
    by = actor_of_connection(connection, comment.author.name or comment.author.email)
    try:
        name = _with_ending(file)
        kept = actions.keep_file(ContentFile(content, name=name), by=by, name=name)
        with transaction.atomic():
            actions.attach(ticket, [kept], by=by, public=comment.public)
            AttachmentLink.objects.filter(pk=row.pk, attachment=None).update(attachment=kept)
    except (ValidationError, PermissionDenied) as error:
        if Ticket.objects.filter(pk=ticket.pk).exclude(deleted_at=None).exists():
            raise NotYet from error
        _refuse(row, " ".join(getattr(error, "messages", [str(error)])))


def _keep_link(
    connection: Connection,
    ticket: Ticket,
    row: AttachmentLink,
    comment: RemoteComment,
    file: RemoteAttachment,
    why: str,
) -> None:
    """In place of the file where it can be had by those who may; and why it is not here."""
    by = actor_of_connection(connection, comment.author.name or comment.author.email)
    try:
        with transaction.atomic():
            kept = actions.keep_link(file.url, by=by, name=file.name)
            actions.attach(ticket, [kept], by=by, public=comment.public)
            row.attachment = kept
    except (ValidationError, PermissionDenied):
        row.attachment = None  # there is no address to keep either
    row.error = why
    row.save(update_fields=["attachment", "error"])


def _with_ending(file: RemoteAttachment) -> str:
    """Its name; one that has no ending gets that of its type."""
    if "." in file.name or not file.content_type:
        return file.name
    kind = file.content_type.partition(";")[0].strip()
    return file.name + (mimetypes.guess_extension(kind) or "")


def _refuse(row: AttachmentLink, words: str) -> None:
    row.error = words
    row.save(update_fields=["error"])
