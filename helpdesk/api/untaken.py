"""What a write would pass over without a word: a condition, a body.

Whoever sends `If-Match` counts on it, and whoever sends `{"dry_run": true}` to a call that takes no
body would be surprised. What a call takes, its description says.
"""

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType

CONDITIONS = ("If-Match", "If-None-Match")
BODY = "body"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
NAMES_SAID = 20


def taking(method: Callable, taken: frozenset[str]) -> Callable:
    """A method of an endpoint that knows its conditions, and whether it takes a body."""
    method.taken = taken
    return method


def takes_body(method: Callable) -> bool:
    return BODY in getattr(method, "taken", (BODY,))


def refuse_untaken(method: Callable, request) -> None:
    """Raise ValidationError for what was sent and is not taken."""
    taken = getattr(method, "taken", None)
    if taken is None:
        return
    for name in CONDITIONS:
        if name in request.headers and name not in taken:
            raise ValidationError({name: _("This call holds no such condition. Leave it out.")})
    if not takes_body(method) and request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
        _refuse_body(request)


def _refuse_body(request) -> None:
    sent = _sent(request)
    if not sent:  # `{}`, `null` and a form without fields say nothing
        return
    words = _("This call takes no body.")
    if isinstance(sent, dict):
        names = [str(name)[:60] for name in sent][:NAMES_SAID]
        raise ValidationError(dict.fromkeys(names, words))
    raise ValidationError(words)


def _sent(request):
    try:
        return request.data
    except UnsupportedMediaType:
        return _said_in_form(request._request) if _is_form(request) else True


def _said_in_form(form) -> dict | bool:
    try:
        return {**form.POST.dict(), **form.FILES.dict()}
    except (MultiPartParserError, SuspiciousOperation):  # no form at all, or a huge one
        return True


def _is_form(request) -> bool:
    """Whether the fields of a form can be told: Django reads those of a POST alone."""
    return request.method == "POST" and (request.content_type or "").startswith(FORMS)
