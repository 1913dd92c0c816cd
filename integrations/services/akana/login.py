"""Being signed in: cookies, the CSRF token and their end. Pure but for the clock.

`memory["sign_in"]` holds `{"for", "tenant", "cookies", "ends", "renew", "user", "helpdesk"}`: a
mark of the credentials, cookies by name as they came, two moments in seconds since 1970, the id of
the user who is signed in, and whether the other side is a helpdesk.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

AUTH, CSRF = "AtmoAuthToken_", "Csrf-Token_"
USUAL_LIFE = 30 * 60  # seconds
EARLY = 1 / 6  # of a cookie's life is left when it is renewed
# What may stand between a right password and a sign-in, by the words that name it.
TASKS = {"password": "password", "agreement": "agreement", "question": "questions"}


class SignIn:
    """The sign-in of one connection, kept from job to job in its memory."""

    def __init__(self, memory: dict[str, Any], setup: Mapping[str, Any]) -> None:
        self._memory = memory
        self.mark = _mark(setup)
        kept = memory.get("sign_in")
        if not isinstance(kept, dict) or kept.get("for") != self.mark:
            memory.pop("sign_in", None)

    @property
    def kept(self) -> dict[str, Any]:
        return self._memory.get("sign_in") or {}

    @property
    def is_good(self) -> bool:
        return bool(self.kept) and self.kept["ends"] > time.time()

    @property
    def is_old(self) -> bool:
        """Good still, but to be renewed."""
        return self.is_good and self.kept["renew"] <= time.time()

    @property
    def tenant(self) -> str:
        return str(self.kept.get("tenant") or "")

    @property
    def user(self) -> str:
        return str(self.kept.get("user") or "")

    @property
    def is_helpdesk(self) -> bool:
        """Whether a helpdesk like this one is signed in to."""
        return bool(self.kept.get("helpdesk"))

    @property
    def secrets(self) -> list[str]:
        """The cookies' values, as they are sent and as they read."""
        sent = list((self.kept.get("cookies") or {}).values())
        return [*sent, *map(unquote, sent)]

    def headers(self, *, writes: bool) -> dict[str, str]:
        """What a call bears. The token of writes goes under the service's own name.

        That name holds an underscore, which some web servers drop; another helpdesk takes a
        hyphen instead, and is told so.
        """
        cookies = self.kept.get("cookies") or {}
        if not cookies:
            return {}
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        token = cookies.get(CSRF + self.tenant)
        if writes and token:
            mark = "-" if self.is_helpdesk else "_"
            headers[f"X-Csrf-Token{mark}{self.tenant}"] = token
        return headers

    def forget(self) -> None:
        self._memory.pop("sign_in", None)

    def take(self, headers: Any, *, helpdesk: bool = False) -> bool:
        """Keep the cookies of an answer. Returns whether one of them signs in."""
        found = _cookies(headers)
        auth = next((name for name in found if name.startswith(AUTH) and found[name]), "")
        if not auth:
            if self.kept:  # a new CSRF token alone
                known = self.kept["cookies"]
                new = {name: value for name, value in found.items() if name.startswith(CSRF)}
                if any(known.get(name) != value for name, value in new.items()):
                    self._memory["sign_in"] = {**self.kept, "cookies": {**known, **new}}
            return False
        tenant = auth.removeprefix(AUTH)
        before = self.kept.get("cookies") or {}
        csrf = found.get(CSRF + tenant) or before.get(CSRF + tenant)
        cookies = {auth: found[auth]} | ({CSRF + tenant: csrf} if csrf else {})
        said = _said(found[auth])
        life, now = _life(said), time.time()
        self._memory["sign_in"] = {
            "for": self.mark,
            "tenant": tenant,
            "cookies": cookies,
            "ends": now + life,
            "renew": now + life * (1 - EARLY),
            "user": _user(said),
            "helpdesk": helpdesk or self.is_helpdesk,
        }
        return True


def pending_task(body: Any) -> str:
    """The task that stands before a sign-in, one of `TASKS`' values; "" if none is named."""
    text = " ".join(_words(body)).casefold()
    order = ("password", "agreement", "question")
    return next((TASKS[word] for word in order if word in text), "")


def _words(body: Any, depth: int = 0) -> Iterable[str]:
    if depth > 5:
        return
    if isinstance(body, Mapping):
        for name, value in body.items():
            yield str(name) if value else ""
            yield from _words(value, depth + 1)
    elif isinstance(body, list):
        for one in body[:50]:
            yield from _words(one, depth + 1)
    elif isinstance(body, str):
        yield body[:500]


def _cookies(headers: Any) -> dict[str, str]:
    """The cookies that an answer sets, by name, their values unchanged."""
    lines = headers.getlist("Set-Cookie") if hasattr(headers, "getlist") else []
    found = {}
    for line in lines:
        name, equals, value = line.partition(";")[0].strip().partition("=")
        if equals and name.startswith((AUTH, CSRF)):
            found[name] = value.strip('"')
    return found


def _said(cookie: str) -> dict[str, str]:
    """The comma list inside a cookie."""
    parts = (part.partition("=") for part in unquote(cookie).split(","))
    return {name: value for name, _equals, value in parts}


def _life(said: Mapping[str, str]) -> float:
    """Seconds, from its two moments, so that the clock over there does not matter."""
    try:
        life = (int(said["expirationTime"]) - int(said["issueTime"])) / 1000
    except (KeyError, ValueError):
        return USUAL_LIFE
    return min(life, 24 * 3600) if life > 0 else USUAL_LIFE


def _user(said: Mapping[str, str]) -> str:
    return unquote(said.get("UserFDN", "")).strip()


def _mark(setup: Mapping[str, Any]) -> str:
    names = ("base_url", "email", "password", "tenant")
    said = "\0".join(str(setup.get(name) or "") for name in names)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
