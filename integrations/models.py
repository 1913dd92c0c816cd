"""Connections, what of ours is what of theirs on each, and the journal of what was exchanged."""

import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.encryption import decrypt, encrypt
from helpdesk.models import ApiKey, Attachment, Comment, Queue, Ticket, User
from helpdesk.models.base import Identified


class Connection(Identified):
    """One configured external service.

    `setup` and the encrypted `credentials` together are the cleaned data of the service's Setup
    form; `maps` is `connector.Maps`, the encrypted `memory` what the connector keeps from job to
    job. `lease` and `leased_until` say who pulls, `budget_level` and `budget_at` how many calls
    may still be made. `query` narrows what is mirrored to the tickets it finds; `backfill` is the
    state of a running backfill, `drift` the last report of a drift check.
    """

    class Direction(models.TextChoices):
        BOTH = "both", _("both ways")
        OUT = "out", _("only from here to there")
        IN = "in", _("only from there to here")

    class Scope(models.TextChoices):
        BORN_HERE = "born_here", _("tickets that began here")
        LINKED = "linked", _("only tickets that are linked already")

    class Winner(models.TextChoices):
        OURS = "ours", _("the value here")
        THEIRS = "theirs", _("the value there")
        LATER = "later", _("the later one")
        ASK = "ask", _("neither: a person decides")

    class OnDelete(models.TextChoices):
        UNLINK = "unlink", _("stop mirroring it")
        CLOSE = "close", _("close it on the other side")
        TRASH = "trash", _("delete it on the other side")

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        FAILED = "failed", _("stopped: needs a person")

    name = models.CharField(_("name"), max_length=120)
    service = models.CharField(_("service"), max_length=40)
    queue = models.ForeignKey(
        Queue, models.PROTECT, related_name="connections", verbose_name=_("queue")
    )
    direction = models.CharField(
        _("direction"), max_length=4, choices=Direction.choices, default=Direction.BOTH
    )
    scope = models.CharField(
        _("what is mirrored"), max_length=12, choices=Scope.choices, default=Scope.BORN_HERE
    )
    winner = models.CharField(
        _("if both sides changed a field"),
        max_length=8,
        choices=Winner.choices,
        default=Winner.LATER,
    )
    on_delete = models.CharField(
        _("if a ticket is deleted"),
        max_length=8,
        choices=OnDelete.choices,
        default=OnDelete.UNLINK,
    )
    query = models.TextField(_("which tickets"), blank=True)
    setup = models.JSONField(default=dict, blank=True, editable=False)
    credentials = models.TextField(blank=True, editable=False)
    memory = models.TextField(blank=True, editable=False)
    maps = models.JSONField(default=dict, blank=True, editable=False)
    maps_at = models.DateTimeField(null=True, blank=True, editable=False)
    calls_per_minute = models.PositiveIntegerField(
        _("calls a minute"), null=True, blank=True, help_text=_("Empty: the service's own limit.")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.ACTIVE, editable=False
    )
    error = models.TextField(_("error"), blank=True, editable=False)
    cursor = models.TextField(blank=True, editable=False)
    # What the cursor's overlap shows from before the beginning: remote id → when it was updated.
    before = models.JSONField(default=dict, blank=True, editable=False)
    backfill = models.JSONField(default=dict, blank=True, editable=False)
    drift = models.JSONField(default=dict, blank=True, editable=False)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)
    poll_at = models.DateTimeField(default=timezone.now, editable=False)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    resume_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    budget_level = models.FloatField(null=True, blank=True, editable=False)
    budget_at = models.DateTimeField(null=True, blank=True, editable=False)
    starts_at = models.DateTimeField(_("mirrors since"), default=timezone.now, editable=False)
    last_success_at = models.DateTimeField(
        _("last exchange"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def origin(self) -> str:
        """The door its changes come through."""
        return f"connection:{self.pk}"

    @property
    def sends(self) -> bool:
        return self.direction != self.Direction.IN

    @property
    def receives(self) -> bool:
        return self.direction != self.Direction.OUT

    @property
    def entered(self) -> dict[str, Any]:
        """The Setup form's cleaned data, credentials included. Raises LostKey."""
        secrets = json.loads(decrypt(self.credentials)) if self.credentials else {}
        return {**self.setup, **secrets}

    def enter(self, cleaned: dict[str, Any], secret_names: tuple[str, ...]) -> None:
        """Take a Setup form's cleaned data; saving is the caller's part."""
        secrets = {name: cleaned[name] for name in secret_names if cleaned.get(name)}
        self.setup = {name: value for name, value in cleaned.items() if name not in secret_names}
        self.credentials = encrypt(json.dumps(secrets)) if secrets else ""


class Link(models.Model):
    """What of ours is what of theirs: a ticket here and a ticket there, on one connection.

    `agreed_ours` and `agreed_theirs` are what both sides last agreed on, each in its own words.
    `due_at` says that there is something to do. A link may precede its ticket (what came cannot be
    applied) and its `remote_id` (what goes was not created yet; with `attempt_began_at`: maybe).
    `obsolete_id` is a ticket there that another took the place of and that is to be deleted.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be sent")
        OK = "ok", _("in step")
        ERROR = "error", _("not in step")
        CONFLICT = "conflict", _("a person must decide")
        MAYBE_CREATED = "maybe_created", _("maybe created there")
        PAUSED = "paused", _("paused")
        GONE = "gone", _("gone there")
        ENDED = "ended", _("no longer mirrored")
        ELSEWHERE = "elsewhere", _("mirrored by a connection of the other side")

    class Urgency(models.IntegerChoices):
        LIVE = 0, _("live")
        RETRY = 1, _("retry")
        BACKFILL = 2, _("backfill")
        DRIFT = 3, _("drift check")

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="links")
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, blank=True, related_name="mirror_links"
    )
    remote_id = models.CharField(max_length=200, blank=True)
    obsolete_id = models.CharField(max_length=200, blank=True)
    remote_number = models.CharField(max_length=80, blank=True)
    remote_url = models.URLField(max_length=1000, blank=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    agreed_ours = models.JSONField(default=dict)
    agreed_theirs = models.JSONField(default=dict)
    state = models.CharField(max_length=14, choices=State.choices, default=State.WAITING)
    error = models.TextField(blank=True)
    left_out = models.JSONField(default=list)  # words, for people
    conflicts = models.JSONField(default=list)  # {"field", "ours", "theirs", "winner", "at"}
    decisions = models.JSONField(default=dict)  # field → "ours" or "theirs", as a person chose
    turns = models.JSONField(default=dict)  # field → [["in" or "out", when]], of the last hour
    due_at = models.DateTimeField(null=True, blank=True)
    must_read = models.BooleanField(default=False)  # something may have changed there
    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices, default=Urgency.LIVE)
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    attempt_began_at = models.DateTimeField(null=True, blank=True)
    last_exchange_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["connection", "ticket"], name="link_ticket_once"),
            models.UniqueConstraint(
                fields=["connection", "remote_id"],
                condition=~Q(remote_id=""),
                name="link_remote_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "urgency", "due_at", "id"],
                condition=Q(due_at__isnull=False),
                name="link_due",
            ),
            models.Index(
                fields=["connection", "id"],
                condition=Q(state__in=["error", "conflict", "maybe_created", "paused", "gone"]),
                name="link_needs_person",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} – {self.remote_number or self.remote_id or '?'}"

    @property
    def is_at_rest(self) -> bool:
        """Nothing is exchanged, whatever changes, until a person asks for it."""
        return self.state in AT_REST

    @property
    def needs_person(self) -> bool:
        return self.state in (
            self.State.ERROR,
            self.State.CONFLICT,
            self.State.MAYBE_CREATED,
            self.State.PAUSED,
            self.State.GONE,
        )


AT_REST = (Link.State.PAUSED, Link.State.GONE, Link.State.ENDED, Link.State.ELSEWHERE)


class CommentLink(models.Model):
    """A comment here and there; the hashes are of the text that both sides last agreed on.

    Without `remote_id` but with `attempt_began_at` it was maybe sent.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="comment_links")
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="mirror_links"
    )
    remote_id = models.CharField(max_length=200, blank=True)
    ours_hash = models.CharField(max_length=64, blank=True)
    theirs_hash = models.CharField(max_length=64, blank=True)
    attempt_began_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "comment"], name="comment_link_once"),
            models.UniqueConstraint(
                fields=["link", "remote_id"],
                condition=~Q(remote_id=""),
                name="comment_link_remote_once",
            ),
        ]


