"""How long somebody worked on a ticket."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.conversation import Comment
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class TimeSpent(Identified):
    """Minutes that a person worked, on the whole or for one message.

    Changed only by the verbs in `helpdesk.actions.time_spent`.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="time_spent")
    comment = models.ForeignKey(
        Comment, models.SET_NULL, null=True, blank=True, related_name="time_spent"
    )
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    person_name = models.CharField(max_length=200, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"))
    note = models.CharField(_("for what"), max_length=300, blank=True)
    worked_on = models.DateField(_("day"))
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("time spent")
        verbose_name_plural = _("time spent")
        indexes = [models.Index(fields=["ticket", "id"], name="time_spent_in_order")]

    def __str__(self) -> str:
        return f"{self.minutes} min"
