"""What is to be done on a ticket, in steps that are ticked off."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class ChecklistItem(Identified):
    """One step. Changed only by the verbs in `helpdesk.actions.checklists`."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="checklist")
    text = models.CharField(_("step"), max_length=300)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        indexes = [models.Index(fields=["ticket", "position", "id"], name="checklist_in_order")]

    def __str__(self) -> str:
        return self.text

    @property
    def is_done(self) -> bool:
        return self.done_at is not None
