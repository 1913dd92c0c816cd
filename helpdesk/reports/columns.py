"""What a table of reports is: columns that keep their names, and the rows that a reader sees.

Adding a column is no break and raises the minor version; removing or renaming one, or giving it
another meaning, raises the major one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from helpdesk.actor import Actor, Role

VERSION = "1.1"


class Kind(StrEnum):
    NUMBER = "number"
    TEXT = "text"
    MOMENT = "moment"  # ISO 8601 in UTC
    DAY = "day"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Column:
    """`path` is what the database narrows by, None where it can't; `is_sorted`, whether an index
    orders by it. A column that `needs` a scope is empty to keys without it and narrows nothing
    for them; nor does a `private` one for keys of some queues, who learn nothing of strangers.
    """

    name: str
    kind: Kind
    words: str
    path: str | None = None
    nullable: bool = False
    is_sorted: bool = False
    needs: str | None = None
    private: bool = False

    def is_told_to(self, actor: Actor) -> bool:
        return actor.role != Role.KEY or self.needs is None or self.needs in actor.scopes

    def narrows_for(self, actor: Actor) -> bool:
        is_stranger_s = self.private and actor.queues is not None
        return self.path is not None and self.is_told_to(actor) and not is_stranger_s


@dataclass(frozen=True)
class Table:
    """`rows` are `values()` that the actor sees; `shaped` gives them the columns.

    `window` narrows rows to what was written in [since, before); `written` orders them.
    """

    name: str
    entity: str  # its name in OData
    words: str
    columns: tuple[Column, ...]
    rows: Callable[[Actor], QuerySet]
    shaped: Callable[[Sequence[Mapping], Actor], list[dict]]
    window: Callable[[Actor, datetime, datetime], QuerySet]
    written: str
    by_name: Mapping[str, Column] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "by_name", {one.name: one for one in self.columns})


def number(name: str, words: str, path: str | None = "", **options) -> Column:
    return _column(Kind.NUMBER, name, words, path, options)


def text(name: str, words: str, path: str | None = "", **options) -> Column:
    return _column(Kind.TEXT, name, words, path, options)


def moment(name: str, words: str, path: str | None = "", **options) -> Column:
    return _column(Kind.MOMENT, name, words, path, options)


def truth(name: str, words: str, path: str | None = "", **options) -> Column:
    return _column(Kind.TRUTH, name, words, path, options)


def day(name: str, words: str, path: str | None = "", **options) -> Column:
    return _column(Kind.DAY, name, words, path, options)


def within(path: str, since: datetime, before: datetime) -> Q:
    return Q(**{f"{path}__gte": since, f"{path}__lt": before})


def seconds(begin: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds from one moment to another; None if one is missing or they are reversed."""
    if begin is None or end is None or end < begin:
        return None
    return int((end - begin).total_seconds())


def only(row: Mapping, names: Iterable[str]) -> dict:
    return {name: row[name] for name in names}


def _column(kind: Kind, name: str, words: str, path: str | None, options: dict) -> Column:
    return Column(name, kind, words, name if path == "" else path, **options)
