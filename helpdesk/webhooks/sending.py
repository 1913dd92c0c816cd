"""One request to a receiver: fenced, short, without redirects. Touches no database."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError

from helpdesk.outbound.fence import (
    Deadline,
    Fenced,
    FencedHTTPConnection,
    FencedHTTPSConnection,
    RefusedAddress,
    UnknownHost,
    networks,
)
from helpdesk.outbound.redaction import Redactor

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
ANSWER_BYTES = 16 * 1024  # more is not read
KEPT_CHARACTERS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent, and what must not be written down of it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def redactor(self) -> Redactor:
        """Hides the secrets, and what stands in the address's query."""
        values = [value for _name, value in parse_qsl(urlsplit(self.url).query) if len(value) > 7]
        return Redactor([*self.secrets, *values])

    def kept(self, text: str) -> str:
        return self.redactor.text(text)[:KEPT_CHARACTERS].replace("\0", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went: `error` in words unless it was taken; `retry_after` in seconds."""

    at: datetime
    milliseconds: int = 0
    status: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return not self.error


def send(letter: Letter) -> Outcome:
    """Send a letter. It never raises for what the other side or the network does."""
    at, started = datetime.now(UTC), time.monotonic()
    status, text, retry_after = None, "", None
    try:
        status, text, retry_after = _exchange(letter)
        error = _refusal(status)
    except (HTTPError, HTTPException, OSError, RefusedAddress, UnknownHost, ValueError) as failed:
        error = _words(failed)
    return Outcome(
        at=at,
        milliseconds=round((time.monotonic() - started) * 1000),
        status=status,
        error=letter.kept(error)[:500],
        answer=letter.kept(text),
        retry_after=retry_after,
    )


def _exchange(letter: Letter) -> tuple[int, str, float | None]:
    parts = urlsplit(letter.url)
    kind = FencedHTTPSConnection if parts.scheme == "https" else FencedHTTPConnection
    connection: Fenced = kind(parts.hostname, parts.port, timeout=CONNECT_SECONDS)
    connection.allowed = networks(settings.OUTBOUND_ALLOW)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    deadline = Deadline(connection, TOTAL_SECONDS)
    try:
        with deadline:
            connection.connect()
            if deadline.passed:  # before there was anything to cut
                raise TimeoutError
            connection.timeout = TOTAL_SECONDS
            connection.request(
                "POST",
                target,
                body=letter.body,
                headers=letter.headers,
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            body = response.read(ANSWER_BYTES) or b""
            text = body.decode("utf-8", "replace")
            found = response.status, text, _retry_after(response.headers.get("Retry-After", ""))
    except (HTTPError, HTTPException, OSError) as error:
        if deadline.passed:
            raise TimeoutError from error
        raise
    finally:
        connection.release()
    if deadline.passed:
        raise TimeoutError
    return found


def _refusal(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        words = _("Answered %(status)s and points elsewhere, where nothing is sent.")
    else:
        words = _("Answered %(status)s.")
    return words % {"status": status}


def _words(error: Exception) -> str:
    match error:
        case RefusedAddress() as refused:
            words = _("%(host)s has the address %(address)s, which is not public.")
            return words % {"host": refused.host, "address": refused.address}
        case UnknownHost():
            return _("There is no such host.")
        case TimeoutError():
            return _("Did not answer within %(seconds)d s.") % {"seconds": TOTAL_SECONDS}
        case ConnectionRefusedError():
            return _("Refused the connection.")
    return _("Could not be reached (%(kind)s).") % {"kind": type(error).__name__}


def _retry_after(said: str) -> float | None:
    """Seconds, from a number or a date; None if not said or not understood."""
    try:
        seconds = float(said)
    except ValueError:
        try:
            when = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError):
            return None
        seconds = (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
