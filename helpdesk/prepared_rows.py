"""What a queryset makes of the rows of its statement, with all that is the same each time found
once: columns, converters, joined models."""

from collections.abc import Callable, Iterator
from json import JSONDecoder
from typing import Any

from django.db import connections
from django.db.models import JSONField, QuerySet
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesIterable,
    ValuesListIterable,
    get_related_populators,
)

_scan = JSONDecoder().scan_once
Rows = list[tuple]
Maker = Callable[[Rows], list[Any]]


def maker(queryset: QuerySet, compiler: Any) -> Maker | None:
    """What turns fetched rows into what the queryset gives; None where only Django can.

    The compiler has made its SQL.
    """
    shown = [column for column, _sql, _name in compiler.select[: compiler.col_count]]
    make = _made_by(queryset, compiler)
    is_odd = queryset._prefetch_related_lookups or queryset._known_related_objects
    if make is None or is_odd or compiler.has_composite_fields(shown):
        return None
    width = compiler.col_count if compiler.has_extra_select else None
    converters = [
        (place, [_quicker(one) for one in steps], column)
        for place, (steps, column) in compiler.get_converters(shown).items()
    ]
    database = queryset.db

    def made(rows: Rows) -> list[Any]:
        if width is not None:
            rows = [row[:width] for row in rows]
        return make(_converted(rows, converters, database) if converters else rows)

    return made


def _converted(rows: Rows, converters: list[tuple], database: str) -> Iterator[list]:
    connection = connections[database]
    for row in map(list, rows):
        for place, steps, column in converters:
            value = row[place]
            for step in steps:
                value = step(value, column, connection)
            row[place] = value
        yield row


def _quicker(converter: Callable) -> Callable:
    """The same, which for JSON looks for nothing that PostgreSQL never writes."""
    field = getattr(converter, "__self__", None)
    return _read_json if type(field) is JSONField and field.decoder is None else converter


def _read_json(text: str | None, _column: Any, _database: Any) -> Any:
    return None if text is None else _scan(text, 0)[0]


def _made_by(queryset: QuerySet, compiler: Any) -> Maker | None:
    kind, query = queryset._iterable_class, queryset.query
    if kind is ModelIterable:
        return _models(queryset, compiler)
    if kind is FlatValuesListIterable:
        return lambda rows: [row[0] for row in rows]
    if kind is ValuesListIterable:
        return lambda rows: list(map(tuple, rows))
    if kind is not ValuesIterable:
        return None
    names = list(query.selected or ()) or [
        *query.extra_select,
        *query.values_select,
        *query.annotation_select,
    ]
    return lambda rows: [dict(zip(names, row, strict=False)) for row in rows]


def _models(queryset: QuerySet, compiler: Any) -> Maker:
    database, info = queryset.db, compiler.klass_info
    model, places = info["model"], info["select_fields"]
    own = slice(places[0], places[-1] + 1)
    names = [column.target.attname for column, _sql, _name in compiler.select[own]]
    related = get_related_populators(info, compiler.select, database)
    added = list((compiler.annotation_col_map or {}).items())

    def make(rows: Rows) -> list[Any]:
        found = []
        for row in rows:
            one = model.from_db(database, names, row[own])
            for populator in related:
                populator.populate(row, one)
            for name, place in added:
                setattr(one, name, row[place])
            found.append(one)
        return found

    return make
