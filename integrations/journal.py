"""The journal of a connection: kept in memory while it works, stored in bulk."""

import time
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from helpdesk.models import Comment, Ticket
from integrations.exchange import SAFE_METHODS, JournalEntry
from integrations.installation import read_reference
from integrations.models import Connection, Exchange

KEPT_DAYS = 14
STORE_EVERY = 1.0  # seconds: what a killed worker may take with it
CLEAN_BATCH = 1000


class Journal:
    """Called with each exchange. Looks that found nothing wrong and no ticket are not kept."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._stored_at = time.monotonic()
        self._entries: list[JournalEntry] = []

    def __call__(self, entry: JournalEntry) -> None:
        if entry.error or entry.method not in SAFE_METHODS or read_reference(entry.origin):
            self._entries.append(entry)

    @property
    def is_long(self) -> bool:
        """Whether it should be stored now, and not with what is still to come."""
        return bool(self._entries) and time.monotonic() - self._stored_at >= STORE_EVERY

    def store(self) -> None:
        self._stored_at = time.monotonic()
        entries, self._entries = self._entries, []
        if not entries:
            return
        references = {entry.origin: read_reference(entry.origin) for entry in entries}
        uuids = {found.ticket for found in references.values() if found}
        tickets = {
            str(identity): pk
            for identity, pk in Ticket.objects.filter(uuid__in=uuids).values_list("uuid", "pk")
        }
        redacted = _with_redactions(tickets.values())
        rows = []
        for entry in entries:
            found = references[entry.origin]
            ticket_id = tickets.get(found.ticket) if found else None
            is_kept = ticket_id not in redacted
            rows.append(
                Exchange(
                    connection=self.connection,
                    ticket_id=ticket_id,
                    at=entry.at,
                    method=entry.method,
                    url=entry.url,
                    request_body=entry.request_body if is_kept else "",
                    status=entry.status,
                    response_body=entry.response_body if is_kept else "",
                    milliseconds=entry.milliseconds,
                    error=entry.error,
                )
            )
        Exchange.objects.bulk_create(rows)


def _with_redactions(ticket_ids: Iterable[int]) -> set[int]:
    """Tickets of which something was redacted: the other side may still say it.

    Also on the ticket that it was sent with, before a merge or split moved it.
    """
    ids = list(ticket_ids)
    redacted = Comment.objects.exclude(redacted_at=None).order_by()
    here = redacted.filter(ticket_id__in=ids).values_list("ticket_id")
    sent = redacted.filter(mirror_links__link__ticket_id__in=ids)
    return {pk for (pk,) in here.union(sent.values_list("mirror_links__link__ticket_id"))}


def clean() -> int:
    """Delete exchanges that are too old, a batch at a time; returns how many."""
    late = Exchange.objects.filter(at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
    count = 0
    while ids := list(late.order_by("pk").values_list("pk", flat=True)[:CLEAN_BATCH]):
        Exchange.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count
