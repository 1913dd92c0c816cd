"""What is said on a ticket, and the files that come with it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.actor import Actor
from helpdesk.models.base import Identified
from helpdesk.models.people import User
from helpdesk.models.tickets import Channel, Format, Ticket


class CommentQuerySet(models.QuerySet):
    def shown_to(self, actor: Actor):
        """What the actor may read of visible tickets; a held comment is its author's alone."""
        held_by_others = Q(state=Comment.State.HELD) & ~Q(author_id=actor.person_id or 0)
        rows = self.filter(deleted_at=None).exclude(held_by_others)
        return rows if actor.sees_internal else rows.filter(public=True)


class Comment(Identified):
    """One message: a public reply, or an internal note.

    A note that was mailed to people outside the conversation is a forward: `extra["forward"]`
    holds `{"files": [uuid, …]}` of the message that it quotes, which is `in_reply_to`, or the
    ticket's own text where that is empty.
    """

    class State(models.TextChoices):
        HELD = "held", _("held")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments")
    public = models.BooleanField(_("public"), default=False)
    body = models.TextField(_("text"))
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.PLAIN)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="comments")
    author_name = models.CharField(max_length=200, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.WEB)
    origin = models.CharField(max_length=80, blank=True)
    happened_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    redacted_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    in_reply_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    message_id = models.CharField(max_length=500, blank=True, db_index=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.SENT)
    send_after = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    source_ref = models.CharField(max_length=200, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [
            models.Index(fields=["ticket", "happened_at", "id"], name="comment_in_order"),
            models.Index(fields=["happened_at", "id"], name="comment_by_time"),
            models.Index(fields=["created_at", "id"], name="comment_by_creation"),
            models.Index(fields=["send_after"], condition=Q(state="held"), name="comment_held"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_ref"],
                condition=~Q(source="") & ~Q(source_ref=""),
                name="comment_source_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.author_words}: {self.body[:60]}"

    @property
    def author_words(self) -> str:
        return self.author_name or (str(self.author) if self.author_id else "")

    @property
    def is_redacted(self) -> bool:
        return self.redacted_at is not None

    @property
    def is_forward(self) -> bool:
        return not self.public and "forward" in self.extra


class Recipient(models.Model):
    class Kind(models.TextChoices):
        TO = "to", _("To")
        CC = "cc", _("Cc")
        BCC = "bcc", _("Bcc")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="recipients")
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.TO)
    address = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=12, default="pending")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "address"], name="recipient_once")
        ]


def attachment_path(attachment: "Attachment", filename: str) -> str:
    """Files are stored under their identity alone: a name from outside never reaches the disk."""
    key = attachment.uuid.hex
    return f"attachments/{key[:2]}/{key}"


class Attachment(Identified):
    """A file of a ticket or comment, or a link in its place. Without a ticket until claimed."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be claimed")
        STORED = "stored", _("stored")
        REDACTED = "redacted", _("redacted")

    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    name = models.CharField(_("name"), max_length=255)
    file = models.FileField(upload_to=attachment_path, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    content_type = models.CharField(max_length=120, default="application/octet-stream")
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    content_id = models.CharField(max_length=255, blank=True)
    public = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STORED)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    uploaded_with = models.ForeignKey(
        "ApiKey", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index(fields=["state", "created_at"], name="attachment_waiting"),
        ]

    def __str__(self) -> str:
        return self.name
