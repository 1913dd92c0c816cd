"""The filters of a list in words, each with the way to remove it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.filters import CUSTOM, TicketFilter
from helpdesk.models import Channel, Priority, Resolution
from helpdesk.models.configuration import configuration
from helpdesk.models.workflow import Category
from helpdesk.web.list_query import OWN, ListQuery

WORDS = {
    "category": {
        **dict(Category.choices),
        "unresolved": gettext_lazy("New, Open, Waiting"),
    },
    "priority": dict(Priority.choices),
    "channel": dict(Channel.choices),
    "resolution": dict(Resolution.choices),
    "assignee": {"me": gettext_lazy("Me"), "none": gettext_lazy("Nobody")},
    "requester": {"me": gettext_lazy("Me"), "none": gettext_lazy("Nobody")},
    "overdue": {"true": gettext_lazy("Yes"), "false": gettext_lazy("No")},
}
LABELS = {
    "category": gettext_lazy("Status"),
    "not_tag": gettext_lazy("Not tagged"),
    "sort": gettext_lazy("Order"),
    "cursor": gettext_lazy("Page"),
    "view": gettext_lazy("View"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    remove: str
    error: str = ""


def chips_of(query: ListQuery) -> list[Chip]:
    """One a filter; a wrong one carries its sentence."""
    chips = [
        Chip(
            label_of(name),
            ", ".join(value_words(name, value) for value in values),
            query.address(without=name),
            " ".join(query.errors.get(name, [])),
        )
        for name, values in query.filters.items()
    ]
    return chips


def other_errors(query: ListQuery) -> list[Chip]:
    """What is wrong beside the filters: an order, a page or a view that does not exist."""
    return [
        Chip(label_of(name), "", query.address(), " ".join(query.errors[name]))
        for name in OWN
        if name in query.errors
    ]


def label_of(name: str) -> str:
    """A parameter's name for people; of an unknown one, as it was written."""
    if name in LABELS:
        return str(LABELS[name])
    if name.startswith(CUSTOM):
        field = configuration().fields.get(name.removeprefix(CUSTOM))
        return field.name if field else name[:60]
    known = TicketFilter.declared_filters.get(name)
    label = str(known.label) if known else name[:60]
    return label[:1].upper() + label[1:]


def value_words(name: str, value: str) -> str:
    """A parameter's value for people."""
    if name == "queue":
        named = [row.name for row in configuration().queues.values() if row.slug == value]
        return named[0] if named else value
    known = WORDS.get(name, {})
    parts = [part.strip() for part in value.split(",")]
    if known and all(part in known for part in parts):
        return ", ".join(str(known[part]) for part in parts)
    return _("none") if value == "none" else value
