"""Tickets on the TeamsWork wire, both ways.

`read_…` turns theirs into ours, `write_…` ours into theirs. A *body* is what is sent to the
service, an *item* what it answers: the client writes bodies and reads items, the server the other
way round. `maps` is `connector.Maps`. Single values are in `values`, the rest of the wire in
`comments`, `instance` and `envelopes`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from integrations.connector import STATUS_FIELDS, Fields, Maps, RemoteTicket
from integrations.services.teamswork import values

REFERENCE_PREFIX = "helpdesk:"
# What of a ticket travels. The first three are set by their own call.
TRAVELS = frozenset(
    (
        *STATUS_FIELDS,
        "title",
        "body",
        "priority",
        "requester",
        "assignee",
        "tags",
        "due_at",
        "custom",
    )
)
WORKFLOW = ("Open", "Started", "Resolved", "Closed", "Reopened")


# Tickets -----------------------------------------------------------------------------------------


def write_ticket_body(
    fields: Fields, maps: Maps, *, timezone: int = 0, otherwise: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The `ticket` of a create or update. `otherwise` stands in for a requester without address."""
    people = maps.get("people")
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "title":
            body["title"] = value
        elif name == "body":
            is_html = fields.get("body_format") == "html"
            body["description_HTML" if is_html else "description"] = value or ""
        elif name == "priority":
            body["priority"] = values.written_priority(value, maps)
        elif name == "requester":
            body["requestor"] = values.write_person(value, people=people, otherwise=otherwise)
        elif name == "assignee":
            body["assignee"] = values.write_person(value, people=people)
        elif name == "tags":
            body["tags"] = values.write_tags(value, maps)
        elif name == "due_at":
            body["expectedDate"] = values.write_day(value, timezone)
        elif name == "custom" and (custom := values.write_customs(value, maps, timezone)):
            body["customFields"] = custom
    return body


def read_ticket_body(body: Any, maps: Maps, *, timezone: int = 0) -> Fields:
    """Our fields of a create or update; takes the spellings `ticket` and `updates`."""
    ticket = body.get("ticket", body.get("updates")) if isinstance(body, Mapping) else None
    if not isinstance(ticket, Mapping):
        raise values.WireError("ticket: an object is required.")
    fields: Fields = {}
    for name in ("title", "description", "description_HTML"):
        if name in ticket and not isinstance(ticket[name], (str, type(None))):
            raise values.WireError(f"{name}: a text is required.")
    if "title" in ticket:
        fields["title"] = ticket["title"] or ""
    if ticket.get("description") is not None or "description_HTML" not in ticket:
        if "description" in ticket:
            fields |= {"body": ticket["description"] or "", "body_format": "plain"}
    else:
        fields |= {"body": ticket["description_HTML"] or "", "body_format": "html"}
    fields |= _read_choices(ticket, timezone)
    if "customFields" in ticket:
        fields["custom"] = _read_custom_body(ticket["customFields"], maps, timezone)
    return fields


def write_ticket(ticket: RemoteTicket, maps: Maps, *, timezone: int = 0) -> dict[str, Any]:
    """A ticket as it is read. Its `fields` must be complete.

    Taken from `extra`: `created_by`, `updated_by` (RemotePerson), `first_response_at`,
    `first_resolved_at`, `resolved_at` (datetime), `is_reopened`, `body_html`, `origin`.
    """
    fields, extra = ticket.fields, ticket.extra
    status = values.STATUS_SHOWN[fields["status"]]
    if status == "Open" and extra.get("is_reopened"):
        status = "Reopened"
    return {
        "id": ticket.id,
        "ticketId": ticket.number,
        "ticketNo": int(ticket.number) if ticket.number.isdigit() else None,
        "title": fields["title"],
        "description": fields["body"],
        "description_HTML": extra.get("body_html") or html.escape(fields["body"]),
        "status": status,
        "resolvedStatus": ["Resolved", "Closed"],
        "resolution": values.RESOLUTION_WRITTEN[fields.get("resolution") or ""],
        "requestor": values.write_person(fields.get("requester")),
        "assignee": values.write_person(fields.get("assignee")),
        "priority": values.PRIORITY_WRITTEN[fields["priority"]],
        "expectedDate": values.write_day(fields.get("due_at"), timezone),
        "tags": list(fields.get("tags") or []),
        "customFields": values.write_customs(fields.get("custom") or {}, maps, timezone),
        "lastResolutionComment": fields.get("resolution_comment") or None,
        "createdOn": values.write_moment(ticket.created_at),
        "createdBy": values.write_person(extra.get("created_by")),
        "lastUpdatedOn": values.write_moment(ticket.updated_at),
        "lastUpdatedBy": values.write_person(extra.get("updated_by")),
        "firstResponseOn": values.write_moment(extra.get("first_response_at")),
        "firstResolutionOn": values.write_moment(extra.get("first_resolved_at")),
        "lastResolutionOn": values.write_moment(extra.get("resolved_at")),
        "isFrtBreached": False,
        "isRtBreached": False,
        "isFrtEscalated": False,
        "isRtEscalated": False,
        "isCustomWorkflow": False,
        "workflow": write_workflow(),
        "trackingId": f"{REFERENCE_PREFIX}{ticket.reference}"
        if ticket.reference
        else ticket.number,
        "origin": extra.get("origin") or "api",
    }


