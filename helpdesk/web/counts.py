"""Counts beside the views and above the list: capped, so that no view counts a million rows."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db.models import IntegerField, QuerySet, Subquery

from helpdesk.doors.patience import TooSlow, patience
from helpdesk.models import User
from helpdesk.models.configuration import configuration

KEPT_FOR = 30  # seconds


class CappedCount(Subquery):
    """How many rows a sliced query has, as one column of another statement."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


def counts(
    person_id: int,
    kind: str,
    queries: Callable[[], dict[str, QuerySet]],
    cap: int,
    cached: Callable[[str], Any] = cache.get,
) -> dict[str, int]:
    """How many rows each query has, at most `cap` + 1, in one statement; kept for 30 s.

    None are known of what takes too long to count. `cached` looks up what was counted before.
    """
    key = counts_key(person_id, kind)
    if (found := cached(key)) is None:
        try:
            with patience():
                found = _counted(person_id, queries(), cap)
        except TooSlow:
            found = {}
        cache.set(key, found, KEPT_FOR)
    return found


def counts_key(person_id: int, kind: str) -> str:
    return f"counts:{person_id}:{kind}:{configuration().stamp}"


def total(person_id: int, words: str, tickets: Callable[[], QuerySet], cap: int) -> int | None:
    """How many tickets a list has, at most `cap` + 1, None if that cannot be told in time.

    `words` name the list.
    """
    digest = hashlib.sha256(words.encode()).hexdigest()[:32]
    return counts(person_id, digest, lambda: {"n": tickets()}, cap).get("n")


def _counted(person_id: int, queries: dict[str, QuerySet], cap: int) -> dict[str, int]:
    columns = {
        f"n{position}": CappedCount(query.order_by().values("pk")[: cap + 1])
        for position, query in enumerate(queries.values())
    }
    row = User.objects.filter(pk=person_id).values_list(*columns.values()).get()
    return dict(zip(queries, row, strict=True))
