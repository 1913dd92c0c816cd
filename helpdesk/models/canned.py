"""Answers that are written once and used often."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.labels import Tag
from helpdesk.models.people import Team, User
from helpdesk.models.tickets import Format
from helpdesk.models.worded import Worded


class CannedReply(Worded):
    """Words for an answer under a name: of a person, of a team, or of everybody.

    With an `owner` it is theirs alone, with a `team` the team's, with neither everybody's. `tags`
    are those that it offers for the ticket.
    """

    name = models.CharField(_("name"), max_length=120)
    body = models.TextField(_("text"))
    format = models.CharField(
        _("format"), max_length=10, choices=Format.choices, default=Format.MARKDOWN
    )
    owner = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_replies",
        verbose_name=_("person"),
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_replies",
        verbose_name=_("team"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="+", verbose_name=_("tags"))
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(owner=None) | models.Q(team=None),
                name="canned_reply_of_one",
            )
        ]

    def __str__(self) -> str:
        return self.name
