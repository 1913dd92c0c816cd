"""The columns of the ticket table, and which of them a person wants to see in which view."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.custom_order import is_ordered
from helpdesk.models import CustomField, User
from helpdesk.models.configuration import configuration
from helpdesk.web.named_views import NamedView
from helpdesk.web.rows import Writer

MAX_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Column:
    """`sort` is the name of the order that its head offers, empty for none.

    `people_key` is the key of a custom field of people, whose names the page looks up.
    """

    key: str
    label: str | Promise
    css: str
    cell: Callable[[Writer, dict], str]
    sort: str = ""
    people_key: str = ""


LEADING = (
    Column("priority", _("Priority"), "c-priority", Writer.priority, "priority"),
    Column("number", _("No."), "c-number", Writer.number, "number"),
    Column("subject", _("Subject"), "c-subject", Writer.subject, "title"),
    Column("mirror", _("Mirrors"), "c-mirror", Writer.mark),
    Column("requester", _("Requester"), "c-requester", Writer.requester, "requester"),
    Column(
        "organisation", _("Organisation"), "c-organisation", Writer.organisation, "organisation"
    ),
    Column("queue", _("Queue"), "c-queue", Writer.queue, "queue"),
    Column("team", _("Team"), "c-team", Writer.team, "team"),
    Column("type", _("Type"), "c-type", Writer.type, "type"),
)
TRAILING = (
    Column("resolution", _("Resolution"), "c-resolution", Writer.resolution, "resolution"),
    Column("status", _("Status"), "c-status", Writer.status, "status"),
    Column("due", _("Due"), "c-sla", Writer.due, "due_at"),
    Column("created", _("Created"), "c-created", Writer.created, "created_at"),
    Column("updated", _("Updated"), "c-updated", Writer.updated, "updated_at"),
    Column("assignee", _("Assignee"), "c-assignee", Writer.assignee, "assignee"),
    Column("age", _("Age"), "c-age", Writer.last_activity, "last_activity_at"),
)
STANDARD = (
    "priority",
    "number",
    "subject",
    "mirror",
    "requester",
    "status",
    "due",
    "assignee",
    "age",
)


def every_column() -> dict[str, Column]:
    """All columns by key, in their order on the page; each custom field is one."""
    fields = configuration().fields.values()
    custom = [_custom(field) for field in fields if field.deleted_at is None]
    return {column.key: column for column in (*LEADING, *custom, *TRAILING)}


def chosen_columns(person: User, view: NamedView | None) -> list[Column]:
    """The columns a person chose for a view, else its own, else the standard ones.

    The subject is always there.
    """
    chosen = person.preferences.get("columns", {}).get(view.key if view else "")
    return columns_named(chosen or (view.columns if view else ()) or STANDARD)


def columns_named(keys: Iterable[str]) -> list[Column]:
    """Known columns in the order of their keys; unknown keys are fields that are gone.

    Where nobody put the subject, it stands as usual: after what leads to it.
    """
    known, wanted = every_column(), list(dict.fromkeys(keys))
    if "subject" not in wanted:
        leading = [key for key in wanted if key in ("priority", "number")]
        wanted.insert(len(leading) if wanted[: len(leading)] == leading else 0, "subject")
    return [known[key] for key in wanted if key in known][:MAX_COLUMNS]


def _custom(field: CustomField) -> Column:
    cell = partial(Writer.custom, field=field)
    key = field.key if field.kind == CustomField.Kind.PEOPLE else ""
    name = f"custom.{field.key}"
    return Column(name, field.name, "c-custom", cell, name if is_ordered(field) else "", key)
