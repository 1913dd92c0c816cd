"""What changed among tickets whose list does not say when: the cursor of `Client.changes`. Pure.

A cursor is JSON: `seen` has a short digest of each of the newest tickets as they were, by id, and
`floor` when the oldest of them was created ("" if there was none beyond it). What is older than
the floor and comes into view, because newer ones were deleted, is not taken for news.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.services.akana import values, wire

DIGEST = 10  # characters


@dataclass(frozen=True, slots=True)
class Cursor:
    seen: dict[str, str] = field(default_factory=dict)
    floor: str = ""

    def __str__(self) -> str:
        return json.dumps({"seen": self.seen, "floor": self.floor}, separators=(",", ":"))


def read(text: str) -> Cursor:
    """Raises ValueError for what is no cursor of ours."""
    found = json.loads(text)
    if not isinstance(found, dict) or not isinstance(found.get("seen"), dict):
        raise ValueError("no cursor")
    return Cursor(found["seen"], str(found.get("floor") or ""))


def cursor_at(items: Sequence[Mapping[str, Any]], *, is_all: bool) -> Cursor:
    """The cursor after a look at the newest tickets; `is_all`: there were no others."""
    seen = {str(item["TicketID"]): _digest(item) for item in items}
    return Cursor(seen, "" if is_all else _oldest(items))


def news(
    cursor: Cursor, items: Sequence[Mapping[str, Any]], *, is_all: bool
) -> tuple[Cursor, list[tuple[str, str]]]:
    """The cursor to begin with, and ids and new digests of what is to be told, oldest first.

    The first holds what is in view now, but of what is to be told what was seen before.
    """
    changed: list[tuple[str, str, str]] = []
    seen: dict[str, str] = {}
    floor = values.read_moment(cursor.floor)
    for item in items:
        identity, now = str(item["TicketID"]), _digest(item)
        created = values.read_moment(item.get("Created"))
        before = cursor.seen.get(identity)
        slid_in = before is None and floor and created and created < floor
        if before == now or slid_in:
            seen[identity] = now
            continue
        if before is not None:
            seen[identity] = before
        changed.append((created.isoformat() if created else "", identity, now))
    # The list is newest first, which tells apart what was made in the same second.
    changed.reverse()
    oldest_first = sorted(changed, key=lambda one: one[0])
    told = [(identity, now) for _created, identity, now in oldest_first]
    return Cursor(seen, "" if is_all else _oldest(items)), told


def told(cursor: Cursor, identity: str, digest: str) -> Cursor:
    """The cursor once a ticket was told; without it if the digest is empty."""
    seen = {known: value for known, value in cursor.seen.items() if known != identity}
    return Cursor({**seen, identity: digest} if digest else seen, cursor.floor)


def _digest(item: Mapping[str, Any]) -> str:
    return wire.digest(item)[:DIGEST]


def _oldest(items: Sequence[Mapping[str, Any]]) -> str:
    moments = filter(None, (values.read_moment(item.get("Created")) for item in items))
    return min((moment.isoformat() for moment in moments), default="")
