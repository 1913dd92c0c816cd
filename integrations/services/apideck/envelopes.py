"""The envelopes around every Apideck answer, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.services.apideck.wire import list_of

SERVICE = "helpdesk"
REF = "https://developers.apideck.com/errors#"
TYPE_NAMES = {
    400: "RequestValidationError",
    401: "UnauthorizedError",
    402: "RequestLimitError",
    404: "EntityNotFoundError",
    422: "InvalidStateError",
    429: "ConnectorRateLimitError",
    501: "MappingError",
}
OTHER_TYPE = "ConnectorExecutionError"
# 404 with one of these: not the ticket is missing but what the connection stands on.
NO_CONNECTION = frozenset(
    {"ConnectionNotFoundError", "IntegrationNotFoundError", "ConnectorNotFoundError"}
)


class Paging(NamedTuple):
    """Cursors and whole addresses of a page; None where there is none."""

    current: str | None
    next: str | None
    current_link: str
    next_link: str | None


def write_one(resource: str, operation: str, data: dict[str, Any], status: int) -> dict[str, Any]:
    return {
        "status_code": status,
        "status": HTTPStatus(status).phrase,
        "service": SERVICE,
        "resource": resource,
        "operation": operation,
        "data": data,
    }


def write_page(
    resource: str, items: list[dict[str, Any]], total: int, paging: Paging
) -> dict[str, Any]:
    return {
        "status_code": 200,
        "status": "OK",
        "service": SERVICE,
        "resource": resource,
        "operation": "all",
        "data": items,
        "meta": {
            "items_on_page": len(items),
            "total_count": total,
            "cursors": {"previous": None, "current": paging.current, "next": paging.next},
        },
        "links": {"previous": None, "current": paging.current_link, "next": paging.next_link},
    }


def write_error(status: int, message: str, *, kind: str = "", detail: Any = None) -> dict[str, Any]:
    name = kind or TYPE_NAMES.get(status, OTHER_TYPE)
    return {
        "status_code": status,
        "error": HTTPStatus(status).phrase,
        "type_name": name,
        "message": message,
        "detail": message if detail is None else detail,
        "ref": f"{REF}{name.lower()}",
    }


# As the client reads them ------------------------------------------------------------------------


def error_text(body: Any) -> str:
    """The words of an error body with what it says in detail, "" if it has none."""
    if not isinstance(body, Mapping):
        return ""
    parts = [_words(body.get(name)) for name in ("message", "detail")]
    parts += [_words(one) for one in list_of(body.get("downstream_errors"))]
    return " ".join(dict.fromkeys(part for part in parts if part))


def type_name(body: Any) -> str:
    return str(body.get("type_name") or "") if isinstance(body, Mapping) else ""


def read_data(body: Any, kind: type, *, maybe_done: bool = False) -> Any:
    """The `data` of a success. Raises ConnectorError for anything but an object or a list.

    `maybe_done`: the call made something, so that a broken answer leaves open what.
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    if isinstance(data, kind):
        return data
    raise ConnectorError(
        _("Apideck answered with success but without the record. It is looked for."),
        permanent=False,
        scope="ticket" if kind is dict else "connection",
        maybe_done=maybe_done,
        status=200,
    )


def read_id(body: Any) -> str:
    """The id of what a write made."""
    data = read_data(body, dict, maybe_done=True)
    if data.get("id") in (None, ""):
        raise ConnectorError(
            _("Apideck answered with a record that has no id. It is looked for."),
            permanent=False,
            maybe_done=True,
        )
    return str(data["id"])


def read_page(body: Any) -> tuple[list[Mapping[str, Any]], str]:
    """The records of a page and the cursor of the next one, "" on the last."""
    items = list_of(read_data(body, list))
    meta = body.get("meta")
    cursors = meta.get("cursors") if isinstance(meta, Mapping) else None
    following = cursors.get("next") if isinstance(cursors, Mapping) else None
    return items, str(following or "").strip()


def _words(said: Any) -> str:
    if isinstance(said, Mapping):
        inner = said.get("message") or said.get("error") or said.get("detail")
        return _words(inner) if inner else ", ".join(map(str, said)) if said else ""
    return str(said) if isinstance(said, str) else ""
