"""What can be set on a ticket: its properties, its status, its links."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.actor import STAFF, Actor
from helpdesk.fields import PersonField, RequesterField, tags_field
from helpdesk.models import Priority, Resolution, Ticket, TicketLink, Transition
from helpdesk.models.configuration import configuration
from helpdesk.web.forms.parts import (
    CUSTOM,
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
        for name, field in self.fields.items():
            if name.startswith(CUSTOM) and name.removeprefix(CUSTOM) not in ticket.custom:
                field.required = False  # an old ticket is not refused for what it never had
        self.only = data.getlist("only") if data is not None else []
        if self.only:
            wanted = {*self.only, "version"}
            self.fields = {name: one for name, one in self.fields.items() if name in wanted}

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


class TransitionForm(VersionedForm):
    """What a transition wants to know."""

    resolution = forms.ChoiceField(label=_("Resolution"), choices=[], required=False)
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, transition: Transition, *, resolves: bool, data=None, version=None):
        super().__init__(data)
        self.initial["version"] = version
        needs = transition.needs_resolution
        choices = list(Resolution.choices) if needs else [("", NONE), *Resolution.choices]
        self.fields["resolution"].choices = choices
        self.fields["resolution"].required = needs
        self.fields["comment"].required = transition.needs_comment
        if not resolves:
            del self.fields["resolution"]
            self.fields["comment"].help_text = _("Kept as an internal note.")


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
