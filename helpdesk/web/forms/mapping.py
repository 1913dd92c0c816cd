"""The form that says what becomes of each column and value of an imported file."""

from dataclasses import dataclass, field
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.imports.mapping import PLAIN, TARGETS, Mapping, custom_target
from helpdesk.imports.rows import NAMED
from helpdesk.models import Channel, Job, Priority, Queue, Resolution, Ticket
from helpdesk.models.configuration import configuration

WITH_VALUES = ("status", "priority", "type", "channel", "queue", "team", "resolution")
TARGET_NAMES = {
    "source_ref": gettext_lazy("Reference there"),
    "requester.email": gettext_lazy("Requester, e-mail"),
    "requester.name": gettext_lazy("Requester, name"),
    "assignee.email": gettext_lazy("Assignee, e-mail"),
    "created_at": gettext_lazy("Created"),
    "updated_at": gettext_lazy("Updated"),
    "first_response_at": gettext_lazy("First response"),
    "resolved_at": gettext_lazy("Resolved at"),
    "closed_at": gettext_lazy("Closed at"),
    "body_format": gettext_lazy("Description, format"),
}


@dataclass
class ColumnRow:
    """One line of the mapping table."""

    name: str
    first: str
    filled: int
    target: BoundField
    total: int

    @property
    def empty(self) -> int:
        return self.total - self.filled


@dataclass
class ValueSection:
    """The values of one column, each with the field that says what it becomes."""

    column: str
    target: str
    values: list[tuple[str, int, BoundField]] = field(default_factory=list)


class MappingForm(forms.Form):
    queue = forms.ModelChoiceField(
        label=gettext_lazy("Queue"), queryset=Queue.objects.none(), empty_label=None
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        help_text=gettext_lazy("The name their references are under, such as “old-desk”."),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Of times that name none, such as Europe/Berlin."),
    )
    announce = forms.BooleanField(
        label=gettext_lazy("Mail and mirror the imported tickets"), required=False
    )

    def __init__(self, job: Job, data=None):
        options = job.options
        known = configuration()
        queue = known.queues.get(options.get("queue")) or known.default_queue
        initial = {
            "queue": queue.pk if queue else None,
            "source": options.get("source") or job.name.rpartition(".")[0][:200] or job.name,
            "timezone": options.get("timezone", "UTC"),
            "announce": options.get("announce", False),
        }
        super().__init__(data, initial=initial)
        self.job, self.about = job, options["looked_at"]
        self.fields["queue"].queryset = Queue.objects.kept().filter(is_sandbox=False)
        self.columns: list[str] = options["table"]["columns"]
        for number, column in enumerate(self.columns):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=column,
                required=False,
                choices=_targets(column),
                initial=self._first_target(column),
                widget=forms.Select({"class": "input"}),
            )
        self._add_value_fields()

    def _first_target(self, column: str) -> str:
        """What was chosen before; at first what its name says, or a new field of its own."""
        options = self.job.options
        if options.get("queue") or column in options["columns"]:
            return options["columns"].get(column, "")
        return custom_target(column)

    @cached_property
    def rows(self) -> list[ColumnRow]:
        return [
            ColumnRow(
                column,
                self.about[column]["first"],
                self.about[column]["filled"],
                self[f"column-{number}"],
                self.job.total or 0,
            )
            for number, column in enumerate(self.columns)
        ]

    @cached_property
    def sections(self) -> list[ValueSection]:
        found = []
        for number, column in enumerate(self.columns):
            target = self._target(number)
            values = self._values(number, column)
            if values:
                section = ValueSection(column, _target_name(target))
                for place, (value, count) in enumerate(values):
                    section.values.append((value, count, self[f"value-{number}-{place}"]))
                found.append(section)
        return found

    def mapping(self) -> Mapping:
        """The mapping that the valid form says."""
        columns, values = {}, {}
        for number, column in enumerate(self.columns):
            target = self.cleaned_data[f"column-{number}"]
            if not target:
                continue
            columns[column] = target
            for place, (value, _count) in enumerate(self._values(number, column)):
                if chosen := self.cleaned_data.get(f"value-{number}-{place}"):
                    values.setdefault(target, {})[value] = chosen
        return Mapping(
            columns, values, self.cleaned_data["timezone"], self.cleaned_data["source"].strip()
        )

    def clean_timezone(self) -> str:
        name = self.cleaned_data["timezone"].strip()
        if name not in available_timezones():
            raise ValidationError(_("There is no time zone “%(name)s”.") % {"name": name})
        return name

    def clean(self) -> dict:
        cleaned = super().clean()
        taken: dict[str, str] = {}
        for number, column in enumerate(self.columns):
            target = cleaned.get(f"column-{number}")
            if target and target in taken:
                self.add_error(
                    f"column-{number}",
                    _("“%(column)s” already goes there.") % {"column": taken[target]},
                )
            elif target:
                taken[target] = column
        if "title" not in taken:
            self.add_error(None, _("Choose the column that becomes the subject."))
        return cleaned

    def _target(self, number: int) -> str:
        name = f"column-{number}"
        return self.data.get(name, "") if self.is_bound else self.fields[name].initial

    def _values(self, number: int, column: str) -> list[tuple[str, int]]:
        values = self.about[column]["values"]
        if self._target(number) not in WITH_VALUES or not values:
            return []
        return sorted(values.items())

    def _add_value_fields(self) -> None:
        for number, column in enumerate(self.columns):
            target = self._target(number)
            stored = self.job.options["values"].get(target, {})
            for place, (value, _count) in enumerate(self._values(number, column)):
                self.fields[f"value-{number}-{place}"] = forms.ChoiceField(
                    label=value or _("(empty)"),
                    required=False,
                    choices=_our_values(target, value),
                    initial=stored.get(value, ""),
                )


def _targets(column: str) -> list:
    custom = configuration().fields.values()
    kept = [(f"custom.{one.key}", str(one)) for one in custom if one.deleted_at is None]
    new = custom_target(column)
    choices = [
        ("", _("Do not import")),
        (_("Ticket"), [(target, _target_name(target)) for target in TARGETS]),
        (_("Custom fields"), kept),
    ]
    if new not in dict(kept):
        choices.append((_("New"), [(new, _("New field: %(name)s") % {"name": column})]))
    return [choice for choice in choices if choice[1]]


def _target_name(target: str) -> str:
    if target in TARGET_NAMES:
        return str(TARGET_NAMES[target])
    if target in PLAIN:
        return str(Ticket._meta.get_field(target).verbose_name).capitalize()
    return target


def _our_values(target: str, value: str) -> list[tuple[str, str]]:
    """Our values to choose from; first what happens when nothing is chosen."""
    known = configuration()
    rows = {
        "status": known.statuses,
        "type": known.types,
        "queue": known.queues,
        "team": known.teams,
    }.get(target)
    if rows is not None:
        ours = [(str(row), str(row)) for row in rows.values() if row.deleted_at is None]
    else:
        choices = {"priority": Priority, "channel": Channel, "resolution": Resolution}[target]
        ours = [(one, str(label)) for one, label in choices.choices]
    return [("", _untouched(target, value)), *ours]


def _untouched(target: str, value: str) -> str:
    if not value:
        return _("Leave empty")
    if target not in NAMED:
        return value
    try:
        found = NAMED[target](value)
    except ValidationError:
        return _("Choose one, or these rows are refused")
    if getattr(found, "pk", True) is None:
        return _("New type: %(name)s") % {"name": found}
    label = dict(Priority.choices).get(found) or dict(Channel.choices).get(found) or found
    return _("As it is: %(name)s") % {"name": label}
