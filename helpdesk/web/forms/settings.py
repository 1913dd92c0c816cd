"""The forms of settings that team leads write."""

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _

from helpdesk.actions.setting_nouns import NOUNS
from helpdesk.actor import STAFF
from helpdesk.conditions import TESTS
from helpdesk.fields import PersonField
from helpdesk.models import Category, CustomField, FieldRule, Membership, Transition
from helpdesk.models.configuration import configuration
from helpdesk.web.forms.parts import NONE, RowField, kept

HUES = [
    _("Indigo"),
    _("Teal"),
    _("Green"),
    _("Amber"),
    _("Red"),
    _("Plum"),
    _("Violet"),
    _("Ochre"),
    _("Grey"),
]
TEST_WORDS = {
    "is": _("is one of"),
    "is_not": _("is none of"),
    "is_set": _("is set"),
    "is_empty": _("is empty"),
}
TEST_ROWS = 3


class RowsField(forms.MultipleChoiceField):
    """A choice of several rows of the snapshot; its clean value are the rows."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, rows, **options):
        self.rows = {str(row.pk): row for row in rows}
        choices = [(key, str(row)) for key, row in self.rows.items()]
        super().__init__(choices=choices, required=False, **options)

    def clean(self, value):
        return [self.rows[key] for key in super().clean(value)]


class NamedForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, data=None, *, row=None, **options):
        super().__init__(data, **options)
        self.row = row
        self.build()
        if row is not None:
            for name, field in self.fields.items():
                if name not in self.initial:
                    field.initial = self.initially(name, row)

    def build(self) -> None:
        """Fields that depend on the snapshot."""

    def narrow(self, *, all_of_it: bool) -> None:
        """Leave only what team leads may write, unless the person may write all of it."""
        noun = NOUNS.get(type(self.row))
        if not all_of_it and noun is not None and noun.by_leads:
            for name in self.fields.keys() - noun.by_leads:
                del self.fields[name]

    def initially(self, name: str, row):
        return getattr(row, f"{name}_id", getattr(row, name, None))

    def values(self) -> dict:
        """What the verb takes."""
        return dict(self.cleaned_data)


class TagForm(NamedForm):
    def build(self) -> None:
        rows = kept(configuration().categories.values())
        self.fields["category"] = RowField(rows, empty=NONE, label=_("Category"))


class TagCategoryForm(NamedForm):
    hue = forms.TypedChoiceField(
        label=_("Colour"),
        coerce=int,
        choices=list(enumerate(HUES)),
        widget=forms.RadioSelect,
        initial=0,
    )


class TypeForm(NamedForm):
    pass


class TeamForm(NamedForm):
    pass


class StatusForm(NamedForm):
    category = forms.ChoiceField(
        label=_("Category"),
        choices=Category.choices,
        help_text=_("What the status means. Its tickets follow when it changes."),
    )
    pauses_sla = forms.BooleanField(
        label=_("Pauses promises while a ticket is in it"), required=False
    )


class FieldForm(NamedForm):
    help_text = forms.CharField(label=_("Hint"), max_length=200, required=False)
    required = forms.BooleanField(label=_("Required"), required=False)
    required_to_resolve = forms.BooleanField(
        label=_("Required to resolve, not to create"), required=False
    )
    staff_only = forms.BooleanField(label=_("Staff only"), required=False)

    def build(self) -> None:
        known, row = configuration(), self.row
        if row is None:
            self.fields["kind"] = forms.ChoiceField(
                label=_("Kind"), choices=CustomField.Kind.choices
            )
            self.fields["key"] = forms.RegexField(
                r"^[a-z][a-z0-9_]*$",
                label=_("Key"),
                required=False,
                max_length=64,
                help_text=_("Its permanent name in the API. Empty: made from the name."),
            )
        self.fields["queues"] = RowsField(
            [one for one in kept(known.queues.values()) if not one.is_sandbox],
            label=_("Queues"),
            help_text=_("None chosen: every queue."),
        )
        self.fields["types"] = RowsField(
            kept(known.types.values()), label=_("Types"), help_text=_("None chosen: every type.")
        )
        if row is None or row.has_options:
            self.fields["options"] = forms.CharField(
                label=_("Options"),
                required=False,
                max_length=50_000,
                widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
                help_text=_("One a line, in order. To rename one, write “old = new”."),
            )

    def initially(self, name: str, row):
        known = configuration()
        if name == "queues":
            return sorted(known.field_queues.get(row.pk, ()))
        if name == "types":
            return sorted(known.field_types.get(row.pk, ()))
        if name == "options":
            return "\n".join(one.label for one in known.options_of.get(row.pk, ()))
        return super().initially(name, row)

    def values(self) -> dict:
        values = dict(self.cleaned_data)
        if "options" in values:
            values["options"] = self._options(values["options"])
        if not values.get("key", "x"):
            del values["key"]
        return values

    def _options(self, text: str) -> list[dict]:
        there = configuration().options_of.get(self.row.pk, ()) if self.row else ()
        by_label = {one.label: one for one in there}
        found = []
        for line in filter(None, map(str.strip, text.splitlines())):
            old, _sign, new = (part.strip() for part in line.partition("="))
            if line not in by_label and old in by_label and new:
                found.append({"label": new, "row": by_label[old]})
            else:
                found.append({"label": line, "row": by_label.get(line)})
        return found


class QueueForm(NamedForm):
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    email_name = forms.CharField(label=_("Sender name"), required=False, max_length=120)
    email_address = forms.EmailField(
        label=_("Sender address"), required=False, help_text=_("What its answers come from.")
    )
    reopens_closed = forms.BooleanField(
        label=_("Mail reopens closed tickets"),
        required=False,
        initial=True,
        help_text=_("Otherwise an answer to a closed ticket opens a follow-up, linked to it."),
    )
    is_default = forms.BooleanField(label=_("Takes tickets that name no queue"), required=False)

    def build(self) -> None:
        known = configuration()
        self.fields["workflow"] = RowField(
            kept(known.workflows.values()), empty=_("The usual one"), label=_("Workflow")
        )
        self.fields["teams"] = RowsField(
            kept(known.teams.values()),
            label=_("Teams"),
            help_text=_("Who is in them works on its tickets."),
        )

    def initially(self, name: str, row):
        if name == "teams":
            return sorted(row.teams.values_list("pk", flat=True))
        return super().initially(name, row)


class WorkflowForm(NamedForm):
    def build(self) -> None:
        self.fields["initial"] = RowField(
            kept(configuration().statuses.values()),
            label=_("First status"),
            help_text=_("Where a new ticket begins."),
        )


class TransitionRow(forms.Form):
    """A line of the workflow's table."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Action"), max_length=120, required=False)
    takers = forms.ChoiceField(
        label=_("Who may take it"),
        choices=Transition.Takers.choices,
        initial=Transition.Takers.AGENTS,
    )
    needs_resolution = forms.BooleanField(label=_("needs a resolution"), required=False)
    needs_comment = forms.BooleanField(label=_("needs a comment"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = kept(configuration().statuses.values())
        self.fields["sources"] = RowsField(rows, label=_("From (none: any status)"))
        self.fields["target"] = RowField(rows, empty="–", label=_("To"))

    @property
    def source_words(self) -> str:
        """The statuses that are chosen, in words."""
        rows = self.fields["sources"].rows
        chosen = self["sources"].value() or ()
        return ", ".join(str(rows[str(one)]) for one in chosen if str(one) in rows)

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("DELETE") or not self.has_changed():
            return cleaned
        if not cleaned.get("name"):
            self.add_error("name", _("Give the action a name."))
        if not cleaned.get("target"):
            self.add_error("target", _("Say where it leads."))
        return cleaned


Transitions = formset_factory(TransitionRow, extra=1, can_delete=True, can_order=True)


class MemberForm(forms.Form):
    access = forms.ChoiceField(
        label=_("Access"), choices=Membership.Access.choices, initial=Membership.Access.WORK
    )
    is_lead = forms.BooleanField(label=_("Leads the team"), required=False)

    def __init__(self, data=None):
        super().__init__(data)
        hint = _("Name or e-mail address of an agent.")
        self.fields["person"] = PersonField(label=_("Person"), among=STAFF, help_text=hint)


class RuleForm(forms.Form):
    """A condition in up to three tests; values as people write them, with commas."""

    effect = forms.ChoiceField(label=_("What it does"), choices=FieldRule.Effect.choices)
    any_test = forms.BooleanField(label=_("One test is enough"), required=False)

    def __init__(self, custom: CustomField, data=None):
        super().__init__(data)
        known = configuration()
        names = [("", "–"), ("type", _("Type")), ("priority", _("Priority"))]
        names += [("queue", _("Queue")), ("tags", _("Tags"))]
        others = [one for one in known.fields.values() if one.pk != custom.pk]
        names += [(f"custom.{one.key}", one.name) for one in kept(others)]
        for number in range(TEST_ROWS):
            self.fields[f"field{number}"] = forms.ChoiceField(
                label=_("Field"), choices=names, required=False
            )
            self.fields[f"is{number}"] = forms.ChoiceField(
                label=_("Test"), choices=[(one, TEST_WORDS[one]) for one in TESTS], required=False
            )
            self.fields[f"values{number}"] = forms.CharField(
                label=_("Values"), max_length=2000, required=False
            )
        if custom.has_options:
            offered = known.options_of.get(custom.pk, ())
            self.fields["options"] = forms.MultipleChoiceField(
                label=_("Options that are left"),
                required=False,
                choices=[(str(one.uuid), one.label) for one in offered],
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Only for offering some options."),
            )
        queues = [one for one in kept(known.queues.values()) if not one.is_sandbox]
        self.fields["queue"] = RowField(queues, empty=_("Every queue"), label=_("In queue"))
        self.fields["type"] = RowField(
            kept(known.types.values()), empty=_("Every type"), label=_("For type")
        )

    @property
    def lines(self) -> list[list]:
        return [
            [self[f"field{number}"], self[f"is{number}"], self[f"values{number}"]]
            for number in range(TEST_ROWS)
        ]

    def values(self) -> dict:
        chosen = self.cleaned_data
        tests = []
        for number in range(TEST_ROWS):
            if name := chosen[f"field{number}"]:
                words = [one.strip() for one in chosen[f"values{number}"].split(",")]
                word = chosen[f"is{number}"] or "is"
                tests.append({"field": name, "is": word, "values": list(filter(None, words))})
        return {
            "effect": chosen["effect"],
            "any_test": chosen["any_test"],
            "options": chosen.get("options", []),
            "queue": chosen["queue"],
            "type": chosen["type"],
            "tests": tests,
        }


class ReplaceForm(forms.Form):
    def __init__(self, rows, data=None):
        super().__init__(data)
        self.fields["into"] = RowField(
            rows, empty=_("Choose one"), label=_("Its tickets get instead")
        )
        self.fields["into"].required = True
