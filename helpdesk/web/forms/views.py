"""What a saved view is called, whose it is, and what it lists."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actions.views import MAX_NAME, may_edit_view, places_for_views, views_of
from helpdesk.actor import Actor
from helpdesk.filters import TicketFilter
from helpdesk.models import SavedView, Ticket
from helpdesk.query import MAX_LENGTH, read, write
from helpdesk.web.columns import STANDARD, every_column
from helpdesk.web.view_shape import GROUPS

OWN, EVERYONE = "own", "everyone"


class PlaceForm(forms.Form):
    """A name, and who sees the view."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MAX_NAME, widget=forms.TextInput({"dir": "auto"})
    )

    def __init__(self, actor: Actor, data=None, *, view: SavedView | None = None):
        super().__init__(data)
        self.actor, self.view = actor, view
        self.places = {_key(*place): place for place in places_for_views(actor)}
        self.fields["place"] = forms.ChoiceField(
            label=_("Who sees it"),
            choices=[(key, _words(*place)) for key, place in self.places.items()],
            initial=_key(view.owner_id, view.team) if view else OWN,
        )
        if view is not None:
            self.initial["name"] = view.name

    def place(self) -> dict:
        """Owner and team, as the verb takes them."""
        owner_id, team = self.places[self.cleaned_data["place"]]
        return {"owner_id": owner_id, "team": team}


class SaveForm(PlaceForm):
    """A list that is shown becomes a view: a new one, or in the place of one there is."""

    field_order = ("over", "name", "place")

    def __init__(self, actor: Actor, data=None):
        super().__init__(actor, data)
        editable = [view for view in views_of(actor) if may_edit_view(actor, view)]
        self.views = {str(view.uuid): view for view in editable}
        if editable:
            choices = [("", _("A new view")), *((key, one.name) for key, one in self.views.items())]
            self.fields["over"] = forms.ChoiceField(
                label=_("Save as"), choices=choices, required=False
            )
            self.order_fields(self.field_order)
        self.fields["name"].required = self.fields["place"].required = False
        self.fields["name"].help_text = _("For a new view. One that is there keeps its name.")
        if not editable:
            self.fields["name"].help_text = ""

    def clean(self) -> dict:
        cleaned = super().clean()
        if not self.over and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", _("Give the view a name."))
        return cleaned

    @property
    def over(self) -> SavedView | None:
        return self.views.get(self.cleaned_data.get("over", ""))

    def target(self) -> dict:
        """What the verb needs beside the list itself."""
        if (view := self.over) is not None:
            place = {"owner_id": view.owner_id, "team": view.team}
            return {"view": view, "name": self.cleaned_data["name"] or view.name, **place}
        self.cleaned_data["place"] = self.cleaned_data["place"] or OWN
        return {"name": self.cleaned_data["name"], **self.place()}


class EditForm(PlaceForm):
    """Everything of a view; its list is a typed query."""

    q = forms.CharField(
        label=gettext_lazy("Query"),
        required=False,
        max_length=MAX_LENGTH,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "As in the search box: is:unresolved assignee:me tag:vip sort:-updated. Empty lists"
            " every ticket."
        ),
    )

    def __init__(self, actor: Actor, data=None, *, view: SavedView):
        super().__init__(actor, data, view=view)
        self.initial["q"] = write(view.query, view.sort)
        known = every_column()
        self.fields["columns"] = forms.MultipleChoiceField(
            label=_("Columns"),
            required=False,
            choices=[(key, column.label) for key, column in known.items()],
            initial=[key for key in view.columns if key in known] or list(STANDARD),
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["group"] = forms.ChoiceField(
            label=_("Grouped by"), required=False, choices=GROUPS, initial=view.group
        )

    def clean_q(self) -> str:
        text = self.cleaned_data["q"]
        self.query = read(text)
        narrowed = TicketFilter(self.query.params, Ticket.objects.none(), actor=self.actor)
        self.query.blame(narrowed)
        words = _("“%(word)s”: %(message)s")
        for one in self.query.troubles:
            word = text[one.start : one.end]
            self.add_error("q", words % {"word": word, "message": one.message})
        return text

    def contents(self) -> dict:
        kept = [key for key in self.view.columns if key in self.cleaned_data["columns"]]
        columns = [*kept, *(key for key in self.cleaned_data["columns"] if key not in kept)]
        return {
            "name": self.cleaned_data["name"],
            "query": dict(self.query.params.lists()),
            "sort": self.query.sort,
            "columns": [] if set(columns) == set(STANDARD) else columns,
            "group": self.cleaned_data["group"],
            **self.place(),
        }


def _key(owner_id: int | None, team) -> str:
    if owner_id is not None:
        return OWN
    return f"team-{team.pk}" if team is not None else EVERYONE


def _words(owner_id: int | None, team) -> str:
    if owner_id is not None:
        return _("Only me")
    return _("Team %(name)s") % {"name": team.name} if team is not None else _("Everyone")
