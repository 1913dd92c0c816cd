"""A drift check at work: every ticket of both sides, one after the other, as `drift` describes."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.encryption import LostKey
from integrations import scope
from integrations.budget import BudgetSpent
from integrations.connecting import budget_of, open_connector
from integrations.connector import Connector, ConnectorError
from integrations.installation import read_reference, ticket_from
from integrations.journal import Journal
from integrations.memory import Memory
from integrations.mirror.due import born_here
from integrations.mirror.failures import fault_of_connection
from integrations.models import AT_REST, Connection, Link, Record
from integrations.operations import drift
from integrations.operations.compare import differences
from integrations.remote import RemoteTicket

log = logging.getLogger(__name__)
ROWS = 1000
BATCH = 100
BEAT_EVERY = 5.0  # seconds


class Stopped(Exception):
    """A person stopped the check, or another worker took it over."""


def check(connection_id: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Run the check that was asked for, to its end."""
    token = uuid.uuid4().hex
    if not drift.take_up(connection_id, token):
        return
    connection = Connection.objects.select_related("queue").get(pk=connection_id)
    try:
        run = Check(connection, token, sleep)
        try:
            run.compare()
            run.store(state="done", ended_at=drift.moment())
        finally:
            run.journal.store()
            run.memory.store(run.connector)
    except Stopped:
        log.info("The drift check of connection %s was stopped", connection_id)
    except (ConnectorError, LostKey) as error:
        _fail(connection_id, token, str(error))
    except Exception as error:
        log.exception("The drift check of connection %s failed", connection_id)
        _fail(connection_id, token, fault_of_connection(error))


def _fail(pk: int, token: str, words: str) -> None:
    ended = {"state": "failed", "error": words, "ended_at": drift.moment()}
    drift.change(pk, ("running",), token, **ended)


