"""Opening a ticket here that began there."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from helpdesk import actions
from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from integrations.connector import Connector, Fields
from integrations.merge import Merged
from integrations.mirror import hearing, ways
from integrations.mirror.halves import travelling
from integrations.mirror.people import actor_of_connection
from integrations.mirror.reading import (
    Read,
    drop,
    is_whole,
    locked,
    note,
    our_side,
    refusals,
    row_of,
)
from integrations.models import Connection, Link
from integrations.remote import RemoteComment, RemoteTicket


def open_here(
    connection: Connection,
    connector: Connector,
    link: Link,
    remote: RemoteTicket,
    comments: list[RemoteComment] | None,
    *,
    source: str,
    source_ref: str,
    and_store: Callable[[], None] = lambda: None,
) -> Read:
    """Open the ticket here that a link was made for."""
    with transaction.atomic():
        link = locked(link)
        fields = travelling(remote.fields, connector.capabilities.fields, ways.keys_of(connection))
        fields = ways.at_birth(connection, fields, ways.INWARDS)
        if "body" in fields:
            fields["body_format"] = remote.fields.get("body_format", "plain")
        read = _opened(
            connection,
            fields,
            remote,
            created_at=remote.created_at,
            source=source,
            source_ref=source_ref,
        )
        link.ticket = read.ticket
        read.ours = our_side(connection, connector, read.ticket)
        if read.ticket.is_repeat:  # it was linked before: which side is right is asked anew
            link.must_read, link.due_at = True, timezone.now()
        else:
            link.agreed_ours, link.agreed_theirs = read.ours, dict(remote.theirs)
        if comments:
            hearing.take_over(connection, link, read.ticket, comments, can=connector.capabilities)
            _restore_status(connection, read)
        note(link, remote, Merged(), was_whole=is_whole(connector, comments))
        read.link = link
        link.save()
        and_store()
    return read


def _opened(connection: Connection, fields: Fields, remote: RemoteTicket, **identity: Any) -> Read:
    """A value that is refused is named, and the ticket opens without it."""
    by = actor_of_connection(connection, _creator(remote))
    refused: list[tuple[str, str]] = []
    while True:
        try:
            row, left_out = row_of(connection, fields, connection.queue_id, None)
            row["title"] = row.get("title") or remote.number or remote.id
            row["queue"] = configuration().queues[connection.queue_id]
            with transaction.atomic():
                ticket = actions.open_ticket(by=by, **row, **identity)
            return Read(ticket=ticket, ours={}, refused=refused, left_out=left_out)
        except ValidationError as error:
            found = refusals("", error)
            if not drop(fields, {name for name, _why in found}):
                raise
            refused += found


def _restore_status(connection: Connection, read: Read) -> None:
    """A new ticket ends as it is there, even if an old word of a customer opened it again."""
    opened = read.ticket
    now = Ticket.objects.get(pk=opened.pk)
    if now.status_id != opened.status_id:
        now = actions.change_ticket(
            now,
            by=actor_of_connection(connection),
            status=configuration().statuses[opened.status_id],
            resolution=opened.resolution,
            resolution_comment=opened.resolution_comment,
        )
    read.ticket = now


def _creator(remote: RemoteTicket) -> str:
    said = remote.extra.get("created_by") or remote.extra.get("createdBy")
    person = said if isinstance(said, dict) else {}
    return str(person.get("name") or person.get("email") or "")
