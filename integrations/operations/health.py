"""How all connections fare, in figures: one statement, however many there are.

`figures()` gives for each connection's id: `calls` and `failed` of the last hour as the journal
has them, `late` (seconds since the oldest piece of live work is due, None: none is), how many
links wait by urgency (`live`, `retry`, `backfill`, `drift`) and how many need a `person`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.models import AT_REST, Connection, Exchange, Link

RECENT = timedelta(hours=1)
NEEDS_PERSON = (
    Link.State.ERROR,
    Link.State.CONFLICT,
    Link.State.MAYBE_CREATED,
    Link.State.GONE,
)


@dataclass(frozen=True, slots=True)
class Figures:
    calls: int
    failed: int
    late: float | None
    live: int
    retry: int
    backfill: int
    drift: int
    person: int

    @property
    def error_rate(self) -> float | None:
        """The share of the last hour's calls that failed, 0 to 1; None: there were none."""
        return self.failed / self.calls if self.calls else None

    @property
    def backlog(self) -> int:
        return self.live + self.retry + self.backfill + self.drift


def figures() -> dict[int, Figures]:
    now = timezone.now()
    waiting = Q(links__due_at__isnull=False) & ~Q(links__state__in=AT_REST)
    urgencies = {
        f"n_{urgency.name.lower()}": Count("links", filter=waiting & Q(links__urgency=urgency))
        for urgency in Link.Urgency
    }
    recent = Exchange.objects.filter(connection=OuterRef("pk"), at__gte=now - RECENT)
    rows = Connection.objects.order_by().annotate(
        **urgencies,
        n_person=Count("links", filter=Q(links__state__in=NEEDS_PERSON)),
        oldest=Min("links__due_at", filter=waiting & Q(links__urgency=Link.Urgency.LIVE)),
        n_calls=_count(recent),
        n_failed=_count(recent.exclude(error="")),
    )
    names = ("pk", "n_calls", "n_failed", "oldest", *urgencies, "n_person")
    return {
        pk: Figures(calls, failed, _late(oldest, now), *counts)
        for pk, calls, failed, oldest, *counts in rows.values_list(*names)
    }


def _late(oldest: datetime | None, now: datetime) -> float | None:
    return (now - oldest).total_seconds() if oldest is not None and oldest <= now else None


def _count(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().values("connection").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
