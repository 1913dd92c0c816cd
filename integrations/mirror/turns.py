"""Fields that go to and fro without a person: counted, and stopped when it is too often."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from helpdesk.models import Change, Ticket
from integrations.models import Connection, Link

MOST = 5
WITHIN = timedelta(hours=1)
LOOKED_AT = 50  # changes
BY_MACHINES = ("connection:", "compat:", "rule")


def note(link: Link, way: str, names: Iterable[str]) -> None:
    """Remember that these fields came `in` or went `out`; saving is the caller's part."""
    now = timezone.now()
    kept: dict[str, list] = {}
    for name, moves in link.turns.items():
        recent = [move for move in moves if now - datetime.fromisoformat(move[1]) < WITHIN]
        if recent:
            kept[name] = recent
    for name in names:
        moves = kept.setdefault(name, [])
        if not moves or moves[-1][0] != way:
            moves.append([way, now.isoformat()])
    link.turns = kept


def restless(link: Link) -> list[str]:
    """The fields that turned more often than they may."""
    return sorted(name for name, moves in link.turns.items() if len(moves) - 1 > MOST)


def by_machines(ticket: Ticket, names: Iterable[str]) -> list[str]:
    """Those whose last change no person made: what people change may go to and fro."""
    last = _last_changes(ticket)
    return [name for name in names if name in last and last[name][0].startswith(BY_MACHINES)]


def changed_here_at(connection: Connection, ticket: Ticket, name: str) -> datetime | None:
    """When a field was last changed by anyone but this connection."""
    found = _last_changes(ticket, without=connection.origin).get(name)
    return found[1] if found else None


def later(ours_at: datetime | None, theirs_at: datetime | None) -> str:
    """Which side changed a field last, `ours` or `theirs`; None: not known to have changed."""
    if ours_at is None:
        return "theirs"
    return "ours" if theirs_at is None or ours_at >= theirs_at else "theirs"


def _last_changes(ticket: Ticket, without: str = "") -> dict[str, tuple[str, datetime]]:
    """Field → origin and moment of its last change; `custom` stands for all custom fields too."""
    rows = Change.objects.filter(ticket=ticket).exclude(origin=without).order_by("-version")
    last: dict[str, tuple[str, datetime]] = {}
    for origin, at, fields in rows.values_list("origin", "recorded_at", "fields")[:LOOKED_AT]:
        for name in fields:
            last.setdefault(name, (origin, at))
            last.setdefault(name.partition(".")[0], (origin, at))
    return last
