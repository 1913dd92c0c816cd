"""What works and what does not, in words: `/healthz`, and the signs of life it reads."""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from helpdesk.encryption import LostKey, decrypt, encrypt
from helpdesk.models import Change, Heartbeat
from helpdesk.nudging import NUDGE_FAILED

log = logging.getLogger(__name__)
BEAT_EVERY = 4.0  # seconds between two rows of the same process
SILENT_AFTER = timedelta(seconds=60)
BACKLOG_AFTER = timedelta(seconds=60)
SPACE_WANTED = 500 * 1024 * 1024
CANARY = "canary"
SUMMARY = "health-summary"  # cache key


@dataclass(frozen=True)
class State:
    """How one part is, in words that say what to do when it is not well."""

    name: str
    ok: bool
    words: str


# Signs of life ---------------------------------------------------------------------------------

_last_beats: dict[str, float] = {}


def beat(name: str) -> None:
    """Say that a kind of process is alive; written every few seconds at most."""
    now = time.monotonic()
    if now - _last_beats.get(name, -BEAT_EVERY) >= BEAT_EVERY:
        Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})
        _last_beats[name] = now


# The page --------------------------------------------------------------------------------------


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 if all is well, else 503: JSON if asked for, else a line for each part."""
    states = examine()
    status = 200 if all(state.ok for state in states) else 503
    if request.get_preferred_type(["text/plain", "application/json"]) == "application/json":
        body = {"ok": status == 200, "checks": [asdict(state) for state in states]}
        return JsonResponse(body, status=status)
    lines = [f"{'ok  ' if state.ok else 'FAIL'}  {state.name}: {state.words}" for state in states]
    return HttpResponse("\n".join([*lines, ""]), status=status, content_type="text/plain")


def examine() -> list[State]:
    """Every part's state. Without a database nothing else can be told."""
    database = _examine_one("database", check_database)
    if not database.ok:
        return [database, _examine_one("disk", check_disk)]
    return [database, *(_examine_one(name, check) for name, check in every_check().items())]


@lru_cache
def every_check() -> dict[str, Callable[[], tuple[bool, str]]]:
    """Our checks, and those that settings name for parts unknown here."""
    return CHECKS | {name: import_string(path) for name, path in settings.HEALTH_CHECKS.items()}


def summary() -> list[State]:
    """What is wrong with the background work, kept some seconds: the dot on every page reads it."""
    if (found := cache.get(SUMMARY)) is None:
        told = every_check()
        names = ("worker", "scheduler", "announcements", *settings.HEALTH_CHECKS)
        states = [_examine_one(name, told[name]) for name in names]
        found = [state for state in states if not state.ok]
        cache.set(SUMMARY, found, 10 if found else 30)
    return found


def _examine_one(name: str, check: Callable[[], tuple[bool, str]]) -> State:
    try:
        return State(name, *check())
    except (DatabaseError, OSError) as error:
        log.exception("The check of %s failed", name)
        words = _("Cannot be examined (%(kind)s); the log says more.")
        return State(name, False, words % {"kind": type(error).__name__})


# The checks: each says whether it is well, and words ---------------------------------------------


def check_database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True, _("answers (%(vendor)s)") % {"vendor": connection.display_name}


def check_migrations() -> tuple[bool, str]:
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not waiting:
        return True, _("all applied")
    words = ngettext(
        "%(count)s is not applied. Run manage.py migrate.",
        "%(count)s are not applied. Run manage.py migrate.",
        waiting,
    )
    return False, words % {"count": waiting}


def check_cache() -> tuple[bool, str]:
    try:
        cache.get(NUDGE_FAILED)
    except RedisError:
        return False, _("cannot be reached. Start it, or correct CACHE_URL.")
    return True, _("can be reached")


def check_broker() -> tuple[bool, str]:
    try:
        refused = cache.get(NUDGE_FAILED)
    except RedisError:
        refused = None  # the cache's own check says it
    if refused:
        return False, _("refused a message within the last minute. Is BROKER_URL right, and up?")
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    transport = getattr(settings, "CELERY_BROKER_TRANSPORT", None)
    broker = Connection(
        settings.BROKER_URL, transport=transport, transport_options=options, connect_timeout=1
    )
    with broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        except (*broker.connection_errors, OperationalError):
            return False, _("cannot be reached. Start it, or correct BROKER_URL.")
    return True, _("can be reached")


def check_worker() -> tuple[bool, str]:
    return _heard_of("worker", _("Start one: celery --app helpdesk worker."))


def check_scheduler() -> tuple[bool, str]:
    return _heard_of("scheduler", _("Start it and a worker: celery --app helpdesk beat."))


def _heard_of(name: str, remedy: str) -> tuple[bool, str]:
    at = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    if at is None:
        return False, _("never heard of. %(remedy)s") % {"remedy": remedy}
    if timezone.now() - at > SILENT_AFTER:
        return False, _("silent since %(at)s. %(remedy)s") % {"at": _time(at), "remedy": remedy}
    return True, _("alive")


def check_announcements() -> tuple[bool, str]:
    aside = Change.objects.exclude(announce_error="").count()
    if aside:
        words = ngettext(
            "%(count)s change was set aside with an error. Look at it in the administration.",
            "%(count)s changes were set aside with an error. Look at them in the administration.",
            aside,
        )
        return False, words % {"count": aside}
    waiting = Change.objects.filter(announced_at=None, announce_error="")
    oldest = waiting.order_by("pk").values_list("recorded_at", flat=True).first()
    if oldest and timezone.now() - oldest > BACKLOG_AFTER:
        words = _("changes wait since %(at)s. Are the worker and the scheduler running?")
        return False, words % {"at": _time(oldest)}
    return True, _("nothing waits")


def check_disk() -> tuple[bool, str]:
    free = shutil.disk_usage(settings.DATA).free
    words = _("%(free)s MB free") % {"free": free // 1024**2}
    if free >= SPACE_WANTED:
        return True, words
    return False, _("%(words)s where DATA is. Make room.") % {"words": words}


def check_encryption() -> tuple[bool, str]:
    """A word encrypted on first sight must stay readable."""
    canary, _new = Heartbeat.objects.get_or_create(
        name=CANARY, defaults={"at": timezone.now(), "words": encrypt(CANARY)}
    )
    try:
        decrypt(canary.words)
    except LostKey as lost:
        return False, str(lost)
    return True, _("the keys decrypt what is stored")


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "migrations": check_migrations,
    "cache": check_cache,
    "broker": check_broker,
    "worker": check_worker,
    "scheduler": check_scheduler,
    "announcements": check_announcements,
    "disk": check_disk,
    "encryption": check_encryption,
}
