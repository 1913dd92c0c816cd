"""Who changed which setting, when, and how it was before."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.keys import ApiKey
from helpdesk.models.people import User


class SettingChange(models.Model):
    """One change of the configuration. `fields` maps names to `[before, after]`, in words where
    they are rows."""

    class Kind(models.TextChoices):
        MADE = "made", _("made")
        CHANGED = "changed", _("changed")
        RETIRED = "retired", _("removed")
        RESTORED = "restored", _("restored")
        ORDERED = "ordered", _("put in order")
        REPLACED = "replaced", _("replaced")

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    noun = models.CharField(max_length=40)  # of the API: statuses, queues, custom-fields …
    row_id = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=dict)
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    person_name = models.CharField(max_length=200, blank=True)
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    origin = models.CharField(max_length=80)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("change of a setting")
        verbose_name_plural = _("changes of settings")
        indexes = [models.Index(fields=["noun", "row_id", "id"], name="setting_change_of_row")]

    def __str__(self) -> str:
        return f"{self.noun} {self.name}: {self.kind}"
