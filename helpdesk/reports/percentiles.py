"""Medians and ninetieth percentiles in one statement, on every database, by ranks.

The median is the time within which half of the tickets were done, the other that of nine in ten:
each is the time of a ticket, by nearest rank. Only those rows leave the database.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

ALL = "all"


@dataclass(slots=True)
class Times:
    """None where there is no ticket."""

    number: int = 0
    median: timedelta | None = None
    ninth: timedelta | None = None  # nine of ten took no longer


def times_of(rows: QuerySet, took, *columns: str) -> dict[str, dict[Hashable, Times]]:
    """Times by the `part` of the rows under "all", and by (part, value) under each column."""
    groups = {ALL: ["part"], **{name: ["part", name] for name in columns}}
    rows = rows.annotate(took=ExpressionWrapper(took, output_field=DurationField()))
    wanted = Q()
    for name, parts in groups.items():
        place, number = f"{name}_place", f"{name}_number"
        rows = rows.annotate(
            **{
                place: Window(RowNumber(), partition_by=parts, order_by=["took", "pk"]),
                number: Window(Count("pk"), partition_by=parts),
            }
        )
        wanted |= Q(**{place: _median(F(number))})
        wanted |= Q(**{place: _ninth(F(number))}) if name == ALL else Q()
    read = [f"{name}_{what}" for name in groups for what in ("place", "number")]
    found: dict[str, dict[Hashable, Times]] = {name: {} for name in groups}
    for row in rows.filter(wanted).values("part", "took", *columns, *read):
        for name in groups:
            key = row["part"] if name == ALL else (row["part"], row[name])
            _note(found[name], key, row, row[f"{name}_place"], row[f"{name}_number"])
    return found


def _note(found: dict, key: Hashable, row: dict, place: int, number: int) -> None:
    if place == _median(number):
        found.setdefault(key, Times(number)).median = row["took"]
    if place == _ninth(number):
        found.setdefault(key, Times(number)).ninth = row["took"]


def _median(number):
    """The rank of the median; of a number, or of a column of whole numbers."""
    return (number + 1) // 2 if isinstance(number, int) else (number + 1) / 2


def _ninth(number):
    return (number * 9 + 9) // 10 if isinstance(number, int) else (number * 9 + 9) / 10
