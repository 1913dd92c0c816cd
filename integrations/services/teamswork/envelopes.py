"""The envelopes around every TeamsWork answer, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.services.teamswork.values import list_of


def write_item(item: dict[str, Any]) -> dict[str, Any]:
    return {"item": item, "error": False, "message": ""}


def write_items(
    items: list[dict[str, Any]], *, total: int | None = None, continuation_token: str = ""
) -> dict[str, Any]:
    """A page. The token is left out on the last one."""
    body: dict[str, Any] = {"items": items, "itemCount": len(items) if total is None else total}
    if continuation_token:
        body["continuationToken"] = continuation_token
    return body | {"error": False, "message": ""}


def write_error(status: int, message: str) -> dict[str, Any]:
    return {"error": True, "message": message, "statusCode": status}


def error_text(body: Any) -> str:
    """The words of an error body, "" if it has none."""
    return str(body.get("message") or "") if isinstance(body, Mapping) else ""


def read_item(body: Any, *, maybe_done: bool = False) -> Mapping[str, Any]:
    """The `item` of an answer with a success status, which may hold a failure all the same.

    `maybe_done`: the call made something, so that a failure leaves open whether it did.
    """
    refuse_hidden_failure(body, maybe_done=maybe_done)
    item = body.get("item")
    if not isinstance(item, Mapping):
        raise ConnectorError(
            _("TeamsWork answered with success but without the record. It is looked for."),
            permanent=False,
            maybe_done=maybe_done,
            status=200,
        )
    return item


def read_items(body: Any) -> tuple[list[Any], str]:
    """The `items` of a page and the token of the next one, "" on the last."""
    refuse_hidden_failure(body)
    if not isinstance(body.get("items"), list):
        raise ConnectorError(
            _("TeamsWork answered a list without its items. It is tried again."),
            permanent=False,
            scope="connection",
            status=200,
        )
    return list_of(body["items"]), str(body.get("continuationToken") or "")


def refuse_hidden_failure(body: Any, *, maybe_done: bool = False) -> None:
    """Some failures come with status 200 and `"error": true`."""
    if not isinstance(body, Mapping):
        raise ConnectorError(
            _("TeamsWork answered with something else than an object. It is tried again."),
            permanent=False,
            maybe_done=maybe_done,
            status=200,
        )
    if body.get("error") in (False, None):
        return
    status = body.get("statusCode")
    status = status if isinstance(status, int) else 200
    said = error_text(body)[:300] or _("no reason given")
    raise ConnectorError(
        _("TeamsWork refused this. It said: %(said)s") % {"said": said},
        permanent=status not in (408, 409, 429) and status < 500,
        scope="connection" if status in (401, 402, 403, 429) else "ticket",
        retry_after=60 if status == 429 else None,
        maybe_done=maybe_done and status not in (401, 402, 403, 429),
        status=status,
    )
