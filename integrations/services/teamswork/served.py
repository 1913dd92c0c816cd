"""Our records as TeamsWork shows them, and its list parameters as the gateway takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest

from integrations import gateway
from integrations.connector import Maps
from integrations.remote import (
    Instance,
    RemoteComment,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTicket,
)
from integrations.services.teamswork import comments, instance, values, wire
from integrations.services.teamswork.bodies import NO_CATEGORY

UNRESOLVED = ("open", "reopened", "started", "inprogress")
RESOLVED = ("resolved", "closed")
ORDERS = {
    "status": "status",
    "ticketid": "number",
    "title": "title",
    "requestorname": "requester_name",
    "requestoremail": "requester_email",
    "assigneename": "assignee_name",
    "assigneeemail": "assignee_email",
    "expecteddate": "due_at",
    "priority": "priority",
    "createddatetime": "created_at",
    "lastinteraction": "updated_at",
}
DATES = {
    "createdAfter": ("created_at", 0),
    "createdBefore": ("created_at", 1),
    "expectedDateAfter": ("due_at", 0),
    "expectedDateBefore": ("due_at", 1),
    "lastUpdateAfter": ("updated_at", 0),
    "lastUpdateBefore": ("updated_at", 1),
}
PARAMETERS = frozenset(
    (
        "key timezone search title status statusId isResolved priority tags orderBy order select"
        " limit offset include"
    ).split()
).union(DATES)
# Parts of people that may be selected by themselves.
PARTS = {
    f"{person}{part.capitalize()}": (person, part)
    for person in ("requestor", "assignee")
    for part in ("name", "email")
}
MAX_LIMIT, USUAL_LIMIT, MAX_OFFSET = 1000, 10, 10**9
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NAMES = {
    "requester": "requestor",
    "body": "description",
    "due_at": "expectedDate",
    "custom": "customFields",
    "attachments": "attachments",
}


# Tickets -----------------------------------------------------------------------------------------


def maps_of(caller: gateway.Caller) -> Maps:
    """Every custom field of the queue under its uuid, options under theirs."""
    custom = {}
    for field in gateway.custom_fields(caller):
        options = {str(option.uuid): str(option.uuid) for option in gateway.options_of(field)}
        custom[field.key] = {
            "id": str(field.uuid),
            "type": values.TYPE_OF_KIND[field.kind],
            "multiple": field.is_many,
            "kind": str(field.kind),
            "options": options,
        }
    return {"custom": custom}


def ticket_item(
    ticket: RemoteTicket, maps: Maps, query: Mapping[str, str], *, is_listed: bool = False
) -> dict[str, Any]:
    item = wire.write_ticket(ticket, maps, timezone=timezone_in(query))
    if "description_HTML" not in words_in(query, "include"):
        del item["description_HTML"]
    item = {**ticket.extra["kept"].get("more", {}), **item}
    if is_listed:
        return _selected(item, words_in(query, "select"))
    return item


def _selected(item: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if not names:
        del item["ticketId"]
        return item
    chosen = {"ticketNo": item["ticketNo"]}
    for name in names:
        if name in PARTS:
            person, part = PARTS[name]
            chosen[name] = (item[person] or {}).get(part)
        elif name in item:
            chosen[name] = item[name]
        elif name != "description_HTML":
            raise values.WireError(f"select: there is no member {name}.")
    return chosen


# Lists -------------------------------------------------------------------------------------------


def wanted_in(query: Mapping[str, str], token: str) -> gateway.Wanted:
    """What a list asks for. Raises WireError for what is no parameter or no value of it.

    `status` only tells resolved from unresolved; `statusId` is exact. Several tags, priorities or
    statuses are joined by *or*.
    """
    if unknown := sorted(set(query) - PARAMETERS):
        raise values.WireError(f"{unknown[0][:60]}: there is no such parameter.")
    limit = number_in(query, "limit", USUAL_LIMIT, least=1)
    statuses, status_id = _statuses(query)
    return gateway.Wanted(
        search=query.get("search", ""),
        title=query.get("title", ""),
        statuses=statuses,
        status_id=status_id,
        resolved=_choice(query, "isResolved", {"true": True, "false": False}),
        priorities=_priorities(query),
        tags=[_tag(text) for text in words_in(query, "tags")],
        between=_between(query),
        order=_choice(query, "orderBy", ORDERS) or "created_at",
        descending=_choice(query, "order", {"asc": False, "desc": True}) is not False,
        limit=min(limit, MAX_LIMIT),
        offset=min(number_in(query, "offset", 0, least=0), MAX_OFFSET),
        token=token,
    )


def words_in(query: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in query.get(name, "").split(",") if word.strip()]


def number_in(query: Mapping[str, str], name: str, usual: int, *, least: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return usual
    if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII) or int(text) < least:
        raise values.WireError(f"{name}: use a whole number from {least}.")
    return int(text)


def timezone_in(query: Mapping[str, str]) -> int:
    text = query.get("timezone", "").strip() or "0"
    if not re.fullmatch(r"[+-]?\d{1,2}", text, re.ASCII) or not -12 <= int(text) <= 14:
        raise values.WireError("timezone: use whole hours from -12 to 14.")
    return int(text)


def _statuses(query: Mapping[str, str]) -> tuple[list[str], str]:
    words: list[str] = []
    for word in words_in(query, "status"):
        name = values.folded(word)
        if name not in UNRESOLVED + RESOLVED:
            raise values.WireError("status: use Open, Reopened, Started, Resolved or Closed.")
        words += ["new", "open", "started", "waiting"] if name in UNRESOLVED else list(RESOLVED)
    exact = query.get("statusId", "").strip()
    if not exact:
        return words, ""
    if is_uuid(exact):
        return words, exact.lower()
    called = [ours for ours, shown in values.STATUS_SHOWN.items() if shown == exact.title()]
    if not called or words:
        raise values.WireError("statusId: there is no such state.")
    return called, ""


def _choice(query: Mapping[str, str], name: str, choices: Mapping[str, Any]) -> Any:
    text = query.get(name, "").strip()
    if not text:
        return None
    if text.casefold() not in choices:
        raise values.WireError(f"{name}: use {', '.join(choices)}.")
    return choices[text.casefold()]


def _priorities(query: Mapping[str, str]) -> list[str]:
    words = words_in(query, "priority")
    for word in words:
        if values.folded(word) not in values.PRIORITY_READ:
            raise values.WireError("priority: use Low, Medium, Important or Urgent.")
    return [values.PRIORITY_READ[values.folded(word)] for word in words]


def _tag(text: str) -> tuple[str, str]:
    """`<category id>_<text>`, or a text alone."""
    category, line, tag = text.partition("_")
    if not line or not is_uuid(category):
        return "", text
    return ("" if category == NO_CATEGORY else category.lower()), tag


def _between(query: Mapping[str, str]) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Days are inclusive on both sides.

    A day of creation or update begins at 00:00 UTC plus `timezone` hours, as on the live service;
    a due day is the one on which the caller sees it.
    """
    hours = timezone_in(query)
    found: dict[str, list[datetime | None]] = {}
    for name, (ours, side) in DATES.items():
        text = query.get(name, "").strip()
        if not text:
            continue
        is_day = bool(DAY.fullmatch(text))
        moment = values.read_moment(f"{text}T00:00:00Z" if is_day else text)
        if moment is None:
            raise values.WireError(f"{name}: use YYYY-MM-DD.")
        try:
            if is_day:
                shift = timedelta(hours=-hours if ours == "due_at" else hours)
                moment = moment + shift + timedelta(days=side)
            elif side:
                moment += timedelta(microseconds=1)
        except OverflowError as error:
            raise values.WireError(f"{name}: use YYYY-MM-DD.") from error
        found.setdefault(ours, [None, None])[side] = moment.astimezone(UTC)
    return {name: (first, end) for name, (first, end) in found.items()}


