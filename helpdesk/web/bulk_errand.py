"""What is to be done to each ticket of a selection: judged beforehand, carried out by a job."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.models import CustomField, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.models.custom_values import names_of, words
from helpdesk.permissions import can, open_transitions
from helpdesk.text import fold

DONE, UNCHANGED, REFUSED = "done", "unchanged", "refused"
COLUMNS = {"assignee": "assignee_id", "team": "team_id", "status": "status_id"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The same for every ticket, as a job keeps it.

    `values` holds ids of assignee, team and status (None: nobody), a word of priority and
    resolution, a resolution's comment, and `snoozed_until` in ISO form; only what is named is set.
    `custom` sets custom fields by key, `add` and `remove` are names of tags, `body` is said as a
    reply if it is `public`, else as a note. `into` is the number of the ticket into which the
    others are merged.
    """

    values: dict = field(default_factory=dict)
    custom: dict = field(default_factory=dict)
    add: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    body: str = ""
    public: bool = False
    into: int | None = None
    delete: bool = False

    def __bool__(self) -> bool:
        return self != Wanted()

    def as_json(self) -> dict:
        return asdict(self)


class Errand:
    """`Wanted` with the rows that it names, for one actor."""

    def __init__(self, wanted: Wanted, by: Actor):
        self.wanted, self.by = wanted, by
        known, values = configuration(), wanted.values
        self.rows = {
            "assignee": _person(values.get("assignee")),
            "team": known.teams.get(values.get("team")),
            "status": known.statuses.get(values.get("status")),
        }
        self.into = (
            Ticket.objects.visible_to(by).filter(pk=wanted.into).first() if wanted.into else None
        )
        snoozed = values.get("snoozed_until")
        self.until = datetime.fromisoformat(snoozed) if snoozed else None
        self.added = {fold(name): name for name in wanted.add}
        self.removed = {fold(name) for name in wanted.remove} - set(self.added)

    @cached_property
    def custom_words(self) -> dict[str, str]:
        """The values of custom fields as people read them, by key."""
        known, found = configuration().fields, {}
        for key, value in self.wanted.custom.items():
            is_people = known[key].kind == CustomField.Kind.PEOPLE
            found[key] = words(known[key], value, names_of(value) if is_people else None)
        return found

    # Judging --------------------------------------------------------------------------------

    def refusal(self, ticket: Ticket) -> str:
        """Why a ticket stays as it is, in words; empty if the errand does something to it."""
        wanted = self.wanted
        if wanted.into:
            return self._refused_merge(ticket)
        if missing := [verb for verb in self._verbs() if not can(self.by, verb, ticket)]:
            return _not_allowed(missing[0])
        if wanted.delete:
            return ""
        if ticket.merged_into_id:
            return _("Merged into #%(number)s") % {"number": ticket.merged_into_id}
        fields = self.fields(ticket)
        if "status" in fields and (reason := self._refused_status(ticket)):
            return reason
        if "snoozed_until" in fields and not ticket.is_unresolved:
            return _("Is resolved, so it cannot be snoozed")
        if not fields and not wanted.body:
            return _("Nothing would change")
        return ""

    def fields(self, ticket: Ticket) -> dict:
        """What differs on a ticket, as `change_ticket` takes it."""
        values, changed = self.wanted.values, {}
        for name, column in COLUMNS.items():
            if name in values and getattr(ticket, column) != values[name]:
                changed[name] = self.rows[name]
        if values.get("priority", ticket.priority) != ticket.priority:
            changed["priority"] = values["priority"]
        if self.until and ticket.snoozed_until != self.until:
            changed["snoozed_until"] = self.until
        if "status" in changed:
            about = ("resolution", "resolution_comment")
            changed |= {name: values[name] for name in about if values.get(name)}
        if custom := self._custom(ticket):
            changed["custom"] = custom
        if (tags := self._tags(ticket)) is not None:
            changed["tags"] = tags
        return changed

    def _verbs(self) -> list[str]:
        wanted = self.wanted
        if wanted.delete:
            return ["delete"]
        said = ["reply" if wanted.public else "note"] if wanted.body else []
        changes = wanted.values or wanted.custom or wanted.add or wanted.remove
        return [*(["change"] if changes else []), *said]

    def _refused_merge(self, ticket: Ticket) -> str:
        into = self.into
        if into is None or into.pk == ticket.pk:
            return _("The other tickets go into this one") if into else _("There is no such ticket")
        if ticket.merged_into_id:
            return _("Merged into #%(number)s") % {"number": ticket.merged_into_id}
        if not (can(self.by, "merge", ticket) and can(self.by, "merge", into)):
            return _not_allowed("merge")
        return ""

    def _refused_status(self, ticket: Ticket) -> str:
        status, values = self.rows["status"], self.wanted.values
        leading = [way for way in open_transitions(ticket, self.by) if way.target_id == status.pk]
        if not leading:
            now = configuration().statuses[ticket.status_id]
            return _("No way leads from %(now)s to %(then)s") % {"now": now, "then": status}
        if all(way.needs_resolution for way in leading) and not values.get("resolution"):
            return _("Wants to know how it was resolved")
        if all(way.needs_comment for way in leading) and not values.get("resolution_comment"):
            return _("Wants to know why")
        return ""

    def _custom(self, ticket: Ticket) -> dict:
        if not self.wanted.custom:
            return {}
        own = {one.key for one in configuration().fields_for(ticket.queue_id, ticket.type_id)}
        return {
            key: value
            for key, value in self.wanted.custom.items()
            if key in own and ticket.custom.get(key) != value
        }

    def _tags(self, ticket: Ticket) -> list[str] | None:
        """The names of all tags as they would be, None if they stay."""
        if not self.added and not self.removed:
            return None
        now = {one.name_folded: one.name for one in ticket.tag_list}
        then = {key: name for key, name in (self.added | now).items() if key not in self.removed}
        return list(then.values()) if set(then) != set(now) else None

    # Doing ----------------------------------------------------------------------------------

    def carry_out(self, ticket: Ticket | None) -> tuple[str, str]:
        """Do it to one ticket: what became of it, and why if it was refused."""
        if ticket is None:
            return REFUSED, _("No longer there")
        try:
            with transaction.atomic():
                return self._done(ticket), ""
        except (ValidationError, PermissionDenied) as error:
            is_told = isinstance(error, ValidationError)
            return REFUSED, " ".join(error.messages) if is_told else str(error)

    def _done(self, ticket: Ticket) -> str:
        wanted, by = self.wanted, self.by
        if wanted.into:
            if self.into is None:
                raise ValidationError(_("There is no such ticket."))
            if self.into.pk == ticket.pk:
                return UNCHANGED
            actions.merge(ticket, self.into, by=by)
            return DONE
        if wanted.delete:
            actions.delete_ticket(ticket, by=by)
            return DONE
        fields = self.fields(ticket)
        if wanted.body:
            verb = actions.reply if wanted.public else actions.add_note
            verb(ticket, by=by, body=wanted.body, fields=fields)
            return DONE
        if not fields:
            return UNCHANGED
        if "snoozed_until" in fields:
            ticket = actions.snooze(ticket, by=by, until=fields.pop("snoozed_until"))
            if not fields:
                return DONE
        before = ticket.version
        return (
            DONE if actions.change_ticket(ticket, by=by, **fields).version > before else UNCHANGED
        )


def _person(pk: int | None) -> User | None:
    return User.objects.filter(pk=pk).first() if pk else None


def _not_allowed(verb: str) -> str:
    said = {
        "reply": _("You may not reply here"),
        "note": _("You may not write notes here"),
        "delete": _("You may not delete here"),
        "merge": _("You may not merge here"),
    }
    return said.get(verb) or _("You may not change tickets here")
