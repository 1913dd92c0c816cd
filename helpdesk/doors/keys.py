"""A key at the door: secret → Actor, in at most two statements, and how often it may call."""

import math
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.throttling import BaseThrottle

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.doors.addresses import refuse_elsewhere
from helpdesk.models import ApiKey
from helpdesk.permissions import actor_of_key

MAX_SECRET = 200
WINDOW = 60  # seconds
IN_HEADER = 6000  # calls a window for keys in a header, unless the key says otherwise
IN_ADDRESS = 100  # and for keys in a query string
NOTED_EVERY = timedelta(minutes=1)
BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credential:
    """A usable key and the actor that it is at a door."""

    key: ApiKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may still call in this window; `wait` is None while it may."""

    limit: int
    remaining: int
    resets_in: int
    wait: int | None

    @property
    def headers(self) -> dict[str, str]:
        said = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.resets_in),
        }
        return said if self.wait is None else {**said, "Retry-After": str(self.wait)}


def credential_of(secret: str, origin: str = "api", request_id: str = "") -> Credential | None:
    """The key of a secret and its actor; None if it is unknown, expired or revoked."""
    if not secret or len(secret) > MAX_SECRET:
        return None
    digest = ApiKey.digest_of(secret)
    found = prepared.rows("key", _keys_of, digest=digest, now=timezone.now())
    return credential_for(found[0], origin, request_id) if found else None


def _keys_of(digest: str, now: datetime) -> QuerySet:
    former = Q(previous_digest=digest, previous_until__gt=now)
    return ApiKey.objects.filter(Q(digest=digest) | former).order_by("pk")[:1]


def credential_for(key: ApiKey, origin: str = "api", request_id: str = "") -> Credential | None:
    """A key that was recognised otherwise, and its actor; None if it is expired or revoked."""
    if not key.is_usable:
        return None
    is_named = not (key.all_queues or key.is_sandbox)
    queues = list(key.queues.values_list("pk", flat=True).order_by()) if is_named else []
    _note_use(key)
    return Credential(key, actor_of_key(key, queues, origin, request_id))


def actor_for_secret(secret: str, origin: str = "api", request_id: str = "") -> Actor | None:
    """The actor of a secret, however it was handed in; None if it opens nothing."""
    found = credential_of(secret, origin, request_id)
    return found.actor if found else None


def spend(key: ApiKey, usual: int = IN_HEADER, *, bucket: str = "calls") -> Allowance:
    """Count one call of a key, or refuse it. Shared by all processes that share the cache."""
    limit = key.rate_limit or usual
    now = time.time()
    window = int(now // WINDOW)
    resets_in = max(1, math.ceil((window + 1) * WINDOW - now))
    name = f"{bucket}:{key.pk}:{window}"
    try:
        calls = _counted(name)
    except ValueError:  # thrown out of a full cache in between
        calls = 1
    wait = resets_in if calls > limit else None
    return Allowance(limit, max(0, limit - calls), resets_in, wait)


def _counted(name: str) -> int:
    """One more, and how many that are: most calls are not the first of their window."""
    if hasattr(cache, "counted"):  # where processes share it: in one call
        return cache.counted(name, WINDOW * 2)
    try:
        return cache.incr(name)
    except ValueError:
        return 1 if cache.add(name, 1, WINDOW * 2) else cache.incr(name)


def bearer_in(request: HttpRequest) -> str:
    """The secret of `Authorization: Bearer <key>`, empty if there is none."""
    found = BEARER.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""


class KeyAuthentication(BaseAuthentication):
    """Keys only: a browser's session opens nothing here. `request.user` is the Actor."""

    def authenticate(self, request) -> tuple[Actor, ApiKey]:
        request_id = getattr(request, "request_id", "")
        found = credential_of(self.secret_in(request), "api", request_id)
        if found is None:
            raise AuthenticationFailed
        refuse_elsewhere(found.key, request)
        return found.actor, found.key

    def secret_in(self, request) -> str:
        return bearer_in(request)

    def authenticate_header(self, request) -> str:
        return 'Bearer realm="api"'


class KeyThrottle(BaseThrottle):
    """So many calls a minute for each key; the allowance is kept on the request for its headers."""

    allowance: Allowance | None = None

    def allow_request(self, request, view) -> bool:
        self.allowance = spend(request.auth)
        request.allowance = self.allowance
        return self.allowance.wait is None

    def wait(self) -> int | None:
        return self.allowance.wait if self.allowance else None


def _note_use(key: ApiKey) -> None:
    """Write down that a key was used: once a minute at most, since reading should not write."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
