"""Backfill: tickets of before, fed to the mirror a little at a time.

`Connection.backfill` holds all there is to know: `state` (`running`, `paused`, `done`,
`cancelled`), `query` and `whole` (which tickets), `last` (up to which number links were made),
`until` (the highest number there was when it began), `total`, `passed` (looked at), `made` (links),
`began_at`, `ended_at`, `by`, and `samples` (seconds since the epoch, tickets done) for the rate.

Only so many links are due at a time: 200,000 tickets are neither one long statement nor a queue
that stands in the way, and a stop has little to take back. Links are made and `last` is moved in
one transaction, so that a kill between two batches neither loses nor doubles a ticket.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from helpdesk.actor import system
from helpdesk.models import Ticket
from integrations import mirror
from integrations.mirror.due import born_here
from integrations.models import Connection, Link
from integrations.operations.scope import tickets_of

BATCH = 500
DUE_AT_MOST = 2000
DUE_AT_LEAST = 1000
OPEN = ("running", "paused")
SAMPLES = 12
SAMPLE_EVERY = 5.0  # seconds
PROBLEMS = (Link.State.ERROR, Link.State.CONFLICT, Link.State.MAYBE_CREATED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill is. `rate` is tickets a minute, `ends_at` None while it is not known."""

    state: str
    total: int
    done: int
    failed: int
    skipped: int
    rate: float | None
    ends_at: datetime | None
    began_at: datetime
    ended_at: datetime | None
    by: str
    query: str
    whole: bool

    @property
    def left(self) -> int:
        return max(self.total - self.done - self.failed - self.skipped, 0)

    @property
    def mark(self) -> str:
        """Changes with what is shown: a page that has it already need not be sent again."""
        return f"{self.state}-{self.done}-{self.failed}-{self.skipped}"

    @property
    def per_minute(self) -> int:
        """The rate as a whole number, 0 while it is not known."""
        return round(self.rate or 0)

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def is_open(connection: Connection) -> bool:
    return connection.backfill.get("state") in OPEN


def begin(
    connection: Connection,
    tickets: QuerySet[Ticket],
    *,
    by: str,
    query: str = "",
    whole: bool = False,
) -> int:
    """Begin; returns how many tickets it will look at. `whole`: all of the queue.

    `tickets` are those the person sees who begins it; what came later is live work.
    """
    rows = _not_linked(connection, tickets)
    found = rows.aggregate(total=Count("pk"), until=Max("pk"))
    state = {
        "state": "running",
        "query": query,
        "whole": whole,
        "last": 0,
        "until": found["until"] or 0,
        "total": found["total"],
        "passed": 0,
        "made": 0,
        "skipped": 0,
        "began_at": timezone.now().isoformat(),
        "by": by[:120],
        "samples": [],
    }
    Connection.objects.filter(pk=connection.pk).update(backfill=state)
    feed(connection.pk, batches=1)
    return found["total"]


def feed(connection_id: int, *, batches: int = DUE_AT_MOST // BATCH) -> int:
    """Make more links if few are due; returns how many. Called by the clock."""
    made = 0
    for _batch in range(batches):
        with transaction.atomic():
            connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection_id)
            state = connection.backfill
            if state.get("state") != "running" or not connection.sends:
                break
            due = _due(connection).count()
            _sample(state, state["passed"] - due)
            if due >= DUE_AT_LEAST:
                connection.save(update_fields=["backfill"])
                break
            ids = _next_ids(connection, state)
            made += _make(connection, state, ids)
            if len(ids) < BATCH and not due and not made:
                state |= {"state": "done", "ended_at": timezone.now().isoformat()}
            connection.save(update_fields=["backfill"])
            if len(ids) < BATCH:
                break
    if made:
        mirror.nudge()
    return made


def feed_all() -> None:
    """Feed every backfill that runs."""
    running = Connection.objects.filter(backfill__state="running", state=Connection.State.ACTIVE)
    for pk in running.order_by("pk").values_list("pk", flat=True):
        feed(pk)


def pause(connection: Connection) -> bool:
    """No further ticket is begun; what a worker holds just now is finished."""
    if not _move(connection, "running", {"state": "paused", "samples": []}):
        return False
    _not_begun(connection).update(due_at=None)
    return True


def resume(connection: Connection) -> bool:
    if not _move(connection, "paused", {"state": "running", "samples": []}):
        return False
    _not_begun(connection, due=False).update(due_at=timezone.now())
    feed(connection.pk)
    mirror.nudge()
    return True