def is_uuid(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text))


# Activities and files ----------------------------------------------------------------------------


def activity_item(
    activity: gateway.Activity,
    ticket_id: str,
    caller: gateway.Caller,
    request: HttpRequest,
    *,
    html: bool,
) -> dict[str, Any]:
    said = activity.comment or RemoteComment(id=activity.id, body="", extra={"text": ""})
    changes = [_change_item(change, caller) for change in activity.changes]
    item = comments.write_activity(said, ticket_id, changes) | {
        "createdDateTime": values.write_moment(activity.at),
        "createdBy": values.write_person(activity.author),
        "attachments": [attachment_item(one, caller, request) for one in activity.attachments],
    }
    if html:
        item["comment_HTML"] = said.extra.get("html", item["comment_HTML"])
    else:
        del item["comment_HTML"]
    return item


def attachment_item(
    attachment: Any, caller: gateway.Caller, request: HttpRequest
) -> dict[str, Any]:
    return comments.write_attachment(*gateway.read_file(attachment, caller, request))


def _change_item(change: gateway.FieldChange, caller: gateway.Caller) -> dict[str, Any]:
    name, table = change.name, {}
    if name.startswith("custom."):
        titles = {field.key: field.name for field in gateway.custom_fields(caller)}
        key = name.removeprefix("custom.")
        name = titles.get(key, key)
    elif name == "status":
        table = values.STATUS_SHOWN
    elif name == "priority":
        table = values.PRIORITY_WRITTEN
    elif name == "resolution":
        table = values.RESOLUTION_WRITTEN
    old, new = (table.get(said, said) if table else said for said in (change.old, change.new))
    return {"name": NAMES.get(name, name), "oldValue": old, "newValue": new}


# Instance and tags -------------------------------------------------------------------------------


def instance_item(caller: gateway.Caller) -> dict[str, Any]:
    """A queue as an instance."""
    queue = caller.queue
    described = Instance(
        id=str(queue.uuid),
        name=queue.name,
        people=tuple(map(_whole, gateway.agents(caller))),
        fields=tuple(_field(field) for field in gateway.custom_fields(caller)),
    )
    return instance.write_instance(described) | {
        "code": queue.slug,
        "instanceType": "ticketing",
        "mailAddress": queue.email_address,
        "workflows": [
            {
                "id": str(status.uuid),
                "label": status.name,
                "nextSteps": [
                    {"targetId": str(target.uuid), "transitionLabel": name}
                    for target, name in steps
                ],
            }
            for status, steps in gateway.statuses(caller)
        ],
        "sla": None,
    }


def category_items(caller: gateway.Caller) -> list[dict[str, Any]]:
    return [
        {
            "id": str(category.uuid) if category else NO_CATEGORY,
            "instanceId": str(caller.queue.uuid),
            "text": category.name if category else "",
            "color": "",
            "deleted": False,
            "tags": [{"text": name, "deleted": False} for name in names],
        }
        for category, names in gateway.tags(caller)
    ]


def _field(field: Any) -> RemoteField:
    return RemoteField(
        id=str(field.uuid),
        title=field.name,
        type=values.TYPE_OF_KIND[field.kind],
        multiple=field.is_many,
        required=field.required,
        options=tuple(
            RemoteOption(key=str(option.uuid), text=option.label)
            for option in gateway.options_of(field)
        ),
    )


def _whole(person: RemotePerson) -> RemotePerson:
    """All three members filled, as every user of theirs."""
    email = person.email or person.name
    return RemotePerson(id=person.id or email, name=person.name or email, email=email)
