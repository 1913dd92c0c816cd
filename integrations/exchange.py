"""One HTTP request and its answer, and what is kept of them. Pure shapes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

RESETS = ("X-Downstream-RateLimit-Reset", "X-RateLimit-Reset", "RateLimit-Reset")
MOMENT = 1_000_000_000  # seconds since 1970 that are a moment, being too long a wait
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, bytes and characters."""

    connect_seconds: float = 5
    read_seconds: float = 20
    total_seconds: float = 45
    answer_bytes: int = 10 * 1024 * 1024
    journal_characters: int = 4000
    longest_pause: float = 3  # a 429 that asks for more is handed to the caller
    pause_between_tries: float = 0.3
    longest_retry_after: float = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One request and its answer, safe to store: no headers, no secrets, bodies capped."""

    at: datetime
    method: str
    url: str
    request_body: str
    status: int | None
    response_body: str
    milliseconds: int
    error: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service said, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    @property
    def shown(self) -> str:
        """The body for a person's eyes: text as it is, anything else by type and size."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind.startswith("text/") or kind.endswith(("json", "xml")) or not kind:
            return self.text
        return f"<{kind}, {len(self.body)} bytes>"

    @property
    def retry_after(self) -> float | None:
        """Seconds, from a number or a date; None if not said or not understood.

        Of a limit that is used up also from when it is said to begin anew.
        """
        said = self.headers.get("Retry-After", "").strip()
        if not said and self.status == 429:
            return self._reset_after
        try:
            seconds = float(said)
        except ValueError:
            try:
                when = parsedate_to_datetime(said)
            except (ValueError, TypeError, IndexError):
                return None
            when = when.replace(tzinfo=when.tzinfo or UTC)
            seconds = (when - datetime.now(UTC)).total_seconds()
        return None if math.isnan(seconds) else seconds

    @property
    def _reset_after(self) -> float | None:
        """Seconds until a limit begins anew: told as such, or as a moment in (milli)seconds."""
        said = next((self.headers[name] for name in RESETS if name in self.headers), "")
        try:
            number = float(said)
        except ValueError:
            return None
        for unit in (1000, 1):
            if number >= MOMENT * unit:
                return number / unit - datetime.now(UTC).timestamp()
        return None if math.isnan(number) else number

    def json(self) -> Any:
        """The body as JSON. Raises ValueError for anything else, NaN and infinities included."""
        return json.loads(self.body.decode("utf-8-sig"), parse_constant=_refuse_constant)


@dataclass(slots=True, kw_only=True)
class Request:
    """A request before it leaves; `authenticate` may change its query and headers."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    noted_body: str = ""
    origin: str = ""

    @property
    def is_safe(self) -> bool:
        return self.method in SAFE_METHODS


class TooMuch(Exception):
    """An answer larger than we read, or in a form that could become so."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
