"""The properties of a ticket as the panel beside it lists them."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from helpdesk.addresses import FieldName
from helpdesk.field_standings import standings_in, values_of
from helpdesk.models import CustomField, Ticket, custom_values
from helpdesk.templatetags.look import day

Kind = CustomField.Kind
LINKED = {Kind.URL: "", Kind.EMAIL: "mailto:"}


@dataclass(frozen=True)
class Property:
    """One line: a label, the value in words, and where it leads. `name` is that of its field."""

    name: str
    label: str
    words: str
    url: str = ""
    icon: str = ""
    is_late: bool = False
    is_long: bool = False
    staff_only: bool = False


def properties_of(ticket: Ticket) -> list[Property]:
    """The lines in order: the ticket's own, then its custom fields."""
    return [*_own(ticket), *_custom(ticket)]


def _own(ticket: Ticket) -> list[Property]:
    lines = [
        Property("queue", _("Queue"), str(ticket.queue)),
        Property("type", _("Type"), str(ticket.type or "")),
        Property(
            "due_at",
            _("Due"),
            day(ticket.due_at),
            icon="calendar" if ticket.due_at else "",
            is_late=ticket.is_overdue,
        ),
    ]
    if ticket.resolution:
        lines.append(Property("", _("Resolution"), ticket.get_resolution_display()))
    if ticket.resolution_comment:
        lines.append(Property("", _("Comment"), ticket.resolution_comment, is_long=True))
    if ticket.source_url.startswith(("https://", "http://")):
        lines.append(Property("", _("Source"), ticket.source or _("Open"), url=ticket.source_url))
    elif ticket.source:
        lines.append(Property("", _("Source"), f"{ticket.source} {ticket.source_ref}".strip()))
    return lines


def _custom(ticket: Ticket) -> list[Property]:
    standing = standings_in(values_of(ticket))
    rows = [
        (custom, value)
        for custom, value in ticket.custom_fields
        if value is not None or custom.key not in standing or standing[custom.key].shown
    ]
    people = {pk for custom, value in rows if custom.kind == Kind.PEOPLE for pk in value or ()}
    names = custom_values.names_of(list(people)) if people else {}
    return [_line(custom, value, names) for custom, value in rows]


def _line(custom: CustomField, value, names: dict[int, str]) -> Property:
    words = custom_values.words(custom, value, names)
    if custom.kind == Kind.DATE and value:
        words = day(date.fromisoformat(value))
    url = LINKED[custom.kind] + value if custom.kind in LINKED and value else ""
    return Property(
        name=FieldName(f"custom.{custom.key}"),
        label=custom.name,
        words=words,
        url=url,
        is_long=custom.kind == Kind.TEXTAREA,
        staff_only=custom.staff_only,
    )
