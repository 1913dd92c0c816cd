"""All rows of a table as lines, in flat memory: JSON or CSV.

Rows are read in steps of the order of an index. A cursor held open on the server would keep a
transaction open as long as the reader reads, and hold back its clean-up.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import orjson
from django.db.models import Q, QuerySet

from helpdesk.actor import Actor
from helpdesk.reports.columns import Table

STEP = 2_000
JSON = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones too


def json_lines(
    table: Table, rows: QuerySet, actor: Actor, names: Sequence[str], by: str
) -> Iterator[bytes]:
    """Each row as a JSON object in a line of its own."""
    for shapes in _steps(table, rows, actor, by):
        yield b"".join(
            orjson.dumps({name: shape[name] for name in names}, option=JSON) for shape in shapes
        )


def csv_lines(
    table: Table, rows: QuerySet, actor: Actor, names: Sequence[str], by: str
) -> Iterator[bytes]:
    """A line of names, then each row. No cell is a formula to a spreadsheet."""
    yield _line([names])
    for shapes in _steps(table, rows, actor, by):
        yield _line([[_cell(shape[name]) for name in names] for shape in shapes])


def _steps(table: Table, rows: QuerySet, actor: Actor, by: str) -> Iterator[list[dict]]:
    """The shapes of rows by the path `by` and the id, so many at a time."""
    order = ["pk"] if by == "id" else [by, "pk"]
    step = list(rows.order_by(*order)[:STEP])
    while step:
        yield table.shaped(step, actor)
        if len(step) < STEP:
            return
        last = step[-1]
        beyond = Q(pk__gt=last["id"])
        if by != "id":
            value = last[by]
            beyond = Q(**{f"{by}__gte": value}) & (Q(**{f"{by}__gt": value}) | beyond)
        step = list(rows.filter(beyond).order_by(*order)[:STEP])


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case str() if value.lstrip(" \xa0").startswith(FORMULA):
            return f"'{value}"
    return value


def _line(lines: list[Sequence]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8", "replace")
