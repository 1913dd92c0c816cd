"""The forms of canned replies and macros."""

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.actions.canned import MAX_BODY, MAX_NAME
from helpdesk.actions.filling import ME
from helpdesk.actor import STAFF, Actor
from helpdesk.fields import PersonField
from helpdesk.models import CannedReply, Macro, Priority, User
from helpdesk.models.configuration import configuration
from helpdesk.web.forms.parts import RowField, kept
from helpdesk.web.forms.views import PlaceForm

KEEP, NOBODY, PERSON, NO_TEAM = "", "nobody", "person", "none"
TEXT = {"rows": 10, "dir": "auto", "spellcheck": "true", "data-autosize": True}


class WordsForm(PlaceForm):
    """A name, who sees it, and words with variables."""

    body = forms.CharField(
        label=_("Text"), max_length=MAX_BODY, strip=False, widget=forms.Textarea(attrs=TEXT)
    )

    def __init__(self, actor: Actor, data=None, *, row=None):
        super().__init__(actor, data, view=row)
        self.fields["name"].max_length = MAX_NAME
        self.fields["place"].label = _("Who may use it")
        if row is not None:
            self.initial["body"] = row.body
            self.begin(row)

    def begin(self, row) -> None:
        """Put in what a row holds beside its name, place and words."""


class ReplyForm(WordsForm):
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=2000,
        help_text=_("With commas. Chosen from the menu, the reply adds them to the ticket."),
    )
    field_order = ("name", "place", "body", "tags")

    def __init__(self, actor: Actor, data=None, *, row=None):
        super().__init__(actor, data, row=row)
        self.order_fields(self.field_order)

    def begin(self, row: CannedReply) -> None:
        self.initial["tags"] = ", ".join(sorted(tag.name for tag in row.tags.all()))

    def values(self) -> dict:
        said = {name: self.cleaned_data[name] for name in ("name", "body")}
        return said | self.place() | {"tags": _names(self.cleaned_data["tags"])}


class MacroForm(WordsForm):
    """Also what it sets; what is left alone keeps the ticket's."""

    says = forms.ChoiceField(label=_("Writes a"), choices=Macro.Says.choices)
    priority = forms.ChoiceField(label=_("Priority"), required=False)
    assignee = forms.ChoiceField(label=_("Assignee"), required=False)
    add_tags = forms.CharField(label=_("Add tags"), required=False, max_length=2000)
    remove_tags = forms.CharField(label=_("Take tags away"), required=False, max_length=2000)
    field_order = (
        "name",
        "place",
        "says",
        "body",
        "status",
        "priority",
        "assignee",
        "person",
        "team",
        "add_tags",
        "remove_tags",
    )

    def __init__(self, actor: Actor, data=None, *, row=None):
        super().__init__(actor, data, row=row)
        known, sets = configuration(), row.sets if row is not None else {}
        leave = _("Leave as it is")
        self.fields["body"].required = False
        self.fields["priority"].choices = [(KEEP, leave), *Priority.choices]
        self.fields["assignee"].choices = [
            (KEEP, leave),
            (ME, _("Whoever uses it")),
            (NOBODY, _("Nobody")),
            (PERSON, _("Somebody")),
        ]
        statuses = kept(known.statuses.values(), sets.get("status"))
        self.fields["status"] = RowField(statuses, empty=leave, label=_("Status"))
        teams = kept(known.teams.values(), sets.get("team"))
        self.fields["team"] = forms.ChoiceField(
            label=_("Team"),
            required=False,
            choices=[
                (KEEP, leave),
                (NO_TEAM, _("No team")),
                *((str(one.pk), one.name) for one in teams),
            ],
        )
        hint = _("For the assignee “Somebody”: a name or an e-mail address.")
        self.fields["person"] = PersonField(
            label=_("Somebody"), among=STAFF, required=False, help_text=hint
        )
        self.order_fields(self.field_order)

    def begin(self, row: Macro) -> None:
        sets, assignee = row.sets, row.sets.get("assignee")
        is_person = isinstance(assignee, int)
        self.initial |= {"says": row.says, "status": sets.get("status")}
        self.initial["priority"] = sets.get("priority", KEEP)
        if "assignee" in sets:
            self.initial["assignee"] = PERSON if is_person else assignee or NOBODY
        if is_person:
            self.initial["person"] = User.objects.filter(pk=assignee).first()
        if "team" in sets:
            self.initial["team"] = str(sets["team"] or NO_TEAM)
        for name in ("add_tags", "remove_tags"):
            self.initial[name] = ", ".join(sets.get(name, ()))

    def clean(self) -> dict:
        cleaned = super().clean()
        is_open = cleaned.get("assignee") == PERSON and not cleaned.get("person")
        if is_open and "person" not in self.errors:
            self.add_error("person", _("Say whom."))
        return cleaned

    def values(self) -> dict:
        said = {name: self.cleaned_data[name] for name in ("name", "body", "says")}
        return said | self.place() | {"sets": self._sets()}

    def _sets(self) -> dict:
        chosen, sets = self.cleaned_data, {}
        if chosen["status"]:
            sets["status"] = chosen["status"].pk
        if chosen["priority"]:
            sets["priority"] = chosen["priority"]
        if chosen["assignee"] == PERSON:
            sets["assignee"] = chosen["person"].pk
        elif chosen["assignee"]:
            sets["assignee"] = ME if chosen["assignee"] == ME else None
        if chosen["team"]:
            sets["team"] = None if chosen["team"] == NO_TEAM else int(chosen["team"])
        for name in ("add_tags", "remove_tags"):
            if names := _names(chosen[name]):
                sets[name] = names
        return sets


def _names(text: str) -> list[str]:
    return list(filter(None, (one.strip() for one in text.split(","))))
