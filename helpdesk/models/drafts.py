"""What a person is writing, and what waits to be sent: theirs alone until it has left."""

from urllib.parse import parse_qs

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.conversation import Attachment
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class Draft(Identified):
    """Words of a person for a ticket, or for a new one. Its `uuid` becomes that of the comment.

    A queued draft is sent at `send_after`: until then there is no comment and no change, so
    nothing of it can be mirrored, mailed or called. `recipients` lists `{"kind", "address",
    "name"}`; `fields` holds what else the form holds, as it was posted; `files` lists `{"id",
    "name", "size"}` of `kept`, so that a page shows them without asking.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")
        FORWARD = "forward", _("Forward")
        TICKET = "ticket", _("New ticket")

    class State(models.TextChoices):
        WRITING = "writing", _("being written")
        QUEUED = "queued", _("waiting to be sent")

    person = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, blank=True, related_name="drafts")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    body = models.TextField(blank=True)
    recipients = models.JSONField(null=True, blank=True)  # None: those that the ticket offers
    fields = models.JSONField(default=dict, blank=True)
    files = models.JSONField(default=list, blank=True)
    kept = models.ManyToManyField(Attachment, blank=True, related_name="drafts")
    revision = models.PositiveIntegerField(default=0)
    writer = models.CharField(max_length=40, blank=True)  # the window that saved it last
    base = models.PositiveIntegerField(null=True, blank=True)  # the ticket's version when queued
    state = models.CharField(max_length=8, choices=State.choices, default=State.WRITING)
    send_after = models.DateTimeField(null=True, blank=True)
    is_scheduled = models.BooleanField(default=False)
    notice = models.TextField(blank=True)  # why it came back
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        indexes = [
            models.Index(fields=["person", "ticket"], name="draft_of_person"),
            models.Index(fields=["send_after"], condition=Q(state="queued"), name="draft_queued"),
        ]

    def __str__(self) -> str:
        return self.body[:60]

    @property
    def title(self) -> str:
        """The subject in the form of a new ticket."""
        return parse_qs(self.fields.get("form", "")).get("title", [""])[-1]

    @property
    def is_queued(self) -> bool:
        return self.state == self.State.QUEUED


class Mention(models.Model):
    """A person who was named in what was said on a ticket, and should be told."""

    person = models.ForeignKey(User, models.CASCADE, related_name="mentions")
    comment = models.ForeignKey("Comment", models.CASCADE, related_name="mentions")
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["person", "comment"], name="mention_once")]
        indexes = [models.Index(fields=["person", "-at"], name="mention_of_person")]
