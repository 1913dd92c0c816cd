"""Variables in canned words: `{{ticket.number}}`. Looked up in a table, never run as a template.

Words of users are hostile: there is no attribute access, no filter, no formatting.
"""

import re
from collections.abc import Mapping

from django.utils import timezone
from django.utils.translation import gettext_lazy

from helpdesk.models import CustomField, Ticket, User, custom_values
from helpdesk.models.configuration import configuration

VARIABLE = re.compile(r"\{\{\s*(\w{1,60}\.[\w.-]{1,80})\s*\}\}")
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
LONGEST = 500  # characters of a value
NAMES = {
    "ticket.number": gettext_lazy("the ticket's number"),
    "ticket.subject": gettext_lazy("its subject"),
    "ticket.queue": gettext_lazy("its queue"),
    "ticket.status": gettext_lazy("its status"),
    "requester.name": gettext_lazy("the customer's name"),
    "requester.first_name": gettext_lazy("the customer's first name"),
    "requester.email": gettext_lazy("the customer's address"),
    "requester.organisation": gettext_lazy("the customer's organisation"),
    "agent.name": gettext_lazy("your name"),
    "agent.first_name": gettext_lazy("your first name"),
    "agent.signature": gettext_lazy("your signature"),
    "now.date": gettext_lazy("today"),
    "now.time": gettext_lazy("the time"),
}


def values_for(ticket: Ticket, person: User) -> dict[str, str]:
    """Every variable by name with its value; empty ones are left out."""
    requester, known = ticket.requester, configuration()
    now = timezone.localtime()
    values = {
        "ticket.number": str(ticket.pk),
        "ticket.subject": ticket.title,
        "ticket.queue": str(known.queues[ticket.queue_id]),
        "ticket.status": str(known.statuses[ticket.status_id]),
        "requester.name": ticket.requester_words,
        "requester.first_name": _first(ticket.requester_words),
        "requester.email": (requester.email_written if requester else "") or "",
        "requester.organisation": str(ticket.organisation or "") if ticket.organisation_id else "",
        "agent.name": person.name,
        "agent.first_name": _first(person.name),
        "agent.signature": person.signature,
        "now.date": f"{now:%Y-%m-%d}",
        "now.time": f"{now:%H:%M}",
        **_custom(ticket),
    }
    return {name: value[:LONGEST] for name, value in values.items() if value.strip()}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every known value; what has none stays as it stands, to be seen."""
    return VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def unresolved(text: str) -> list[str]:
    """The variables that still stand in a text, each once; what is marked as code is none."""
    if "{{" not in text:
        return []
    return list(dict.fromkeys(match[1] for match in VARIABLE.finditer(CODE.sub("", text))))


def _first(name: str) -> str:
    return name.split(" ", 1)[0] if name and "@" not in name else name


def _custom(ticket: Ticket) -> dict[str, str]:
    """Custom fields in words, as `field.<key>`; lists of people have none."""
    return {
        f"field.{field.key}": custom_values.words(field, value, {})
        for field, value in ticket.custom_fields
        if value not in (None, "", []) and field.kind != CustomField.Kind.PEOPLE
    }
