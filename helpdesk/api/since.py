"""Windows in time: what was written since, ending where nothing can commit any more."""

from collections.abc import Mapping
from datetime import UTC, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from helpdesk.actor import Actor
from helpdesk.api.base import in_utc
from helpdesk.filter_lookups import moment_in
from helpdesk.filters import TicketFilter
from helpdesk.models import Change, Ticket

SINCE, BEFORE = "updated_since", "updated_at_before"
BEGINNING = "1970-01-01T00:00:00Z"
LATE = timedelta(seconds=5)  # longer than any transaction of ours takes
COLUMNS = (
    "id",
    "uuid",
    "queue_id",
    "deleted_at",
    "updated_at",
    "merged_into__id",
    "merged_into__uuid",
    "merged_into__title",
    "merged_into__queue_id",
    "merged_into__deleted_at",
)


def closed_window(params: QueryDict) -> tuple[QueryDict, str | None]:
    """The parameters with an end of the window, and that end; as they are without `updated_since`.

    The end goes with the address of the next page, so that all pages belong to one window.
    """
    if SINCE not in params:
        return params, None
    end = timezone.now() - LATE
    if BEFORE in params:
        end = min(end, moment_in(params[BEFORE]))
    params = params.copy()
    params[BEFORE] = end.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return params, params[BEFORE]


def from_the_beginning(params: QueryDict) -> QueryDict:
    """The parameters of a window that begins with the first ticket, unless they say another."""
    if SINCE in params:
        return params
    params = params.copy()
    params[SINCE] = BEGINNING
    return params


def words(params: QueryDict) -> str:
    """The window as parameters of an address."""
    kept = QueryDict(mutable=True)
    for name in (SINCE, BEFORE):
        kept[name] = params[name]
    return kept.urlencode()


def gone(params: QueryDict, actor: Actor) -> QuerySet:
    """What left the sight of the actor in a window, as rows for `gone_shape`."""
    window = {SINCE: params[SINCE], BEFORE: params[BEFORE]}
    narrowed = TicketFilter(window, Ticket.objects.all(), actor=actor)
    narrowed.refuse()
    left = Q(deleted_at__isnull=False) | Q(merged_into__isnull=False)
    rows = narrowed.qs
    if actor.queues is None:
        rows = rows.outside_sandboxes().filter(left)
    else:
        moves = Change.objects.filter(
            ticket=OuterRef("pk"), fields__queue__from__id__in=actor.queues
        )
        moved = ~Q(queue_id__in=actor.queues) & Exists(moves)
        rows = rows.filter(Q(left, queue_id__in=actor.queues) | moved)
    return rows.values(*COLUMNS)


def gone_shape(row: Mapping, actor: Actor) -> dict:
    into = None
    is_here = actor.queues is None or row["queue_id"] in actor.queues
    if not is_here:
        reason = "moved"
    elif row["deleted_at"] is not None:
        reason = "deleted"
    else:
        reason, into = "merged", _merged_into(row, actor)
    return {
        "id": row["id"],
        "uuid": row["uuid"],
        "reason": reason,
        "merged_into": into,
        "updated_at": in_utc(row["updated_at"]),
    }


def _merged_into(row: Mapping, actor: Actor) -> dict | None:
    """The ticket that it was merged into, unless it lies where the key does not see."""
    is_seen = actor.queues is None or row["merged_into__queue_id"] in actor.queues
    if not is_seen or row["merged_into__deleted_at"] is not None:
        return None
    return {name: row[f"merged_into__{name}"] for name in ("id", "uuid", "title")}
