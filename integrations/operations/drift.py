"""Drift checks: both sides compared ticket by ticket, as a report. It changes nothing.

`Connection.drift` holds where a check stands: `state` (`wanted`, `running`, `done`, `stopped`,
`failed`), `by`, `began_at`, `ended_at`, `counts` by KINDS with `equal` and `busy`, `unchecked`
(words), `error`, `alive_until` and `token` (who runs it), `last` (the last link that was read, for
services without a list), and what is kept from check to check: `every_hours`, `next_at`.
The tickets that differ are `Record`s, a thousand at most; all of them are counted.

It runs as work of the least urgency: live calls go first, and where no call is left it waits.
Killed, it is begun again by the clock: where each ticket is read, after the last one that was.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import Change
from helpdesk.nudging import ask_for
from integrations.models import Connection, Record

TASK = "integrations.check_drift"
KIND = "drift"
KINDS = ("different", "missing_there", "missing_here", "gone")
ALIVE_FOR = timedelta(seconds=90)
KEPT = ("every_hours", "next_at")
UNDER_WAY = ("wanted", "running")


def begin(connection: Connection, by: str) -> bool:
    """Ask for a check; returns whether none was under way. The clock starts it."""
    with transaction.atomic():
        kept = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        if kept.drift.get("state") in UNDER_WAY:
            return False
        begun = {"state": "wanted", "by": by[:120], "began_at": timezone.now().isoformat()}
        _keep(kept, begun | {name: kept.drift[name] for name in KEPT if name in kept.drift})
        rows_of(connection).delete()
    connection.drift = kept.drift
    ask_for(TASK, connection.pk, expires=30)
    return True


def stop(connection: Connection) -> bool:
    """End a check; what it found so far stays."""
    return change(connection.pk, UNDER_WAY, state="stopped", ended_at=moment())


def schedule(connection: Connection, every_hours: int | None) -> None:
    """Check every so many hours from now on; None: when asked alone."""
    with transaction.atomic():
        kept = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        state = {name: value for name, value in kept.drift.items() if name not in KEPT}
        if every_hours:
            at = timezone.now() + timedelta(hours=every_hours)
            state |= {"every_hours": every_hours, "next_at": at.isoformat()}
        _keep(kept, state)


def tend() -> None:
    """Start what is due or was left alone by a worker that died. One check runs at a time."""
    now = timezone.now()
    rows = list(Connection.objects.exclude(drift={}).filter(state=Connection.State.ACTIVE))
    for connection in rows:
        at = connection.drift.get("next_at")
        if at and datetime.fromisoformat(at) <= now:
            begin(connection, _("the clock"))
            schedule(connection, connection.drift["every_hours"])
    waiting = [one for one in rows if one.drift.get("state") in UNDER_WAY]
    if not any(_is_alive(one, now) for one in waiting):
        for connection in waiting[:1]:
            ask_for(TASK, connection.pk, expires=30)


def rows_of(connection: Connection) -> QuerySet[Record]:
    """What a check found, in the order in which it was found."""
    rows = Record.objects.filter(service=connection.service, key=None, kind=KIND)
    return rows.filter(name__startswith=f"{connection.pk}/").order_by("name")


def forget_redacted(changes: list[Change]) -> None:
    """A subscriber: values of tickets of which something was redacted leave all reports."""
    ids = {one.ticket_id for one in changes if one.kind == Change.Kind.COMMENT_REDACTED}
    if not ids:
        return
    for row in Record.objects.filter(key=None, kind=KIND, content__ticket__in=list(ids)):
        row.content |= {"fields": [], "title": "", "said": ""}
        row.save(update_fields=["content"])


def clean() -> None:
    """Drop the reports of connections that are no more."""
    known = {str(pk) for pk in Connection.objects.values_list("pk", flat=True)}
    rows = Record.objects.filter(key=None, kind=KIND).values_list("pk", "name")
    gone = [pk for pk, name in rows.iterator() if name.partition("/")[0] not in known]
    Record.objects.filter(pk__in=gone).delete()


def take_up(connection_id: int, token: str) -> bool:
    """Be the one who runs the check that was asked for; False if it is not to be run now."""
    now = timezone.now()
    with transaction.atomic():
        rows = Connection.objects.select_for_update(of=("self",))
        kept = rows.filter(pk=connection_id, state=Connection.State.ACTIVE).first()
        if kept is None or kept.drift.get("state") not in UNDER_WAY or _is_alive(kept, now):
            return False
        alive = (now + ALIVE_FOR).isoformat()
        _keep(kept, {**kept.drift, "state": "running", "token": token, "alive_until": alive})
    return True


def change(pk: int, before: tuple[str, ...], token: str = "", **changes: Any) -> bool:
    """Change where a check stands, if it stands where it did and is still the caller's."""
    with transaction.atomic():
        kept = Connection.objects.select_for_update(of=("self",)).get(pk=pk)
        is_mine = not token or kept.drift.get("token") == token
        if kept.drift.get("state") not in before or not is_mine:
            return False
        _keep(kept, {**kept.drift, **changes})
    return True


def _keep(connection: Connection, drift: dict[str, Any]) -> None:
    connection.drift = drift
    connection.save(update_fields=["drift"])


def _is_alive(connection: Connection, now: datetime) -> bool:
    until = connection.drift.get("alive_until")
    is_running = connection.drift.get("state") == "running"
    return bool(is_running and until and datetime.fromisoformat(until) > now)


def moment() -> str:
    return timezone.now().isoformat()
