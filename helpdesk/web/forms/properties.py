"""What can be set on a ticket: its properties, its status, its links."""

import json
from functools import cached_property

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.actions.conditioned import missing_to_resolve
from helpdesk.actor import STAFF, Actor
from helpdesk.field_standings import values_of
from helpdesk.fields import KeptAndAddedField, PersonField, RequesterField, tags_field
from helpdesk.models import CustomField, Priority, Resolution, Ticket, TicketLink, Transition
from helpdesk.models.configuration import configuration
from helpdesk.text import normalise
from helpdesk.web.forms.parts import (
    NONE,
    CustomFieldsForm,
    RowField,
    TicketNumberField,
    VersionedForm,
    kept,
    open_queues,
)

MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment to the minute, in the reader's time zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)

    def __init__(self, *, initial=None, **options):
        whole = initial.replace(second=0, microsecond=0) if initial else None
        super().__init__(initial=timezone.localtime(whole) if whole else None, **options)


class PropertiesForm(CustomFieldsForm):
    """Every property of a ticket; `only` names the few that a small form of the page sets."""

    def __init__(self, ticket: Ticket, actor: Actor, data=None):
        super().__init__(data)
        self.ticket = ticket
        self.initial["version"] = ticket.version
        self.fields |= _ticket_fields(ticket, actor)
        fields = configuration().fields_for(ticket.queue_id, ticket.type_id)
        self.add_custom_fields(fields, ticket.custom)
        self._take_seen(data)
        self.only = data.getlist("only") if data is not None else []
        if self.only:
            wanted = {*self.only, "version"}
            self.fields = {name: one for name, one in self.fields.items() if name in wanted}
        self.held_before = values_of(ticket)
        self.stand()

    def asks_for(self, key: str) -> bool:
        return key in self.ticket.custom  # an old ticket is not refused for what it never had

    def unjudged(self) -> "PropertiesForm":
        """The same words without a verdict: what was chosen so far decides what is asked for."""
        self._errors = ErrorDict()
        self.cleaned_data = {}
        return self

    @property
    def seen_words(self) -> str:
        """What the page shows, for the form to carry: what was left alone is no change."""
        return json.dumps(self.seen or {name: self._initially(name) for name in self.fields})

    @cached_property
    def changed_data(self) -> list[str]:
        return [name for name in self.fields if self._is_changed(name)]

    def _is_changed(self, name: str) -> bool:
        field, bound = self.fields[name], self[name]
        if isinstance(field, KeptAndAddedField):
            return field.has_changed(None, bound.data)
        return _plain(bound.data) != self.seen.get(name, self._initially(name))

    def _initially(self, name: str):
        field = self.fields[name]
        if isinstance(field, KeptAndAddedField):
            return [key for key, _words in field.there]
        value = field.prepare_value(self.get_initial_for_field(field, name))
        if isinstance(field.widget, forms.DateTimeInput):
            value = field.widget.format_value(value)
        return _plain(bool(value) if isinstance(field, forms.BooleanField) else value)

    def _take_seen(self, data) -> None:
        try:
            seen = json.loads(data.get("seen") or "{}") if data is not None else {}
        except (ValueError, RecursionError):
            seen = {}
        self.seen: dict = seen if isinstance(seen, dict) else {}
        for name, field in self.fields.items():
            listed = self.seen.get(name)
            if isinstance(field, KeptAndAddedField) and isinstance(listed, list):
                field.seen = [one for one in listed if isinstance(one, str)]

    def changes(self) -> dict:
        """What was changed, as the verb takes it."""
        own = [name for name in self.changed_data if name in OWN and name in self.cleaned_data]
        changed = {name: self.cleaned_data[name] for name in own}
        if custom := self.custom_values():
            changed["custom"] = custom
        return changed


OWN = (
    "title",
    "queue",
    "type",
    "priority",
    "requester",
    "assignee",
    "team",
    "due_at",
    "parent",
    "tags",
)


def _ticket_fields(ticket: Ticket, actor: Actor) -> dict[str, forms.Field]:
    known = configuration()
    return {
        "title": forms.CharField(label=_("Subject"), max_length=500, initial=ticket.title),
        "requester": RequesterField(label=_("Requester"), current=ticket.requester, required=False),
        "queue": RowField(
            open_queues(actor, ticket.queue_id), label=_("Queue"), initial=ticket.queue_id
        ),
        "type": RowField(
            kept(known.types.values(), ticket.type_id),
            empty=NONE,
            label=_("Type"),
            initial=ticket.type_id,
        ),
        "priority": forms.ChoiceField(
            choices=Priority.choices, label=_("Priority"), initial=ticket.priority
        ),
        "assignee": PersonField(
            label=_("Assignee"), current=ticket.assignee, among=STAFF, required=False
        ),
        "team": RowField(
            kept(known.teams.values(), ticket.team_id),
            empty=NONE,
            label=_("Team"),
            initial=ticket.team_id,
        ),
        "due_at": MomentField(label=_("Due"), initial=ticket.due_at, required=False),
        "tags": tags_field([tag.name for tag in ticket.tag_list]),
        "parent": TicketNumberField(
            actor, label=_("Parent ticket"), initial=ticket.parent_id, required=False
        ),
    }


def _plain(value):
    """A raw value as it is compared: words with one kind of line end, lists of words, booleans."""
    if isinstance(value, list | tuple):
        return sorted(str(one) for one in value)
    if isinstance(value, bool):
        return value
    return normalise("" if value is None else str(value)).strip()


class TransitionForm(CustomFieldsForm):
    """What a transition wants to know."""

    resolution = forms.ChoiceField(label=_("Resolution"), choices=[], required=False)
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(
        self,
        transition: Transition,
        *,
        resolves: bool,
        data=None,
        version=None,
        ticket: Ticket | None = None,
    ):
        super().__init__(data)
        if ticket is not None and resolves:
            self._ask_what_is_missing(ticket)
        self.initial["version"] = version
        needs = transition.needs_resolution
        choices = list(Resolution.choices) if needs else [("", NONE), *Resolution.choices]
        self.fields["resolution"].choices = choices
        self.fields["resolution"].required = needs
        self.fields["comment"].required = transition.needs_comment
        if not resolves:
            del self.fields["resolution"]
            self.fields["comment"].help_text = _("Kept as an internal note.")

    def _ask_what_is_missing(self, ticket: Ticket) -> None:
        """The custom fields that are empty and needed before the ticket is resolved."""
        known = configuration().fields
        self.add_custom_fields([known[key] for key in missing_to_resolve(ticket)], {})
        for field in (self.fields[bound.name] for bound in self.custom_rows):
            if field.custom.kind != CustomField.Kind.TOGGLE:
                field.required = field.widget.is_required = True


class LinkForm(forms.Form):
    """Another ticket, and how the two belong together."""

    kind = forms.ChoiceField(
        label=_("This ticket is"), choices=TicketLink.Kind.choices, initial="related"
    )

    def __init__(self, actor: Actor, data=None):
        super().__init__(data)
        self.fields["other"] = TicketNumberField(actor, label=_("Ticket"))


class DescriptionForm(VersionedForm):
    """The ticket's own text."""

    body = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto"}),
    )
