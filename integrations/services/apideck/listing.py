"""The parameters of Apideck's lists: filters, sorting, paging, members to show. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.connector import STATUSES
from integrations.services.apideck.words import STATUS, WireError, folded, read_moment

MAX_LIMIT, USUAL_LIMIT = 200, 20
FILTERS = ("status", "since", "assignee_id")
NESTED = re.compile(r"(filter|sort)\[(\w*)\](?:\[\d*\])?")
Asked = Mapping[str, Sequence[str]]  # each parameter with all its values
UNRESOLVED = ("new", "open", "started", "waiting")
FILTER_WORDS = {
    "open": UNRESOLVED,
    "inprogress": tuple(ours for ours, theirs in STATUS.out.items() if theirs == "in_progress"),
    "closed": tuple(ours for ours in STATUSES if ours not in UNRESOLVED),
    "all": STATUSES,
}


class UnsupportedFilter(WireError):
    kind = "UnsupportedFiltersError"


class UnsupportedSort(WireError):
    kind = "UnsupportedSortFieldError"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What a list asks for. `statuses` are words of `connector.STATUSES`, None meaning any."""

    limit: int = USUAL_LIMIT
    cursor: str = ""
    order: str = ""
    descending: bool = False
    statuses: tuple[str, ...] | None = None
    since: datetime | None = None
    assignee_id: str = ""


def read_query(asked: Asked, *, orders: Sequence[str] = (), filters: bool = False) -> ListQuery:
    """`orders`: by what the list can be sorted; `filters`: whether it takes those of tickets."""
    nested = _nested(asked)
    sort = {name.partition(".")[2]: said for name, said in nested.items() if name[:5] == "sort."}
    kept = {name.partition(".")[2]: said for name, said in nested.items() if name[:7] == "filter."}
    unknown = sorted(set(kept) - set(FILTERS if filters else ()))
    if unknown:
        raise UnsupportedFilter(f"filter[{unknown[0]}]: this list has no such filter.")
    direction = _last(sort.get("direction")).lower() or "asc"
    if direction not in ("asc", "desc"):
        raise WireError("sort[direction]: use asc or desc.")
    return ListQuery(
        limit=_limit(asked),
        cursor=_last(asked.get("cursor")),
        order=_order(_last(sort.get("by")), orders),
        descending=direction == "desc",
        statuses=_statuses(kept.get("status", ())),
        since=_since(_last(kept.get("since"))),
        assignee_id=_last(kept.get("assignee_id")),
    )


def read_flag(asked: Asked, name: str) -> bool:
    said = _last(asked.get(name)).lower()
    if said not in ("", "true", "false", "1", "0"):
        raise WireError(f"{name}: use true or false.")
    return said in ("true", "1")


def read_fields(asked: Asked) -> list[list[str]] | None:
    """The paths of the members that are asked for; None means all."""
    said = ",".join(asked.get("fields", ()))
    paths = [path.strip().split(".") for path in said.split(",") if path.strip()]
    return paths or None


def project(item: Any, paths: list[list[str]] | None) -> Any:
    """A record with the members asked for alone. Its id stays: without it, it is no record."""
    if paths is None or not isinstance(item, Mapping):
        return item
    return _projected(item, [*paths, ["id"]])


def _projected(item: Any, paths: list[list[str]]) -> Any:
    if isinstance(item, list):
        return [_projected(one, paths) for one in item]
    if not isinstance(item, Mapping) or any(not path for path in paths):
        return item
    shown: dict[str, Any] = {}
    for name, value in item.items():
        inner = [path[1:] for path in paths if path[0] == name]
        if inner:
            is_record = isinstance(value, list) and any(inner)
            shown[name] = _projected(value, [*inner, ["id"]] if is_record else inner)
    return shown


def _nested(asked: Asked) -> dict[str, list[str]]:
    """`filter[status]`, repeated, as `filter[status][]` or `filter[status][0]`: all one."""
    found: dict[str, list[str]] = {}
    for name, said in asked.items():
        if name.partition("[")[0] not in ("filter", "sort"):
            continue
        match = NESTED.fullmatch(name)
        if match is None:
            raise WireError(f"{name[:40]}: use filter[status] and the like.")
        found.setdefault(f"{match[1]}.{match[2]}", []).extend(said)
    return found


def _order(by: str, orders: Sequence[str]) -> str:
    if by and by not in orders:
        listed = ", ".join(orders) or "nothing"
        raise UnsupportedSort(f"sort[by]: this list is sorted by {listed}.")
    return by


def _limit(asked: Asked) -> int:
    said = _last(asked.get("limit"))
    if not said:
        return USUAL_LIMIT
    if not re.fullmatch(r"[0-9]{1,9}", said) or not 1 <= int(said) <= MAX_LIMIT:
        raise WireError(f"limit: use a number from 1 to {MAX_LIMIT}.")
    return int(said)


def _statuses(said: Sequence[str]) -> tuple[str, ...] | None:
    words = [folded(word) for part in said for word in part.split(",") if word.strip()]
    if not words:
        return None
    own = {word: (word,) for word in STATUSES}
    return tuple(dict.fromkeys(one for word in words for one in (own | FILTER_WORDS).get(word, ())))


def _since(said: str) -> datetime | None:
    moment = read_moment(said)
    if said and moment is None:
        raise WireError("filter[since]: use a date and time, as in 2026-04-01T09:00:00.000Z.")
    return moment


def _last(said: Sequence[str] | None) -> str:
    return said[-1].strip() if said else ""
