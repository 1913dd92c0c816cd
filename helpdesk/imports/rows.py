"""One row of a file as a ticket that can be opened, or the reason why it can't."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from helpdesk.imports.mapping import TIMES, Mapping
from helpdesk.imports.reading import Row
from helpdesk.models import Category, Channel, Priority, Queue, TicketType, User
from helpdesk.models.configuration import configuration, find
from helpdesk.text import fold, normalise, one_line

MOMENTS = (*TIMES, "due_at", "snoozed_until")
ORDERED = ("created_at", "first_response_at", "resolved_at", "closed_at")


@dataclass
class Draft:
    """A row as `actions.open_tickets` takes it, and what is worth saying about it."""

    fields: dict
    contradicts: bool = False
    exists: bool = False
    remarks: list[str] = field(default_factory=list)


def reference_of(row: Row, mapping: Mapping) -> str:
    """The row's natural key: its reference, or a digest of its cells where none is mapped."""
    column = mapping.by_target.get("source_ref")
    if column and (reference := one_line(row.cells.get(column, ""))):
        return reference
    joined = "\x1f".join(f"{name}={value}" for name, value in sorted(row.cells.items()))
    return f"row:{hashlib.sha256(joined.encode('utf-8', 'replace')).hexdigest()[:32]}"


def draft(row: Row, mapping: Mapping, queue: Queue, agents: dict[str, User]) -> Draft:
    """The ticket in a row; `agents` are the possible assignees by address.

    Raises ValidationError by column.
    """
    made = Draft({"queue": queue, "channel": Channel.IMPORT})
    errors: dict[str, list[str]] = {}
    people: dict[str, str] = {}
    for column, target in mapping.columns.items():
        cell = normalise(row.cells.get(column, ""))
        value = mapping.values.get(target, {}).get(cell.strip(), cell)
        try:
            _put(made, people, target, value, mapping, agents)
        except ValidationError as error:
            errors[column] = error.messages
    if errors:
        raise ValidationError(errors)
    _put_requester(made, people)
    made.fields["source"] = mapping.source
    made.fields["source_ref"] = reference_of(row, mapping)
    moments = [made.fields[name] for name in ORDERED if made.fields.get(name)]
    made.contradicts = moments != sorted(moments)
    return made


def moment(text: str, timezone: str) -> datetime:
    """A time as exports write it, in UTC; without a zone of its own it is in `timezone`."""
    written = re.sub(r"^(\d{4})/(\d{1,2})/(\d{1,2})", r"\1-\2-\3", text.strip())
    try:
        found = parse_datetime(written)
        if found is None and (day := parse_date(written)):
            found = datetime(day.year, day.month, day.day)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(
            _("“%(text)s” is no time. Write 2022-07-26 12:33 or 2022-07-26T12:33:39Z.")
            % {"text": text[:40]}
        )
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(timezone))
    return found.astimezone(UTC)


def _put(made: Draft, people: dict, target: str, value: str, mapping: Mapping, agents) -> None:
    text = value.strip()
    if target in ("requester.email", "requester.name"):
        people[target.partition(".")[2]] = text
    elif target.startswith("custom."):
        if text:
            made.fields.setdefault("custom", {})[target.removeprefix("custom.")] = value
    elif target == "title":
        made.fields["title"] = text
    elif not text or target == "source_ref":
        return
    elif target in MOMENTS:
        made.fields[target] = moment(text, mapping.timezone)
    elif target == "assignee.email":
        _put_assignee(made, text, agents)
    elif target in NAMED:
        made.fields[target] = NAMED[target](text)
    else:
        made.fields[target] = value


def _put_requester(made: Draft, people: dict[str, str]) -> None:
    if people.get("email"):
        made.fields["requester"] = {"email": people["email"], "name": people.get("name", "")}
    elif people.get("name"):
        made.fields["requester_name"] = one_line(people["name"])[:200]


def _put_assignee(made: Draft, text: str, agents: dict[str, User]) -> None:
    """The first address that is an agent's; those that are nobody's are kept and said."""
    addresses = [fold(one).strip() for one in re.split(r"[,;\s]+", text) if one.strip()]
    known = [address for address in addresses if address in agents]
    if known:
        made.fields["assignee"] = agents[known[0]]
    others = [address for address in addresses if address not in known[:1]]
    if others:
        made.fields["extra"] = {"import": {"assignees": others}}
        made.remarks.append(
            _("Not assigned to %(names)s: no agent has this address, or there are several.")
            % {"names": ", ".join(others)}
        )


def _status(text: str):
    known = configuration()
    found = find(known.statuses.values(), text)
    if found is None and fold(text) in Category.values:
        found = next(iter(known.statuses_in(fold(text))), None)
    if found is None:
        names = [str(one) for one in known.statuses.values() if one.deleted_at is None]
        raise ValidationError(_unknown(_("status"), text, [*names, *Category.values]))
    return found


def _type(text: str):
    """The type of this name; an unknown one is made when the import runs."""
    found = find(configuration().types.values(), text)
    if found is None:
        name = one_line(text)
        if len(name) > 120:
            raise ValidationError(_("A type's name has at most 120 characters."))
        found = TicketType(name=name, name_folded=fold(name))
    return found


def _queue(text: str):
    rows = configuration().queues.values()
    known = [queue for queue in rows if queue.deleted_at is None and not queue.is_sandbox]
    found = find(known, text) or next((one for one in known if one.slug == fold(text)), None)
    if found is None:
        raise ValidationError(_unknown(_("queue"), text, [queue.slug for queue in known]))
    return found


def _team(text: str):
    found = find(configuration().teams.values(), text)
    if found is None:
        names = [str(team) for team in configuration().teams.values() if team.deleted_at is None]
        raise ValidationError(_unknown(_("team"), text, names))
    return found


def _choice(choices, words: str):
    def chosen(text: str) -> str:
        for value, label in choices.choices:
            if fold(text) in (fold(value), fold(str(label))):
                return value
        raise ValidationError(_unknown(words, text, choices.values))

    return chosen


def _tags(text: str) -> list[str]:
    return [one.strip() for one in re.split(r"[,;]", text) if one.strip()]


def _unknown(words: str, text: str, names: list[str]) -> str:
    return _("There is no %(kind)s “%(name)s”. Known: %(names)s.") % {
        "kind": words,
        "name": text[:60],
        "names": ", ".join(str(name) for name in names[:40]),
    }


PRIORITIES = {  # what other services call ours
    "lowest": Priority.LOW,
    "medium": Priority.NORMAL,
    "important": Priority.HIGH,
    "highest": Priority.URGENT,
    "critical": Priority.URGENT,
}
_priority_named = _choice(Priority, "priority")


def _priority(text: str) -> str:
    return PRIORITIES.get(fold(text)) or _priority_named(text)


NAMED = {
    "status": _status,
    "type": _type,
    "queue": _queue,
    "team": _team,
    "tags": _tags,
    "priority": _priority,
    "channel": _choice(Channel, "channel"),
}
