"""Lists that come page by page: whether one goes on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MOST_STALE = 20  # pages in a row that show nothing new


class Progress:
    """Tells a list that goes on from one that says the same again and again under new cursors."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._stale = 0

    def is_stuck(self, items: Iterable[Any]) -> bool:
        """To be asked once with each page."""
        marks = {_mark(item) for item in items}
        self._stale = 0 if marks - self._seen else self._stale + 1
        self._seen |= marks
        return self._stale >= MOST_STALE


def _mark(item: Any) -> str:
    identity = item.get("id") if isinstance(item, Mapping) else None
    return str(identity) if identity not in (None, "") else repr(item)
