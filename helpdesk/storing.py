"""New rows, stored as `bulk_create` does, by statements that are put together once.

Django makes an INSERT anew for each call, and PostgreSQL reads it anew: for the widest tables both
cost more than the storing. Here a table has one statement for each small number of rows, which
PostgreSQL reads once for a connection. Many rows at once are left to `bulk_create`.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models, transaction

Row = TypeVar("Row", bound=models.Model)
MOST = 5  # rows of one statement; more are rarely as many as the last time
TEXT = (models.CharField, models.TextField)  # which take a text as it is
AS_TEXT = (int, datetime)  # said as text, so that a statement has one kind of values, given or not


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
    fields, is_numbered, sql = _statement(model, len(rows))
    said = [_value(field, row) for row in rows for field in fields]
    with transaction.mark_for_rollback_on_error(), connection.prepared_cursor() as cursor:
        cursor.execute(sql, said)
        numbers = [number for [number] in cursor.fetchall()] if is_numbered else []
    for row, number in zip(rows, numbers, strict=is_numbered):
        row.pk = number
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows


@lru_cache
def _statement(model: type[models.Model], count: int) -> tuple[list[models.Field], bool, str]:
    """The fields to be said of each row, whether the database numbers them, and the statement."""
    name, own = connection.ops.quote_name, model._meta
    is_numbered = isinstance(own.pk, models.AutoField)
    fields = [one for one in own.concrete_fields if not (one.generated or one is own.auto_field)]
    columns = ", ".join(name(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    sql = f"INSERT INTO {name(own.db_table)} ({columns}) VALUES {', '.join([row] * count)}"
    return fields, is_numbered, sql + (f" RETURNING {name(own.pk.column)}" if is_numbered else "")


def _value(field: models.Field, row: models.Model) -> Any:
    said = field.pre_save(row, True)
    if said is None or (type(said) is str and type(field) in TEXT):
        return said
    said = field.get_db_prep_save(said, connection)
    return str(said) if isinstance(said, AS_TEXT) and not isinstance(said, bool) else said
