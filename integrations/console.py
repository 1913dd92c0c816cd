"""Connections as people see them: their state in words, what waits, what failed, what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.encryption import LostKey
from integrations.connecting import budget_of, client_of
from integrations.connector import ConnectorError, load_connector, service_names
from integrations.exchange import Limits
from integrations.http import Session
from integrations.installation import origin_of
from integrations.journal import Journal
from integrations.mirror.due import FINISHED
from integrations.models import Connection, Exchange, Link

# A GET is tried twice at most: both tries together stay below ten seconds.
TEST_LIMITS = Limits(
    connect_seconds=3, read_seconds=4, total_seconds=4.5, longest_pause=0, pause_between_tries=0.2
)
PROBLEMS = (
    Link.State.ERROR,
    Link.State.CONFLICT,
    Link.State.MAYBE_CREATED,
    Link.State.GONE,
)
SHOWN = 20
PAGE = 50
RETRIED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class State:
    words: str
    tone: str  # ok, warn, danger, accent, or nothing
    icon: str


def connections() -> QuerySet[Connection]:
    """All of them, each with how many of its tickets are mirrored, wait and need a person."""
    live = ~Q(links__state__in=FINISHED)
    return Connection.objects.select_related("queue", "created_by").annotate(
        mirrored=Count("links", filter=live & ~Q(links__remote_id="")),
        waiting=Count("links", filter=live & Q(links__due_at__isnull=False)),
        problems=Count("links", filter=Q(links__state__in=PROBLEMS)),
    )


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


def services() -> list[dict[str, str]]:
    """What can be connected to."""
    return [{"name": name, "title": service_title(name)} for name in service_names()]


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


def try_out(connection: Connection) -> str:
    """Ask the service whether it takes the credentials, and say in words what was found.

    The one call that a page makes itself: a person pressed the button and waits for the answer.
    It holds no transaction and ends within ten seconds. Works for a connection that is not saved.
    Raises ConnectorError.
    """
    journal = Journal(connection)
    try:
        stored = connection.entered
    except LostKey as error:
        raise ConnectorError(_lost_key(), permanent=True, scope="connection") from error
    session = partial(
        Session,
        allowed_networks=settings.OUTBOUND_ALLOW,
        journal=journal if connection.pk else None,
        budget=budget_of(connection).take if connection.pk else None,
        limits=TEST_LIMITS,
    )
    try:
        client = client_of(connection)
        return client(stored, open_session=session, origin=origin_of(connection)).check()
    finally:
        journal.store()


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


def _lost_key() -> str:
    return _("The credentials were encrypted with a key that is lost. Enter them anew.")
