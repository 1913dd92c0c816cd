"""Taking secrets out of what is written down: URLs, bodies, error texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
# Members of JSON bodies, form fields and query parameters that are secret whatever their value.
SECRET_NAMES = (
    "access_token",
    "refresh_token",
    "client_secret",
    "password",
    "authorization",
    "api_key",
    "apikey",
    "secret",
)


class Redactor:
    """Knows the secrets of one session, among them those it learns on the way (`learn`)."""

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        listed = "|".join(re.escape(name) for name in (*SECRET_NAMES, *names))
        self._parameter = re.compile(rf"(?i)(?<![\w-])({listed})=([^&\s\"'#]*)")
        listed = "|".join(re.escape(name) for name in SECRET_NAMES)
        self._member = re.compile(rf'(?i)("(?:{listed})"\s*:\s*)"(?:[^"\\]|\\.)*("|$)')
        self._secrets: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets)} spellings>"

    def learn(self, secret: str) -> None:
        """Hide this value from now on, in each way it is spelled in URLs and JSON."""
        if secret:
            spellings = (spell(secret, safe) for spell in (quote, quote_plus) for safe in ("", "/"))
            self._secrets |= {secret, json.dumps(secret)[1:-1], *spellings}

    def text(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        text = self._parameter.sub(rf"\1={HIDDEN}", text)
        return self._member.sub(rf'\1"{HIDDEN}"', text)
