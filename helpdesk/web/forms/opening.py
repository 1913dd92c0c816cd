"""The form of a new ticket."""

from collections.abc import Sequence
from functools import cached_property
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actions.outgoing import queues_that_mail
from helpdesk.actor import STAFF, Actor
from helpdesk.fields import PersonField, RequesterField, tags_field
from helpdesk.lookup import uuid_of
from helpdesk.models import Draft, Format, Priority
from helpdesk.models.configuration import configuration
from helpdesk.web.forms.files import FilesForm
from helpdesk.web.forms.parts import NONE, CustomFieldsForm, RowField, kept, open_queues
from helpdesk.web.forms.properties import MomentField

OWN = ("title", "body", "queue", "type", "priority", "assignee", "team", "due_at", "tags")


class NewTicketForm(CustomFieldsForm, FilesForm):
    """A new ticket. Its custom fields are those of the queue and type that are chosen."""

    begun: Draft | None = None  # the draft that is shown
    more_drafts: Sequence[Draft] = ()

    def __init__(self, actor: Actor, data=None, files=None, **options):
        super().__init__(actor, data, files, **options)
        self.fields |= _fields(actor, self.initial)
        if queues_that_mail() & {one.pk for one in self.fields["queue"].rows.values()}:
            self.fields["mail_requester"] = _mail_requester()
        chosen_queue, chosen_type = self._chosen("queue"), self._chosen("type")
        if chosen_queue is not None:
            found = configuration().fields_for(
                chosen_queue.pk, chosen_type.pk if chosen_type else None
            )
            self.add_custom_fields(found, {})
            self.stand()

    @cached_property
    def draft_uuid(self) -> str:
        """The name of what is being written: the same through every attempt to open it."""
        posted = self.data.get("draft", "") if self.is_bound else ""
        return posted if uuid_of(posted) else str(self.begun.uuid if self.begun else uuid4())

    def is_set(self, name: str) -> bool:
        return self.fields[name].required or super().is_set(name)

    def clean(self) -> dict:
        cleaned = super().clean()
        name = cleaned.get("requester_name")
        if name and isinstance(cleaned.get("requester"), dict):
            cleaned["requester"]["name"] = name
        return cleaned

    def row(self) -> dict:
        """The new ticket as the verb takes it."""
        row = {name: self.cleaned_data[name] for name in OWN}
        row["body_format"] = Format.MARKDOWN
        if self.cleaned_data["requester"] is not None:
            row["requester"] = self.cleaned_data["requester"]
            row["mail_requester"] = self.cleaned_data.get("mail_requester", False)
        row["custom"] = {
            key: value for key, value in self.custom_values().items() if value is not None
        }
        return row

    def remember(self, data, files) -> None:
        """Show what was typed so far, unjudged."""
        for name, field in self.fields.items():
            if name != "files":
                self.initial[name] = field.widget.value_from_datadict(data, files, name)
        self.stand()
        for name, field in self.fields.items():
            if getattr(field, "is_out", False):  # what is not asked for any more is not sent
                self.initial.pop(name, None)

    def _chosen(self, name: str):
        field = self.fields[name]
        value = self.data.get(name) if self.is_bound else self.initial.get(name, field.initial)
        return field.rows.get(str(value or ""))


def _mail_requester() -> forms.Field:
    return forms.BooleanField(
        label=gettext_lazy("Mail it to the requester"),
        required=False,
        initial=True,
        help_text=gettext_lazy("As a reply is mailed, from queues that have a mailbox."),
    )


def _fields(actor: Actor, initial: dict) -> dict[str, forms.Field]:
    known = configuration()
    queues = open_queues(actor)
    first = known.default_queue if known.default_queue in queues else next(iter(queues), None)
    return {
        "requester": RequesterField(
            label=gettext_lazy("Requester"),
            required=False,
            help_text=gettext_lazy("E-mail address; a new one becomes a customer."),
        ),
        "requester_name": forms.CharField(
            label=gettext_lazy("Name"),
            max_length=200,
            required=False,
            help_text=gettext_lazy("Only for someone unknown."),
        ),
        "queue": RowField(queues, label=gettext_lazy("Queue"), initial=first and first.pk),
        "title": forms.CharField(
            label=gettext_lazy("Subject"),
            max_length=500,
            error_messages={"required": gettext_lazy("Enter a subject.")},
            widget=forms.TextInput(
                attrs={"placeholder": _("Write one line that names the problem"), "dir": "auto"}
            ),
        ),
        "body": forms.CharField(
            label=gettext_lazy("Description"),
            required=False,
            max_length=200_000,
            strip=False,
            widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
            help_text=gettext_lazy("Markdown"),
        ),
        "type": RowField(kept(known.types.values()), empty=NONE, label=gettext_lazy("Type")),
        "priority": forms.ChoiceField(
            choices=Priority.choices, label=gettext_lazy("Priority"), initial=Priority.NORMAL
        ),
        "assignee": PersonField(
            label=gettext_lazy("Assignee"),
            among=STAFF,
            required=False,
            help_text=gettext_lazy("Name or e-mail address of an agent."),
        ),
        "team": RowField(kept(known.teams.values()), empty=NONE, label=gettext_lazy("Team")),
        "due_at": MomentField(label=gettext_lazy("Due"), required=False),
        "tags": tags_field([]),
    }
