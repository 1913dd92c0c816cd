"""What `GET /tickets` may be asked for: its parameters, read and checked, and `select`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.services.teamswork import values
from integrations.services.teamswork.values import WireError

ORDER_BY = (
    "status",
    "ticketId",
    "title",
    "requestorName",
    "requestorEmail",
    "assigneeName",
    "assigneeEmail",
    "expectedDate",
    "priority",
    "createdDateTime",
    "lastInteraction",
)
SELECT = (
    "id",
    "ticketId",
    "title",
    "description",
    "status",
    "requestor",
    "customFields",
    "priority",
    "assignee",
    "expectedDate",
    "resolution",
    "firstResponseOn",
    "firstResolutionOn",
    "lastResolutionOn",
    "createdOn",
    "tags",
    "lastUpdatedOn",
    "isFrtEscalated",
    "isRtEscalated",
    "createdBy",
    "lastUpdatedBy",
    "lastResolutionComment",
)
# Parts of people that may be selected by themselves.
PARTS = {
    f"{person}{part.capitalize()}": (person, part)
    for person in ("requestor", "assignee")
    for part in ("name", "email")
}
DATE_FILTERS = {
    "created": ("createdAfter", "createdBefore"),
    "due": ("expectedDateAfter", "expectedDateBefore"),
    "updated": ("lastUpdateAfter", "lastUpdateBefore"),
}
PARAMETERS = frozenset(
    (
        *("key", "timezone", "search", "title", "status", "statusId", "isResolved", "priority"),
        *("tags", "orderBy", "order", "select", "limit", "offset", "include"),
        *(name for pair in DATE_FILTERS.values() for name in pair),
    )
)
DEFAULT_LIMIT, LARGEST_LIMIT = 10, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """A checked list request in our words.

    `statuses` is None for any, and empty if the filters exclude each other; `status_id` is the
    uuid of one exact state. `between` has, per `created`, `due`, `updated`, the first instant that
    is in and the first that is out again; None is open.
    """

    search: str = ""
    title: str = ""
    statuses: tuple[str, ...] | None = None
    status_id: str = ""
    priorities: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()  # category id and text
    between: dict[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    order_by: str = "createdDateTime"
    descending: bool = True
    select: tuple[str, ...] = ()
    with_html: bool = False
    limit: int = DEFAULT_LIMIT
    offset: int = 0


def read_query(parameters: Mapping[str, str]) -> ListQuery:
    """The request behind some query parameters. What is unknown or wrong raises WireError by name.

    A limit above the largest is clamped.
    """
    for name in parameters:
        if name not in PARAMETERS:
            raise WireError(f"{name}: there is no such parameter.")
    timezone = read_timezone(parameters)
    order_by = _one_of(parameters, "orderBy", ORDER_BY) or "createdDateTime"
    order = _one_of(parameters, "order", ("ASC", "DESC")) or "DESC"
    select = tuple(filter(None, (name.strip() for name in _listed(parameters, "select"))))
    for name in select:
        if name not in (*SELECT, *PARTS):
            raise WireError(f"select: there is no field {name}.")
    return ListQuery(
        search=parameters.get("search", "").strip(),
        title=parameters.get("title", "").strip(),
        statuses=_statuses(parameters),
        status_id=_exact_state(parameters),
        priorities=_priorities(parameters),
        tags=tuple(_tag(text) for text in _listed(parameters, "tags") if text.strip()),
        between=_between(parameters, timezone),
        order_by=order_by,
        descending=order == "DESC",
        select=select,
        with_html="description_HTML" in _listed(parameters, "include"),
        limit=min(_number(parameters, "limit", DEFAULT_LIMIT, least=1), LARGEST_LIMIT),
        offset=_number(parameters, "offset", 0, least=0),
    )


def read_timezone(parameters: Mapping[str, str]) -> int:
    """Whole hours east of UTC, 0 if not said."""
    hours = _number(parameters, "timezone", 0, least=-12)
    if hours > 14:
        raise WireError("timezone: use whole hours from -12 to 14.")
    return hours


def project(item: Mapping[str, Any], query: ListQuery) -> dict[str, Any]:
    """A ticket as a list shows it: the selected members, and HTML only where it is asked for."""
    shown = dict(item)
    if not query.with_html:
        shown.pop("description_HTML", None)
    if not query.select:
        return shown
    for name, (person, part) in PARTS.items():
        shown[name] = (item.get(person) or {}).get(part)
    wanted = {*query.select, "ticketNo"} | ({"description_HTML"} if query.with_html else set())
    return {name: value for name, value in shown.items() if name in wanted}


def _statuses(parameters: Mapping[str, str]) -> tuple[str, ...] | None:
    """Our statuses of the three status filters; together they narrow.

    `status` tells only whether a ticket is resolved; `statusId` is the exact state.
    """
    found = set(values.STATUS_SHOWN)
    unresolved = found - set(values.DONE)
    if words := [word for word in _listed(parameters, "status") if word.strip()]:
        read = {_status(word, "status") for word in words}
        wanted = (set(values.DONE) if read & set(values.DONE) else set()) | (
            unresolved if read - set(values.DONE) else set()
        )
        found &= wanted
    word = parameters.get("statusId", "").strip()
    if word and not is_uuid(word):
        state = _status(word, "statusId")
        found &= {ours for ours in found if _status(values.STATUS_SHOWN[ours], "") == state}
    if word := parameters.get("isResolved", ""):
        if values.folded(word) not in ("true", "false"):
            raise WireError("isResolved: use true or false.")
        found &= set(values.DONE) if values.folded(word) == "true" else unresolved
    return None if found == set(values.STATUS_SHOWN) else tuple(sorted(found))


def _exact_state(parameters: Mapping[str, str]) -> str:
    word = parameters.get("statusId", "").strip()
    return word.lower() if is_uuid(word) else ""


def _priorities(parameters: Mapping[str, str]) -> tuple[str, ...]:
    words = [word for word in _listed(parameters, "priority") if word.strip()]
    if any(values.folded(word) not in values.PRIORITY_READ for word in words):
        raise WireError("priority: use Low, Medium, Important or Urgent.")
    return tuple(values.PRIORITY_READ[values.folded(word)] for word in words)


def _status(word: str, name: str) -> str:
    status = values.read_status(word)
    if status is None:
        raise WireError(f"{name}: use Open, Reopened, Started, In Progress, Resolved or Closed.")
    return status


def _between(
    parameters: Mapping[str, str], timezone: int
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Whole days, both ends in; a time of day is honoured, which the live service ignores.

    A day begins at 00:00 UTC plus the time zone's hours, against the documented sign. A due day is
    the one that the caller wrote, which was stored with the documented sign.
    """
    found = {}
    for ours, names in DATE_FILTERS.items():
        hours = -timezone if ours == "due" else timezone
        first, last = (_moment(parameters, name, hours) for name in names)
        if first or last:
            start = first[0] if first else None
            found[ours] = (start, last[0] + last[1] if last else None)
    return found


