"""Pages by cursor: a page begins where the last one ended, however many rows came or went.

Pages by offset are for short lists and small depths: rows that come or go meanwhile shift them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from helpdesk import prepared
from helpdesk.filters import SortKey

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_OFFSET = 10_000
OF_THE_PAGE = ("cursor", "limit", "count", "fields", "expand")
SALT = "helpdesk.doors.paging"
KEY = "page_key_{}"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, and the cursors of the pages around them, None where there is none."""

    rows: list
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Position:
    """Between which rows a page begins: just after these values, or (backwards) just before."""

    values: list
    backwards: bool


def limit_in(params: Mapping, default: int = DEFAULT_LIMIT, *, most: int = MAX_LIMIT) -> int:
    """The number of rows asked for. Raises ValidationError under `limit`."""
    text = params.get("limit", "")
    if text == "":
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= most):
        raise ValidationError(
            {"limit": _("Give a whole number from 1 to %(limit)s.") % {"limit": most}}
        )
    return int(text)


def offset_in(params: Mapping) -> int:
    """How many rows to pass over. Raises ValidationError under `offset`."""
    text = params.get("offset", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) <= MAX_OFFSET):
        words = _("Give a whole number up to %(limit)s; beyond it, follow cursors.")
        raise ValidationError({"offset": words % {"limit": MAX_OFFSET}})
    if "cursor" in params:
        raise ValidationError({"offset": _("Give either an offset or a cursor.")})
    return int(text)


def is_count_asked(params: Mapping) -> bool:
    """Whether all rows are to be counted. Raises ValidationError under `count`."""
    if "count" in params and params["count"] != "exact":
        raise ValidationError({"count": _("Say “exact”, or leave it out.")})
    return "count" in params


def first_of(rows: QuerySet, sort: Sequence[SortKey], count: int) -> QuerySet:
    """The first rows of an order."""
    return valued(rows, sort).order_by(*(_order(key, False) for key in _with_id(sort)))[:count]


def valued(rows: QuerySet, sort: Sequence[SortKey]) -> QuerySet:
    """The rows with what they are ordered by that is no column of theirs."""
    values = {key.path: key.value for key in sort if key.value is not None}
    return rows.annotate(**values) if values else rows


def page_at(
    rows: QuerySet, sort: Sequence[SortKey], *, offset: int, limit: int
) -> tuple[list, bool]:
    """The rows after an offset, and whether there are more."""
    order = (_order(key, False) for key in _with_id(sort))
    found = list(valued(rows, sort).order_by(*order)[offset : offset + limit + 1])
    return found[:limit], len(found) > limit


def scope_of(name: str, params: Mapping) -> str:
    """What a cursor is bound to: a list and everything it is narrowed by."""
    lists = params.lists() if hasattr(params, "lists") else params.items()
    said = sorted((key, values) for key, values in lists if key not in OF_THE_PAGE)
    return sha256(repr((name, said)).encode("utf-8", "replace")).hexdigest()[:16]


def page_of(
    rows: QuerySet | Callable[[], QuerySet],
    sort: Sequence[SortKey],
    *,
    scope: str,
    cursor: str = "",
    limit: int,
    shape: prepared.Shape | None = None,
) -> Page:
    """One page of a queryset of models or of `values()`, in one statement and without a count.

    The id is the last key, in the direction of the first. A cursor that was forged or belongs to
    another list or order raises ValidationError under `cursor`. `rows` as a function are built
    when they are needed; where they depend on `shape` and the configuration alone, the statement
    is put together once.
    """
    keys = _with_id(sort)
    position = _position_in(cursor, scope, keys) if cursor else None
    backwards = position is not None and position.backwards

    def asked(**values: Any) -> QuerySet:
        found = valued(rows() if callable(rows) else rows, keys)
        if position is not None:
            said = list(values.values()) or position.values
            found = found.filter(_beyond(keys, said, backwards))
        names = zip(_names(found, keys), keys, strict=True)
        missing = {name: F(key.path) for name, key in names if name != key.path}
        found = found.annotate(**missing) if missing else found
        return found.order_by(*(_order(key, backwards) for key in keys))[: limit + 1]

    if shape is None:
        found = list(asked())
    else:
        whole = shape.of(*keys, limit, backwards)
        said = position.values if position else ()
        values = {f"value_{place}": one for place, one in enumerate(said)}
        found = prepared.repeated(whole, asked, **values)
    names = _names_in(found[0], keys) if found else []
    has_more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    after = _cursor(scope, keys, _values(names, found[-1]), False) if found else None
    if position is None:
        return Page(found, after if has_more else None, None)
    if not found:  # everything beyond is gone; the way back is where one came from
        return_to = _cursor(scope, keys, position.values, not backwards)
        return Page([], *((return_to, None) if backwards else (None, return_to)))
    before = _cursor(scope, keys, _values(names, found[0]), True)
    if backwards:
        return Page(found, after, before if has_more else None)
    return Page(found, after if has_more else None, before)


