"""What is written down of every change of a setting."""

from collections.abc import Iterable, Mapping

from django.db.models import Model

from helpdesk.actor import Actor
from helpdesk.models import (
    CustomField,
    FieldOption,
    FieldOrder,
    FieldRule,
    Mailbox,
    Organisation,
    Queue,
    SettingChange,
    Status,
    Tag,
    TagCategory,
    Team,
    TicketType,
    Workflow,
)

NOUNS: dict[type[Model], str] = {
    Status: "statuses",
    Workflow: "workflows",
    TicketType: "types",
    TagCategory: "tag-categories",
    Tag: "tags",
    CustomField: "custom-fields",
    FieldOption: "options",
    FieldRule: "field-rules",
    FieldOrder: "field-orders",
    Queue: "queues",
    Team: "teams",
    Organisation: "organisations",
    Mailbox: "mailboxes",
}
LONGEST = 500  # characters of a value


def record_setting(
    kind: str, row: Model, *, by: Actor, fields: Mapping | None = None, name: str = ""
) -> SettingChange:
    """Write down one change of a setting. `fields` maps names to `[before, after]`."""
    return SettingChange.objects.create(
        kind=kind,
        noun=NOUNS.get(type(row), row._meta.model_name),
        row_id=row.pk,
        name=(name or str(row))[:200],
        fields={key: [_plain(one) for one in pair] for key, pair in (fields or {}).items()},
        person_id=by.person_id,
        person_name=by.name[:200],
        key_id=by.key_id,
        origin=by.origin,
        request_id=by.request_id,
    )


def _plain(value):
    """A value as JSON holds it: rows by their words, long text cut."""
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, Iterable):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
