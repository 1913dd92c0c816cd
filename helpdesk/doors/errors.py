"""One body for every failure, in the manner of RFC 9457, with stable codes."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import orjson
from django.core import exceptions as django_errors
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions as rest_errors

from helpdesk.changes import Collision
from helpdesk.doors.patience import TooSlow, was_stopped

log = logging.getLogger(__name__)
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "collision",
    411: "length_required",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "other_request",
    429: "too_many_calls",
    500: "server_error",
    503: "busy",
}

BUSY = ("locked", "deadlock")  # SQLite's words, PostgreSQL's


class Malformed(rest_errors.ParseError):
    """A body that cannot be read."""


class TooLarge(rest_errors.APIException):
    status_code = 413


class LengthRequired(rest_errors.APIException):
    """A body in chunks, whose end the server is not told: it would be lost without a word."""

    status_code = 411


def refuse_unmeasured(request: HttpRequest) -> None:
    """Raise LengthRequired for a body in chunks: WSGI hands it on without its end."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired(_("Send the body in one piece, with its Content-Length."))


class PreconditionFailed(rest_errors.APIException):
    """`If-Match` names another version than the present one."""

    status_code = 412

    def __init__(self, difference: list[dict], words: str = ""):
        self.difference = difference
        super().__init__(
            words or _("The ticket was changed since the version that If-Match names.")
        )


class MissingScope(rest_errors.APIException):
    """The key may not do this: it names other scopes."""

    status_code = 403

    def __init__(self, scope: str):
        self.scope = scope
        super().__init__(_("This key lacks the scope “%(scope)s”.") % {"scope": scope})


class RefusedAddress(rest_errors.APIException):
    """The key may not be used from where the call comes."""

    status_code = 403

    def __init__(self, address: str):
        super().__init__(
            _("This key may not be used from %(address)s.") % {"address": address or "–"}
        )


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Iterable[dict] = (),
    request_id: str = "",
    headers: Mapping[str, str] | None = None,
    **more,
) -> HttpResponse:
    """A failure's answer. `errors` are `{"field", "code", "message"}`; `more` joins the body."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code or CODES[status],
        "detail": str(detail),
        "errors": list(errors),
        **more,
        "request_id": request_id,
    }
    return HttpResponse(
        orjson.dumps(body, default=str),
        status=status,
        content_type="application/problem+json",
        headers=dict(headers or {}),
    )


def answer_to(error: Exception, context: dict) -> HttpResponse:
    """The answer to whatever a view raised; DRF's exception handler."""
    request = context["request"]
    request_id = getattr(request, "request_id", "")
    found = said_of(error)
    if found is None:
        got_request_exception.send(sender=None, request=request)
        log.error("Request %s failed", request_id, exc_info=error)
        found = {"status": 500, "detail": _("Something went wrong here. It was noted.")}
    return problem(**found, request_id=request_id)


def said_of(error: Exception) -> dict | None:
    """What is said of a failure: `status`, `detail`, perhaps `code`, `errors`, `difference`,
    `headers`; None for a fault of ours."""
    match error:
        case Collision():
            return {"status": 409, "detail": error.messages[0], "difference": error.difference}
        case PreconditionFailed():
            return {"status": 412, "detail": error.detail, "difference": error.difference}
        case MissingScope():
            said = {"detail": error.detail, "scope": error.scope}
            return {"status": 403, "code": "missing_scope", **said}
        case RefusedAddress():
            return {"status": 403, "code": "refused_address", "detail": error.detail}
        case django_errors.ValidationError():
            return _invalid(_errors_of(error))
        case rest_errors.ValidationError():
            return _invalid(list(_flattened(error.detail)))
        case Malformed():
            return {"status": 400, "code": "malformed", "detail": error.detail}
        case rest_errors.NotAuthenticated() | rest_errors.AuthenticationFailed():
            words = _("Send a valid key: “Authorization: Bearer <key>”.")
            headers = {"WWW-Authenticate": 'Bearer realm="api"'}
            return {"status": 401, "detail": words, "headers": headers}
        case rest_errors.Throttled():
            wait = str(int(error.wait or 1))
            words = _("Too many calls. Try again in %(wait)s seconds.") % {"wait": wait}
            return {"status": 429, "detail": words, "headers": {"Retry-After": wait}}
        case Http404() | rest_errors.NotFound():
            return {"status": 404, "detail": _("There is nothing here that you may see.")}
        case django_errors.PermissionDenied():
            return {"status": 403, "detail": str(error) or _("You may not do this.")}
        case django_errors.RequestDataTooBig():
            return {"status": 413, "detail": _("The request is too large.")}
        case django_errors.SuspiciousOperation() | django_errors.BadRequest():
            return {"status": 400, "code": "malformed", "detail": _("This cannot be read.")}
        case TooSlow():
            return {"status": 503, "code": "too_slow", "detail": str(error)}
        case OperationalError() if was_stopped(error):
            return {"status": 503, "code": "too_slow", "detail": str(TooSlow())}
        case OperationalError() if any(word in str(error) for word in BUSY):
            words = _("The database is busy. Try again in a moment.")
            return {"status": 503, "detail": words, "headers": {"Retry-After": "1"}}
        case rest_errors.APIException() if error.status_code in CODES:
            return {"status": error.status_code, "detail": error.detail}
    return None


def _invalid(errors: list[dict]) -> dict:
    first = errors[0]
    where = f"{first['field']}: " if first["field"] else ""
    return {"status": 400, "detail": where + first["message"], "errors": errors}


def _errors_of(error: django_errors.ValidationError) -> list[dict]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
    return [
        {
            "field": None if field == django_errors.NON_FIELD_ERRORS else field,
            "code": one.code or "invalid",
            "message": words,
        }
        for field, errors in by_field.items()
        for one in errors
        for words in one.messages
    ]


def _flattened(detail, path: str = "") -> Iterable[dict]:
    """DRF's nested details as a list with dotted paths."""
    if isinstance(detail, Mapping):
        for name, one in detail.items():
            inner = path if name == "non_field_errors" else f"{path}.{name}" if path else str(name)
            yield from _flattened(one, inner)
    elif isinstance(detail, list | tuple):
        for one in detail:
            yield from _flattened(one, path)
    else:
        yield {"field": path or None, "code": detail.code, "message": str(detail)}
