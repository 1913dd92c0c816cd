"""The envelopes around every StackOne answer, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.services.stackone import values
from integrations.services.stackone.words import text_of

CREATED, UPDATED = "Record created successfully.", "Record updated successfully."
DETAILED = (400, 422)  # whose schema or guides have `data` and `provider_errors`


def write_created(identity: str, now: datetime) -> dict[str, Any]:
    data = {"id": identity, "remote_id": identity}
    return {**_head(201, CREATED, now), "data": data}


def write_updated(now: datetime) -> dict[str, Any]:
    return _head(200, UPDATED, now)


def write_one(item: Any, raw: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"data": item} | ({"raw": raw} if raw is not None else {})


def write_page(
    items: list[Any], following: str, raw: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    body = {"next": following or None, "data": items}
    return body | ({"raw": raw} if raw is not None else {})


def write_error(status: int, message: str, now: datetime) -> dict[str, Any]:
    body = _head(status, message, now)
    if status in DETAILED:
        body["data"] = {"statusCode": status, "message": message, "headers": {}}
        body["provider_errors"] = []
    return body


def _head(status: int, message: str, now: datetime) -> dict[str, Any]:
    return {"statusCode": status, "message": message, "timestamp": values.write_moment(now)}


# Read by the client ------------------------------------------------------------------------------


def error_text(body: Any) -> str:
    """The words of an error body with what the provider behind it said, "" if it has none."""
    if not isinstance(body, Mapping):
        return ""
    said = [_words(body.get("message"))]
    data = body.get("data")
    if isinstance(data, Mapping):
        said.append(_words(data.get("message")))
    errors = body.get("provider_errors")
    for error in errors if isinstance(errors, list) else []:
        raw = error.get("raw") if isinstance(error, Mapping) else None
        if isinstance(raw, Mapping):
            said.append(_words(raw.get("message") or raw.get("error")))
    return " – ".join(one for one in dict.fromkeys(said) if one)


def read_data(body: Any, *, maybe_done: bool = False) -> Mapping[str, Any]:
    """The `data` of an answer about one record.

    `maybe_done`: the call made something, so that a failure leaves open whether it did.
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    if isinstance(data, Mapping):
        return data
    raise ConnectorError(
        _("StackOne answered with success but without the record. It is looked for."),
        permanent=False,
        maybe_done=maybe_done,
        status=200,
    )


def read_page(body: Any) -> tuple[list[Any], str]:
    """The records of a page and the cursor of the next one, "" on the last."""
    data = body.get("data", ()) if isinstance(body, Mapping) else ()
    if data is None:
        data = []
    if not isinstance(data, list):
        raise ConnectorError(
            _("StackOne answered a list without its records. It is tried again."),
            permanent=False,
            scope="connection",
            status=200,
        )
    return data, text_of(body.get("next"))


def _words(said: Any) -> str:
    if isinstance(said, list):
        return ", ".join(filter(None, map(text_of, said)))
    return text_of(said)