class Check:
    """One check while it runs: what it counts, and what it has to keep alive."""

    def __init__(self, connection: Connection, token: str, sleep: Callable[[float], None]) -> None:
        self.connection, self.token, self._sleep = connection, token, sleep
        state = connection.drift
        self.counts: dict[str, int] = state.get("counts") or {}
        self.last: int = state.get("last") or 0
        self.unchecked: list[str] = []
        self.rows: int = state.get("rows") or 0
        drift.rows_of(connection).filter(name__gt=self._name(self.rows)).delete()
        self._beat_at = time.monotonic()
        self.journal, self.memory = Journal(connection), Memory(connection)
        self.budget = budget_of(connection)
        self.budget.urgency = Link.Urgency.DRIFT
        self.connector: Connector = open_connector(
            connection,
            journal=self.journal,
            budget=self,
            memory=self.memory.content,
        )

    def take(self) -> None:
        """A call of the budget, waited for as long as it takes."""
        while True:
            self.beat()
            try:
                return self.budget.take()
            except BudgetSpent as spent:
                self._sleep(min(spent.retry_after or 1.0, BEAT_EVERY))

    def compare(self) -> None:
        if self.connector.capabilities.list:
            self._read_each(self._listed())
        else:
            self.unchecked.append(
                _("The service cannot list: each ticket is read, and new ones there stay unseen.")
            )
            self._read_each(set())
        self._unlinked_here()
        at_rest = self.connection.links.filter(state__in=AT_REST).count()
        if at_rest:
            words = _("%(count)s tickets that are paused, gone or unlinked were not compared.")
            self.unchecked.append(words % {"count": at_rest})
        self.unchecked.append(_("Fields were compared; replies and files were not."))

    # The parts -----------------------------------------------------------------------------------

    def _listed(self) -> set[int]:
        """Compare all that the service lists; returns the links that were seen."""
        self.counts, self.last, self.rows, seen = {}, 0, 0, set()
        drift.rows_of(self.connection).delete()
        for batch in _batches(self.connector.all_tickets(), BATCH):
            remotes = {remote.id: remote for remote in batch if not remote.deleted}
            links = self._with_tickets().filter(remote_id__in=remotes)
            by_id = {link.remote_id: link for link in links}
            for identity, remote in remotes.items():
                link = by_id.get(identity)
                if link is None:
                    self._not_here(remote)
                else:
                    seen.add(link.pk)
                    self._compare(link, remote)
            self.beat()
        return seen

    def _read_each(self, seen: set[int]) -> None:
        """Read tickets that were not seen one by one, after the last that was read before."""
        rows = self._live()
        while batch := list(rows.filter(pk__gt=self.last).order_by("pk")[:BATCH]):
            for link in batch:
                if link.pk not in seen:
                    self._read(link)
                self.last = link.pk
                self.beat()
            self.store()

    def _read(self, link: Link) -> None:
        try:
            remote = self.connector.read(link.remote_id)
        except ConnectorError as error:
            if error.gone:
                self._note("gone", link, said=error.message)
                return
            if error.scope == "connection" or not error.permanent:
                raise
            self._note("different", link, said=error.message)
            return
        if remote.deleted:
            self._note("gone", link)
        else:
            self._compare(link, remote)

    def _compare(self, link: Link, remote: RemoteTicket) -> None:
        if link.is_at_rest:
            return
        if link.ticket is None:
            self._note("missing_here", link, remote, said=link.error)
        elif link.due_at is not None:
            self._count("busy")
        elif found := differences(self.connection, self.connector, link.ticket, remote):
            self._note("different", link, remote, fields=found)
        else:
            self._count("equal")

    def _not_here(self, remote: RemoteTicket) -> None:
        began = read_reference(remote.reference)
        ticket = ticket_from(began) if began else None
        is_wanted = self.connection.scope != Connection.Scope.LINKED
        if self.connection.receives and (is_wanted or ticket is not None):
            self._note("missing_here", None, remote, ticket_id=ticket.pk if ticket else None)

    def _unlinked_here(self) -> None:
        """Tickets in the scope that are not there, though the connection was already."""
        if not self.connection.sends:
            return
        stuck = self.connection.links.filter(remote_id="", due_at=None).exclude(ticket=None)
        for link in stuck.exclude(state__in=AT_REST).select_related("ticket").iterator():
            self._note("missing_there", link, said=link.error)
        links = self.connection.links.filter(ticket=OuterRef("pk"))
        rows = scope.tickets(self.connection).filter(~Exists(links)).order_by("pk")
        late = 0
        numbers = rows.values_list("pk", "title", "created_at").iterator(chunk_size=BATCH)
        for batch in _batches(numbers, BATCH):
            born = set(born_here([number for number, _title, _at in batch]))
            for number, title, at in batch:
                if number not in born:
                    continue
                if at < self.connection.starts_at:
                    late += 1
                else:
                    self._note("missing_there", None, ticket_id=number, title=title)
            self.beat()
        if late:
            words = _("%(count)s tickets are older than the connection: a backfill sends them.")
            self.unchecked.append(words % {"count": late})

    def _with_tickets(self) -> QuerySet[Link]:
        return self.connection.links.select_related(
            "ticket", "ticket__requester", "ticket__assignee"
        )

    def _live(self) -> QuerySet[Link]:
        return self._with_tickets().exclude(state__in=AT_REST).exclude(remote_id="")

    # What is kept --------------------------------------------------------------------------------

    def _count(self, kind: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def _note(
        self,
        kind: str,
        link: Link | None,
        remote: RemoteTicket | None = None,
        *,
        ticket_id: int | None = None,
        title: str = "",
        said: str = "",
        fields: Iterable[dict[str, Any]] = (),
    ) -> None:
        self._count(kind)
        if self.rows >= ROWS:
            return
        self.rows += 1
        content = {
            "kind": kind,
            "link": link.pk if link else None,
            "ticket": link.ticket_id if link else ticket_id,
            "remote_id": remote.id if remote else link.remote_id if link else "",
            "number": remote.number if remote else link.remote_number if link else "",
            "title": title or (str(remote.fields.get("title") or "") if remote else ""),
            "said": said,
            "fields": list(fields),
        }
        Record.objects.create(
            service=self.connection.service,
            kind=drift.KIND,
            name=self._name(self.rows),
            content=content,
        )

    def _name(self, number: int) -> str:
        return f"{self.connection.pk}/{number:06d}"

    def beat(self) -> None:
        """Say that it is alive, now and then. Raises Stopped."""
        if time.monotonic() - self._beat_at >= BEAT_EVERY:
            self.store()

    def store(self, **changes: Any) -> None:
        self._beat_at = time.monotonic()
        kept = {
            "counts": self.counts,
            "last": self.last,
            "rows": self.rows,
            "unchecked": self.unchecked,
            "alive_until": (timezone.now() + drift.ALIVE_FOR).isoformat(),
        }
        if not drift.change(self.connection.pk, ("running",), self.token, **kept, **changes):
            if not changes:
                drift.change(self.connection.pk, ("stopped",), self.token, counts=self.counts)
            raise Stopped


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch
