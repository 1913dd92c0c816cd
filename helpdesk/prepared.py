"""Querysets whose SQL is put together once for each shape, then run with other values.

Django builds a query anew each time it is asked; for the widest ones that costs more than the
database does. Where values stand in the SQL is found by building it with marks in their place.
PostgreSQL plans such a statement once for each connection: the ids are bound by it, all else
stands in the SQL, so that partial indexes are found.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import QuerySet

from helpdesk.actor import Actor
from helpdesk.models.configuration import configuration
from helpdesk.prepared_rows import Maker, maker

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
WHO = ("person_id", "name", "request_id")  # what of an actor does not decide what is seen
_seen = attrgetter(*(one.name for one in fields(Actor) if one.name not in WHO))
SLOT = "\0"  # stands in kept SQL for what is written into it; no SQL has one
UNKNOWN: Any = object()
_kept: dict[Hashable, "_Kept | None"] = {}
_repeated: OrderedDict[Hashable, "_Kept | None"] = OrderedDict()


class Written(str):
    """A value of a queryset that differs each time and stands in the SQL itself: it is planned for,
    as a bound one is not."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """All that a queryset depends on, but for the one `Written` that it has, if any."""

    key: Hashable
    written: str = ""

    def of(self, *names: Hashable) -> "Shape":
        """The shape of what is made of that queryset."""
        return Shape((*names, self.key), self.written)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A statement, the names of its values in order, and what makes of its rows what was asked."""

    sql: str
    names: list[str]
    make: Maker
    database: str


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
    if (found := _kept.get(key, UNKNOWN)) is UNKNOWN:
        found = _built(key, build, values)
    return list(build(**values)) if found is None else _asked(found, found.sql, values)


def _asked(kept: _Kept, sql: str, values: dict[str, Any]) -> list[Any]:
    said = tuple([values[name] for name in kept.names])
    return kept.make(connections[kept.database].fetched(sql, said))


def among(numbers: Iterable[int]) -> dict[str, int]:
    """Values for an `__in` of some ids, which `build` takes as `**numbers`.

    They are filled up with an id that nothing has, so that few statements serve every number.
    """
    numbers = list(numbers)
    padded = [*numbers, *[NOBODY] * (-len(numbers) % SIZE)]
    return {f"number_{place}": number for place, number in enumerate(padded)}


def repeated(
    shape: Shape, build: Callable[..., QuerySet], **values: int | str | datetime
) -> list[Any]:
    """`list(build(**values))`, where the same is asked again and again.

    `build` may depend on `shape`, the values and the configuration alone. A statement that has
    another moment in it, that lacks a value, or for which the database is asked while it is built,
    is built anew each time.
    """
    stamp = configuration().stamp  # None while this transaction changes the configuration
    if stamp is None or not _can_prepare(values):
        return list(build(**values))
    key = (shape.key, stamp, *values)
    if (found := _repeated.pop(key, UNKNOWN)) is UNKNOWN:
        found = _lasting(build, values, shape.written)
        if len(_repeated) >= REPEATED:
            _repeated.popitem(last=False)
    _repeated[key] = found  # the last of them now; other threads do the same meanwhile
    if found is None:
        return list(build(**values))
    sql = found.sql
    if shape.written:
        sql = _literal(found.database, shape.written).join(sql.split(SLOT))
    return _asked(found, sql, values)


def _can_prepare(values: dict[str, Any]) -> bool:
    """SQLite turns some values into others on their way."""
    return connection.vendor == "postgresql" and all(type(one) in MARKS for one in values.values())


def _lasting(build: Callable[..., QuerySet], values: dict[str, Any], written: str) -> _Kept | None:
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
    if {one for one in params if type(one) is Written} != ({written} if written else set()):
        return None
    found = _keeping(queryset, compiler, sql, params, marks)
    return found if found and set(found.names) == set(values) else None


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
    return _seen(actor), configuration().sandboxes


def _built(key: Hashable, build: Callable[..., QuerySet], values: dict[str, Any]) -> _Kept | None:
    marks = _marks(values)
    queryset, compiler, sql, params = _compiled(build(**{marks[one]: one for one in marks}))
    if len(_kept) >= KEPT:
        _kept.clear()
    found = _kept[key] = _keeping(queryset, compiler, sql, params, marks)
    return found  # not by its key: another thread may have forgotten it


def _keeping(
    queryset: QuerySet, compiler: Any, sql: str, params: tuple, marks: dict
) -> _Kept | None:
    make = maker(queryset, compiler)
    return make and _Kept(*_written(queryset, sql, params, marks), make, queryset.db)


def _marks(values: dict[str, Any]) -> dict[Any, str]:
    """What stands for each value, with its name."""
    return {MARKS[type(one)](n): name for n, (name, one) in enumerate(values.items())}


def _compiled(queryset: QuerySet) -> tuple[QuerySet, Any, str, tuple]:
    compiler = queryset.query.get_compiler(queryset.db)
    return queryset, compiler, *compiler.as_sql()


def _written(queryset: QuerySet, sql: str, params: tuple, marks: dict) -> tuple[str, list[str]]:
    """The SQL with all values in it but those that are marked, and the names of these in order."""
    names = [marks.get(one) if type(one) in MARKS else None for one in params]
    written = [
        SLOT if type(one) is Written else _literal(queryset.db, one) if name is None else "%s"
        for one, name in zip(params, names, strict=True)
    ]
    said = sql.replace("%%", "%%%%") % tuple(written)
    return said, [name for name in names if name is not None]


def _literal(database: str, value: Any) -> str:
    """A value as SQL, in which parameters are marked by `%s`."""
    with connections[database].cursor() as cursor:
        return cursor.mogrify("%s", [value]).replace("%", "%%")
