"""The OpenAPI document and its pages: they hold no data and nothing from outside."""

from functools import cache

import orjson
from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

PREFIX = "/api/v1/"


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_document(get_language()), content_type="application/json")


@require_safe
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
