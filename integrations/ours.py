"""A ticket of ours in the words of `connector`, and back into what verbs take."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.models import Category, CustomField, Status, Ticket, TicketType, User
from helpdesk.models.configuration import Snapshot, configuration
from helpdesk.text import fold
from integrations.connector import Fields
from integrations.mapping import OurField

CATEGORY_OF_WORD = {
    "new": (Category.NEW, Category.OPEN),
    "open": (Category.OPEN, Category.NEW),
    "started": (Category.OPEN,),
    "waiting": (Category.WAITING, Category.OPEN),
    "resolved": (Category.RESOLVED, Category.CLOSED),
    "closed": (Category.CLOSED, Category.RESOLVED),
}


def fields_of(ticket: Ticket) -> Fields:
    """All that may travel of a ticket, as `connector` describes *fields*."""
    return {
        "title": ticket.title,
        "body": ticket.body,
        "body_format": ticket.body_format,
        "status": status_word(configuration().statuses[ticket.status_id], ticket.queue_id),
        "priority": str(ticket.priority),
        "resolution": str(ticket.resolution),
        "resolution_comment": ticket.resolution_comment,
        "type": type_name(ticket.type_id),
        "requester": person_of(ticket.requester, ticket.requester_name),
        "assignee": person_of(ticket.assignee),
        "assignees": [person_of(ticket.assignee)] if ticket.assignee_id else [],
        "tags": [tag.name for tag in ticket.tag_list],
        "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
        "custom": (custom := custom_of(ticket)),
        "custom_words": words_of(custom),
    }


def told(ticket: Ticket, names: Collection[str]) -> Fields:
    """What is only said with a ticket, as `Capabilities.told` names it."""
    said: Fields = {}
    for name in names:
        if name in ("created_at", "updated_at"):
            said[name] = getattr(ticket, name).isoformat()
        elif name == "url":
            said[name] = f"{settings.PUBLIC_URL}{reverse('ticket', args=(ticket.pk,))}"
        elif name == "author":
            opened = ticket.changes.filter(version=1).select_related("person").first()
            said[name] = person_of(opened.person, opened.person_name) if opened else None
    return said


def type_name(type_id: int | None) -> str:
    found = configuration().types.get(type_id) if type_id else None
    return found.name if found else ""


def type_named(name: str) -> TicketType | None:
    """The ticket type of that name. Raises ValidationError where there is none."""
    if not name:
        return None
    for found in configuration().types.values():
        if found.deleted_at is None and fold(found.name) == fold(name):
            return found
    raise ValidationError({"type": _("No ticket type here is named “%(name)s”.") % {"name": name}})


def custom_of(ticket: Ticket) -> dict[str, Any]:
    """Custom values by key as `Ticket.custom` stores them, but people as persons."""
    known = configuration().fields
    values = {key: value for key, value in ticket.custom.items() if key in known}
    is_people = {key for key in values if known[key].kind == CustomField.Kind.PEOPLE}
    ids = {pk for key in is_people for pk in values[key]}
    people = User.objects.in_bulk(ids) if ids else {}
    for key in is_people:
        values[key] = [person_of(people[pk]) for pk in values[key] if pk in people]
    return values


def words_of(custom: dict[str, Any]) -> dict[str, str]:
    """Custom values for people, by their fields' names; what only staff sees is not among them."""
    known = configuration()
    words: dict[str, str] = {}
    for key, value in custom.items():
        field = known.fields[key]
        if field.staff_only or value in (None, "", []):
            continue
        labels = {str(one.uuid): one.label for one in known.options_of.get(field.pk, [])}
        listed = value if isinstance(value, list) else [value]
        words[field.name] = ", ".join(_word(one, labels) for one in listed)
    return words


def _word(value: Any, labels: dict[str, str]) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return str(value.get("name") or value.get("email") or "")
    return labels.get(str(value), str(value))


def person_of(person: User | None, name: str = "") -> dict[str, str] | None:
    """A person as `{"id", "name", "email"}`; the id is the other side's to say."""
    if person is None:
        return {"id": "", "name": name, "email": ""} if name else None
    return {"id": "", "name": name or str(person), "email": person.email or ""}


def status_word(status: Status, queue_id: int) -> str:
    """One of `connector.STATUSES`: open statuses beside the queue's plain one mean `started`."""
    if status.category != Category.OPEN:
        return str(status.category)
    plain = _plain_open(configuration(), queue_id)
    return "open" if plain is None or status.pk == plain.pk else "started"


def status_for(word: str, queue_id: int, now: Status | None = None) -> Status:
    """The status of ours that a word means: the present one if it fits, else the first that does.

    Raises ValidationError where no status is left.
    """
    known = configuration()
    if now is not None and status_word(now, queue_id) == word:
        return now
    plain = _plain_open(known, queue_id)
    choices = [
        status for category in CATEGORY_OF_WORD[word] for status in known.statuses_in(category)
    ]
    if word == "open" and plain is not None:
        choices.insert(0, plain)
    if word == "started" and plain is not None:
        choices.sort(key=lambda status: status.pk == plain.pk)
    if not choices:
        raise ValidationError({"status": _("No status here means “%(word)s”.") % {"word": word}})
    return choices[0]


def verb_fields(fields: Fields, *, queue_id: int, now: Status | None = None) -> dict[str, Any]:
    """What `change_ticket` and `open_ticket` take, without the people, who are mapped apart.

    Sets are whole lists. People in custom fields are found by e-mail; unknown ones are left out.
    """
    taken: dict[str, Any] = {}
    for name in ("title", "body", "body_format", "priority", "resolution", "resolution_comment"):
        if name in fields:
            taken[name] = fields[name]
    if "status" in fields:
        taken["status"] = status_for(fields["status"], queue_id, now)
    if "type" in fields:
        taken["type"] = type_named(str(fields["type"] or ""))
    if "tags" in fields:
        taken["tags"] = list(fields["tags"])
    if "due_at" in fields:
        taken["due_at"] = datetime.fromisoformat(fields["due_at"]) if fields["due_at"] else None
    if "custom" in fields:
        taken["custom"] = custom_values(fields["custom"])
    return taken


def custom_values(custom: dict[str, Any]) -> dict[str, Any]:
    """Custom values as verbs take them: persons become the ids of those who are known here."""
    known = configuration().fields
    return {
        key: _people_ids(value)
        if key in known and known[key].kind == CustomField.Kind.PEOPLE
        else value
        for key, value in custom.items()
    }


def our_fields(queue_id: int) -> list[OurField]:
    """The custom fields of a queue, for mapping them to another service's."""
    known = configuration()
    return [
        OurField(
            key=field.key,
            label=field.name,
            kind=str(field.kind),
            options={
                str(option.uuid): option.label for option in known.options_of.get(field.pk, [])
            },
        )
        for field in known.fields.values()
        if field.deleted_at is None
        and (not known.field_queues[field.pk] or queue_id in known.field_queues[field.pk])
    ]


def _plain_open(known: Snapshot, queue_id: int) -> Status | None:
    """The open status that does not say that somebody works on it."""
    flow = known.workflow_of(queue_id)
    first = known.statuses.get(flow.initial_id) if flow else None
    if first is not None and first.category == Category.OPEN:
        return first
    return next(iter(known.statuses_in(Category.OPEN)), None)


def _people_ids(value: Any) -> list[int] | None:
    if not value:
        return None
    persons = value if isinstance(value, list) else [value]
    emails = {fold(str(person.get("email") or "")).strip() for person in persons} - {""}
    rows = User.objects.filter(email__in=emails, erased_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True)) or None
