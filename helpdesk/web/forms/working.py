"""Steps of a checklist, and how long something took."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actions.time_spent import MOST

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)")
_SPOKEN = re.compile(r"(?:(\d{1,3}(?:[.,]\d{1,2})?)\s*h)?\s*(?:(\d{1,5})\s*m?(?:in)?)?")


class StepForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("New step"), max_length=300)


class DurationField(forms.CharField):
    """Minutes, as `25`, `1:20`, `1h 20m` or `1.5h`; its clean value is their number."""

    def clean(self, value):
        text = super().clean(value).strip().casefold()
        if not text:
            return None
        if match := _CLOCK.fullmatch(text):
            return self.checked(int(match[1]) * 60 + int(match[2]))
        match = _SPOKEN.fullmatch(text)
        if match is None or not (match[1] or match[2]):
            raise ValidationError(_("Write a time as 25, 1:20 or 1h 20m."))
        hours = float(match[1].replace(",", ".")) if match[1] else 0
        return self.checked(round(hours * 60) + int(match[2] or 0))

    def checked(self, minutes: int) -> int:
        if not 1 <= minutes <= MOST:
            words = _("Give whole minutes, from 1 to %(limit)s.")
            raise ValidationError(words % {"limit": MOST})
        return minutes


class TimeForm(forms.Form):
    minutes = DurationField(label=gettext_lazy("Time"), max_length=12)
    note = forms.CharField(label=gettext_lazy("For what"), max_length=300, required=False)
    worked_on = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    message = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, **options):
        super().__init__(data, **options)
        self.fields["minutes"].widget.attrs |= {"placeholder": "1h 20m", "autocomplete": "off"}
        self.fields["worked_on"].initial = timezone.localdate

    @property
    def row(self) -> dict:
        """What the verb takes, but for the message."""
        found = {name: self.cleaned_data[name] for name in ("minutes", "note")}
        return found | {"worked_on": self.cleaned_data["worked_on"] or timezone.localdate()}