def beside(rows: QuerySet, sort: Sequence[SortKey], pk: int, *, backwards: bool = False):
    """The row that follows the one of that id (or precedes it) in an order, or None.

    That row itself need not be among the rows: it may have left them a moment ago.
    """
    keys = _with_id(sort)
    own = valued(rows.model._base_manager.filter(pk=pk), keys)
    values = own.values_list(*(key.path for key in keys)).first()
    if values is None:
        return None
    beyond = valued(rows, keys).filter(_beyond(keys, list(values), backwards)).exclude(pk=pk)
    return beyond.order_by(*(_order(key, backwards) for key in keys)).first()


def _with_id(sort: Sequence[SortKey]) -> list[SortKey]:
    keys = []
    for key in sort:
        keys.append(key)
        if key.path == "id":  # what follows decides nothing
            return keys
    return [*keys, SortKey("id", bool(sort) and sort[0].descending)]


def _names(rows: QuerySet, keys: list[SortKey]) -> list[str]:
    """Under which name each row has the value of each key: its own, or one that is added."""
    chosen = rows.query.values_select if rows.query.values_select else None
    own = {
        key.path
        for key in keys
        if key.value is not None or (key.path in chosen if chosen else "__" not in key.path)
    }
    return [key.path if key.path in own else KEY.format(number) for number, key in enumerate(keys)]


def _names_in(row: Any, keys: list[SortKey]) -> list[str]:
    """The same, by a row that was found."""
    own = row if isinstance(row, Mapping) else None
    return [
        key.path
        if (key.path in own if own is not None else "__" not in key.path)
        else KEY.format(number)
        for number, key in enumerate(keys)
    ]


def _order(key: SortKey, backwards: bool):
    descending = key.descending != backwards
    if not key.nullable:
        return f"-{key.path}" if descending else key.path
    empty = {"nulls_first" if backwards else "nulls_last": True}
    return F(key.path).desc(**empty) if descending else F(key.path).asc(**empty)


def _beyond(keys: list[SortKey], values: list, backwards: bool) -> Q:
    """What follows the values in the order of the keys (or precedes them)."""
    ways = []
    for number, (key, value) in enumerate(zip(keys, values, strict=True)):
        step = _step(key, value, backwards)
        if step is None:
            continue
        same = [
            Q(**{f"{one.path}__isnull": True}) if said is None else Q(**{one.path: said})
            for one, said in zip(keys[:number], values[:number], strict=True)
        ]
        ways.append(reduce(lambda left, right: left & right, same, Q()) & step)
    beyond = reduce(or_, ways)
    first, value = keys[0], values[0]
    if len(keys) > 1 and not first.nullable:  # a bound from which an index can start
        lookup = "lte" if first.descending != backwards else "gte"
        beyond = Q(**{f"{first.path}__{lookup}": value}) & beyond
    return beyond


def _step(key: SortKey, value, backwards: bool) -> Q | None:
    """What lies beyond a value in one column alone, None if nothing can."""
    empty = Q(**{f"{key.path}__isnull": True})
    if value is None:
        return ~empty if backwards else None
    lookup = "lt" if key.descending != backwards else "gt"
    step = Q(**{f"{key.path}__{lookup}": value})
    return step | empty if key.nullable and not backwards else step


def _values(names: list[str], row) -> list:
    return [row[name] if isinstance(row, Mapping) else getattr(row, name) for name in names]


def _signature(scope: str, keys: list[SortKey]) -> str:
    return scope + ",".join(("-" if key.descending else "") + key.path for key in keys)


def _cursor(scope: str, keys: list[SortKey], values: list, backwards: bool) -> str:
    said = [_said(one) for one in values]
    return signing.dumps([said, int(backwards)], salt=SALT + _signature(scope, keys))


def _position_in(cursor: str, scope: str, keys: list[SortKey]) -> _Position:
    try:
        said, backwards = signing.loads(cursor[:4000], salt=SALT + _signature(scope, keys))
    except signing.BadSignature as error:
        raise ValidationError(
            {
                "cursor": _(
                    "This is not a cursor of this list in this order. Begin without one, then"
                    " follow “next”."
                )
            }
        ) from error
    return _Position([_meant(one) for one in said], bool(backwards))


def _said(value):
    """A value of a cursor, as JSON has it."""
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return {"d": value.isoformat()} if isinstance(value, date) else value


def _meant(said):
    if not isinstance(said, dict):
        return said
    if "d" in said:
        return date.fromisoformat(said["d"])
    return datetime.fromisoformat(said["t"])
