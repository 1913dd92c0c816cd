"""Mail that came in: where it is fetched, each message as it came, and whose words lead where."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.encryption import decrypt, encrypt
from helpdesk.models.base import Identified
from helpdesk.models.conversation import Comment
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket
from helpdesk.models.workflow import Queue
from helpdesk.text import fold

MEGABYTE = 1024 * 1024


class Mailbox(Identified):
    """An address whose mail becomes tickets of a queue.

    The password is encrypted (for a provider: its signing key), and so is `door_secret`, which a
    provider shows at the mailbox's own address. `lease` is that of the one process that fetches.
    `lag` is how many seconds the newest message lay on the server before it was stored here.
    """

    class Protocol(models.TextChoices):
        IMAP = "imap", _("fetched over IMAP")
        POP3 = "pop3", _("fetched over POP3")
        PIPE = "pipe", _("handed over by a mail server on this machine")
        HTTP = "http", _("handed over by a mail provider over HTTPS")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("none: words travel readable")

    class Provider(models.TextChoices):
        RAW = "raw", _("any: the message itself is posted")
        MAILGUN = "mailgun", "Mailgun"
        MAILJET = "mailjet", "Mailjet"
        POSTMARK = "postmark", "Postmark"
        SPARKPOST = "sparkpost", "SparkPost"

    class Afterwards(models.TextChoices):
        DELETE = "delete", _("delete it on the server")
        MOVE = "move", _("move it to another folder")
        KEEP = "keep", _("keep it, marked as fetched")

    class Copies(models.TextChoices):
        ONE = "one", _("one ticket: the mailbox that has it first")
        EACH = "each", _("a ticket of its own")

    HANDED_OVER = (Protocol.PIPE, Protocol.HTTP)

    name = models.CharField(_("name"), max_length=120, unique=True)
    address = models.EmailField(
        _("address"), max_length=254, help_text=_("What people write to; also the base of answers.")
    )
    aliases = models.TextField(
        _("other addresses"),
        blank=True,
        help_text=_("Further addresses that lead here, one a line: mail from them is our own."),
    )
    queue = models.ForeignKey(
        Queue, models.PROTECT, related_name="mailboxes", verbose_name=_("queue")
    )
    protocol = models.CharField(
        _("how mail comes"), max_length=6, choices=Protocol.choices, default=Protocol.IMAP
    )
    provider = models.CharField(
        _("provider"), max_length=12, choices=Provider.choices, default=Provider.RAW
    )
    door_secret = models.TextField(blank=True, editable=False)
    host = models.CharField(_("server"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("Empty: the usual one."),
    )
    security = models.CharField(
        _("encryption"), max_length=8, choices=Security.choices, default=Security.TLS
    )
    username = models.CharField(_("user"), max_length=254, blank=True)
    secret = models.TextField(blank=True, editable=False)
    folder = models.CharField(_("folder"), max_length=200, default="INBOX", blank=True)
    afterwards = models.CharField(
        _("once a message is stored"),
        max_length=6,
        choices=Afterwards.choices,
        default=Afterwards.MOVE,
    )
    done_folder = models.CharField(
        _("folder for fetched mail"), max_length=200, default="Helpdesk", blank=True
    )
    every = models.PositiveIntegerField(
        _("look every … seconds"),
        default=60,
        validators=[MinValueValidator(10), MaxValueValidator(86_400)],
    )
    max_megabytes = models.PositiveIntegerField(
        _("largest message in MB"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
    )
    trusted_server = models.CharField(
        _("trusted checker"),
        max_length=253,
        blank=True,
        help_text=_(
            "The name that your own mail server writes first into Authentication-Results."
            " Only what it says is believed. Empty: nobody is."
        ),
    )
    copies = models.CharField(
        _("a message to several mailboxes"),
        max_length=4,
        choices=Copies.choices,
        default=Copies.ONE,
        help_text=_("What becomes of it here."),
    )
    paused = models.BooleanField(_("paused"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    lag = models.PositiveIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_fetched(self) -> bool:
        return self.protocol not in self.HANDED_OVER

    @property
    def max_size(self) -> int:
        """In bytes."""
        return self.max_megabytes * MEGABYTE

    @property
    def password(self) -> str:
        """Raises LostKey."""
        return decrypt(self.secret) if self.secret else ""

    @password.setter
    def password(self, words: str) -> None:
        self.secret = encrypt(words) if words else ""

    @property
    def addresses(self) -> list[str]:
        """All its addresses, folded."""
        return [fold(one.strip()) for one in [self.address, *self.aliases.split()] if one.strip()]


class StoredMessage(Identified):
    """A message as it came, kept before anything is made of it.

    `digest` is that of the bytes. `identity` stands for the message whatever way it took, within
    `scope`: the mailbox's id, or 0 for those that share; a copy of another message has none.
    `story` is what was found out, see `helpdesk.mail.story`.
    """

    class State(models.TextChoices):
        STORED = "stored", _("waiting")
        WORKED = "worked", _("done")
        QUARANTINED = "quarantined", _("in quarantine")
        DISCARDED = "discarded", _("discarded")
        COPY = "copy", _("a copy of another one")

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="messages")
    digest = models.CharField(max_length=64)
    identity = models.CharField(max_length=64, blank=True)
    scope = models.PositiveBigIntegerField(default=0)
    message_id = models.CharField(max_length=500, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    is_whole = models.BooleanField(default=True)  # else only its head was taken
    came_at = models.DateTimeField(default=timezone.now)  # at the server
    stored_at = models.DateTimeField(default=timezone.now)
    worked_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=State.choices, default=State.STORED)
    tries = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    is_released = models.BooleanField(default=False)  # a person said that it is to be taken
    envelope_to = models.CharField(max_length=254, blank=True)
    sender = models.CharField(max_length=254, blank=True)  # folded
    subject = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=12, blank=True)
    may_answer = models.BooleanField(default=False)  # automatically, see `helpdesk.mail.caps`
    story = models.JSONField(default=dict)
    ticket = models.ForeignKey(
        Ticket, models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    comment = models.ForeignKey(
        Comment, models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    copy_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies"
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "digest"], name="message_bytes_once"),
            models.UniqueConstraint(
                fields=["scope", "identity"], condition=~Q(identity=""), name="message_once"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="stored"), name="message_due"),
            models.Index(
                fields=["-id"], condition=Q(state="quarantined"), name="message_quarantined"
            ),
            models.Index(fields=["mailbox", "-stored_at"], name="message_of_mailbox"),
            models.Index(fields=["sender", "-stored_at"], name="message_of_sender"),
            models.Index(fields=["message_id"], name="message_by_name"),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.uuid)


class RawMessage(models.Model):
    """A message's bytes, compressed: apart, so that lists never load them."""

    stored = models.OneToOneField(
        StoredMessage, models.CASCADE, primary_key=True, related_name="raw"
    )
    content = models.BinaryField()


class MailReference(models.Model):
    """A Message-ID that leads to a ticket: one of ours, or one that came.

    `address` is whom one of ours was sent to, if to one alone.
    """

    message_id = models.CharField(max_length=500)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="mail_references")
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="mail_references"
    )
    is_ours = models.BooleanField(default=False)
    address = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id", "ticket"], name="mail_reference_once")
        ]


class SenderRule(models.Model):
    """Whose mail is never, or always, taken: an address, or all of a domain as `@example.com`."""

    class Verdict(models.TextChoices):
        BLOCK = "block", _("to quarantine")
        ALLOW = "allow", _("always taken")

    pattern = models.CharField(
        _("address or @domain"), max_length=254, unique=True, help_text=_("As @example.com: all.")
    )
    verdict = models.CharField(_("what happens"), max_length=6, choices=Verdict.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    made_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("sender rule")
        verbose_name_plural = _("sender rules")
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern
