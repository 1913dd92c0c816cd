"""Querysets whose SQL is put together once for each shape, then run with other values.

Django builds a query anew each time it is asked; for the widest ones that costs more than the
database does. Where values stand in the SQL is found by building it with marks in their place.
PostgreSQL plans such a statement once for each connection: the ids are bound by it, all else
stands in the SQL, so that partial indexes are found.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from json import JSONDecoder
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import JSONField, QuerySet

from helpdesk.actor import Actor
from helpdesk.models.configuration import configuration

NOBODY = -1  # the id of nothing
SIZE = 50  # ids that `among` fills up to a multiple of
KEPT = 500  # shapes; beyond, all are forgotten
# What stands for a value: no id is as large, no text the same, no moment as late.
MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda place: 2**61 + place,
    str: lambda place: f"a value of a prepared statement, {place}",
    datetime: lambda place: datetime(9999, 12, 1, tzinfo=UTC) + timedelta(seconds=place),
}
REPEATED = 100  # statements of `repeated`; beyond, the one that was not asked longest goes
UNKNOWN: Any = object()
_scan = JSONDecoder().scan_once
_kept: dict[Hashable, tuple] = {}
_repeated: OrderedDict[Hashable, tuple | None] = OrderedDict()


def rows(
    shape: Hashable, build: Callable[..., QuerySet], **values: int | str | datetime
) -> list[Any]:
    """`list(build(**values))`.

    `values` are the only thing that may differ between two calls with the same `shape`: all else
    that `build` depends on – roles, queues, limits – belongs into that. The statement has each of
    them as it is given, or not at all.
    """
    if not _can_prepare(values):
        return list(build(**values))
    key = (shape, *values)
    if (found := _kept.get(key)) is None:
        found = _built(key, build, values)
    queryset, compiler, sql, names = found
    return _asked(queryset, compiler, sql, tuple(values[name] for name in names))


def _asked(queryset: QuerySet, compiler: Any, sql: str, said: tuple) -> list[Any]:
    ready, converters = copy(compiler), compiler.kept_converters
    ready.connection = _Preparing(connections[queryset.db])
    ready.get_converters = lambda _expressions: converters
    ready.as_sql = lambda *_args, **_options: (sql, said)
    asked = queryset._chain()
    asked.query.get_compiler = lambda *_args, **_options: ready
    return list(asked)


def among(numbers: Iterable[int]) -> dict[str, int]:
    """Values for an `__in` of some ids, which `build` takes as `**numbers`.

    They are filled up with an id that nothing has, so that few statements serve every number.
    """
    numbers = list(numbers)
    padded = [*numbers, *[NOBODY] * (-len(numbers) % SIZE)]
    return {f"number_{place}": number for place, number in enumerate(padded)}


def repeated(
    shape: Hashable, build: Callable[..., QuerySet], **values: int | str | datetime
) -> list[Any]:
    """`list(build(**values))`, where the same is asked again and again.

    `build` may depend on `shape`, the values and the configuration alone. A statement that has
    another moment in it, that lacks a value, or for which the database is asked while it is built,
    is built anew each time.
    """
    stamp = configuration().stamp  # None while this transaction changes the configuration
    if stamp is None or not _can_prepare(values):
        return list(build(**values))
    key = (shape, stamp, *values)
    if (found := _repeated.pop(key, UNKNOWN)) is UNKNOWN:
        found = _lasting(build, values)
        if len(_repeated) >= REPEATED:
            _repeated.popitem(last=False)
    _repeated[key] = found  # the last of them now; other threads do the same meanwhile
    if found is None:
        return list(build(**values))
    queryset, compiler, sql, names = found
    return _asked(queryset, compiler, sql, tuple(values[name] for name in names))


def _can_prepare(values: dict[str, Any]) -> bool:
    """SQLite turns some values into others on their way."""
    return connection.vendor == "postgresql" and all(type(one) in MARKS for one in values.values())


def _lasting(build: Callable[..., QuerySet], values: dict[str, Any]) -> tuple | None:
    asked: list[str] = []

    def note(execute: Callable, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    marks = _marks(values)
    try:
        with connection.execute_wrapper(note):
            queryset, compiler, sql, params = _compiled(build(**{marks[one]: one for one in marks}))
    except EmptyResultSet:  # perhaps for the marks alone: no small number is as large
        return None
    if asked or any(isinstance(one, date) and one not in marks for one in params):
        return None
    sql, names = _written(queryset, sql, params, marks)
    return (queryset, compiler, sql, names) if set(names) == set(values) else None


def seen_by(
    actor: Actor, shape: Hashable, build: Callable[..., QuerySet], **values: int | str | datetime
) -> list[Any]:
    """`list(build(actor, **values))`, prepared for all who see alike."""
    person = actor.person_id
    if person is None:
        return rows((shape, reach_of(actor)), lambda **said: build(actor, **said), **values)

    def asked(person: int, **said) -> QuerySet:
        return build(replace(actor, person_id=person), **said)

    return rows((shape, reach_of(actor), "person"), asked, person=person, **values)


def forget() -> None:
    """Forget all statements."""
    _kept.clear()
    _repeated.clear()


def reach_of(actor: Actor) -> Hashable:
    """What an actor sees, as part of a shape: the same for all who see alike."""
    return replace(actor, person_id=None, name="", request_id=""), configuration().sandboxes


class _Preparing:
    """A database connection whose cursors prepare what they execute."""

    def __init__(self, database: Any) -> None:
        self._database, self.ops = database, database.ops

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def cursor(self) -> Any:
        return self._database.prepared_cursor()


def _built(key: Hashable, build: Callable[..., QuerySet], values: dict[str, Any]) -> tuple:
    marks = _marks(values)
    queryset, compiler, sql, params = _compiled(build(**{marks[one]: one for one in marks}))
    sql, names = _written(queryset, sql, params, marks)
    if len(_kept) >= KEPT:
        _kept.clear()
    found = _kept[key] = queryset, compiler, sql, names
    return found  # not by its key: another thread may have forgotten it


def _marks(values: dict[str, Any]) -> dict[Any, str]:
    """What stands for each value, with its name."""
    return {MARKS[type(one)](n): name for n, (name, one) in enumerate(values.items())}


def _compiled(queryset: QuerySet) -> tuple[QuerySet, Any, str, tuple]:
    compiler = queryset.query.get_compiler(queryset.db)
    said = compiler.as_sql()
    shown = [column for column, _sql, _name in compiler.select[: compiler.col_count]]
    compiler.kept_converters = {
        place: ([_quicker(one) for one in converters], column)
        for place, (converters, column) in compiler.get_converters(shown).items()
    }
    has_composite = compiler.has_composite_fields(shown)
    compiler.has_composite_fields = lambda _shown: has_composite
    return queryset, compiler, *said


def _quicker(converter: Callable) -> Callable:
    """The same, which for JSON looks for nothing that PostgreSQL never writes."""
    field = getattr(converter, "__self__", None)
    return _read_json if type(field) is JSONField and field.decoder is None else converter


def _read_json(text: str | None, _column: Any, _database: Any) -> Any:
    return None if text is None else _scan(text, 0)[0]


def _written(queryset: QuerySet, sql: str, params: tuple, marks: dict) -> tuple[str, list[str]]:
    """The SQL with all values in it but those that are marked, and the names of these in order."""
    names = [marks.get(one) if type(one) in MARKS else None for one in params]
    with connections[queryset.db].cursor() as cursor:
        written = [
            cursor.mogrify("%s", [one]).replace("%", "%%") if name is None else "%s"
            for one, name in zip(params, names, strict=True)
        ]
    said = sql.replace("%%", "%%%%") % tuple(written)
    return said, [name for name in names if name is not None]
