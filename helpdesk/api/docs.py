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

from helpdesk.api import repeats, xml
from helpdesk.api.examples import put_examples
from helpdesk.api.parsing import MERGE_PATCH, JSONParser
from helpdesk.doors.errors import problem

PREFIX = "/api/v1/"
READING = ("GET", "HEAD")
WRITING = ("post", "put", "patch", "delete")
NAMED = {
    "name": repeats.HEADER,
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "A name for this write: repeated within 24 hours it gets the same answer.",
}
TRIED = {
    "name": repeats.DRY_RUN,
    "in": "query",
    "schema": {"type": "boolean", "default": False},
    "description": "Answer as if, and change nothing. Ids and numbers in the answer are not kept.",
}


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


def with_repeats(result: dict, generator, request, public) -> dict:
    """A hook of the generator: every write may be named, and may be only tried."""
    for methods in result["paths"].values():
        for method, operation in methods.items():
            if method in WRITING:
                operation.setdefault("parameters", []).extend([NAMED, TRIED])
                kind = {"schema": {"$ref": "#/components/schemas/Problem"}}
                words = "The Idempotency-Key was used for another request."
                said = {"description": words, "content": {"application/problem+json": kind}}
                operation["responses"].setdefault("422", said)
                measured = {**said, "description": "A body came without its Content-Length."}
                operation["responses"].setdefault("411", measured)
    return result


def with_other_kinds(result: dict, generator, request, public) -> dict:
    """A hook of the generator: changes are also read by the other name of a merge patch, tickets
    and comments also read and written as XML. JSON has bodies to begin with."""
    for methods in result["paths"].values():
        content = methods.get("patch", {}).get("requestBody", {}).get("content", {})
        if JSONParser.media_type in content:
            content[MERGE_PATCH] = content[JSONParser.media_type]
    views = {path: view for path, _regex, _method, view in generator.endpoints or ()}
    for path, methods in result["paths"].items():
        if not getattr(getattr(views.get(path), "cls", None), "xml", None):
            continue
        for operation in methods.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (one.get("content", {}) for one in bodies):
                for kind, same in xml.JSON_KINDS.items():
                    if kind in content:
                        content[same] = content[kind]
    put_examples(result)
    return result


@cache
def _document(language: str) -> bytes:
    return orjson.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)
