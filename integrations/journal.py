"""The journal of a connection: kept in memory while it works, stored in bulk."""

from datetime import timedelta

from django.utils import timezone

from helpdesk.models import Ticket
from integrations.exchange import SAFE_METHODS, JournalEntry
from integrations.installation import read_reference
from integrations.models import Connection, Exchange

KEPT_DAYS = 14
CLEAN_BATCH = 1000


class Journal:
    """Called with each exchange. Looks that found nothing wrong and no ticket are not kept."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._entries: list[JournalEntry] = []

    def __call__(self, entry: JournalEntry) -> None:
        if entry.error or entry.method not in SAFE_METHODS or read_reference(entry.origin):
            self._entries.append(entry)

    def store(self) -> None:
        entries, self._entries = self._entries, []
        if not entries:
            return
        references = {entry.origin: read_reference(entry.origin) for entry in entries}
        uuids = {found.ticket for found in references.values() if found}
        tickets = {
            str(identity): pk
            for identity, pk in Ticket.objects.filter(uuid__in=uuids).values_list("uuid", "pk")
        }
        Exchange.objects.bulk_create(
            Exchange(
                connection=self.connection,
                ticket_id=tickets.get(found.ticket)
                if (found := references[entry.origin])
                else None,
                at=entry.at,
                method=entry.method,
                url=entry.url,
                request_body=entry.request_body,
                status=entry.status,
                response_body=entry.response_body,
                milliseconds=entry.milliseconds,
                error=entry.error,
            )
            for entry in entries
        )


def clean() -> int:
    """Delete exchanges that are too old, a batch at a time; returns how many."""
    late = Exchange.objects.filter(at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
    count = 0
    while ids := list(late.order_by("pk").values_list("pk", flat=True)[:CLEAN_BATCH]):
        Exchange.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count
