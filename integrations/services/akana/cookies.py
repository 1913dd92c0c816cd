"""The cookies of our sign-in: signed, kept nowhere, dead with the key that they stand for.

They look like the service's own: a comma list of words, percent-encoded. Only the token in them
counts. The second cookie holds what a write must say in a header; both end in the tenant's name.
"""

from __future__ import annotations

import time
from urllib.parse import quote, unquote

from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework.request import Request

from integrations import gateway
from integrations.gateway import tokens
from integrations.gateway.caller import door_of
from integrations.services.akana.login import AUTH, CSRF

LIFE = 30 * 60  # seconds
LONGEST = 4000  # characters of a cookie


def token_in(request: Request) -> str:
    """The token of the sign-in, "" if there is none."""
    return _token(_cookie(request)[1])


def set_on(answer: HttpResponse, request: Request, caller: gateway.Caller) -> None:
    """Sign in: both cookies, for half an hour."""
    token = tokens.hand_out(caller.key, door_of(caller.service), seconds=LIFE)
    now = int(time.time() * 1000)
    ends, tenant = now + LIFE * 1000, caller.queue.slug
    said = {
        "TokenID": token,
        "claimed_id": "",
        "issueTime": now,
        "expirationTime": ends,
        "UserName": quote(caller.key.name, safe=""),
        "UserFDN": f"{caller.key.uuid}%2E{tenant}",
        "AttributesIncluded": "false",
        "sig": token.rpartition(":")[2],
    }
    written = {"TokenID": tokens.twin_of(token), "expirationTime": ends}
    options = {
        "max_age": LIFE,
        "path": request.path.partition("/api/")[0] or "/",
        "secure": request.is_secure(),
        "samesite": "Strict",
    }
    answer.set_cookie(f"{AUTH}{tenant}", _listed(said), httponly=True, **options)
    answer.set_cookie(f"{CSRF}{tenant}", _listed(written), **options)


def refuse_forged(request: Request) -> None:
    """A write must say the token of the second cookie, so that no other page makes it.

    The header's name ends in the tenant, after `_` as the service has it, or after `-`, which web
    servers let pass that drop names with `_`.
    """
    name, value = _cookie(request)
    tenant = name.removeprefix(AUTH)
    said = request.META.get(f"HTTP_X_CSRF_TOKEN_{tenant.upper().replace('-', '_')}", "")
    found = unquote(said[:LONGEST]).partition("TokenID=")[2].partition(",")[0]
    if not constant_time_compare(found, tokens.twin_of(_token(value))):
        words = _("X-Csrf-Token_%(tenant)s: is missing or wrong.")
        raise gateway.Refused(401, words % {"tenant": tenant})


def _cookie(request: Request) -> tuple[str, str]:
    """The cookie of the sign-in, the first that holds a token; of several tenants any."""
    found = [(name, value) for name, value in request.COOKIES.items() if name.startswith(AUTH)]
    return next(((name, value) for name, value in found if _token(value)), ("", ""))


def _token(cookie: str) -> str:
    said = unquote(cookie[:LONGEST]).split(",")[0]
    return said.partition("TokenID=")[2]


def _listed(said: dict[str, object]) -> str:
    return quote(",".join(f"{name}={value}" for name, value in said.items()), safe="")
