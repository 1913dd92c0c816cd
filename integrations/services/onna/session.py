"""Onna's sign-in: a token for the client's credentials, kept from job to job and renewed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.exchange import Answer
from integrations.services.onna.envelopes import error_text

TOKEN_PATH = "/oauth/token"
FORM = "application/x-www-form-urlencoded"
EARLY = 60  # seconds before its end that a token is renewed
UNSIGNED = (TOKEN_PATH, "/health")


class SignedSession:
    """Calls with a bearer token. `memory` holds `token` and `ends` (epoch seconds, 0: unknown).

    A token is renewed before it ends, and once more if a call is refused with 401 all the same.
    """

    def __init__(
        self,
        open_session: Callable[..., Any],
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        memory: dict[str, Any],
        service: str,
    ) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self._memory = memory
        self._service = service
        self._sign_ins = 0
        self._plain = open_session(
            base_url,
            service=service,
            authenticate=self._add_token,
            secrets=[client_secret, memory.get("token", "")],
            explain=error_text,
        )

    @property
    def installation(self) -> str:
        """The helpdesk that answered, in this job or an earlier one."""
        return self._memory.get("installation", "")

    @property
    def writes(self) -> int:
        """Requests that may have changed something there. A sign-in changes nothing."""
        return self._plain.writes - self._sign_ins

    @property
    def redactor(self) -> Any:
        return self._plain.redactor

    def hide(self, secret: str) -> None:
        self._plain.hide(secret)

    def json(self, answer: Answer, *, maybe_done: bool = False) -> Any:
        return self._plain.json(answer, maybe_done=maybe_done)

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """As `integrations.http.Session.request`, signed."""
        renewed = self._renew_if_due(options.get("origin", ""))
        try:
            return self._asked(method, path, **options)
        except ConnectorError as error:
            if error.status != 401 or renewed or path in UNSIGNED:
                raise
        self._renew(options.get("origin", ""))
        return self._asked(method, path, **options)

    def _asked(self, method: str, path: str, **options: Any) -> Answer:
        try:
            return self._plain.request(method, path, **options)
        finally:
            if self._plain.installation:
                self._memory["installation"] = self._plain.installation

    def _add_token(self, request: Any) -> None:
        if request.path not in UNSIGNED:
            request.headers["Authorization"] = f"Bearer {self._memory.get('token', '')}"

    def _renew_if_due(self, origin: str) -> bool:
        ends = self._memory.get("ends") or 0
        if self._memory.get("token") and (not ends or time.time() < ends - EARLY):
            return False
        self._renew(origin)
        return True

    def _renew(self, origin: str) -> None:
        """Ask for a new token. Nothing is made there by it, whatever becomes of the answer."""
        self._memory.pop("token", None)
        before = self._plain.writes
        form = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "grant_type": "client_credentials",
        }
        try:
            answer = self._asked(
                "POST", TOKEN_PATH, body=urlencode(form).encode(), content_type=FORM, origin=origin
            )
            body = self.json(answer)
        except ConnectorError as error:
            error.maybe_done = False
            error.scope = "connection"  # whatever the reason: without a token nothing goes
            raise
        finally:
            self._sign_ins += self._plain.writes - before
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token or not token.isascii() or "\n" in token:
            words = _("%(service)s answered a sign-in without a token. It is tried again.")
            words %= {"service": self._service}
            raise ConnectorError(words, permanent=False, scope="connection", status=answer.status)
        self.hide(token)
        self._memory |= {"token": token, "ends": _end_of(body.get("expires_in"))}


def _end_of(seconds: Any) -> int:
    """When a token ends, 0 if that is not known: then the first 401 tells."""
    try:
        lasts = int(seconds)
    except (TypeError, ValueError, OverflowError):
        return 0
    return int(time.time()) + lasts if lasts > 0 else 0