class AttachmentLink(models.Model):
    """A file here and there. `remote_id` stays empty where the service does not say it."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="attachment_links")
    attachment = models.ForeignKey(
        Attachment, models.CASCADE, null=True, blank=True, related_name="mirror_links"
    )
    remote_id = models.CharField(max_length=400, blank=True)
    name = models.CharField(max_length=255, blank=True)
    attempt_began_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "attachment"], name="attachment_link_once"),
            models.UniqueConstraint(
                fields=["link", "remote_id"],
                condition=~Q(remote_id=""),
                name="attachment_link_remote_once",
            ),
        ]


class PersonLink(models.Model):
    """A person there who an administrator says is one of ours: the only way to be an agent."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="person_links")
    person = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("person"))
    remote_id = models.CharField(_("id there"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail there"), max_length=254, blank=True)
    name = models.CharField(_("name there"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("person of a connection")
        verbose_name_plural = _("people of connections")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "remote_id"],
                condition=~Q(remote_id=""),
                name="person_link_remote_once",
            ),
            models.UniqueConstraint(
                fields=["connection", "email"],
                condition=~Q(email=""),
                name="person_link_email_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.email or self.remote_id} – {self.person}"


class Exchange(models.Model):
    """The journal: one HTTP request and its answer, with secrets taken out."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="exchanges")
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, blank=True, related_name="exchanges"
    )
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    url = models.TextField()
    request_body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["connection", "-id"], name="exchange_of_connection"),
            models.Index(fields=["ticket", "-id"], name="exchange_of_ticket"),
            models.Index(fields=["at"], name="exchange_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url} → {self.status or self.error}"


class Record(models.Model):
    """What a served interface must remember and our nouns have no room for."""

    service = models.CharField(max_length=40, blank=True)
    key = models.ForeignKey(ApiKey, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    content = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "key", "kind", "name"],
                condition=Q(key__isnull=False),
                name="record_of_key_once",
            ),
            models.UniqueConstraint(
                fields=["service", "kind", "name"],
                condition=Q(key__isnull=True),
                name="record_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.kind} {self.name}"
