"""The form of all filters: what a list is narrowed by now, to be changed and asked for again."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.fields import lookup_attributes
from helpdesk.filters import CUSTOM
from helpdesk.models import Channel, CustomField, Priority, Resolution
from helpdesk.models.configuration import configuration
from helpdesk.models.workflow import Category
from helpdesk.web.chips import label_of
from helpdesk.web.list_query import ListQuery

TAGS_LISTED = 200
ANY = ("", gettext_lazy("Any"))
NOBODY = ("none", gettext_lazy("None"))
Choices = list[tuple[str, str]]


class FilterForm(forms.Form):
    """Writes the parameters of `TicketFilter`; what is given is checked there, not here.

    `tags` names the tags that the page offers as one types.
    """

    def __init__(self, query: ListQuery):
        super().__init__(auto_id="filter_%s")
        self.query = query
        known, actor = configuration(), query.actor
        queues = [
            row
            for row in known.queues.values()
            if not row.is_sandbox and (actor.queues is None or row.pk in actor.queues)
        ]
        categories = [("unresolved", _("Not resolved")), *Category.choices]
        self._choose("category", categories, gettext_lazy("Status group"))
        self._choose("status", _named(known.statuses.values()))
        self._choose("queue", [(row.slug, row.name) for row in queues if not row.deleted_at])
        self._choose("priority", Priority.choices)
        self._choose("type", [*_named(known.types.values()), NOBODY])
        self._choose("team", [*_named(known.teams.values()), NOBODY])
        self._person("assignee", staff=True)
        self._person("requester")
        self._write("organisation")
        self._write("tag", list="filter-tags")
        self._write("not_tag", list="filter-tags")
        self._choose("channel", Channel.choices)
        self._choose("resolution", Resolution.choices)
        self._choose("overdue", [("true", _("Yes")), ("false", _("No"))])
        for name in ("due_at_after", "due_at_before", "created_at_after", "created_at_before"):
            self._write(name, type="date")
        self._write("search")
        for custom in known.fields.values():
            if custom.deleted_at is None:
                self._custom(custom)
        self.tags = [tag.name for tag in known.tags.values() if not tag.deleted_at][:TAGS_LISTED]

    def _custom(self, custom: CustomField) -> None:
        name = f"{CUSTOM}{custom.key}"
        if custom.has_options:
            options = configuration().options_of.get(custom.pk, ())
            self._choose(name, [*((one.label, one.label) for one in options), NOBODY])
        elif custom.kind == CustomField.Kind.TOGGLE:
            self._choose(name, [("true", _("Yes")), ("false", _("No")), NOBODY])
        elif custom.kind == CustomField.Kind.PEOPLE:
            self._person(name)
        else:
            self._write(name, type="date" if custom.kind == CustomField.Kind.DATE else "text")

    def _choose(self, name: str, choices: Iterable, label=None) -> None:
        """A choice; several values that were given stand as one choice of their own."""
        choices, said = [ANY, *choices], self._said(name)
        if said and said not in {value for value, _label in choices}:
            choices.append((said, said))
        self.fields[name] = forms.ChoiceField(
            label=label or label_of(name), choices=choices, initial=said, required=False
        )

    def _person(self, name: str, *, staff: bool = False) -> None:
        """An address, looked up as one types; `me` and `none` are words of their own."""
        words = _("E-mail, me or none")
        self._write(name, placeholder=words, **lookup_attributes(staff=staff))

    def _write(self, name: str, **attributes) -> None:
        self.fields[name] = forms.CharField(
            label=label_of(name),
            initial=self._said(name),
            required=False,
            widget=forms.TextInput({"maxlength": 500, **attributes}),
        )

    def _said(self, name: str) -> str:
        return ",".join(self.query.filters.get(name, ()))


def _named(rows: Iterable) -> Choices:
    return [(row.name, row.name) for row in rows if row.deleted_at is None]
