"""What is to be changed on every ticket of a selection."""

from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import STAFF, Actor
from helpdesk.fields import PersonField, clean_custom, form_field
from helpdesk.models import CustomField, Priority, Resolution, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.text import fold
from helpdesk.web.bulk_errand import Wanted
from helpdesk.web.forms.parts import CUSTOM
from helpdesk.web.forms.properties import MomentField

AS_IT_IS = ("", gettext_lazy("Leave as it is"))
NONE = "none"
MOST_MERGED = 50
MAX_BODY = 200_000
# What each action of the bar opens; the rest of the form waits folded.
PARTS = {
    "assign": ("assignee",),
    "status": ("status", "resolution", "resolution_comment"),
    "priority": ("priority",),
    "team": ("team",),
    "tags": ("add", "remove"),
    "snooze": ("snoozed_until",),
    "field": (),
    "note": ("body",),
    "reply": ("body",),
}
TAG_INPUT = {"list": "bulk-tags", "dir": "auto", "autocomplete": "off"}


class AssigneeField(PersonField):
    """An agent, or the words `me` and `none`. Its clean value is an id, None for nobody."""

    def __init__(self, actor: Actor, **options):
        self.actor = actor
        super().__init__(among=STAFF, **options)

    def clean(self, value) -> str | int | None:
        said = fold((value or "").strip())
        if said == NONE:
            return NONE
        if said == "me":
            return self.actor.person_id
        found: User | None = super().clean(value)
        return found.pk if found else None


class BulkForm(forms.Form):
    """Only what is filled in is changed. `action` says which part the person asked for."""

    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    resolution = forms.ChoiceField(
        label=gettext_lazy("Resolution, where the status asks for one"),
        required=False,
        choices=[("", "–"), *Resolution.choices],
    )
    resolution_comment = forms.CharField(
        label=gettext_lazy("Comment of the resolution"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), required=False, choices=[AS_IT_IS, *Priority.choices]
    )
    snoozed_until = MomentField(label=gettext_lazy("Snooze until"), required=False)
    add = forms.CharField(
        label=gettext_lazy("Add tags"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=TAG_INPUT),
        help_text=gettext_lazy("Several with commas."),
    )
    remove = forms.CharField(
        label=gettext_lazy("Take tags away"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=TAG_INPUT),
    )
    body = forms.CharField(
        required=False,
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto", "data-autosize": True}),
    )

    def __init__(self, actor: Actor, action: str, data=None):
        super().__init__(data, auto_id="bulk_%s")
        self.actor, self.action = actor, action
        known = configuration()
        self.fields["assignee"] = AssigneeField(
            actor, label=_("Assignee"), required=False, help_text=_("A name, me or none.")
        )
        self.fields["team"].choices = [
            AS_IT_IS,
            (NONE, _("No team")),
            *_kept(known.teams.values()),
        ]
        self.fields["status"].choices = [AS_IT_IS, *_kept(known.statuses.values())]
        is_reply = action == "reply"
        self.fields["body"].label = _("Reply, to the customer") if is_reply else _("Internal note")
        for custom in known.fields.values():
            if custom.deleted_at is None:
                self.fields[CUSTOM + custom.key] = _custom(custom)
        self.tags = [tag.name for tag in known.tags.values() if not tag.deleted_at][:200]

    @property
    def chosen(self) -> list[forms.BoundField]:
        """The fields that the person asked for."""
        return [self[name] for name in self._chosen_names()]

    @property
    def others(self) -> list[forms.BoundField]:
        """All others: they can be changed in the same step."""
        names = set(self._chosen_names())
        return [self[name] for name in self._in_order() if name not in names]

    @property
    def is_wider(self) -> bool:
        """Whether something is filled in, or wrong, among the others."""
        return any(one.errors or (self.is_bound and one.data) for one in self.others)

    def _chosen_names(self) -> Iterable[str]:
        if self.action == "field":
            return [name for name in self.fields if name.startswith(CUSTOM)]
        return PARTS.get(self.action, ())

    def _in_order(self) -> list[str]:
        own = ["assignee", *(name for name in self.base_fields)]
        return [*own, *(name for name in self.fields if name.startswith(CUSTOM))]

    def clean_snoozed_until(self):
        until = self.cleaned_data["snoozed_until"]
        if until is not None and until <= timezone.now():
            raise ValidationError(_("Choose a time that is to come."))
        return until

    def clean(self) -> dict:
        cleaned = super().clean()
        for name, field in self.fields.items():
            if name.startswith(CUSTOM) and cleaned.get(name) not in (None, "", []):
                try:
                    cleaned[name] = clean_custom(field.custom, cleaned[name])
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        said, values = self.cleaned_data, {}
        for name in ("assignee", "team", "status"):
            if said.get(name):
                values[name] = None if said[name] == NONE else int(said[name])
        for name in ("priority", "resolution", "resolution_comment"):
            if said.get(name):
                values[name] = said[name]
        if said.get("snoozed_until"):
            values["snoozed_until"] = said["snoozed_until"].isoformat()
        if "status" not in values:
            values = {key: one for key, one in values.items() if not key.startswith("resolution")}
        return Wanted(
            values=values,
            custom={
                name.removeprefix(CUSTOM): value
                for name, value in said.items()
                if name.startswith(CUSTOM) and value not in (None, "", [])
            },
            add=_names(said.get("add", "")),
            remove=_names(said.get("remove", "")),
            body=said.get("body", "") if said.get("body", "").strip() else "",
            public=self.action == "reply",
        )


class MergeForm(forms.Form):
    """Which of the selected tickets goes on; the others go into it."""

    into = forms.TypedChoiceField(
        label=gettext_lazy("The ticket that goes on"), coerce=int, widget=forms.RadioSelect
    )

    def __init__(self, tickets: Iterable[Ticket], data=None):
        super().__init__(data, auto_id="bulk_%s")
        choices = [(one.pk, f"#{one.pk} {one.title}") for one in tickets]
        self.fields["into"].choices = choices
        self.initial["into"] = choices[0][0] if choices else None

    def wanted(self) -> Wanted:
        return Wanted(into=self.cleaned_data["into"])


def _custom(custom: CustomField) -> forms.Field:
    """The field of a custom field in which nothing means: leave it as it is."""
    field = form_field(custom)
    if custom.kind == CustomField.Kind.TOGGLE:
        choices = [AS_IT_IS, ("true", _("Yes")), ("false", _("No"))]
        field, label = forms.ChoiceField(choices=choices), field.label
        field.label, field.custom = label, custom
    elif isinstance(field, forms.ChoiceField) and not isinstance(field, forms.MultipleChoiceField):
        field.choices = [AS_IT_IS, *(one for one in field.choices if one[0])]
    field.required = field.widget.is_required = False
    return field


def _kept(rows: Iterable) -> list[tuple[str, str]]:
    return [(str(row.pk), row.name) for row in rows if row.deleted_at is None]


def _names(text: str) -> list[str]:
    return [one for part in text.split(",") if (one := " ".join(part.split()))]
