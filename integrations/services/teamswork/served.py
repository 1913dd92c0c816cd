"""Our records as TeamsWork shows them, and its list parameters as the gateway takes them."""

from __future__ import annotations

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
from integrations.services.teamswork.listing import ListQuery, is_uuid, project

ORDERS = {
    "status": "status",
    "ticketId": "number",
    "title": "title",
    "requestorName": "requester_name",
    "requestorEmail": "requester_email",
    "assigneeName": "assignee_name",
    "assigneeEmail": "assignee_email",
    "expectedDate": "due_at",
    "priority": "priority",
    "createdDateTime": "created_at",
    "lastInteraction": "updated_at",
}
COLUMNS = {"created": "created_at", "due": "due_at", "updated": "updated_at"}
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


def ticket_item(ticket: RemoteTicket, maps: Maps, query: ListQuery, hours: int) -> dict[str, Any]:
    """A ticket, with what the service has a member for and we have no field for."""
    item = wire.write_ticket(ticket, maps, timezone=hours)
    item = {**ticket.extra["kept"].get("more", {}), **item}
    if not query.select:
        del item["ticketId"]
    return project(item, query)


# Lists -------------------------------------------------------------------------------------------


def wanted_in(query: ListQuery, token: str) -> gateway.Wanted:
    """A list as the gateway takes it. Several tags, priorities or statuses are joined by *or*."""
    return gateway.Wanted(
        search=query.search,
        title=query.title,
        statuses=query.statuses,
        status_id=query.status_id,
        priorities=query.priorities,
        tags=[_tag(category, text) for category, text in query.tags],
        between={COLUMNS[name]: moments for name, moments in query.between.items()},
        order=ORDERS[query.order_by],
        descending=query.descending,
        limit=query.limit,
        offset=query.offset,
        token=token,
    )


def _tag(category: str, text: str) -> tuple[str, str]:
    """A tag's text may hold the sign that stands between it and its category."""
    if category and not is_uuid(category):
        return "", f"{category}_{text}"
    return ("" if category == NO_CATEGORY else category.lower()), text


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
