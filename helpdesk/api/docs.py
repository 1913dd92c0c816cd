"""The OpenAPI document and its pages: they hold no data and nothing from outside."""

from collections.abc import Callable
from functools import cache, wraps

import orjson
from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator

from helpdesk.doors.errors import problem

PREFIX = "/api/v1/"
READING = ("GET", "HEAD")


def only_read(view: Callable) -> Callable:
    """Other methods answer 405 with the body of every failure."""

    @csrf_exempt  # nothing is done, whoever asks
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method in READING:
            return view(request)
        words = _("Method “%(method)s” not allowed.") % {"method": request.method}
        return problem(405, words, headers={"Allow": ", ".join(READING)})

    return answer


@only_read
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_document(get_language()), content_type="application/json")


@only_read
@csp_update({"style-src": [UNSAFE_INLINE]})
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI, which styles by attributes; this page shows nothing that anybody typed."""
    return render(request, "api/docs.html")


def only_ours(endpoints: list[tuple]) -> list[tuple]:
    """A hook of the generator: the endpoints of this API alone."""
    return [one for one in endpoints if one[0].startswith(PREFIX)]


@cache
def _document(language: str) -> bytes:
    return orjson.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)
