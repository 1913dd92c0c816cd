"""What happened to the tickets of some days: figures, days, people, queues and tags.

Seven statements, whatever the number of tickets, days and people. A ticket counts where it is now:
by its queue, team and assignee of today. What was merged counts where it went, the trash and
sandboxes nowhere. It is resolved at the last time it was; one that was reopened since is not.
So the backlog of a day is that of the day before, more by what was created, less by what was
resolved.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Case, Count, DateField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncDate

from helpdesk.models import Category, StatusInterval, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.reports.percentiles import Times, times_of
from helpdesk.reports.periods import DAY, Period

DONE = (Category.RESOLVED, Category.CLOSED)
TAGS = 10


class Part(StrEnum):
    """Where a moment lies: in the days before, between those and the period, in it, or later."""

    BEFORE = "before"
    GAP = "gap"
    DURING = "during"
    LATER = "later"


PARTS = (Part.BEFORE, Part.DURING)


@dataclass(frozen=True, slots=True)
class Person:
    """An assignee; `pk` is None for nobody. `called` is what a filter takes, empty if erased."""

    pk: int | None
    name: str
    called: str


@dataclass(slots=True)
class Work:
    """What came and went of a person, of a queue, or of all."""

    created: Counter = field(default_factory=Counter)  # by Part
    resolved: Counter = field(default_factory=Counter)
    open_now: int = 0
    answered: timedelta | None = None  # median time to the first response

    @property
    def backlog(self) -> int:
        """Unresolved at the end of the period; never less than none, whatever imports claim."""
        later = Part.LATER
        return max(0, self.open_now - self.created[later] + self.resolved[later])

    @property
    def backlog_before(self) -> int:
        """Unresolved at the end of the days before."""
        since = (Part.GAP, Part.DURING)
        came = sum(self.created[part] for part in since)
        return max(0, self.backlog - came + sum(self.resolved[part] for part in since))

    @property
    def is_empty(self) -> bool:
        return not (self.created[Part.DURING] or self.resolved[Part.DURING] or self.backlog)


@dataclass(frozen=True, slots=True)
class Day:
    """What a day brought, and the backlog with which it ended."""

    day: date
    created: int
    resolved: int
    backlog: int


@dataclass(slots=True)
class Overview:
    """`first_response`, `resolution`, `reopened`, `due` and `kept` are by Part: BEFORE, DURING.

    `due` counts resolved tickets that had a due time, `kept` those of them resolved by then.
    """

    period: Period
    work: Work = field(default_factory=Work)
    days: list[Day] = field(default_factory=list)
    people: dict[Person, Work] = field(default_factory=lambda: defaultdict(Work))
    queues: dict[int, Work] = field(default_factory=lambda: defaultdict(Work))
    tags: list[tuple[int, int]] = field(default_factory=list)  # id and tickets, most first
    first_response: dict[str, Times] = field(default_factory=dict)
    resolution: dict[str, Times] = field(default_factory=dict)
    reopened: Counter = field(default_factory=Counter)
    due: Counter = field(default_factory=Counter)
    kept: Counter = field(default_factory=Counter)

    def share_kept(self, part: Part) -> float | None:
        return self.kept[part] / self.due[part] if self.due[part] else None


def overview(tickets: QuerySet, period: Period) -> Overview:
    """The report of these tickets: what a reader sees, perhaps narrowed."""
    tickets = tickets.outside_sandboxes().filter(merged_into=None).order_by()
    found = Overview(period)
    came, went = Counter(), Counter()
    for row in _counted(tickets, "created_at", period):
        part = _part(row["on"], period)
        for work in _places(found, row):
            work.created[part] += row["n"]
        came[row["on"]] += row["n"]
    resolved = tickets.filter(status_category__in=DONE)
    for row in _counted(resolved, "resolved_at", period, **_promises()):
        part = _part(row["on"], period)
        for work in _places(found, row):
            work.resolved[part] += row["n"]
        went[row["on"]] += row["n"]
        found.due[part] += row["due"]
        found.kept[part] += row["kept"]
    for row in tickets.unresolved().values(*PLACE).annotate(n=Count("pk")):
        for work in _places(found, row):
            work.open_now += row["n"]
    found.days = _days(found.work.backlog, came, went, period)
    _note_times(found, tickets, resolved)
    found.reopened = _reopened(tickets, period)
    found.tags = _tags(tickets, period)
    return found


PLACE = (
    "queue_id",
    "assignee_id",
    "assignee__name",
    "assignee__email",
    "assignee__erased_at",
)


def _counted(tickets: QuerySet, path: str, period: Period, **more) -> Iterable[dict]:
    """Tickets by place and day since the beginning of the days before; see `_part`."""
    since = tickets.filter(**{f"{path}__gte": period.before_begin})
    on = Case(
        When(**{f"{path}__lt": period.before_end}, then=Value(period.first - 2 * DAY)),
        When(**{f"{path}__lt": period.begin}, then=Value(period.first - DAY)),
        When(**{f"{path}__gte": period.end}, then=Value(period.last + DAY)),
        default=TruncDate(path),
        output_field=DateField(),
    )
    return since.annotate(on=on).values("on", *PLACE).annotate(n=Count("pk"), **more)


def _promises() -> dict[str, Count]:
    kept = Q(due_at__gte=F("resolved_at"))
    return {"due": Count("due_at"), "kept": Count("pk", filter=kept)}


def _part(on: date, period: Period) -> Part:
    if on < period.first:
        return Part.GAP if on == period.first - DAY else Part.BEFORE
    return Part.LATER if on > period.last else Part.DURING


def _places(found: Overview, row: dict) -> tuple[Work, Work, Work]:
    """The three sums to which a row belongs."""
    pk, email = row["assignee_id"], row["assignee__email"]
    called = "" if row["assignee__erased_at"] else email or ("none" if pk is None else str(pk))
    person = Person(pk, row["assignee__name"] or email or "", called)
    return found.work, found.people[person], found.queues[row["queue_id"]]


def _days(backlog: int, came: Counter, went: Counter, period: Period) -> list[Day]:
    """Each day in order, reckoned back from the backlog at the end."""
    found = []
    for day in reversed(period.days):
        found.append(Day(day, came[day], went[day], backlog))
        backlog = max(0, backlog + went[day] - came[day])
    return found[::-1]


def _note_times(found: Overview, tickets: QuerySet, resolved: QuerySet) -> None:
    """How long it took: to the first response of what was created, to resolve what was resolved.

    Times that contradict each other, as imported ones may, are left out.
    """
    period, during = found.period, PARTS.index(Part.DURING)
    answered = tickets.filter(first_response_at__gte=F("created_at"))
    answered = _two(answered, "created_at", period)
    by: dict[str, dict[Hashable, Times]] = times_of(
        answered, F("first_response_at") - F("created_at"), "queue_id", "assignee_id"
    )
    found.first_response = {PARTS[place]: times for place, times in by["all"].items()}
    for queue, work in found.queues.items():
        work.answered = by["queue_id"].get((during, queue), Times()).median
    for person, work in found.people.items():
        work.answered = by["assignee_id"].get((during, person.pk), Times()).median
    ended = _two(resolved.filter(resolved_at__gte=F("created_at")), "resolved_at", period)
    times = times_of(ended, F("resolved_at") - F("created_at"))["all"]
    found.resolution = {PARTS[place]: one for place, one in times.items()}


def _two(rows: QuerySet, path: str, period: Period) -> QuerySet:
    """The rows of the days before and of the period, each with its `part`: a place in PARTS, as
    numbers are sorted sooner than words."""
    before = Q(**{f"{path}__gte": period.before_begin, f"{path}__lt": period.before_end})
    during = Q(**{f"{path}__gte": period.begin, f"{path}__lt": period.end})
    first, second = (Value(place) for place in range(len(PARTS)))
    part = Case(When(before, then=first), default=second)
    bounds = {f"{path}__gte": period.before_begin, f"{path}__lt": period.end}  # what indexes serve
    return rows.filter(before | during, **bounds).annotate(part=part)


def _reopened(tickets: QuerySet, period: Period) -> Counter:
    """How often a stay among the unresolved followed one among the resolved, by Part.

    What was entered since a moment was written since, and that has an index.
    """
    statuses = configuration().statuses.values()
    done = [one.pk for one in statuses if one.category in DONE]
    earlier = StatusInterval.objects.filter(
        ticket=OuterRef("ticket"), version__lt=OuterRef("version")
    )
    last = earlier.order_by("-version").values("status")[:1]
    stays = StatusInterval.objects.filter(
        ticket__in=tickets.values("pk"),
        written_at__gte=period.before_begin,
        entered_at__gte=period.before_begin,
        entered_at__lt=period.end,
    )
    stays = stays.exclude(status__in=done).alias(was=Subquery(last)).filter(was__in=done)
    during = Count("pk", filter=Q(entered_at__gte=period.begin))
    before = Count("pk", filter=Q(entered_at__lt=period.before_end))
    return Counter(stays.aggregate(**{Part.DURING: during, Part.BEFORE: before}))


def _tags(tickets: QuerySet, period: Period) -> list[tuple[int, int]]:
    """The commonest tags of what was created."""
    created = tickets.filter(created_at__gte=period.begin, created_at__lt=period.end)
    borne = Ticket.tags.through.objects.filter(ticket__in=created.values("pk"))
    rows = borne.filter(tag__deleted_at=None).values("tag_id").annotate(n=Count("pk"))
    return list(rows.order_by("-n", "tag_id").values_list("tag_id", "n")[:TAGS])
