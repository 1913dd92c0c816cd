"""Forms of settings: names that are free, defaults that move, deleted twins that come back."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, UniqueConstraint
from django.utils.translation import gettext as _
from unfold.forms import PaginationInlineFormSet

from helpdesk.models.base import Named
from helpdesk.text import fold, one_line


class SettingForm(forms.ModelForm):
    """A setting's form. A name that another row bears, deleted or not, is refused in words."""

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("Enter a name."))
        if self._is_name_unique():
            rows = self._meta.model._base_manager.filter(name_folded=fold(name)[:160])
            twin = rows.exclude(pk=self.instance.pk).first()
            if twin is not None and twin.deleted_at:
                raise ValidationError(
                    _("A deleted one bears this name. Restore it, or choose another name.")
                )
            if twin is not None:
                raise ValidationError(_("Another one bears this name already."))
        return name

    def clean_is_default(self) -> bool:
        is_default = self.cleaned_data["is_default"]
        if self.initial.get("is_default") and not is_default:
            raise ValidationError(_("Make another one the default instead."))
        return is_default

    def _get_validation_exclusions(self) -> set[str]:
        # The default moves when the form is saved, so that two of them never stand beside
        # each other.
        return {*super()._get_validation_exclusions(), "is_default"}

    def _is_name_unique(self) -> bool:
        model = self._meta.model
        return issubclass(model, Named) and any(
            isinstance(constraint, UniqueConstraint) and constraint.fields == ("name_folded",)
            for constraint in model._meta.constraints
        )


class RowForm(forms.ModelForm):
    """A row of a list inside a form."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        name_controls(self)


class RevivingForm(RowForm):
    """Adding what was deleted before brings the old row back.

    `twin_of` names the columns by which the old row is recognised.
    """

    twin_of: tuple[str, ...] = ()

    def clean(self) -> dict:
        cleaned = super().clean()
        if self.instance.pk is None and not self.errors:
            wanted = {name: self._wanted(name, cleaned) for name in self.twin_of}
            rows = self._meta.model._base_manager.exclude(deleted_at=None)
            if None not in wanted.values() and (twin := rows.filter(**wanted).first()):
                twin.deleted_at = None
                self.instance = twin
        return cleaned

    def _wanted(self, name: str, cleaned: dict):
        if name == "name_folded":
            return fold(one_line(cleaned.get("name") or ""))[:160] or None
        value = cleaned.get(name)
        is_new = isinstance(value, Model) and value.pk is None  # a parent that is being made
        return None if is_new else value or getattr(self.instance, f"{name}_id", None)


class SettingFormSet(PaginationInlineFormSet):
    """Rows inside a form: no name twice among them."""

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            if not form.is_valid() or form.cleaned_data.get("DELETE"):
                continue
            if not (name := fold(one_line(form.cleaned_data.get("name") or ""))):
                continue
            if name in seen:
                form.add_error("name", _("Another one bears this name already."))
            seen.add(name)


def name_controls(form: forms.BaseForm) -> None:
    """Give each control its label as its spoken name: in a row it stands under a table head."""
    for field in form.fields.values():
        widget = getattr(field.widget, "widget", field.widget)
        widget.attrs.setdefault("aria-label", field.label)
