"""What each day ended with, counted soon after it ended; days that were missed are made up for."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, F, Min, Q, QuerySet, Value, When
from django.utils import timezone

from helpdesk.models import (
    UNRESOLVED,
    Change,
    DailyCount,
    ReportedDay,
    StatusInterval,
    Ticket,
)
from helpdesk.models.configuration import configuration

DAYS_A_RUN = 7
SETTLED = timedelta(minutes=1)  # after midnight: what began before it is committed
IN_TIME = timedelta(days=1)
BATCH = 500
MOVABLE = ("queue", "priority")
Counts = dict[tuple[int, int, str], list[int]]  # by queue, status, priority; see `DailyCount`


def count_days() -> int:
    """Count the oldest days that were not counted yet, so many a run; returns how many.

    Days are those of the helpdesk's time zone, from the one in which its first ticket was stored.
    """
    counted = 0
    for day in _missing_days()[:DAYS_A_RUN]:
        end = _end_of(day)
        late = Change.objects.filter(announced_at=None, announce_error="", at__lt=end)
        if late.exists():  # the stays in statuses lag behind
            break
        counted += _store(day, counts_at(end), rebuilt=timezone.now() - end > IN_TIME)
    return counted


def counts_at(end: datetime) -> Counts:
    """How many tickets there were at a moment: tickets, overdue and unassigned."""
    rows = _stays_at(end).values("ticket__queue_id", "status_id", "ticket__priority").order_by()
    grouped = rows.annotate(
        tickets=Count("pk"),
        overdue=Count("pk", filter=_is_overdue(end)),
        unassigned=Count("pk", filter=Q(ticket__assignee=None)),
    )
    counts: Counts = defaultdict(lambda: [0, 0, 0])
    for row in grouped:
        place = (row["ticket__queue_id"], row["status_id"], row["ticket__priority"])
        counts[place] = [row["tickets"], row["overdue"], row["unassigned"]]
    _move_back(counts, end)
    return {place: numbers for place, numbers in counts.items() if numbers[0] > 0}


def _missing_days() -> list[date]:
    first = Ticket.objects.aggregate(first=Min("stored_at"))["first"]
    if first is None:
        return []
    day, known = timezone.localdate(first), set(ReportedDay.objects.values_list("pk", flat=True))
    missing, now = [], timezone.now()
    while _end_of(day) + SETTLED <= now:
        if day not in known:
            missing.append(day)
        day += timedelta(days=1)
    return missing


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _stays_at(end: datetime) -> QuerySet:
    """The stay that lasted at a moment, of each ticket that was there and not in a sandbox."""
    stays = StatusInterval.objects.filter(
        Q(left_at=None) | Q(left_at__gte=end),
        Q(ticket__deleted_at=None) | Q(ticket__deleted_at__gte=end),
        entered_at__lt=end,
        ticket__stored_at__lt=end,
        ticket__merged_into=None,
    )
    sandboxes = configuration().sandboxes
    return stays.exclude(ticket__queue_id__in=sandboxes) if sandboxes else stays


def _is_overdue(end: datetime) -> Q:
    return Q(ticket__due_at__lt=end, status__category__in=UNRESOLVED)


def _move_back(counts: Counts, end: datetime) -> None:
    """Count tickets whose queue or priority changed since under those that they had."""
    moved = _moved_since(end)
    ids = sorted(moved)
    for start in range(0, len(ids), BATCH):
        stays = _stays_at(end).filter(ticket__in=ids[start : start + BATCH])
        for row in stays.values(
            "ticket_id",
            "status_id",
            queue=F("ticket__queue_id"),
            priority=F("ticket__priority"),
            late=Case(When(_is_overdue(end), then=Value(1)), default=Value(0)),
            free=Case(When(ticket__assignee=None, then=Value(1)), default=Value(0)),
        ):
            was = {**row, **moved[row["ticket_id"]]}
            for one, sign in ((row, -1), (was, 1)):
                numbers = counts[one["queue"], one["status_id"], one["priority"]]
                for place, value in enumerate((1, row["late"], row["free"])):
                    numbers[place] += sign * value


def _moved_since(end: datetime) -> dict[int, dict]:
    """What queue and priority tickets had at a moment, by ticket, where they changed since."""
    changes = (
        Change.objects.filter(
            Q(fields__has_key="queue") | Q(fields__has_key="priority"),
            ticket__updated_at__gte=end,
            at__gte=end,
        )
        .exclude(kind=Change.Kind.OPENED)
        .order_by("ticket_id", "version")
        .values_list("ticket_id", "fields__queue__from__id", "fields__priority__from")
    )
    moved: dict[int, dict] = defaultdict(dict)
    for ticket, queue, priority in changes.iterator(chunk_size=BATCH):
        for name, before in zip(MOVABLE, (queue, priority), strict=True):
            if before is not None:
                moved[ticket].setdefault(name, before)
    return moved


def _store(day: date, counts: Counts, *, rebuilt: bool) -> int:
    now = timezone.now()
    try:
        with transaction.atomic():
            ReportedDay.objects.create(day=day, counted_at=now)
            DailyCount.objects.bulk_create(_rows(day, counts, rebuilt, now), batch_size=BATCH)
    except IntegrityError:  # another worker counted it meanwhile
        return 0
    return 1


def _rows(day: date, counts: Counts, rebuilt: bool, now: datetime) -> Iterable[DailyCount]:
    for (queue, status, priority), (tickets, overdue, unassigned) in sorted(counts.items()):
        yield DailyCount(
            day=day,
            queue_id=queue,
            status_id=status,
            priority=priority,
            tickets=tickets,
            overdue=overdue,
            unassigned=unassigned,
            rebuilt=rebuilt,
            counted_at=now,
        )
