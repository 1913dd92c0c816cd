"""Whatever goes wrong behind a served API, as a status and words for the vendor's envelope."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

log = logging.getLogger(__name__)


class Refused(Exception):
    """An answer other than success, in words that name the remedy.

    `kind` and `detail`: what else the service's envelope says, such as an error type.
    """

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        kind: str = "",
        detail: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.kind = kind
        self.detail = detail


def refusal_of(
    error: Exception, misread: tuple[type[Exception], ...], names: Mapping[str, str]
) -> Refused:
    """What to answer. `misread`: errors of the service's wire; `names`: our fields in its words."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, misread):
        return Refused(400, str(error))
    if isinstance(error, ValidationError):
        return Refused(400, _words(error, names))
    if isinstance(error, Http404):
        return Refused(404, _("There is nothing at this address."))
    if isinstance(error, PermissionDenied):
        return Refused(403, str(error) or _("This key may not do that."))
    if isinstance(error, RequestDataTooBig):
        return Refused(413, _("The body is too large."))
    if isinstance(error, SuspiciousOperation):
        return Refused(400, str(error))
    if isinstance(error, APIException):
        return Refused(error.status_code, str(error.detail))
    log.error("A served API failed", exc_info=error)
    return Refused(500, _("This helpdesk failed inside. The fault was noted."))


def _words(error: ValidationError, names: Mapping[str, str]) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        f"{_named(name, names)}: {' '.join(messages)}"
        for name, messages in error.message_dict.items()
    )


def _named(name: str, names: Mapping[str, str]) -> str:
    ours, dot, rest = name.partition(".")
    return f"{names.get(ours, ours)}{dot}{rest}"
