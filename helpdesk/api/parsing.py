"""Bodies: strict JSON, bounded in size and depth."""

import json
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser, DataAndFiles, FileUploadParser, MultiPartParser

from helpdesk.doors.errors import Malformed, TooLarge

MAX_BODY = 4 * 1024 * 1024
MAX_DEPTH = 24
FORM_AROUND = 64 * 1024  # what a form may hold beside its file
MAX_DIGITS = 30
MERGE_PATCH = "application/merge-patch+json"


class JSONParser(BaseParser):
    """JSON as RFC 8259 has it: no NaN, no name twice, no half surrogates, no endless nesting."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLarge(
                _("At most %(limit)s MB of JSON.") % {"limit": MAX_BODY // (1024 * 1024)}
            )
        return parsed(raw)


class FileParser(MultiPartParser):
    """Forms with files, refused before they are read if they are larger than any file may be."""

    def parse(self, stream, media_type=None, parser_context=None):
        _refuse_large(parser_context["request"], FORM_AROUND)
        return super().parse(stream, media_type, parser_context)


class RawFileParser(FileUploadParser):
    """A file alone, as it is, which `Content-Disposition` names. It is read as a form's file is."""

    media_type = "application/octet-stream"

    def parse(self, stream, media_type=None, parser_context=None):
        _refuse_large(parser_context["request"])
        if not self.get_filename(stream, media_type, parser_context):
            words = _('Name the file: attachment; filename="name.txt".')
            raise ValidationError({"Content-Disposition": words})
        file = super().parse(stream, media_type, parser_context).files["file"]
        files = MultiValueDict({"file": [file]})
        beneath = parser_context["request"]._request
        beneath._post, beneath._files = QueryDict(), files  # closed with it, as those of a form are
        return DataAndFiles({}, files)


def _refuse_large(request, around: int = 0) -> None:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > settings.MAX_UPLOAD_MB * 1024 * 1024 + around:
        raise TooLarge(_("At most %(limit)s MB a file.") % {"limit": settings.MAX_UPLOAD_MB})


def parsed(raw: bytes):
    """The value of a JSON text. Raises Malformed."""
    try:
        text = raw.decode("utf-8-sig")
        if _depth(text) > MAX_DEPTH:
            raise Malformed(_("At most %(limit)s levels of nesting.") % {"limit": MAX_DEPTH})
        value = json.loads(
            text, object_pairs_hook=_once_each, parse_constant=_no_constant, parse_int=_whole
        )
    except UnicodeDecodeError as error:
        raise Malformed(_("The body is not UTF-8.")) from error
    except (ValueError, RecursionError) as error:
        where = getattr(error, "pos", None)
        at = _(" (at character %(position)s)") % {"position": where} if where is not None else ""
        raise Malformed(_("The body is not valid JSON.") + at) from error
    if "\\ud" in text.lower() and not _is_encodable(value):
        raise Malformed(_("The body holds half a surrogate pair."))
    return value


def _depth(text: str) -> int:
    """How deep brackets nest, at least: those inside strings are not told apart."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest


def _once_each(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _value in pairs if name in seen or seen.add(name))
        raise Malformed(_("The name “%(name)s” is given twice.") % {"name": twice[:60]})
    return found


def _no_constant(word: str):
    raise Malformed(_("%(word)s is not JSON.") % {"word": word})


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Malformed(_("A number has too many digits."))
    return int(digits)


def _is_encodable(value) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
