"""Our tickets as Onna shows them: in the words they came with, as long as those hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from integrations import gateway
from integrations.connector import Fields
from integrations.gateway import archive
from integrations.remote import RemotePerson
from integrations.services.onna import bodies, layout, values, wire

NAMES = {
    "title": "name",
    "body": "description",
    "assignee": "assignees",
    "custom": "description",
    "body_format": "description",
}
# What a ticket of ours has a field for: shown as it came while it means what it is now.
OURS = ("type", "category", "status", "priority", "requester", "assignees", "tags")
ALWAYS = ("name", "description")  # shown as they are now


def arrival_in(said: bodies.Said) -> archive.Arrival:
    """A create as the gateway takes it."""
    author = said.get("updater") or said.get("author") or ""
    kept = {name: value for name, value in said.items() if name not in (*ALWAYS, "comments")}
    kept = {
        name: values.write_moment(value) if isinstance(value, datetime) else value
        for name, value in kept.items()
    }
    return archive.Arrival(
        place=said["onna_parent_id"],
        reference=said["ref"],
        fields=bodies.fields_of(said),
        kept=lambda fields: {"said": kept, "then": _marks(wire.write_item(fields))},
        user=RemotePerson(name=author),
        created_at=said.get("creation_date"),
        updated_at=said.get("update_date"),
        comments=bodies.comments_of(said),
    )


def ticket_item(caller: gateway.Caller, ticket: Any, request: HttpRequest) -> dict[str, Any]:
    """A ticket with its public conversation. Members without a value are absent."""
    read = gateway.read(caller, ticket)
    fields: Fields = dict(read.fields)
    if not fields.get("requester") and ticket.requester_name:
        fields["requester"] = {"id": "", "name": ticket.requester_name, "email": ""}
    now, kept = wire.write_item(fields), read.extra["kept"]
    address = ticket_address(ticket, request)
    if "said" in kept:
        item = _as_it_came(now, kept["said"], kept["then"])
        if "update_date" in item and not archive.is_untouched(caller, ticket):
            item["update_date"] = values.write_moment(read.updated_at)
    else:
        item = now | {
            "onna_parent_id": layout.default_folder(caller.key.uuid),
            "ref": read.number,
            "url": address,
            "creation_date": values.write_moment(read.created_at),
            "update_date": values.write_moment(read.updated_at),
        }
    item |= {"onna_id": values.write_id(values.TICKET, ticket.uuid), "onna_url": address}
    if comments := [_comment(caller, one) for one in archive.said_of(caller, ticket)]:
        item["comments"] = comments
    return item


def ticket_address(ticket: Any, request: HttpRequest) -> str:
    """The page on which people find it here."""
    return request.build_absolute_uri(reverse("ticket", args=(ticket.pk,)))


def _as_it_came(
    now: Mapping[str, Any], said: Mapping[str, Any], then: Mapping[str, str]
) -> dict[str, Any]:
    item = dict(said)
    marks = _marks(now)
    for name in OURS:
        if marks[name] != then.get(name):  # it was changed since
            item.pop(name, None)
            item |= {name: now[name]} if name in now else {}
    return item | {name: now[name] for name in ALWAYS if name in now}


def _marks(item: Mapping[str, Any]) -> dict[str, str]:
    """A digest of what each member means, whatever its spelling."""
    return {name: _mark(item.get(name)) for name in OURS}


def _mark(value: Any) -> str:
    if isinstance(value, list):
        value = sorted(map(values.folded, value))
    words = json.dumps(value or "", ensure_ascii=True)
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def _comment(caller: gateway.Caller, comment: Any) -> dict[str, Any]:
    read = gateway.read_comment(caller, comment)
    return {
        "author": values.write_person(read.author.as_field()),
        "creation_date": values.write_moment(read.created_at),
        "text": read.extra["text"],
    }
