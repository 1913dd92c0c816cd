"""Connections as people see them: their state in words, what waits, what failed, what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations import asking
from integrations import services as folders
from integrations.abilities import Abilities, abilities_of
from integrations.budget import calls_left
from integrations.connecting import client_of
from integrations.connector import (
    Capabilities,
    Connector,
    ConnectorError,
    load_connector,
    service_names,
)
from integrations.mirror.due import FINISHED
from integrations.models import AT_REST, Connection, Exchange, Link

PROBLEMS = (
    Link.State.ERROR,
    Link.State.CONFLICT,
    Link.State.MAYBE_CREATED,
    Link.State.GONE,
)
SHOWN = 20
RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class State:
    words: str
    tone: str  # ok, warn, danger, accent, or nothing
    icon: str


@dataclass(frozen=True, slots=True)
class Health:
    """How a connection fares. `late` is since when the oldest piece of work is due, None: none is.

    `calls` and `failed` are of the last hour, as the journal has them; `left` of `burst` calls
    may be made at this moment, None where there is no limit.
    """

    backlog: int
    late: datetime | None
    calls: int
    failed: int
    left: int | None
    burst: int | None
    per_minute: int | None

    @property
    def failed_percent(self) -> int | None:
        """Of a hundred calls so many failed; at least 1 if any did. None: no calls."""
        if not self.calls:
            return None
        return max(1, round(100 * self.failed / self.calls)) if self.failed else 0


def connections() -> QuerySet[Connection]:
    """All of them, each with how many of its tickets are mirrored, wait and need a person.

    `oldest_due` is when the first of those that wait was to be done, `calls` and `failed_calls`
    are those of the last hour. One statement, however many there are.
    """
    live = ~Q(links__state__in=FINISHED)
    due = ~Q(links__state__in=AT_REST) & Q(links__due_at__isnull=False)
    recent = Exchange.objects.filter(connection=OuterRef("pk"), at__gte=timezone.now() - RECENT)
    return Connection.objects.select_related("queue", "created_by").annotate(
        mirrored=Count("links", filter=live & ~Q(links__remote_id="")),
        waiting=Count("links", filter=due),
        problems=Count("links", filter=Q(links__state__in=PROBLEMS)),
        oldest_due=Min("links__due_at", filter=due),
        calls=_count(recent),
        failed_calls=_count(recent.exclude(error="")),
    )


def health_of(connection: Connection) -> Health:
    """The figures of a connection that comes from `connections`."""
    per_minute = connection.calls_per_minute or capabilities_of(connection).calls_per_minute
    left, burst = calls_left(connection, per_minute) if per_minute else (None, None)
    is_late = connection.oldest_due is not None and connection.oldest_due <= timezone.now()
    return Health(
        backlog=connection.waiting,
        late=connection.oldest_due if is_late else None,
        calls=connection.calls,
        failed=connection.failed_calls,
        left=left,
        burst=burst,
        per_minute=per_minute,
    )


def capabilities_of(connection: Connection) -> Capabilities:
    """What its service can do, as far as its folder is still there."""
    try:
        return client_of(connection).capabilities
    except ConnectorError:
        return Capabilities(fields=frozenset())


def abilities_here(connection: Connection) -> Abilities | None:
    """What a connection can do; None if its service is no more. Its setup may decide about it."""
    try:
        client = asking.silent_clients(connection)(connection.maps)
    except ConnectorError:
        return None
    return abilities_of(client.capabilities, client.title)


def abilities(client: type[Connector]) -> Abilities:
    return abilities_of(client.capabilities, client.title)


def state_of(connection: Connection) -> State:
    """The state in words. The connection comes from `connections`."""
    if connection.state == Connection.State.FAILED:
        return State(_("Stopped, needs you"), "danger", "warning")
    if connection.state == Connection.State.PAUSED:
        return State(_("Paused"), "", "pause")
    if connection.error:
        return State(_("Failing, tried again"), "warn", "warning")
    if connection.resume_at and connection.resume_at > timezone.now():
        return State(_("Slowed"), "warn", "clock")
    if connection.problems:
        words = ngettext(
            "%(count)s ticket needs you", "%(count)s tickets need you", connection.problems
        )
        return State(words % {"count": connection.problems}, "danger", "warning")
    if connection.last_success_at is None:
        return State(_("Not run yet"), "accent", "clock")
    if connection.waiting:
        return State(_("Sending"), "accent", "refresh")
    return State(_("In sync"), "ok", "check")


def service_title(name: str) -> str:
    """A service in its own words; its folder's name where there is none any more."""
    try:
        return load_connector(name).title
    except LookupError:
        return name


def services() -> list[dict[str, Any]]:
    """What can be connected to, and what each can and cannot do."""
    with_client = [
        name for name in service_names() if find_spec(f"{folders.__name__}.{name}.client")
    ]
    clients = {name: load_connector(name) for name in with_client}
    rows = [
        {"name": name, "title": client.title, "abilities": abilities(client)}
        for name, client in clients.items()
    ]
    return sorted(rows, key=lambda row: row["title"].casefold())


def container_of(connection: Connection) -> str:
    """Where it leads, as far as no call is needed to say: the host of its address."""
    address = str(connection.setup.get("base_url") or "")
    return urlsplit(address).hostname or ""


def failing(connection: Connection) -> QuerySet[Link]:
    """Links that are not in step, those that need a person first."""
    rows = connection.links.filter(Q(state__in=PROBLEMS) | ~Q(error=""))
    return rows.exclude(state__in=FINISHED).select_related("ticket").order_by("-pk")


def exchanges(connection: Connection, *, before: int | None = None) -> QuerySet[Exchange]:
    """The journal, newest first."""
    rows = connection.exchanges.order_by("-pk")
    return rows.filter(pk__lt=before) if before else rows


def what_goes(connection: Connection) -> list[tuple[int, str]]:
    """What is lost with a connection: counts and words. Tickets stay."""
    links = connection.links.exclude(state__in=FINISHED)
    return [
        (links.count(), _("tickets would no longer be mirrored")),
        (links.filter(due_at__isnull=False).count(), _("of them still wait to be sent")),
        (connection.exchanges.count(), _("exchanges in the journal")),
        (connection.person_links.count(), _("people that were matched by hand")),
    ]


def stop_mirroring(links: Iterable[Link]) -> int:
    """Leave tickets as they are on both sides and mirror them no more; returns how many."""
    ids = [link.pk for link in links]
    rows = Link.objects.filter(pk__in=ids).exclude(state__in=FINISHED)
    return rows.update(state=Link.State.ENDED, due_at=None, error="")


def pause(connection: Connection) -> None:
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(state=Connection.State.PAUSED)


def resume(connection: Connection) -> None:
    """Begin again at once, whatever it stopped for."""
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(
        state=Connection.State.ACTIVE,
        error="",
        failures=0,
        resume_at=None,
        poll_at=timezone.now(),
    )


def _count(rows: QuerySet) -> Coalesce:
    """How many rows a subquery finds, 0 for none."""
    counted = rows.order_by().values("connection").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
