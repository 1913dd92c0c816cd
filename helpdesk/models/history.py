"""What happened: history, outbox, and the work that runs in the background."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.conversation import Comment
from helpdesk.models.keys import ApiKey
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class Change(models.Model):
    """One thing that happened to a ticket: its visible history and the outbox in one row.

    `fields` maps a field's name to `{"from", "to"}` as `{"id", "words"}` or a value, or to
    `{"added", "removed"}`; custom fields stand as `custom.<key>`; long text by hash and length.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened the ticket")
        CHANGED = "changed", _("changed")
        REPLIED = "replied", _("replied")
        NOTED = "noted", _("added a note")
        COMMENT_EDITED = "comment_edited", _("edited a comment")
        COMMENT_REDACTED = "comment_redacted", _("redacted a comment")
        COMMENT_DELETED = "comment_deleted", _("deleted a comment")
        ATTACHED = "attached", _("attached files")
        DETACHED = "detached", _("removed a file")
        TRANSITIONED = "transitioned", _("changed the status")
        LINKED = "linked", _("linked")
        UNLINKED = "unlinked", _("unlinked")
        FOLLOWED = "followed", _("follows")
        UNFOLLOWED = "unfollowed", _("no longer follows")
        DELETED = "deleted", _("moved to the trash")
        RESTORED = "restored", _("restored")
        MERGED = "merged", _("merged")
        TOOK_IN = "took_in", _("took in a merged ticket")
        UNMERGED = "unmerged", _("took the merge back")
        GAVE_BACK = "gave_back", _("gave a merged ticket back")
        SPLIT = "split", _("split")
        MOVED = "moved", _("moved messages")
        GOT = "got", _("got messages of another ticket")
        PLANNED = "planned", _("changed the checklist")
        TIMED = "timed", _("noted time spent")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    person_name = models.CharField(max_length=200, blank=True)
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    origin = models.CharField(max_length=80)
    on_behalf_of = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.ForeignKey(
        Comment, models.PROTECT, null=True, blank=True, related_name="changes"
    )
    fields = models.JSONField(default=dict)
    change_set = models.UUIDField(null=True, blank=True, db_index=True)
    cause = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="effects"
    )
    undoes = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="undone_by"
    )
    silent = models.BooleanField(default=False)
    request_id = models.CharField(max_length=64, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True)
    announce_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "version"], name="change_version_once")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(announced_at=None, announce_error=""),
                name="change_unannounced",
            ),
            models.Index(fields=["id"], condition=~Q(announce_error=""), name="change_set_aside"),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} v{self.version} {self.kind}"


class Lock(models.Model):
    """A named row that is locked by the transaction that works: a crash frees it."""

    name = models.CharField(max_length=40, primary_key=True)


class ReadMark(models.Model):
    """How far a person has read a ticket."""

    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "ticket"], name="read_mark_once")]


class SavedView(Identified):
    """A list of tickets under a name: a query, columns and an order."""

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="views")
    team = models.ForeignKey("Team", models.CASCADE, null=True, blank=True, related_name="views")
    query = models.JSONField(default=dict)
    columns = models.JSONField(default=list, blank=True)
    sort = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=20, blank=True)  # what its rows are grouped by
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("view")
        verbose_name_plural = _("views")
        ordering = ["position", "id"]


class Job(Identified):
    """Work of many steps in the background: progress, resume point, lease."""

    class Kind(models.TextChoices):
        IMPORT = "import", _("import")
        BULK = "bulk", _("bulk call")
        SELECTION = "selection", _("change of selected tickets")

    class State(models.TextChoices):
        DRAFT = "draft", _("being prepared")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="jobs")
    key = models.ForeignKey(ApiKey, models.PROTECT, null=True, blank=True, related_name="jobs")
    name = models.CharField(max_length=255, blank=True)
    file = models.FileField(upload_to="jobs/", blank=True)
    options = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)  # where to resume, and counts so far
    total = models.PositiveIntegerField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [models.Index(fields=["state", "leased_until"], name="job_to_run")]

    def __str__(self) -> str:
        return self.name or str(self.uuid)


class JobRow(models.Model):
    """A row of a job that needs saying: refused, or changed in a way worth a word."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12)
    message = models.TextField(blank=True)
    row = models.JSONField(default=dict)
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="job_row_once")]


class Source(models.Model):
    """A name under which references of another system are kept, and the one key that may use it."""

    name = models.CharField(max_length=200, unique=True)
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
