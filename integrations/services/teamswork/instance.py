"""An instance, its custom fields and its tags on the TeamsWork wire, both ways; see `wire`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector import Instance, RemoteField, RemoteOption, RemoteTag
from integrations.services.teamswork import values


def write_instance(instance: Instance) -> dict[str, Any]:
    return {
        "id": instance.id,
        "groupId": instance.id,
        "name": instance.name,
        "instanceName": instance.name,
        "displayName": instance.name,
        "enabled": True,
        "tenantId": "",
        "teamId": "",
        "channelId": "",
        "subscriptionId": "",
        "mailAddress": "",
        "customFields": [write_field(field) for field in instance.fields],
        "customFieldsLeft": [],
        "customFieldsRight": [],
        "optionalFieldsLeft": [],
        "optionalFieldsRight": [],
        "assignees": {
            "type": "specific",
            "peoples": [values.write_person(person) for person in instance.people],
        },
        "assigneeRules": [],
        "defaultRuleAssignee": None,
        "isAutomaticAssignTickets": False,
        "alertNotification": False,
        "isAutoAssignIdleTickets": False,
        "dayBeforeTicketsIdle": 0,
        "idleTicketAssignedTo": None,
        "isNotifyIdleTicket": False,
        "workflows": [],
    }


def read_instance(item: Mapping[str, Any], tags: Any = None) -> Instance:
    """What can be mapped. A field listed in several places is taken once, a hidden one never."""
    fields: dict[str, RemoteField] = {}
    for place in ("customFields", "customFieldsLeft", "customFieldsRight"):
        for definition in values.list_of(item.get(place)):
            field = read_field(definition)
            if field:
                fields.setdefault(field.id, field)
    assignees = item.get("assignees")
    peoples = assignees.get("peoples") if isinstance(assignees, Mapping) else None
    people = map(values.read_person, values.list_of(peoples))
    return Instance(
        id=str(item.get("id") or ""),
        name=str(item.get("displayName") or item.get("instanceName") or item.get("name") or ""),
        people=tuple(person for person in people if person),
        fields=tuple(fields.values()),
        tags=read_categories(tags),
        statuses=_read_states(item),
        priorities=tuple(RemoteOption(key=word, text=word) for word in values.PRIORITY.back),
    )


def _read_states(item: Mapping[str, Any]) -> tuple[RemoteOption, ...]:
    """The words by which tickets show their state: the instance's own, if it tells them."""
    steps = [
        step
        for workflow in values.list_of(item.get("workflows"))
        for step in _steps_of(workflow)
        if isinstance(step, Mapping)
    ]
    words = [str(step.get("label") or "").strip() for step in steps]
    found = dict.fromkeys(filter(None, words)) or dict.fromkeys(values.STATUS.back)
    return tuple(RemoteOption(key=word, text=word) for word in found)


def _steps_of(workflow: Any) -> list[Any]:
    """A workflow is its list of states, or one state of the only workflow."""
    if not isinstance(workflow, Mapping):
        return []
    for name in ("workflow", "steps", "states"):
        if isinstance(workflow.get(name), list):
            return workflow[name]
    return [workflow]


def write_field(field: RemoteField) -> dict[str, Any]:
    return {
        "id": field.id,
        "title": field.title,
        "type": {"key": field.type, "text": field.type, "data": None},
        "isMandatory": field.required,
        "isMultiple": field.multiple,
        "status": "visible",
        "defaultValue": None,
        "options": [{"key": option.key, "text": option.text} for option in field.options],
    }


def read_field(definition: Any) -> RemoteField | None:
    """A definition; None for hidden ones and for types that hold nothing of ours."""
    if not isinstance(definition, Mapping) or not definition.get("id"):
        return None
    kind = values.read_type(definition.get("type"))
    if values.folded(definition.get("status")) == "hidden" or kind not in values.KINDS_OF_TYPE:
        return None
    multiple = bool(definition.get("isMultiple"))
    kinds = values.KINDS_OF_TYPE[kind]
    return RemoteField(
        id=str(definition["id"]),
        title=str(definition.get("title") or ""),
        type=kind,
        multiple=multiple,
        required=bool(definition.get("isMandatory")),
        options=tuple(
            RemoteOption(key=str(option.get("key")), text=str(option.get("text") or ""))
            for option in values.list_of(definition.get("options"))
            if isinstance(option, Mapping)
        ),
        kinds=tuple(reversed(kinds)) if kind == "list" and multiple else kinds,
    )


def write_categories(tags: tuple[RemoteTag, ...], instance_id: str) -> list[dict[str, Any]]:
    """Tags by category, in the order given."""
    categories: dict[str, dict[str, Any]] = {}
    for tag in tags:
        category = categories.setdefault(
            tag.category_id,
            {
                "id": tag.category_id,
                "instanceId": instance_id,
                "text": tag.category,
                "color": "",
                "deleted": False,
                "tags": [],
            },
        )
        category["tags"].append({"text": tag.text, "deleted": False})
    return list(categories.values())


def read_categories(items: Any) -> tuple[RemoteTag, ...]:
    return tuple(
        RemoteTag(
            text=str(tag.get("text") or ""),
            category_id=str(category.get("id") or ""),
            category=str(category.get("text") or ""),
        )
        for category in values.list_of(items)
        if isinstance(category, Mapping) and not category.get("deleted")
        for tag in values.list_of(category.get("tags"))
        if isinstance(tag, Mapping) and not tag.get("deleted") and tag.get("text")
    )
