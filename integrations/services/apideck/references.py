"""Where our reference stands in a ticket of theirs, which has no place for it.

As a tag or as the last line of the description, whichever the connection says; both are taken out
again when a ticket is read. A helpdesk says it among the custom mappings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

PREFIX = "helpdesk:"
CUSTOM_KEY = "helpdesk:origin"
_SHAPE = r"[\w.-]{1,80}/[\w.-]{1,60}/[0-9a-fA-F-]{36}"
_TAG = re.compile(rf"{PREFIX}({_SHAPE})")
_LINE = re.compile(rf"(?:\n\n|<p>)\[{PREFIX}({_SHAPE})\](?:</p>)?\s*\Z")


class Found(NamedTuple):
    """`place`: "tags", "description", "custom" or "" where there is none."""

    reference: str = ""
    place: str = ""

    def __bool__(self) -> bool:
        return bool(self.reference)


def ticket_part(reference: str) -> str:
    """The reference of a ticket, of its own or of a comment's."""
    return "/".join(reference.split("/")[:3])


def as_tag(reference: str) -> str:
    return f"{PREFIX}{ticket_part(reference)}"


def with_line(text: str, reference: str, *, html: bool) -> str:
    line = f"[{PREFIX}{ticket_part(reference)}]"
    return f"{text}<p>{line}</p>" if html else f"{text}\n\n{line}"


def out_of_tags(tags: list[str]) -> tuple[list[str], Found]:
    """The tags of people, and the reference that one of the others is."""
    kept, found = [], Found()
    for tag in tags:
        if match := _TAG.fullmatch(tag):
            found = Found(match[1], "tags")
        else:
            kept.append(tag)
    return list(dict.fromkeys(kept)), found


def out_of_text(text: str) -> tuple[str, Found]:
    match = _LINE.search(text)
    if match is None:
        return text, Found()
    return text[: match.start()], Found(match[1], "description")


def in_custom(said: Any) -> Found:
    value = said.get(CUSTOM_KEY) if isinstance(said, Mapping) else None
    return Found(value, "custom") if isinstance(value, str) and value else Found()