def _moment(
    parameters: Mapping[str, str], name: str, hours: int
) -> tuple[datetime, timedelta] | None:
    """When what was said begins, and how long it lasts."""
    said = parameters.get(name, "").strip()
    if not said:
        return None
    is_day = bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", said))
    moment = values.read_moment(f"{said}T00:00:00Z" if is_day else said)
    if moment is None or not 1900 <= moment.year <= 9000:
        raise WireError(f"{name}: use YYYY-MM-DD.")
    if is_day:
        return moment + timedelta(hours=hours), timedelta(days=1)
    return moment, timedelta(microseconds=1)


def is_uuid(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text))


def _tag(text: str) -> tuple[str, str]:
    category, found, name = text.strip().partition("_")
    return (category, name) if found else ("", category)


def _one_of(parameters: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    said = parameters.get(name, "").strip()
    found = {word.casefold(): word for word in allowed}.get(said.casefold(), "")
    if said and not found:
        raise WireError(f"{name}: use one of {', '.join(allowed)}.")
    return found


def _listed(parameters: Mapping[str, str], name: str) -> list[str]:
    said = parameters.get(name, "")
    return said.split(",") if said else []


def _number(parameters: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    said = parameters.get(name, "").strip()
    if not said:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", said) or int(said) < least:
        raise WireError(f"{name}: use a whole number from {least} up.")
    return int(said)