def read_ticket(item: Any, maps: Maps, *, timezone: int = 0) -> RemoteTicket:
    """A ticket of theirs. A member that is absent was not said and is in neither half."""
    if not isinstance(item, Mapping) or not item.get("id"):
        raise values.WireError("The answer has no ticket with an id.")
    fields, theirs = _read_halves(item, maps, timezone)
    tracking = str(item.get("trackingId") or "")
    number = item.get("ticketNo") or item.get("ticketId") or ""
    created = values.read_moment(item.get("createdOn"))
    return RemoteTicket(
        id=str(item["id"]),
        number=str(number),
        fields=fields,
        theirs=theirs,
        created_at=created,
        updated_at=values.read_moment(item.get("lastUpdatedOn")) or created,
        reference=tracking.removeprefix(REFERENCE_PREFIX)
        if tracking.startswith(REFERENCE_PREFIX)
        else "",
        extra={
            name: item[name] for name in ("origin", "createdBy", "lastUpdatedBy") if name in item
        },
    )


def write_theirs(fields: Fields, maps: Maps, *, timezone: int = 0) -> Fields:
    """Our fields in their words under our names: what `read_ticket` would find in `theirs`."""
    written: Fields = {}
    for name, value in fields.items():
        if name == "status":
            written[name] = values.shown_status(value, maps)
        elif name == "resolution":
            written[name] = values.RESOLUTION_WRITTEN[value or ""]
        elif name == "priority":
            written[name] = values.written_priority(value, maps)
        elif name in ("requester", "assignee"):
            written[name] = values.write_person(value, people=maps.get("people"))
        elif name == "due_at":
            written[name] = values.write_day(value, timezone)
        elif name == "custom":
            mapped = maps.get("custom", {})
            written[name] = {
                key: values.write_custom(found, mapped[key], maps, timezone)
                for key, found in value.items()
                if key in mapped
            }
        elif name in TRAVELS:
            written[name] = value
    return written


def read_theirs(theirs: Fields, maps: Maps, *, timezone: int = 0) -> Fields:
    """What `write_theirs` gave, in our words again."""
    fields: Fields = {}
    for name, value in theirs.items():
        if name == "status":
            fields[name] = values.status_of(value, maps) or "started"
        elif name == "resolution":
            fields[name] = values.RESOLUTION_READ.get(values.folded(value), "")
        elif name == "priority":
            fields[name] = values.priority_of(value, maps) or "normal"
        elif name in ("requester", "assignee"):
            person = values.read_person(value)
            fields[name] = person.as_field() if person else None
        elif name == "due_at":
            fields[name] = values.read_due(value, timezone)
        elif name == "custom":
            mapped = maps.get("custom", {})
            fields[name] = {
                key: values.read_custom(found, mapped[key], timezone)
                for key, found in value.items()
                if key in mapped
            }
        else:
            fields[name] = value
    if "body" in fields:
        fields["body_format"] = "plain"
    return fields


# Status ------------------------------------------------------------------------------------------


def write_status_body(whole: Fields, maps: Maps) -> dict[str, Any]:
    """The body that brings a ticket into its status; `user` is added by the caller.

    Resolved without a resolution is `fixed`: the service wants one.
    """
    body: dict[str, Any] = {"status": values.asked_status(whole["status"], maps)}
    if whole["status"] not in values.DONE:
        return body
    resolution = values.RESOLUTION_WRITTEN[whole.get("resolution") or ""]
    if resolution or whole["status"] == "resolved":
        body["resolution"] = resolution or "fixed"
    if whole.get("resolution_comment"):
        body["comment"] = whole["resolution_comment"]
    return body


def read_status_body(body: Any, *, now: str = "") -> Fields:
    """Our status and, where said, resolution and resolution comment.

    `now`, our present status, is kept where TeamsWork shows it by the same word.
    """
    if not isinstance(body, Mapping) or not body.get("status"):
        raise values.WireError("status: is required.")
    status = _state(body["status"], now)
    resolution, comment = str(body.get("resolution") or ""), body.get("comment")
    if values.folded(resolution) not in values.RESOLUTION_READ:
        raise values.WireError("resolution: use fixed, cannotResolve or cancelled.")
    if not isinstance(comment, (str, type(None))):
        raise values.WireError("comment: a text is required.")
    fields: Fields = {"status": status}
    if resolution and status not in values.DONE:
        raise values.WireError("resolution: belongs to Resolved and Closed only.")
    if resolution:
        fields["resolution"] = values.RESOLUTION_READ[values.folded(resolution)]
    if comment:
        fields["resolution_comment" if status in values.DONE else "comment"] = comment
    return fields