def cancel(connection: Connection) -> bool:
    """End it; links that were not begun go, so that their tickets are as before."""
    ended = {"state": "cancelled", "ended_at": timezone.now().isoformat()}
    if not any(_move(connection, state, ended) for state in OPEN):
        return False
    _not_begun(connection).delete()
    _not_begun(connection, due=False).delete()
    return True


def progress_of(connection: Connection) -> Progress | None:
    """One statement beside the connection's own; None where none was ever begun."""
    state = connection.backfill
    if not state:
        return None
    began = datetime.fromisoformat(state["began_at"])
    ended = state.get("ended_at")
    mine = Q(created_at__gte=began)
    waiting = Q(due_at__isnull=False, urgency__in=(Link.Urgency.BACKFILL, Link.Urgency.RETRY))
    held = Q(due_at=None, urgency=Link.Urgency.BACKFILL, state=Link.State.WAITING, remote_id="")
    found = connection.links.filter(mine).aggregate(
        waiting=Count("pk", filter=waiting | held),
        failed=Count("pk", filter=Q(state__in=PROBLEMS, due_at=None)),
    )
    failed = min(found["failed"], state["made"])
    done = max(state["made"] - found["waiting"] - failed, 0)
    rate = _rate(state.get("samples") or [])
    left = max(state["total"] - state["skipped"] - done - failed, 0)
    knows_end = rate and left and state["state"] == "running"
    return Progress(
        state=state["state"],
        total=state["total"],
        done=done,
        failed=failed,
        skipped=state["skipped"],
        rate=rate if state["state"] == "running" else None,
        ends_at=timezone.now() + timedelta(minutes=left / rate) if knows_end else None,
        began_at=began,
        ended_at=datetime.fromisoformat(ended) if ended else None,
        by=state.get("by", ""),
        query=state["query"],
        whole=state["whole"],
    )


def _next_ids(connection: Connection, state: dict[str, Any]) -> list[int]:
    by = system(connection.origin)
    rows = tickets_of(connection, by, state["query"], whole=state["whole"])
    rows = _not_linked(connection, rows).filter(pk__gt=state["last"], pk__lte=state["until"])
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _make(connection: Connection, state: dict[str, Any], ids: list[int]) -> int:
    wanted = ids if state["whole"] else born_here(ids) if ids else []
    now = timezone.now()
    Link.objects.bulk_create(
        [
            Link(connection=connection, ticket_id=pk, due_at=now, urgency=Link.Urgency.BACKFILL)
            for pk in sorted(wanted)
        ],
        ignore_conflicts=True,
    )
    state["last"] = ids[-1] if ids else state["until"]
    state["passed"] += len(ids)
    state["made"] += len(wanted)
    state["skipped"] += len(ids) - len(wanted)
    return len(wanted)


def _not_linked(connection: Connection, tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.filter(~Exists(connection.links.filter(ticket=OuterRef("pk"))))


def _due(connection: Connection) -> QuerySet[Link]:
    return connection.links.filter(due_at__isnull=False, urgency=Link.Urgency.BACKFILL)


def _not_begun(connection: Connection, *, due: bool = True) -> QuerySet[Link]:
    """Links of the backfill for which no call was made and that nobody holds."""
    now = timezone.now()
    return connection.links.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        due_at__isnull=not due,
        urgency=Link.Urgency.BACKFILL,
        state=Link.State.WAITING,
        remote_id="",
        attempt_began_at=None,
    )


def _move(connection: Connection, before: str, changes: dict[str, Any]) -> bool:
    with transaction.atomic():
        kept = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        if kept.backfill.get("state") != before:
            return False
        kept.backfill = {**kept.backfill, **changes}
        kept.save(update_fields=["backfill"])
    connection.backfill = kept.backfill
    return True


def _sample(state: dict[str, Any], done: int) -> None:
    samples = state.setdefault("samples", [])
    now = time.time()
    if not samples or now - samples[-1][0] >= SAMPLE_EVERY:
        state["samples"] = [*samples, [now, done]][-SAMPLES:]


def _rate(samples: list[list[float]]) -> float | None:
    """Tickets a minute over the samples; None while nothing moves or too little is known."""
    if len(samples) < 2:
        return None
    seconds, done = samples[-1][0] - samples[0][0], samples[-1][1] - samples[0][1]
    return done / seconds * 60 if seconds > 0 and done > 0 else None
