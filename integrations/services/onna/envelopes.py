"""What stands around Onna's answers: pages, and errors in its two forms, both ways."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

NAMES = {
    413: "payload_too_large",
    422: "unprocessable_entity",
    500: "internal_server_error",
}
MOST_ERRORS = 3  # of a list, in words


def write_page(items: Sequence[Mapping[str, Any]], cursor: str = "") -> dict[str, Any]:
    """A page; no `cursor` on the last one."""
    page: dict[str, Any] = {"items": list(items)}
    return page | {"cursor": cursor} if cursor else page


def read_page(body: Any) -> tuple[list[tuple[str, str]], str]:
    """Id and name of each item, and the cursor of the next page, "" on the last.

    Takes the members that an older page of the vendor shows, too.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("items"), list):
        raise ValueError("no items")
    found = []
    for item in body["items"]:
        if not isinstance(item, Mapping):
            continue
        identity = item.get("onna_id") or item.get("@uid") or item.get("@name")
        if identity:
            name = item.get("name") or item.get("title") or identity
            found.append((str(identity), str(name)))
    return found, str(body.get("cursor") or "")


# Errors ------------------------------------------------------------------------------------------


def write_errors(status: int, message: str, pointer: str = "") -> dict[str, Any]:
    """The JSON:API form."""
    error: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "status": str(status),
        "code": f"XX{status}_{_name_of(status)}",
        "title": _name_of(status).replace("_", " ").capitalize(),
        "detail": message,
        "source": {"pointer": pointer} if pointer else {},
        "links": {},
    }
    return {"errors": [error]}


def write_framework(message: str, loc: Sequence[str], kind: str) -> dict[str, Any]:
    """The form of the framework below it, which three of its operations answer with 422."""
    return {"detail": [{"loc": list(loc), "msg": message, "type": kind}]}


def error_text(body: Any) -> str:
    """The words of an error body in either form, wrapped in a list or bare; "" if it has none."""
    if not isinstance(body, Mapping):
        return ""
    listed = body.get("errors", body.get("detail"))
    if isinstance(listed, str):
        return listed
    if not isinstance(listed, list):
        listed = [body]
    words = [_words(one) for one in listed if isinstance(one, Mapping)]
    return "; ".join(word for word in words[:MOST_ERRORS] if word)


def _words(error: Mapping[str, Any]) -> str:
    if "msg" in error:
        place = [str(part) for part in error.get("loc") or [] if part != "body"]
        return f"{'.'.join(place)}: {error['msg']}" if place else str(error["msg"])
    said = error.get("detail") or error.get("title") or error.get("code") or ""
    source = error.get("source")
    place = source.get("pointer") or source.get("parameter") if isinstance(source, Mapping) else ""
    return f"{place}: {said}" if place and said and str(place) not in str(said) else str(said)


def _name_of(status: int) -> str:
    try:
        return NAMES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")
    except ValueError:
        return "error"