def write_workflow() -> list[dict[str, Any]]:
    """The states of the built-in workflow, each with its id and where it leads."""
    steps = {
        "Open": ("Started", "Resolved", "Closed"),
        "Started": ("Resolved", "Closed"),
        "Resolved": ("Closed", "Reopened"),
        "Closed": ("Reopened",),
        "Reopened": ("Started", "Resolved", "Closed"),
    }
    return [
        {
            "id": label,
            "label": label,
            "recordResolutionSLA": label in ("Resolved", "Closed"),
            "nextSteps": [
                {
                    "targetId": target,
                    "transitionLabel": target,
                    "authorizedUsers": [],
                    "recordComment": target in ("Resolved", "Closed"),
                    "recordResolutionSLA": target in ("Resolved", "Closed"),
                }
                for target in steps[label]
            ],
        }
        for label in WORKFLOW
    ]


# Inner parts -------------------------------------------------------------------------------------


def _read_choices(ticket: Mapping[str, Any], timezone: int) -> Fields:
    fields: Fields = {}
    if "priority" in ticket:
        priority = values.PRIORITY_READ.get(values.folded(ticket["priority"]))
        if priority is None:
            raise values.WireError("priority: use Low, Medium, Important or Urgent.")
        fields["priority"] = priority
    for name, ours in (("requestor", "requester"), ("assignee", "assignee")):
        if name in ticket:
            if not isinstance(ticket[name], (Mapping, type(None))):
                raise values.WireError(f"{name}: an object with id, name and email is required.")
            person = values.read_person(ticket[name])
            fields[ours] = person.as_field() if person else None
    if "expectedDate" in ticket:
        fields["due_at"] = values.read_due(ticket["expectedDate"], timezone)
        if ticket["expectedDate"] and fields["due_at"] is None:
            raise values.WireError("expectedDate: use YYYY-MM-DD.")
    if "tags" in ticket:
        if not isinstance(ticket["tags"], (list, type(None))):
            raise values.WireError("tags: a list is required.")
        fields["tags"] = values.read_tags(ticket["tags"])
    return fields


def _read_custom_body(custom: Any, maps: Maps, timezone: int) -> Fields:
    if not isinstance(custom, (Mapping, type(None))):
        raise values.WireError("customFields: an object is required.")
    keys = {field["id"]: key for key, field in maps.get("custom", {}).items()}
    read: Fields = {}
    for identity, value in (custom or {}).items():
        if identity not in keys:
            raise values.WireError(f"customFields: {identity} not found or invalid definition.")
        key = keys[identity]
        read[key] = values.read_custom(value, maps["custom"][key], timezone)
    return read


def _read_halves(item: Mapping[str, Any], maps: Maps, timezone: int) -> tuple[Fields, Fields]:
    """What an item says, in our words and in theirs."""
    fields: Fields = {}
    theirs: Fields = {}
    if "title" in item:
        fields["title"] = theirs["title"] = str(item["title"] or "")
    if "description" in item:
        fields["body"] = theirs["body"] = str(item["description"] or "")
        fields["body_format"] = "plain"
    if item.get("status"):
        theirs["status"] = str(item["status"]).strip()
        fields["status"] = _read_state(item, maps)
    if "resolution" in item:
        theirs["resolution"] = item["resolution"] or None
        word = values.folded(item["resolution"])
        fields["resolution"] = values.RESOLUTION_READ.get(word, "")
    if "lastResolutionComment" in item:
        theirs["resolution_comment"] = str(item["lastResolutionComment"] or "")
        fields["resolution_comment"] = theirs["resolution_comment"]
    if item.get("priority"):
        theirs["priority"] = str(item["priority"])
        if (priority := values.priority_of(item["priority"], maps)) is not None:
            fields["priority"] = priority
    for name, ours in (("requestor", "requester"), ("assignee", "assignee")):
        if name in item:
            person = values.read_person(item[name])
            fields[ours] = theirs[ours] = person.as_field() if person else None
    if "expectedDate" in item:
        theirs["due_at"] = values.write_day(item["expectedDate"], timezone)
        fields["due_at"] = values.read_due(theirs["due_at"], timezone)
    if "tags" in item:
        fields["tags"] = values.read_tags(item["tags"])
        theirs["tags"] = list(fields["tags"])
    if "customFields" in item:
        fields["custom"], theirs["custom"] = values.read_customs(
            item["customFields"], maps, timezone
        )
    return fields, theirs


def _read_state(item: Mapping[str, Any], maps: Maps) -> str:
    """Our status; a state of their own workflow is resolved if they say so, else under way."""
    found = values.status_of(item["status"], maps)
    if found:
        return found
    done = [values.folded(word) for word in values.list_of(item.get("resolvedStatus"))]
    return "resolved" if values.folded(item["status"]) in done else "started"


def _state(word: Any, now: str) -> str:
    status = values.read_status(word, now=now)
    if status is None:
        raise values.WireError(f"status: use {', '.join(WORKFLOW)}.")
    return status
