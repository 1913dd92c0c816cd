"""How long tickets stay in each status: rows kept beside them, by what was announced."""

from collections.abc import Iterable

from django.utils import timezone

from helpdesk.models import Change, StatusInterval
from helpdesk.models.configuration import configuration, recheck

KIND = Change.Kind
# What changes who sees a ticket, beside its queue: its rows are told anew.
SEEN_OTHERWISE = frozenset({KIND.DELETED, KIND.RESTORED, KIND.MERGED, KIND.UNMERGED})


def note_statuses(changes: list[Change]) -> None:
    """A subscriber: close and begin intervals. The same changes again do nothing."""
    moves = [change for change in changes if "status" in change.fields]
    if moves:
        _note_moves(moves)
    turned = {
        change.ticket_id
        for change in changes
        if change.kind in SEEN_OTHERWISE
        or ("queue" in change.fields and change.kind != KIND.OPENED)
    }
    if turned:
        rows = StatusInterval.objects.filter(ticket__in=turned)
        rows.update(written_at=timezone.now())


def _note_moves(moves: list[Change]) -> None:
    now = timezone.now()
    tickets = {change.ticket_id for change in moves}
    open_ones = StatusInterval.objects.filter(ticket__in=tickets, left_at=None)
    last = {interval.ticket_id: interval for interval in open_ones}
    begun, closed = [], []
    for change in _in_order(moves):
        before = last.get(change.ticket_id)
        status = (change.fields["status"].get("to") or {}).get("id")
        is_known = before is not None and before.version >= change.version
        if is_known or status is None or (before is not None and before.status_id == status):
            continue
        entered_at = change.at
        if before is not None:
            entered_at = max(entered_at, before.entered_at)  # no stay ends before it began
            before.left_at, before.written_at = entered_at, now
            if before.pk:
                closed.append(before)
        last[change.ticket_id] = interval = StatusInterval(
            ticket_id=change.ticket_id,
            status_id=status,
            version=change.version,
            entered_at=entered_at,
            written_at=now,
        )
        begun.append(interval)
    known = _statuses(begun)
    StatusInterval.objects.bulk_update(closed, ["left_at", "written_at"])
    StatusInterval.objects.bulk_create([one for one in begun if one.status_id in known])


def _in_order(moves: list[Change]) -> list[Change]:
    return sorted(moves, key=lambda change: (change.ticket_id, change.version))


def _statuses(begun: Iterable[StatusInterval]) -> Iterable[int]:
    known = configuration().statuses
    return known if known.keys() >= {one.status_id for one in begun} else recheck().statuses
