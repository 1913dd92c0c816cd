"""Values of operations as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from integrations.merge import CUSTOM
from integrations.operations.losses import Loss
from integrations.operations.rehearsal import Sending
from integrations.panels import field_words, value_words


def sending_words(sending: Sending) -> dict[str, Any]:
    """`{"method", "url", "body", "is_read"}`, the body as lines where it is JSON."""
    return {
        "method": sending.method,
        "url": sending.url,
        "body": in_lines(sending.body),
        "is_read": sending.is_read,
    }


def in_lines(body: str) -> str:
    """JSON with a line for each member; anything else as it is."""
    if not body.lstrip().startswith(("{", "[")):
        return body
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body


def loss_rows(found: Iterable[Loss]) -> list[dict[str, Any]]:
    return [
        {
            "field": field_words(one.field),
            "ours": value_words(one.ours),
            "theirs": value_words(one.theirs),
            "back": value_words(one.back),
            "travels": one.travels,
        }
        for one in found
    ]


def pairs(difference: dict[str, Any]) -> list[tuple[str, str]]:
    """Field and new value of a difference, custom fields one by one."""
    found = []
    for name, value in difference.items():
        if name == "custom":
            found += [(field_words(CUSTOM + key), value_words(one)) for key, one in value.items()]
        elif isinstance(value, dict) and value.keys() == {"added", "removed"}:
            words = [f"+ {value_words(one)}" for one in value["added"]]
            words += [f"− {value_words(one)}" for one in value["removed"]]
            found.append((field_words(name), ", ".join(words)))
        else:
            found.append((field_words(name), value_words(value)))
    return found
