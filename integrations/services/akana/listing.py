"""What the lists may be asked for: their parameters, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connector import STATUSES
from integrations.services.akana import values
from integrations.services.akana.values import WireError

DEFAULT_COUNT, LARGEST_COUNT = 100, 500
ORDERS = {
    "descendingdate": ("created_at", True),
    "ascendingdate": ("created_at", False),
    "descendingtitle": ("title", True),
    "ascendingtitle": ("title", False),
    "descendingupdated": ("updated_at", True),
    "ascendingupdated": ("updated_at", False),
}
STATUSES_OF = {
    "OPEN": ("new", "open", "started", "waiting"),
    "REOPEN": ("new", "open", "started", "waiting"),
    "RESOLVED": ("resolved",),
    "CLOSED": ("closed",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """A checked list request in our words; `statuses` None is any, `is_reopened` None either."""

    api: str = ""
    app: str = ""
    author: str = ""
    asker: str = ""
    item: str = ""
    is_of_tickets: bool = True
    statuses: tuple[str, ...] | None = None
    is_reopened: bool | None = None
    priorities: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    reference: str = ""
    comments: int = 0
    actions: bool = False
    order: str = "created_at"
    descending: bool = True
    start: int = 0
    count: int = DEFAULT_COUNT


def read_query(parameters: Mapping[str, str]) -> ListQuery:
    """The request behind some query parameters. Unknown ones are left aside, wrong ones named."""
    order, descending = _order(parameters.get("SortBy", ""))
    statuses, is_reopened = _states(parameters.get("TicketState", ""))
    tags, reference = values.read_tags(_listed(parameters, "Tag"))
    return ListQuery(
        api=parameters.get("APIID", "").strip(),
        app=parameters.get("AppID", "").strip(),
        author=parameters.get("AuthorID", "").strip(),
        asker=parameters.get("RetrievingUserID", "").strip(),
        item=parameters.get("ItemID", "").strip(),
        is_of_tickets=_is_of_tickets(parameters),
        statuses=statuses,
        is_reopened=is_reopened,
        priorities=_priorities(parameters),
        tags=tuple(tags),
        reference=reference,
        comments=_comments(parameters),
        actions=read_flag(parameters, "IncludeActions"),
        order=order,
        descending=descending,
        **read_part(parameters),
    )


def read_part(parameters: Mapping[str, str]) -> dict[str, int]:
    """`start`, a position from 0 on, and `count`, of which too many are as many as may be."""
    return {
        "start": _number(parameters, "start", 0, least=0),
        "count": min(_number(parameters, "count", DEFAULT_COUNT, least=1), LARGEST_COUNT),
    }


def read_flag(parameters: Mapping[str, str], name: str) -> bool:
    """A parameter that is true if it stands there without a value."""
    said = parameters.get(name)
    if said is not None and said.strip().casefold() not in ("", "true", "false"):
        raise WireError(f"{name}: use true or false.")
    return said is not None and said.strip().casefold() != "false"


def _is_of_tickets(parameters: Mapping[str, str]) -> bool:
    kinds = [values.last_part(kind) for kind in _listed(parameters, "ItemType")]
    return not kinds or "ticket" in kinds


def _states(said: str) -> tuple[tuple[str, ...] | None, bool | None]:
    words = [word for word in said.split(",") if word.strip()]
    if not words:
        return None, None
    states = {values.read_state(word) for word in words}
    if unknown := states - set(STATUSES_OF):
        raise WireError(f"TicketState: there is no state {min(unknown)[:40]}.")
    found = {status for state in states for status in STATUSES_OF[state]}
    open_ones = states & {"OPEN", "REOPEN"}
    # Of open and opened again only one can be told apart where nothing else is asked for.
    alone = len(open_ones) == 1 and states == open_ones
    return tuple(one for one in STATUSES if one in found), ("REOPEN" in states if alone else None)


def _priorities(parameters: Mapping[str, str]) -> tuple[str, ...] | None:
    labels = _listed(parameters, "TicketLabel")
    if not labels:
        return None
    found = (values.priority_of(label, {}) for label in labels)
    return tuple(priority for priority in found if priority)


def _comments(parameters: Mapping[str, str]) -> int:
    wanted = _number(parameters, "NumberOfComments", 10, least=0)
    return min(wanted, LARGEST_COUNT) if read_flag(parameters, "IncludeComments") else 0


def _order(said: str) -> tuple[str, bool]:
    word = re.sub(r"[^a-z]", "", said.casefold().rpartition("sort.order.")[2])
    if not word:
        return ORDERS["descendingdate"]
    if word not in ORDERS:
        raise WireError("SortBy: use DescendingDate or AscendingDate.")
    return ORDERS[word]


def _listed(parameters: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in parameters.get(name, "").split(",") if word.strip()]


def _number(parameters: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    said = parameters.get(name, "").strip()
    if not said:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", said) or int(said) < least:
        raise WireError(f"{name}: use a whole number from {least} up.")
    return int(said)
