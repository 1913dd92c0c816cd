"""One HTTP session: what every service client talks through.

It owns time-outs, size limits, the fence around private addresses, the repetitions that are safe,
the journal with secrets taken out, and the words of errors.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from django.utils.translation import gettext as _
from urllib3 import HTTPResponse
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
from integrations.connector import ConnectorError
from integrations.exchange import Answer, JournalEntry, Limits, Request, TooMuch
from integrations.kept import Kept, Stale
from integrations.words import (
    error_of_answer,
    error_of_redirect,
    error_of_transport,
    not_json,
)

log = logging.getLogger(__name__)

ORIGIN_HEADER = "Helpdesk-Origin"
INSTALLATION_HEADER = "Helpdesk-Installation"
PASSING = (502, 503, 504)


class Session:
    """Calls to one base URL.

    The service says: `service` (its name in error texts), `authenticate` (puts credentials on a
    request), `secrets` (values to hide), `secret_names` (query parameters to hide) and `explain`
    (finds the error text in a JSON body). The mirror says: `allowed_networks`, `journal` (called
    after each exchange), `budget` (called before each; may raise ConnectorError), `limits` and
    `keep_seconds` (how long a connection stays open for reads; then `close` is to be called).
    `installation` is the helpdesk installation that answered last, or ""; `writes` counts the
    requests that left and were no mere questions.
    """

    def __init__(
        self,
        base_url: str,
        *,
        service: str,
        authenticate: Callable[[Request], None] | None = None,
        secrets: Iterable[str] = (),
        secret_names: Iterable[str] = (),
        explain: Callable[[Any], str] | None = None,
        allowed_networks: Iterable[str] = (),
        journal: Callable[[JournalEntry], None] | None = None,
        budget: Callable[[], None] | None = None,
        limits: Limits | None = None,
        keep_seconds: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self.installation = ""
        self.writes = 0
        self.redactor = Redactor(secrets, secret_names)
        self.limits = limits or Limits()
        self._address = self._address_of(base_url)
        self._authenticate = authenticate
        self._explain = explain
        self._allowed = networks(allowed_networks)
        self._journal = journal
        self._budget = budget
        self._kept = Kept(keep_seconds)
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"<Session with {self.service} at {self._address.hostname}>"

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Answer:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Answer:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.request("DELETE", path, **options)

    def close(self) -> None:
        self._kept.close()

    def hide(self, secret: str) -> None:
        """Hide a secret that was learned on the way, such as a token of a sign-in."""
        self.redactor.learn(secret)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        payload: Any = None,
        body: bytes | None = None,
        content_type: str = "",
        origin: str = "",
    ) -> Answer:
        """Send a request, with `payload` as JSON or `body` as it is, and return a 2xx answer.

        Anything else raises ConnectorError. Repeated by itself is only what cannot do harm: a GET,
        and what was refused with a short Retry-After.
        """
        request = Request(
            method=method,
            path=path,
            query={name: str(value) for name, value in (query or {}).items() if value is not None},
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **({} if self._kept.seconds else {"Connection": "close"}),
                "User-Agent": "Helpdesk",
                **(headers or {}),
            },
            origin=origin,
        )
        if origin:
            request.headers[ORIGIN_HEADER] = origin
        self._set_body(request, payload, body, content_type)
        if self._authenticate:
            self._authenticate(request)
        try:
            return self._exchange(request)
        except ConnectorError as error:
            pause = self._pause_before_repeating(request, error)
            if pause is None:
                raise
            self._sleep(pause)
            return self._exchange(request)

    def json(self, answer: Answer, *, maybe_done: bool = False) -> Any:
        """The JSON of an answer; what is not JSON becomes an error in words."""
        try:
            return answer.json()
        except (ValueError, RecursionError) as error:
            raise not_json(
                self.service, self.redactor.text(answer.text), answer.status, maybe_done=maybe_done
            ) from error

    def _address_of(self, base_url: str) -> SplitResult:
        try:
            address = urlsplit(base_url.rstrip("/"))
            usable = address.scheme in ("http", "https") and address.hostname and address.port != 0
        except ValueError:
            usable = False
        if usable:
            return address
        words = _("“%(url)s” is not an address. It must begin with https://.")
        shown = {"url": self.redactor.text(base_url)}
        raise ConnectorError(words % shown, permanent=True, scope="connection")

    def _set_body(
        self, request: Request, payload: Any, body: bytes | None, content_type: str
    ) -> None:
        if payload is not None:
            request.noted_body = json.dumps(payload, ensure_ascii=False, allow_nan=False)
            request.body = request.noted_body.encode(errors="replace")  # lone surrogates
            content_type = "application/json"
        elif body is not None:
            request.body = body
            kind = content_type.partition(";")[0]
            request.noted_body = f"<{kind}, {len(body)} bytes>"
        if content_type:
            request.headers["Content-Type"] = content_type

    def _pause_before_repeating(self, request: Request, error: ConnectorError) -> float | None:
        if error.status == 429:
            short = error.retry_after is not None and error.retry_after <= self.limits.longest_pause
            return error.retry_after if short else None
        repeatable = not error.permanent and (error.status is None or error.status in PASSING)
        if request.is_safe and repeatable and error.retry_after is None:
            return self.limits.pause_between_tries
        return None

    def _exchange(self, request: Request) -> Answer:
        """One request over the wire, noted in the journal whatever becomes of it."""
        if self._budget:
            self._budget()
        at, started = datetime.now(UTC), time.monotonic()
        answer: Answer | None = None
        problem = ""
        try:
            answer = self._send(request)
            self.installation = answer.headers.get(INSTALLATION_HEADER, "")
            self._refuse_failure(request, answer)
            return answer
        except ConnectorError as error:
            problem = error.message
            raise
        finally:
            milliseconds = round((time.monotonic() - started) * 1000)
            self._note(request, answer, at, milliseconds, problem)

    def _send(self, request: Request) -> Answer:
        """A read goes over a kept connection, if there is one; a write has one of its own."""
        kept = self._kept.take() if request.is_safe else None
        if kept is not None:
            try:
                return self._send_over(kept, request, is_kept=True)
            except Stale:
                log.debug("A kept connection to %s was closed", self._address.hostname)
        self._kept.close()
        return self._send_over(self._connection(), request)

    def _send_over(self, connection: Fenced, request: Request, *, is_kept: bool = False) -> Answer:
        sent = is_to_keep = False
        deadline = Deadline(connection, self.limits.total_seconds)
        try:
            with deadline:
                if not is_kept:
                    connection.connect()
                if deadline.passed:  # before there was anything to cut
                    raise TimeoutError
                connection.timeout = self.limits.read_seconds  # set on the socket by urllib3
                sent = True
                self.writes += not request.is_safe
                connection.request(
                    request.method,
                    self._target(request),
                    body=request.body,
                    headers=request.headers,
                    preload_content=False,
                    decode_content=False,
                )
                response = connection.getresponse()
                answer = Answer(
                    status=response.status, headers=response.headers, body=self._read(response)
                )
                is_to_keep = 200 <= answer.status < 300
        except (
            HTTPError,
            HTTPException,
            OSError,
            RefusedAddress,
            UnknownHost,
            TooMuch,
            ValueError,
        ) as error:
            # ValueError: a header or status line that http.client cannot make sense of.
            if is_kept and isinstance(error, ConnectionError) and not deadline.passed:
                raise Stale from None
            maybe_done = sent and request.method == "POST"
            raise self._transport_error(error, deadline.passed, maybe_done) from None
        finally:
            if deadline.passed or not is_to_keep or not self._kept.put(connection):
                connection.release()
        if deadline.passed:
            raise self._transport_error(TimeoutError(), True, request.method == "POST")
        return answer

    def _connection(self) -> Fenced:
        kind = FencedHTTPSConnection if self._address.scheme == "https" else FencedHTTPConnection
        connection = kind(
            self._address.hostname, self._address.port, timeout=self.limits.connect_seconds
        )
        connection.allowed = self._allowed
        return connection

    def _target(self, request: Request) -> str:
        query = f"?{urlencode(request.query)}" if request.query else ""
        return f"{self._address.path}{request.path}{query}"

    def _read(self, response: HTTPResponse) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("", "identity"):
            raise TooMuch(_("a compressed answer, which was not asked for"))
        pieces, size = [], 0
        while piece := response.read(65536):
            size += len(piece)
            if size > self.limits.answer_bytes:
                raise TooMuch(
                    _("more than %(limit)s MB")
                    % {"limit": self.limits.answer_bytes // 1024 // 1024}
                )
            pieces.append(piece)
        return b"".join(pieces)

    def _refuse_failure(self, request: Request, answer: Answer) -> None:
        if 200 <= answer.status < 300:
            return
        maybe_done = request.method == "POST" and (
            answer.status == 408 or (answer.status >= 500 and answer.status != 501)
        )
        if 300 <= answer.status < 400:
            raise error_of_redirect(self.service, answer.status)
        raise error_of_answer(
            self.service,
            answer.status,
            said=self._said(answer),
            retry_after=self._clamped(answer.retry_after),
            maybe_done=maybe_done,
        )

    def _clamped(self, seconds: float | None) -> float | None:
        return None if seconds is None else min(max(seconds, 1.0), self.limits.longest_retry_after)

    def _said(self, answer: Answer) -> str:
        try:
            found = self._explain(answer.json()) if self._explain else ""
        except (ValueError, RecursionError):
            found = "" if answer.text.lstrip().startswith("<") else answer.text
        return " ".join(self.redactor.text(str(found or "")).split())[:300]

    def _transport_error(
        self, error: Exception, deadline_passed: bool, maybe_done: bool
    ) -> ConnectorError:
        seconds = self.limits.total_seconds if deadline_passed else None
        host = self._address.hostname
        return error_of_transport(
            self.service, host, error, deadline=seconds, maybe_done=maybe_done
        )

    def _note(
        self,
        request: Request,
        answer: Answer | None,
        at: datetime,
        milliseconds: int,
        problem: str,
    ) -> None:
        address = f"{self._address.scheme}://{self._address.netloc.rpartition('@')[2]}"
        entry = JournalEntry(
            at=at,
            method=request.method,
            url=self.redactor.text(address + self._target(request)),
            request_body=self._capped(request.noted_body),
            status=answer.status if answer else None,
            response_body=self._capped(answer.shown) if answer else "",
            milliseconds=milliseconds,
            error=self.redactor.text(problem),
            origin=request.origin,
        )
        log.debug("%s %s → %s in %s ms", entry.method, entry.url, entry.status, milliseconds)
        if self._journal:
            self._journal(entry)

    def _capped(self, text: str) -> str:
        # Redacted before it is cut: half a secret would not be recognised.
        return self.redactor.text(text)[: self.limits.journal_characters].replace("\0", "")
