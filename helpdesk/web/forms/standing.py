"""Custom fields of a form, shown, asked for and narrowed as conditions say of what it holds."""

from django import forms
from django.core.exceptions import ValidationError

from helpdesk.conditions import CUSTOM, Standing
from helpdesk.field_standings import names_read, standings_in
from helpdesk.fields import SEPARATORS, KeptAndAddedField
from helpdesk.models import CustomField, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.text import fold, one_line

Kind = CustomField.Kind


class StandingForm(forms.Form):
    """`stand()` is called when the fields are there, and again when what they hold changed.

    A field that is not asked for now stays in the form: without script it is shown, and a value in
    it is refused by the verb. `reads` are the names of the fields on which others depend.
    """

    reads: set[str] = set()
    held_before: dict = {}  # what fields hold that are not in this form

    def stand(self) -> None:
        held = self.held()
        self.reads = names_read(held.get("queue"), held.get("type"))
        for key, standing in standings_in(held).items():
            if (field := self.fields.get(f"{CUSTOM}{key}")) is not None:
                self._place(key, field, standing)

    def asks_for(self, key: str) -> bool:
        """Whether the form itself insists on a field that is needed."""
        return True

    def held(self) -> dict:
        """What each field holds now, in the form in which conditions compare it."""
        held = dict(self.held_before)
        for name, field in self.fields.items():
            if name in ("queue", "type"):
                row = field.rows.get(str(self._raw(name) or ""))
                held[name] = row.pk if row else None
            elif name == "priority":
                held[name] = self._raw(name)
            elif name == "tags":
                known = configuration().tags_by_name
                found = (known.get(fold(word)[:160]) for word in self._raw(name))
                held[name] = [tag.pk for tag in found if tag is not None]
            elif name.startswith(CUSTOM):
                held[name] = self._stored(field, self._raw(name))
        return held

    def _raw(self, name: str):
        field = self.fields[name]
        value = self[name].data if self.is_bound else self.initial.get(name, field.initial)
        if not isinstance(field, KeptAndAddedField):
            return value
        if not isinstance(value, dict):
            return [key for key, _words in field.there]
        return [*value["kept"], *filter(None, map(one_line, SEPARATORS.split(value["added"])))]

    def _stored(self, field: forms.Field, raw):
        if field.custom.kind == Kind.PEOPLE:
            return raw
        try:
            return custom_values.clean(field.custom, raw)
        except ValidationError:
            return None

    def _place(self, key: str, field: forms.Field, standing: Standing) -> None:
        field.is_out = not standing.shown
        field.needed_to_resolve = standing.required_to_resolve
        if field.custom.kind != Kind.TOGGLE:
            field.required = standing.required and self.asks_for(key)
            field.widget.is_required = field.required
        if standing.options is not None and field.custom.has_options:
            stored = field.initial if isinstance(field.initial, list) else [field.initial]
            kept = {"", *standing.options, *filter(None, stored)}
            field.choices = [one for one in field.choices if one[0] in kept]
