"""The forms of an API key: what it is, its next secret, the faults that its calls meet."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actions.keys import LONGEST_OVERLAP, refuse_mute_twin, scope_names, source_names
from helpdesk.actor import STAFF
from helpdesk.doors.addresses import networks_in
from helpdesk.doors.faults import WORDS
from helpdesk.fields import PersonField
from helpdesk.models import ApiKey, FaultLab, Queue
from helpdesk.models.scopes import SCOPES
from helpdesk.text import one_line
from helpdesk.web.forms.properties import MomentField

SHARE = "share-"  # prefix of the fields that hold percents


def scope_choices() -> list[tuple[str, str]]:
    return [(name, f"{name} · {words}") for name, words in SCOPES.items()]


class SourcesField(forms.CharField):
    """Names, one a line."""

    widget = forms.Textarea({"rows": 2})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value) -> list[str]:
        return source_names(super().clean(value))


class NetworksField(SourcesField):
    """Networks, one a line."""

    def clean(self, value) -> list[str]:
        return networks_in(forms.CharField.clean(self, value).split())


class KeyForm(forms.ModelForm):
    """What is chosen for a key. Its scope, twin and sandbox are chosen when it is made."""

    with_twin = forms.BooleanField(
        label=gettext_lazy("With a secondary key that only reads"),
        required=False,
        help_text=gettext_lazy("For a key that writes: the pair that some services ask for."),
    )
    in_sandbox = forms.BooleanField(
        label=gettext_lazy("In a sandbox"),
        required=False,
        help_text=gettext_lazy(
            "It reaches a queue of its own and nothing else, until you let it out."
        ),
    )
    queues = forms.ModelMultipleChoiceField(
        Queue.objects.none(),
        label=gettext_lazy("Queues"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sources = SourcesField(
        label=gettext_lazy("Sources"),
        required=False,
        help_text=gettext_lazy("Names under which this key stores references, one a line."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Only these scopes"),
        required=False,
        choices=scope_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all but what has to be named."),
    )
    allowed_from = NetworksField(
        label=gettext_lazy("May call from"),
        required=False,
        help_text=gettext_lazy("Networks such as 192.0.2.0/24, one a line. Empty: everywhere."),
    )
    expires_at = MomentField(label=gettext_lazy("Expires"), required=False)
    rate_limit = forms.IntegerField(
        label=gettext_lazy("Calls a minute"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("Empty: the usual limit of each API."),
    )

    class Meta:
        model = ApiKey
        fields = (
            "name",
            "scope",
            "scopes",
            "allowed_from",
            "all_queues",
            "home_queue",
            "person",
            "writes_for_others",
            "sources",
            "rate_limit",
            "expires_at",
        )

    def __init__(self, data=None, *, instance: ApiKey):
        super().__init__(data, instance=instance)
        kept = Queue.objects.kept().filter(is_sandbox=False)
        self.fields["queues"].queryset = kept
        self.fields["home_queue"].queryset = kept
        self.fields["home_queue"].empty_label = _("The only or the default one")
        self.fields["all_queues"].label = _("All queues")
        self.fields["writes_for_others"].label = _("Writes for others")
        self.fields["person"] = PersonField(
            label=_("Acts as"),
            current=instance.person,
            among=STAFF,
            required=False,
            help_text=_("The agent who is named as author of what the key does."),
        )
        if instance.pk:
            self.initial["queues"] = [queue.pk for queue in instance.queues.all()]
            self.initial["person"] = instance.person
            for name in ("scope", "with_twin", "in_sandbox"):
                del self.fields[name]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean(self) -> dict:
        cleaned = super().clean()
        try:
            scope = cleaned.get("scope") or self.instance.scope
            cleaned["scopes"] = scope_names(cleaned.get("scopes") or (), scope)
            if cleaned.get("with_twin") or ApiKey.objects.filter(primary=self.instance.pk or 0):
                refuse_mute_twin(cleaned["scopes"])
        except ValidationError as error:
            self.add_error(None if hasattr(error, "error_dict") else "scopes", error)
        reaches = cleaned.get("all_queues") or cleaned.get("queues") or cleaned.get("home_queue")
        if not (reaches or cleaned.get("in_sandbox") or self.instance.is_sandbox):
            self.add_error("queues", _("Choose the queues it reaches, or all of them."))
        return cleaned


class RotateForm(forms.Form):
    """When the present secret stops working; at once if nothing is said."""

    until = MomentField(
        label=gettext_lazy("The present secret works until"),
        required=False,
        help_text=gettext_lazy("Empty: it stops at once. At most 90 days."),
    )

    def __init__(self, data=None):
        tomorrow = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
        super().__init__(data, initial={"until": tomorrow})

    def clean_until(self):
        until, now = self.cleaned_data["until"], timezone.now()
        if until and until <= now:
            raise ValidationError(_("That is past. Leave it empty to stop it at once."))
        if until and until > now + LONGEST_OVERLAP:
            raise ValidationError(
                _("At most %(days)s days from now.") % {"days": LONGEST_OVERLAP.days}
            )
        return until


class FaultsForm(forms.ModelForm):
    """The mix of faults that a sandbox key's calls meet: a percent for each kind."""

    class Meta:
        model = FaultLab
        fields = ("is_on", "seed")
        help_texts = {"seed": gettext_lazy("The same seed deals out the same faults again.")}

    def __init__(self, data=None, *, instance: FaultLab):
        super().__init__(data, instance=instance)
        self.fields["seed"].max_value = 2**31 - 1
        for kind, words in WORDS.items():
            self.fields[SHARE + kind] = forms.DecimalField(
                label=words,
                required=False,
                min_value=0,
                max_value=100,
                decimal_places=1,
                initial=instance.shares.get(kind) or None,
                help_text=_("percent, %(word)s") % {"word": kind.value},
                widget=forms.NumberInput({"step": "0.1"}),
            )

    @property
    def rows(self) -> list[tuple[str, forms.BoundField, int]]:
        """Each kind by its word in the header, with its field and how often it was dealt out."""
        dealt = self.instance.dealt
        return [(kind.value, self[SHARE + kind], dealt.get(kind, 0)) for kind in WORDS]

    def clean(self) -> dict:
        cleaned = super().clean()
        self.shares = {kind.value: float(cleaned.get(SHARE + kind) or 0) for kind in WORDS}
        if sum(self.shares.values()) > 100:
            self.add_error(None, _("The shares are more than 100 percent together."))
        return cleaned

    def save(self, commit: bool = True) -> FaultLab:
        """A mix that differs begins anew: its calls and counts start at nothing."""
        lab = super().save(commit=False)
        shares = {kind: share for kind, share in self.shares.items() if share}
        if shares != lab.shares or "seed" in self.changed_data or lab._state.adding:
            lab.shares, lab.calls, lab.dealt, lab.since = shares, 0, {}, timezone.now()
        if commit:
            lab.save()
        return lab
