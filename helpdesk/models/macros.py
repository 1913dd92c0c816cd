"""What agents do often: words and changes under a name, put into the form and sent by hand."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.people import Team, User
from helpdesk.models.worded import Worded


class Macro(Worded):
    """Words and changes that fill the composer. Of a person, of a team, or of everybody.

    `sets` holds any of `status` and `team` (ids), `assignee` (an id, or "me"), `priority`,
    `add_tags` and `remove_tags` (names).
    """

    class Says(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    name = models.CharField(_("name"), max_length=120)
    says = models.CharField(_("writes a"), max_length=8, choices=Says.choices, default=Says.REPLY)
    body = models.TextField(_("text"), blank=True)
    sets = models.JSONField(_("sets"), default=dict, blank=True)
    owner = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="macros",
        verbose_name=_("person"),
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="macros",
        verbose_name=_("team"),
    )
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(owner=None) | models.Q(team=None), name="macro_of_one"
            )
        ]

    def __str__(self) -> str:
        return self.name
