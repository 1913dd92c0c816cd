"""Bodies of served APIs, read within bounds."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from helpdesk.text import normalise
from integrations.gateway.errors import Refused

MAX_JSON = 2 * 1024 * 1024


class JSONBody(BaseParser):
    """A JSON object of at most 2 MB, its texts as we store them."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> dict[str, Any]:
        content = stream.read(MAX_JSON + 1)
        if len(content) > MAX_JSON:
            limit = {"limit": MAX_JSON // 1024 // 1024}
            raise Refused(413, _("The body is larger than %(limit)s MB.") % limit)
        try:
            body = stored(json.loads(content, parse_constant=_refuse_constant))
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if not isinstance(body, dict):
            raise ParseError(_("The body must be a JSON object."))
        return body


class FilesBody(MultiPartParser):
    """A form with files, all of them together within the limit of one."""

    def parse(self, stream, media_type=None, parser_context=None):
        length = int(parser_context["request"].META.get("CONTENT_LENGTH") or 0)
        if length > (settings.MAX_UPLOAD_MB + 1) * 1024 * 1024:
            limit = {"limit": settings.MAX_UPLOAD_MB}
            raise Refused(413, _("The files are larger than %(limit)s MB.") % limit)
        return super().parse(stream, media_type, parser_context)


def stored(value: Any) -> Any:
    """What a body says, its texts as we store them."""
    if isinstance(value, str):
        return normalise(value)
    if isinstance(value, list):
        return [stored(one) for one in value]
    if isinstance(value, dict):
        return {normalise(name): stored(one) for name, one in value.items()}
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
