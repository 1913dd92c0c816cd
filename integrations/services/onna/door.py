"""The door of our Onna endpoint: its token, and failures in the vendor's two forms."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import gateway
from integrations.gateway import archive, folders, tokens
from integrations.gateway.errors import refusal_of
from integrations.services.onna import envelopes, served, values
from integrations.services.onna.values import WireError

CREATED, NOTHING = 201, 204
DIALECT = gateway.Dialect(
    service="onna",
    secret=gateway.bearer_in,
    credential=tokens.credential,
    envelope=lambda refusal: envelopes.write_errors(refusal.status, refusal.message),
    misread=(WireError,),
    names=served.NAMES,
    calls=gateway.IN_HEADER,
)


class View(gateway.ServedView):
    """`speaks_framework`: its 422 has the form of the framework below."""

    dialect = DIALECT
    speaks_framework = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.caller = folders.widened(self.caller)

    def handle_exception(self, error: Exception) -> Response:
        refusal = refusal_of(error, self.dialect.misread, self.dialect.names)
        if isinstance(error, (WireError, ValidationError, ParseError)):
            refusal.status = 422
        if refusal.status == 422 and self.speaks_framework:
            loc, kind = getattr(error, "loc", ("body",)), getattr(error, "kind", "value_error")
            message = refusal.message.partition(": ")[2] if len(loc) > 1 else refusal.message
            body = envelopes.write_framework(message or refusal.message, loc, kind)
        else:
            body = envelopes.write_errors(refusal.status, refusal.message)
        return Response(body, refusal.status, headers=refusal.headers)

    def ticket(self, identity: str) -> Any:
        """A ticket by its id. Raises Http404."""
        return archive.one_of(self.caller, values.read_id(identity, values.TICKET))


class Open(View):
    """Addresses that need no token."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        pass
