"""New rows, stored as `bulk_create` does, by statements that are put together once.

Django makes an INSERT anew for each call, and PostgreSQL reads it anew: for the widest tables both
cost more than the storing. Here a table has one statement for each small number of rows, which
PostgreSQL reads once for a connection. Many rows at once are left to `bulk_create`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

Row = TypeVar("Row", bound=models.Model)
MOST = 5  # rows of one statement; more are rarely as many as the last time
# By the kind of a field, the values that go into its column without Django's help: as they are, or
# said as text, so that a statement has one kind of values, given or not.
AS_IT_IS = {
    models.CharField: str,
    models.TextField: str,
    models.URLField: str,
    models.BooleanField: bool,
    models.UUIDField: UUID,
}
AS_TEXT = {
    models.DateTimeField: datetime,
    models.ForeignKey: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
}
NUMBERS_AND_MOMENTS = (int, datetime)


@dataclass(frozen=True, slots=True)
class Column:
    """What is said of each row for a field, and the kinds of values that are said shortly."""

    field: models.Field
    name: str
    as_it_is: type | None
    as_text: type | None


def stored(rows: Iterable[Row]) -> list[Row]:
    """`bulk_create(rows)` of rows of one model that the database gives their ids, or of none that
    it gives any. No value may be an expression."""
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    if len(rows) > MOST or connection.vendor != "postgresql":
        return model._base_manager.bulk_create(rows)
    for row in rows:
        row._prepare_related_fields_for_save("bulk_create")
    columns, is_numbered, sql = _statement(model, len(rows))
    said = tuple([_value(column, row) for row in rows for column in columns])
    with transaction.mark_for_rollback_on_error():
        numbers = [number for [number] in connection.fetched(sql, said)]
    for row, number in zip(rows, numbers, strict=is_numbered):
        row.pk = number
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows


@lru_cache
def _statement(model: type[models.Model], count: int) -> tuple[list[Column], bool, str]:
    """The columns to be said of each row, whether the database numbers them, and the statement."""
    name, own = connection.ops.quote_name, model._meta
    is_numbered = isinstance(own.pk, models.AutoField)
    fields = [one for one in own.concrete_fields if not (one.generated or one is own.auto_field)]
    names = ", ".join(name(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    sql = f"INSERT INTO {name(own.db_table)} ({names}) VALUES {', '.join([row] * count)}"
    sql += f" RETURNING {name(own.pk.column)}" if is_numbered else ""
    return [_column(field) for field in fields], is_numbered, sql


def _column(field: models.Field) -> Column:
    is_set_in_saving = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    kind = None if is_set_in_saving else type(field)
    return Column(field, field.attname, AS_IT_IS.get(kind), AS_TEXT.get(kind))


def _value(column: Column, row: models.Model) -> Any:
    said = getattr(row, column.name)
    kind = type(said)
    if kind is column.as_it_is:
        return said
    if kind is column.as_text and (kind is int or said.tzinfo is not None):
        return str(said)
    said = column.field.pre_save(row, True)
    if said is None:
        return None
    said = column.field.get_db_prep_save(said, connection)
    if isinstance(said, NUMBERS_AND_MOMENTS) and not isinstance(said, bool):
        return str(said)
    return said
