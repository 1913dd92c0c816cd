"""The lists of Akana's API, in each shape that they come in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from integrations.services.akana import values
from integrations.services.akana.values import WireError


class Page(NamedTuple):
    """`total` is None where it is not said; `is_whole` False for excerpts, as a feed has them."""

    items: list[Mapping[str, Any]]
    total: int | None
    is_whole: bool = True


def write_page(name: str, items: list[dict[str, Any]], *, total: int, start: int) -> dict[str, Any]:
    return {"totalResults": total, "startIndex": start, name: items}


def read_page(body: Any, name: str) -> Page:
    """The `Ticket` or `Comment` list of an answer: a list, one alone, none at all, or a feed."""
    if isinstance(body, list):
        return Page([item for item in body if isinstance(item, Mapping)], None)
    if not isinstance(body, Mapping):
        raise WireError("The answer is no list.")
    if isinstance(body.get("channel"), Mapping):
        found = values.list_of(body["channel"].get("item"))
        feed = [_from_feed(item, name) for item in found if isinstance(item, Mapping)]
        return Page([item for item in feed if item[f"{name}ID"]], None, is_whole=False)
    found = body.get(name, body.get(f"{name}s"))
    if isinstance(found, Mapping) and name in found:
        found = found[name]
    if found is None and f"{name}ID" in body:
        found = body
    items = [item for item in values.list_of(found) if isinstance(item, Mapping)]
    return Page(items, _number(body.get("totalResults")))


def _from_feed(item: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What an RSS item says, under the names of the object that it stands for."""
    created = item.get("pubDate") or item.get("Published") or ""
    text = "Description" if name == "Ticket" else "Content"
    return {
        **item,
        f"{name}ID": _identity(item, name),
        "Title": str(item.get("title") or item.get("Title") or ""),
        text: str(item.get("description") or item.get(text) or ""),
        "Created": item.get("Created") or _moment(str(created)),
    }


def _identity(item: Mapping[str, Any], name: str) -> str:
    if item.get(f"{name}ID"):
        return str(item[f"{name}ID"]).strip()
    guid = item.get("guid")
    if isinstance(guid, Mapping):
        guid = guid.get("value") or guid.get("content") or guid.get("$")
    text = str(guid or item.get("link") or "").strip()
    return re.split(r"[/#?=]", text.rstrip("/"))[-1]


def _moment(text: str) -> str:
    try:
        return values.write_moment(parsedate_to_datetime(text)) or ""
    except (ValueError, TypeError, IndexError):
        return text


def _number(said: Any) -> int | None:
    try:
        return int(said)
    except (TypeError, ValueError):
        return None
