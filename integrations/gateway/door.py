"""The door of every served API: key → caller, then the request, every failure in its envelope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.doors import faults
from helpdesk.doors.addresses import is_from_allowed
from helpdesk.doors.errors import refuse_unmeasured
from helpdesk.doors.keys import Credential, credential_of, spend
from helpdesk.models.scopes import SERVED, SERVED_WRITES
from helpdesk.text import normalise
from integrations.gateway.caller import Caller, caller_of, door_of
from integrations.gateway.errors import Refused, refusal_of
from integrations.gateway.parsers import JSONBody
from integrations.http import INSTALLATION_HEADER, ORIGIN_HEADER
from integrations.installation import installation

SAFE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What differs between services before a request is understood.

    `secret` finds the key in a request and may refuse it, `credential` looks it up (where tokens
    are handed out, they are looked up instead), `envelope` makes an error body of a refusal.
    `misread` are the errors of the service's wire, `names` its words for our fields, `calls` how
    many calls a key may make a minute. Where `writes` is False, nothing is changed whatever the
    method, such as by a sign-in: a key that may only read is let in.
    """

    service: str
    secret: Callable[[Request], str]
    envelope: Callable[[Refused], Any]
    credential: Callable[[str, str], Credential | None] = credential_of
    misread: tuple[type[Exception], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    calls: int = 100
    writes: bool = True


class ServedView(APIView):
    """One address of a served API: `get`, `post`, `put` answer with what they return.

    `self.caller` is who calls. An answer is a body, or a body and a status.
    """

    dialect: Dialect
    caller: Caller
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JSONBody,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The key before all else: what comes after it may look things up."""
        self.caller = admit(request, self.dialect)
        refuse_unmeasured(request)

    def perform_content_negotiation(self, request: Request, force: bool = False):
        """Always the service's own format, whatever is asked for."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    def handle_exception(self, error: Exception) -> Response:
        refusal = refusal_of(error, self.dialect.misread, self.dialect.names)
        body = self.dialect.envelope(refusal)
        return Response(body, refusal.status, headers=refusal.headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any):
        if not hasattr(response, "headers"):
            body, status = response if isinstance(response, tuple) else (response, 200)
            response = Response(body, status)
        if getattr(request, "accepted_renderer", None) is None:
            chosen = self.perform_content_negotiation(request)
            request.accepted_renderer, request.accepted_media_type = chosen
        response = super().finalize_response(request, response, *args, **kwargs)
        response[INSTALLATION_HEADER] = cache.get_or_set("installation", installation, 300)
        response["Cache-Control"] = "no-store"
        return response


class Unknown(ServedView):
    """Every address that a served API does not have."""

    def unknown(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Refused(404, _("There is nothing at this address."))

    get = post = put = patch = delete = unknown


def admit(request: Request, dialect: Dialect) -> Caller:
    """Who calls. Refuses wrong keys (401), too many calls (429), keys that may not write (403)."""
    found = dialect.credential(dialect.secret(request), door_of(dialect.service))
    if found is None:
        raise Refused(401, _("The key is missing, wrong, expired or revoked."))
    allowance = spend(found.key, dialect.calls, bucket=door_of(dialect.service))
    request.allowance = allowance  # some services say it in headers of every answer
    if allowance.wait is not None:
        words = _("At most %(limit)s calls a minute. Try again in %(wait)s seconds.")
        said = {"limit": allowance.limit, "wait": allowance.wait}
        raise Refused(429, words % said, {"Retry-After": str(allowance.wait)})
    fault = faults.meet(request._request, found.key)
    if fault is not None and fault.status:
        raise Refused(fault.status, fault.words, fault.headers)
    if not is_from_allowed(found.key, request):
        raise Refused(403, _("This key may not be used from this address."))
    writes = dialect.writes and request.method not in SAFE
    if writes and not found.actor.can_write:
        raise Refused(403, _("This key may only read."))
    lacking = (SERVED | (SERVED_WRITES if writes else set())) - found.actor.scopes
    if lacking:
        words = _("This key lacks the scope “%(scope)s”.")
        raise Refused(403, words % {"scope": min(lacking)})
    header = request.headers.get(ORIGIN_HEADER, "")
    caller = caller_of(dialect.service, found.key, found.actor, header)
    if caller is None:
        raise Refused(403, _("This key reaches no queue. Choose a home queue for it."))
    return caller


def query(request: Request) -> dict[str, str]:
    """The parameters of the address, each once, without what can't be stored."""
    return {name: normalise(value) for name, value in request.query_params.items()}


def query_lists(request: Request) -> dict[str, list[str]]:
    """The parameters of the address with all their values, without what can't be stored."""
    lists = request.query_params.lists()
    return {normalise(name): [normalise(one) for one in said] for name, said in lists}
