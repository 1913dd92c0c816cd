"""What the forms of a ticket share: choices of the snapshot, numbers of tickets, custom fields."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import Actor
from helpdesk.fields import clean_custom, form_field
from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from helpdesk.models.custom_values import names_of
from helpdesk.models.labels import CustomField
from helpdesk.search import number_in
from helpdesk.web.forms.standing import StandingForm

CUSTOM = "custom."


def unchanged(field: forms.Field) -> forms.Field:
    """A field that no form changes: all forms share it, as copying one for each costs much."""
    field.__deepcopy__ = lambda _memo: field
    return field


class RowField(forms.ChoiceField):
    """A choice among rows of the snapshot; its clean value is the row."""

    def __init__(self, rows, *, empty: str | None = None, **options):
        self.rows = {str(row.pk): row for row in rows}
        choices = [(key, str(row)) for key, row in self.rows.items()]
        if empty is not None:
            choices.insert(0, ("", empty))
        super().__init__(choices=choices, required=empty is None, **options)

    def clean(self, value):
        return self.rows.get(super().clean(value))


class TicketNumberField(forms.CharField):
    """The number of a ticket that the actor sees, as `1042` or `#1042`."""

    def __init__(self, actor: Actor, **options):
        self.actor = actor
        attributes = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(max_length=30, widget=forms.TextInput(attrs=attributes), **options)

    def has_changed(self, initial, data) -> bool:
        return str(initial or "") != (data or "").strip().removeprefix("#")

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        number = number_in(text)
        rows = Ticket.objects.visible_to(self.actor)
        found = rows.filter(pk=number).first() if number is not None else None
        if found is None:
            raise ValidationError(_("There is no such ticket."))
        return found


class VersionedForm(forms.Form):
    """Carries the version of the ticket that the person saw."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class CustomFieldsForm(StandingForm, VersionedForm):
    """Holds a form field for each custom field of a queue and type, named `custom.<key>`."""

    def add_custom_fields(self, fields: list[CustomField], stored: dict) -> None:
        names = _names(fields, stored)
        for custom in fields:
            value = stored.get(custom.key)
            self.fields[CUSTOM + custom.key] = form_field(custom, stored=value, names=names)

    @property
    def custom_rows(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(CUSTOM)]

    def clean(self) -> dict:
        cleaned = super().clean()
        for name, field in self.fields.items():
            if not name.startswith(CUSTOM) or name not in cleaned or not self.is_set(name):
                continue
            try:
                cleaned[name] = clean_custom(field.custom, cleaned[name])
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned

    def is_set(self, name: str) -> bool:
        """Whether a field was changed by hand: what was left alone is never judged anew."""
        return name in self.changed_data

    def custom_values(self) -> dict:
        """The changed custom fields by key."""
        return {
            name.removeprefix(CUSTOM): self.cleaned_data[name]
            for name in self.fields
            if name.startswith(CUSTOM) and name in self.cleaned_data and self.is_set(name)
        }


def open_queues(actor: Actor, *current: int) -> list:
    """The queues that the actor may put a ticket into, and the current one."""
    return [
        queue
        for queue in configuration().queues.values()
        if queue.pk in current
        or (
            queue.deleted_at is None
            and not queue.is_sandbox
            and (actor.queues is None or queue.pk in actor.queues - actor.read_only_queues)
        )
    ]


def kept(rows, *current: int | None) -> list:
    """The rows that are not deleted, and the current ones."""
    return [row for row in rows if row.deleted_at is None or row.pk in current]


def _names(fields: list[CustomField], stored: dict) -> dict[int, str]:
    """The names of all people whom these fields list, in one statement."""
    ids = {
        pk
        for custom in fields
        if custom.kind == CustomField.Kind.PEOPLE
        for pk in stored.get(custom.key) or ()
    }
    return names_of(list(ids)) if ids else {}


NONE = gettext_lazy("None")
