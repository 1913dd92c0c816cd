"""Who has a ticket open at this moment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class Presence(models.Model):
    """A person at a ticket, told by their page every few seconds; past its end it means nothing."""

    class Mode(models.TextChoices):
        VIEWING = "viewing", _("is reading")
        TYPING = "typing", _("is typing")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="presences")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.VIEWING)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="presence_once")]
