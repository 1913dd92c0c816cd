"""Akana's objects as XML, both ways, as the dicts that their JSON would be.

Read without entities, DTDs or processing beyond the text itself, and within bounds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from integrations.services.akana.values import WireError

MAX_XML = 2 * 1024 * 1024  # bytes
MAX_DEPTH, MAX_ELEMENTS = 12, 20_000
SOA = "http://soa.com/xsd/"
SPACES = {
    name: f"{SOA}{name}/1.0"
    for name in "alert api app board business comment discussion resource ticket user".split()
} | {"opensearch": "http://a9.com/-/spec/opensearch/1.1/", "workflow": f"{SOA}workflow/1.0"}
# The namespace of each object, and of those members that are not in that of their object.
ROOTS = {
    "Ticket": "ticket",
    "Tickets": "ticket",
    "Comment": "comment",
    "Comments": "comment",
    "Action": "workflow",
    "Actions": "workflow",
    "TicketSettings": "business",
    "BoardItemArtifact": "board",
    "Login": "user",
}
MEMBERS = {
    "APIID": "api",
    "AppID": "resource",
    "UserID": "user",
    "UserName": "user",
    "DescriptionMediaType": "board",
    "BoardItemArtifacts": "board",
    "BoardItemArtifact": "board",
    "ContextID": "board",
    "FileName": "board",
    "BaseUri": "board",
    "UriPath": "board",
    "totalResults": "opensearch",
    "startIndex": "opensearch",
}
LISTS = frozenset(("Label", "Tag", "Ticket", "Comment", "BoardItemArtifact", "Action"))
NUMBERS = frozenset(("Comments", "Marks", "totalResults", "startIndex"))
BOOLEANS = frozenset(("IsMarked",))
# Of the object itself, where its name has no other meaning there.
TYPED = frozenset(("Ticket", "Tickets", "Comment", "Comments"))
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(content: bytes, *roots: str, strict: bool = False) -> dict[str, Any]:
    """The members of an object, one of `roots` where they are named.

    `strict`: namespaces count. The object must be in its own; a member that is in another one is
    unknown, and left out. Raises WireError.
    """
    if len(content) > MAX_XML:
        raise WireError(f"The XML is larger than {MAX_XML // 1024 // 1024} MB.")
    try:
        parser = XMLParser(target=_Bounded(), forbid_dtd=True)
        parser.feed(content)
        root = parser.close()
    except DefusedXmlException as error:
        raise WireError("XML with a document type or entities is not read.") from error
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, WireError):
            raise
        raise WireError("The body is not valid XML.") from error
    space, name = _split(root.tag)
    if roots and name not in roots:
        raise WireError(f"The XML must be a {roots[0]}.")
    home = SPACES[ROOTS.get(name, "ticket")]
    if strict and space != home and not (name == "Action" and space in {"", *SPACES.values()}):
        raise WireError(f"{name} must be in the namespace {home}.")
    return _members(root, space, strict, name in TYPED)


def write(root: str, members: Mapping[str, Any]) -> bytes:
    """An object as XML. What XML cannot hold, such as control characters, is left out."""
    space = SPACES[ROOTS[root]]
    element = Element(f"{{{space}}}{root}")
    _fill(element, members, space)
    return tostring(element, encoding="utf-8", xml_declaration=True, default_namespace=space)


class _Bounded(TreeBuilder):
    """Refuses what no honest object is: deep nesting, very many elements."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise WireError("The XML is nested too deeply or has too many elements.")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)


def _split(tag: str) -> tuple[str, str]:
    space, _brace, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    return space, name


def _members(element: Element, home: str, strict: bool, typed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element:
        space, name = _split(child.tag)
        if strict and space not in (home, SPACES.get(MEMBERS.get(name, ""), home)):
            continue
        value = _value(child, name, home, strict, typed)
        if name in LISTS and not (name == "Comment" and not len(child)):
            found.setdefault(name, []).append(value)
        elif name in found:
            before = found[name]
            found[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[name] = value
    return found


def _value(element: Element, name: str, home: str, strict: bool, typed: bool) -> Any:
    if len(element):
        return _members(element, home, strict, name in TYPED or typed)
    text = (element.text or "").strip() if name not in ("Content", "Description") else element.text
    text = text or ""
    if typed and name in NUMBERS and re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if typed and name in BOOLEANS:
        return text.casefold() == "true"
    return text


def _fill(element: Element, members: Mapping[str, Any], home: str) -> None:
    for name, value in members.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is None:
                continue
            space = SPACES.get(MEMBERS.get(name, ""), home)
            child = Element(f"{{{space}}}{name}")
            if isinstance(one, Mapping):
                _fill(child, one, home)
            elif isinstance(one, bool):
                child.text = "true" if one else "false"
            else:
                child.text = ILLEGAL.sub("", str(one))
            element.append(child)
