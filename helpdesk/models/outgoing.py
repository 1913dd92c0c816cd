"""Mail that leaves: each message for one recipient, how a mailbox speaks, and in which words."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.conversation import Comment, Recipient
from helpdesk.models.mail import Mailbox, StoredMessage
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class OutgoingMail(Identified):
    """A message to one recipient: committed before anything is sent, written when it is sent.

    All who get the same words get the same `message_id`. A test of a mailbox is about no ticket and
    comes back to it. `recipient` is the one of the comment;
    `answers` is what an acknowledgement answers. `lease` and `leased_until` are those of the
    worker that sends it. A worker that dies after the server took the message and before that is
    noted sends it once more, under the same Message-ID.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        FORWARD = "forward", _("forwarded message")
        ACKNOWLEDGEMENT = "ack", _("acknowledgement")
        NOTICE = "notice", _("notification")
        OPENING = "opening", _("first message")
        PROBE = "probe", _("test of a mailbox")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")
        DROPPED = "dropped", _("no longer to be sent")

    OF_COMMENTS = (Kind.REPLY, Kind.FORWARD)

    kind = models.CharField(max_length=8, choices=Kind.choices)
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, blank=True, related_name="outgoing"
    )
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="outgoing"
    )
    recipient = models.OneToOneField(
        Recipient, models.CASCADE, null=True, blank=True, related_name="outgoing"
    )
    answers = models.OneToOneField(
        StoredMessage, models.CASCADE, null=True, blank=True, related_name="acknowledgement"
    )
    person = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    mailbox = models.ForeignKey(
        Mailbox, models.SET_NULL, null=True, blank=True, related_name="outgoing"
    )
    address = models.CharField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=500)
    is_automatic = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    give_up_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)  # since it was last told to begin
    last_error = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message that leaves")
        verbose_name_plural = _("messages that leave")
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="outgoing_due",
            ),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="outgoing_failed"),
            models.Index(fields=["kind", "address", "created_at"], name="outgoing_to_address"),
            models.Index(fields=["ended_at"], name="outgoing_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"


class MailSending(models.Model):
    """How a mailbox speaks: its name, its signature, and what it says by itself."""

    mailbox = models.OneToOneField(
        Mailbox, models.CASCADE, primary_key=True, related_name="sending"
    )
    from_name = models.CharField(
        _("name of the sender"),
        max_length=120,
        blank=True,
        help_text=_("Before the address of the mailbox. Empty: the sender name of its queue."),
    )
    names_agent = models.BooleanField(
        _("name the agent too"),
        default=False,
        help_text=_("As “Ann, Support”; otherwise only the name of the sender."),
    )
    signature = models.TextField(
        _("signature"), blank=True, help_text=_("Below each reply, after the agent's own.")
    )
    acknowledges = models.BooleanField(
        _("acknowledge new tickets"),
        default=False,
        help_text=_("Once for each ticket a person opens by mail; never to what looks automatic."),
    )
    has_plus = models.BooleanField(
        _("takes addresses with a plus"),
        default=False,
        help_text=_(
            "Mail to name+anything arrives here too. Answers and bounces are then known by their"
            " signed address. The test of a mailbox finds out."
        ),
    )

    class Meta:
        verbose_name = _("how a mailbox speaks")
        verbose_name_plural = _("how mailboxes speak")

    def __str__(self) -> str:
        return str(self.mailbox)


class MailTemplate(models.Model):
    """Words of the administrators in place of ours; see `helpdesk.mail.outgoing.templates`."""

    kind = models.CharField(max_length=8, primary_key=True)
    subject = models.CharField(_("subject"), max_length=300)
    body = models.TextField(_("text"), max_length=20_000)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("mail template")
        verbose_name_plural = _("mail templates")

    def __str__(self) -> str:
        return self.kind


class Notification(models.Model):
    """What an agent is told: that something happened, and why it concerns them.

    `mail_at` is when it is to be mailed, if it is; `mail` is the message that told it.
    """

    class Reason(models.TextChoices):
        MENTIONED = "mentioned", _("because you were mentioned")
        MINE = "mine", _("because it is assigned to you")
        FOLLOWED = "followed", _("because you follow it")
        UNASSIGNED = "unassigned", _("because it is nobody's, in a queue of yours")

    class What(models.TextChoices):
        OPENED = "opened", _("opened the ticket")
        ANSWERED = "answered", _("answered")
        REPLIED = "replied", _("replied")
        NOTED = "noted", _("added a note")
        MENTIONED = "mentioned", _("mentioned you")
        ASSIGNED = "assigned", _("assigned it to you")
        STATUS = "status", _("changed the status")

    person = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    change = models.ForeignKey("Change", models.CASCADE, related_name="notifications")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField(default=timezone.now)
    on_web = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(
        OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["person", "change"], name="notification_once")
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="notification_of_person"),
            models.Index(
                fields=["person"],
                condition=Q(seen_at=None, on_web=True),
                name="notification_unseen",
            ),
            models.Index(
                fields=["mail_at"],
                condition=Q(mail_at__isnull=False, mail=None),
                name="notification_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.ticket_id}"
