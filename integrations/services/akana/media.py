"""What a caller sends and wants, by its headers: JSON, XML, text, and the vendor's names for them.

A bad `Accept` and a missing `Content-Type` are answered with 405, as the service does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from integrations import gateway
from integrations.gateway.parsers import stored
from integrations.services.akana import markup

VENDOR = re.compile(r"application/vnd\.soa\.v(71|72|80|81)\+(json|xml)")
FORM = "multipart/form-data"
QUALITY = re.compile(r"q\s*=\s*(\d(?:\.\d{0,3})?)")


def read_body(request: Request, *roots: str) -> dict[str, Any]:
    """The object of a body, in JSON or XML."""
    kind = kind_of(request)
    if kind == "application/json" or kind.endswith("+json"):
        return gateway.JSONBody().parse(request)
    content = request.read(markup.MAX_XML + 1)
    if len(content) > markup.MAX_XML:
        limit = {"limit": markup.MAX_XML // 1024 // 1024}
        raise gateway.Refused(413, _("The body is larger than %(limit)s MB.") % limit)
    return stored(markup.read(content, *roots, strict=True))


def kind_of(request: Request, *others: str) -> str:
    """The media type of a body: an object's, or one of `others`."""
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if not kind:
        raise gateway.Refused(405, _("Content-Type: is required."))
    allowed = others or ("application/json", "application/xml")
    if kind not in allowed and not (not others and VENDOR.fullmatch(kind)):
        words = _("Content-Type: use %(types)s.")
        raise gateway.Refused(400, words % {"types": ", ".join(allowed)})
    return kind


def read_text(request: Request, limit: int = 1000) -> str:
    kind_of(request, "text/plain")
    content = request.read(limit + 1)
    if len(content) > limit:
        raise gateway.Refused(413, _("The body is too long."))
    return stored(content.decode("utf-8", "replace")).strip()


def one_file(request: Request) -> Any:
    """The only file of a form, whatever its part is called."""
    kind_of(request, FORM)
    found = [file for name in request.FILES for file in request.FILES.getlist(name)]
    if len(found) != 1:
        raise gateway.Refused(400, _("InMultiPart: exactly one file is required."))
    return found[0]


# Answers -----------------------------------------------------------------------------------------


def text(words: str) -> HttpResponse:
    """A text without a new line at its end."""
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


def answer(request: Request, root: str, members: Mapping[str, Any]) -> HttpResponse:
    """An object in the format that is wanted most."""
    kind = object_type(request)
    if kind.endswith("xml"):
        return HttpResponse(markup.write(root, members), content_type=kind)
    words = json.dumps(members, ensure_ascii=False).encode(errors="replace")
    return HttpResponse(words, content_type=kind)


def object_type(request: Request) -> str:
    """The media type in which an object is answered."""
    for kind in _wanted(request):
        if kind in ("*/*", "application/*"):
            return "application/json"
        if kind in ("application/json", "application/xml") or VENDOR.fullmatch(kind):
            return kind
    raise _bad_accept("application/json, application/xml, application/vnd.soa.v81+json")


def refuse_unless_text(request: Request) -> None:
    if not {"*/*", "text/*", "text/plain"}.intersection(_wanted(request)):
        raise _bad_accept("text/plain")


def _bad_accept(types: str) -> gateway.Refused:
    return gateway.Refused(405, _("Accept: use %(types)s.") % {"types": types})


def _wanted(request: Request) -> list[str]:
    """Media types by how much they are wanted; without the header any."""
    found = []
    for position, part in enumerate(request.META.get("HTTP_ACCEPT", "*/*")[:2000].split(",")):
        kind, _semicolon, parameters = part.strip().lower().partition(";")
        match = QUALITY.search(parameters)
        quality = float(match[1]) if match else 1.0
        if kind and quality > 0:
            found.append((-quality, position, kind.strip()))
    return [kind for _quality, _position, kind in sorted(found)]
