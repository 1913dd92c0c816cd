"""XML beside JSON, for tickets and comments: the same names, read without entities or DTDs.

A member is an element of its name. What is no text says so by `type`: boolean, integer, number,
object, array; null by `nil="true"`. The elements of an array are named `item`.
"""

import re
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, tostring

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser as SafeParser
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from helpdesk.api.parsing import MAX_BODY, MAX_DEPTH, MAX_DIGITS
from helpdesk.doors.errors import Malformed, TooLarge

KIND = "application/xml"
PROBLEM_KIND = "application/problem+xml"
WANTED = frozenset({KIND, PROBLEM_KIND, "text/xml"})
PROBLEM_SPACE = "urn:ietf:rfc:7807"
JSON_KINDS = {"application/json": KIND, "application/problem+json": PROBLEM_KIND}
ITEM = "item"
MAX_ELEMENTS = 20_000
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
WHOLE = re.compile(rf"-?\d{{1,{MAX_DIGITS}}}", re.ASCII)
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
TRUTH = {"true": True, "false": False}
ATTRIBUTES = frozenset({"type", "nil", "name"})
BOOLEANS = frozenset({"public", "silent", "mail_requester"})  # where they say so or not
INTEGERS = frozenset({"version"})


class XMLParser(BaseParser):
    """A body as the JSON that says the same."""

    media_type = KIND

    def parse(self, stream, media_type=None, parser_context=None):
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLarge(_("At most %(limit)s MB of XML.") % {"limit": MAX_BODY // (1024 * 1024)})
        return parsed(raw)


def is_wanted(request) -> bool:
    """Whether `Accept` prefers XML to JSON, by name. Unsaid, it is JSON."""
    accepted = request.META.get("HTTP_ACCEPT", "").lower()
    if "xml" not in accepted:
        return False
    best = {True: 0.0, False: 0.0}
    for part in accepted.split(","):
        kind, _mark, rest = part.partition(";")
        weight = re.search(r"q\s*=\s*([01](?:\.\d{1,3})?)\s*(?:;|$)", rest)
        kind, quality = kind.strip(), float(weight[1]) if weight else 1.0
        if kind in WANTED or kind in JSON_KINDS:
            best[kind in WANTED] = max(best[kind in WANTED], quality)
    return best[True] > best[False]


def spoken(response: HttpResponse, root: str) -> None:
    """Say an answer that is JSON in XML."""
    patch_vary_headers(response, ["Accept"])
    kind = JSON_KINDS.get(response.get("Content-Type", ""))
    if kind is None or not response.content:
        return
    value = orjson.loads(response.content)
    if kind == PROBLEM_KIND:
        root = "problem"
    elif isinstance(value, dict) and "results" in value:
        root = "page"
    response.content = written(value, root, space=PROBLEM_SPACE if root == "problem" else "")
    response["Content-Type"] = kind


def written(value: Any, root: str, *, space: str = "") -> bytes:
    """A value as XML. Characters that XML cannot hold become U+FFFD."""
    element = Element(root, {"xmlns": space} if space else {})
    _fill(element, value)
    return tostring(element, encoding="utf-8", xml_declaration=True)


def parsed(raw: bytes) -> Any:
    """The value of an XML text. Raises Malformed."""
    try:
        parser = SafeParser(target=_Bounded(), forbid_dtd=True)
        parser.feed(raw)
        root = parser.close()
    except DefusedXmlException as error:
        raise Malformed(_("XML with a document type or entities is not read.")) from error
    except (ParseError, LookupError, ValueError) as error:
        raise Malformed(_("The body is not valid XML.")) from error
    if root.get("type"):
        return _value(root)
    if (root.text or "").strip():
        raise _misread(root, _("text beside elements"))
    return _members(root)


class _Bounded(TreeBuilder):
    """Refuses what no honest body is: deep nesting, very many elements."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH:
            raise Malformed(_("At most %(limit)s levels of nesting.") % {"limit": MAX_DEPTH})
        if self._count > MAX_ELEMENTS:
            raise Malformed(_("At most %(limit)s elements.") % {"limit": MAX_ELEMENTS})
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)


def _fill(element: Element, value: Any) -> None:
    match value:
        case None:
            element.set("nil", "true")
        case bool():
            element.set("type", "boolean")
            element.text = "true" if value else "false"
        case int():
            element.set("type", "integer")
            element.text = str(value)
        case float():
            element.set("type", "number")
            element.text = repr(value)
        case dict():
            if not value:
                element.set("type", "object")
            for name, one in value.items():
                is_name = bool(NAME.fullmatch(name))
                inner = SubElement(element, name if is_name else "member")
                if not is_name:
                    inner.set("name", ILLEGAL.sub("\ufffd", name))
                _fill(inner, one)
        case list():
            element.set("type", "array")
            for one in value:
                _fill(SubElement(element, ITEM), one)
        case _:
            element.text = ILLEGAL.sub("\ufffd", str(value))


def _value(element: Element) -> Any:
    kind, text = element.get("type", ""), element.text or ""
    if unknown := set(element.attrib) - ATTRIBUTES:
        raise _misread(element, _("unknown attribute “%(name)s”") % {"name": min(unknown)[:60]})
    if element.get("nil") == "true":
        return None
    if len(element) and text.strip():
        raise _misread(element, _("text beside elements"))
    is_list = len(element) > 0 and {one.tag for one in element} == {ITEM}
    if kind == "array" or (not kind and is_list):
        if len(element) and not is_list:
            raise _misread(element, _("an array holds elements named “item”"))
        return [_value(one) for one in element]
    if kind == "object" or len(element):
        return _members(element)
    return _leaf(element, kind, text)


def _leaf(element: Element, kind: str, text: str) -> Any:
    word = text.strip()
    if kind == "boolean" or (not kind and element.tag in BOOLEANS):
        if word not in TRUTH:
            raise _misread(element, _("say true or false"))
        return TRUTH[word]
    if (kind == "integer" or (not kind and element.tag in INTEGERS)) and WHOLE.fullmatch(word):
        return int(word)
    if kind == "number" and NUMBER.fullmatch(word):
        return float(word) if "." in word else int(word)
    if kind not in ("", "string"):
        raise _misread(element, _("this is no %(kind)s") % {"kind": kind[:20]})
    return text


def _members(elements: Iterable[Element]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in elements:
        name = one.get("name", "") if one.tag == "member" else one.tag
        if name in found:
            raise _misread(one, _("given twice"))
        found[name] = _value(one)
    return found


def _misread(element: Element, words: str) -> Malformed:
    return Malformed(f"<{str(element.tag)[:60]}>: {words}.")
