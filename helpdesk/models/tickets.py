"""The ticket, and who takes part in it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.configuration import configuration, recheck
from helpdesk.models.labels import CustomField, Tag, TicketType
from helpdesk.models.people import Organisation, Team, User
from helpdesk.models.ticket_fields import EDITABLE, TicketFields
from helpdesk.models.visibility import TicketQuerySet
from helpdesk.models.workflow import UNRESOLVED, Category, Queue, Status


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


PRIORITY_RANK = {Priority.LOW: 1, Priority.NORMAL: 2, Priority.HIGH: 3, Priority.URGENT: 4}


class Resolution(models.TextChoices):
    FIXED = "fixed", _("Fixed")
    CANNOT_RESOLVE = "cannot_resolve", _("Cannot be resolved")
    CANCELLED = "cancelled", _("Cancelled")


class Format(models.TextChoices):
    PLAIN = "plain", _("Plain text")
    MARKDOWN = "markdown", _("Markdown")
    HTML = "html", _("HTML")


class Channel(models.TextChoices):
    WEB = "web", _("Web")
    EMAIL = "email", _("E-mail")
    API = "api", _("API")
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")
    SOCIAL = "social", _("Social media")
    IMPORT = "import", _("Import")
    MIRROR = "mirror", _("Mirror")


CHANNELS = dict(Channel.choices)


def channel_words(value: str) -> str:
    """Sooner than `get_channel_display`, which translates all of them."""
    return str(CHANNELS.get(value, value))


class Ticket(TicketFields, Identified):
    """One request and everything said about it. Changed only by the verbs in `helpdesk.actions`.

    `id` is the human number. `status_category`, `priority_rank`, `title_folded` and `tag_ids` are
    derived from `status`, `priority`, `title` and `tags`, and stored for lists and their indexes.
    """

    EDITABLE = EDITABLE

    queue = models.ForeignKey(
        Queue, models.PROTECT, related_name="tickets", verbose_name=_("queue"), db_index=False
    )
    title = models.CharField(_("subject"), max_length=500)
    title_folded = models.CharField(max_length=160, editable=False)
    body = models.TextField(_("description"), blank=True)
    body_format = models.CharField(max_length=10, choices=Format.choices, default=Format.PLAIN)
    type = models.ForeignKey(
        TicketType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("type"),
    )
    status = models.ForeignKey(
        Status, models.PROTECT, related_name="tickets", verbose_name=_("status"), db_index=False
    )
    status_category = models.CharField(max_length=10, choices=Category.choices, editable=False)
    priority = models.CharField(
        _("priority"), max_length=10, choices=Priority.choices, default=Priority.NORMAL
    )
    priority_rank = models.PositiveSmallIntegerField(default=2, editable=False)
    requester = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requested_tickets",
        verbose_name=_("requester"),
        db_index=False,
    )
    requester_name = models.CharField(max_length=200, blank=True)
    # A key of some queues named a requester whom it did not see: it reads no more than it said.
    requester_as_named = models.BooleanField(default=False, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("organisation"),
        db_index=False,
    )
    assignee = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_tickets",
        verbose_name=_("assignee"),
        db_index=False,
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("team"),
        db_index=False,
    )
    participants = models.ManyToManyField(
        User, through="Participant", related_name="taking_part_in", editable=False
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets", verbose_name=_("tags"))
    tag_ids = models.JSONField(default=list, editable=False)
    custom = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True, editable=False)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    resolution = models.CharField(
        _("resolution"), max_length=16, choices=Resolution.choices, blank=True
    )
    resolution_comment = models.TextField(_("resolution comment"), blank=True)

    source = models.CharField(_("source"), max_length=200, blank=True)
    source_ref = models.CharField(_("reference there"), max_length=200, blank=True)
    source_url = models.URLField(_("address there"), max_length=1000, blank=True)

    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    trashed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    stored_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now, editable=False)
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)
    last_customer_at = models.DateTimeField(null=True, blank=True, editable=False)
    first_response_at = models.DateTimeField(null=True, blank=True, editable=False)
    first_resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reopened_count = models.PositiveIntegerField(default=0, editable=False)
    next_due_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_ref"],
                condition=~Q(source="") & ~Q(source_ref=""),
                name="ticket_source_once",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")), name="ticket_not_own_parent"
            ),
        ]
        indexes = [
            # The lists: what is unresolved, newest activity first, whole and by each usual filter.
            *(
                models.Index(
                    fields=[*by, "-last_activity_at", "-id"],
                    condition=Q(deleted_at=None, status_category__in=UNRESOLVED),
                    name=f"ticket_open{'_' if by else ''}{'_'.join(by)}",
                )
                for by in ([], ["queue"], ["assignee"], ["team"], ["requester"])
            ),
            # The same by number, by what is due and by what is urgent.
            *(
                models.Index(
                    fields=fields,
                    condition=Q(deleted_at=None, status_category__in=UNRESOLVED),
                    name=f"ticket_open_{name}",
                )
                for name, fields in {
                    "number": ["-id"],
                    "assignee_number": ["assignee", "-id"],
                    "team_number": ["team", "-id"],
                    "due": ["due_at", "id"],
                    "urgent": ["-priority_rank", "-id"],
                }.items()
            ),
            # All tickets in each usual order, whole and by each usual filter. Those by number begin
            # with a foreign key and serve as its index too, so they have no condition.
            *(
                models.Index(
                    fields=[*by, *order],
                    condition=Q(deleted_at=None),
                    name=f"ticket{'_' if by else ''}{'_'.join(by)}_{name}",
                )
                for by in ([], ["queue"], ["status"], ["assignee"], ["team"], ["requester"])
                for name, order in {
                    "by_creation": ["-created_at", "-id"],
                    "by_update": ["updated_at", "id"],
                    "by_due": ["due_at", "id"],
                    "by_urgency": ["-priority_rank", "-id"],
                }.items()
                if by or name in ("by_due", "by_urgency")
            ),
            # What nobody has taken, as the first page shows it.
            models.Index(
                fields=["-priority_rank", "created_at", "-id"],
                condition=Q(deleted_at=None, status_category__in=UNRESOLVED, assignee=None),
                name="ticket_open_unassigned",
            ),
            # Few wait, and whether any do is counted for each navigation.
            models.Index(
                fields=["-last_activity_at", "-id"],
                condition=Q(deleted_at=None, status_category="waiting"),
                name="ticket_waiting",
            ),
            models.Index(
                fields=["-last_activity_at", "-id"],
                condition=Q(deleted_at=None),
                name="ticket_by_activity",
            ),
            models.Index(fields=["queue", "-id"], name="ticket_of_queue"),
            models.Index(fields=["status", "-id"], name="ticket_of_status"),
            models.Index(fields=["team", "-id"], name="ticket_of_team"),
            models.Index(fields=["requester", "-id"], name="ticket_of_requester"),
            models.Index(fields=["organisation", "-id"], name="ticket_of_organisation"),
            models.Index(fields=["assignee", "-id"], name="ticket_of_assignee"),
            models.Index(fields=["updated_at", "id"], name="ticket_by_update"),
            models.Index(fields=["stored_at", "id"], name="ticket_by_storing"),
            models.Index(fields=["-created_at", "-id"], name="ticket_by_creation"),
            models.Index(
                fields=["snoozed_until", "id"],
                condition=Q(snoozed_until__isnull=False),
                name="ticket_by_waking",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def is_unresolved(self) -> bool:
        return self.status_category in UNRESOLVED

    @property
    def is_overdue(self) -> bool:
        return bool(self.due_at and self.is_unresolved and self.due_at < timezone.now())

    @property
    def is_snoozed(self) -> bool:
        return bool(self.snoozed_until and self.snoozed_until > timezone.now())

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def requester_words(self) -> str:
        """The requester's name as this ticket received it, or as it is now."""
        return self.requester_name or (str(self.requester) if self.requester_id else "")

    @property
    def tag_list(self) -> list[Tag]:
        """The kept tags by name, out of the snapshot: no statement."""
        known = configuration().tags
        if not known.keys() >= set(self.tag_ids):  # another process made one a moment ago
            known = recheck().tags
        tags = [known[pk] for pk in self.tag_ids if pk in known and not known[pk].deleted_at]
        return sorted(tags, key=lambda tag: tag.name_folded)

    @property
    def custom_fields(self) -> list[tuple[CustomField, object]]:
        """Each custom field of this ticket's queue and type, with its stored value or None."""
        fields = configuration().fields_for(self.queue_id, self.type_id)
        return [(custom, self.custom.get(custom.key)) for custom in fields]


class Participant(models.Model):
    """A person who takes part in a ticket beside requester and assignee."""

    class Kind(models.TextChoices):
        CO_ASSIGNEE = "co_assignee", _("co-assignee")
        CC = "cc", _("copied in")
        REPORTER = "reporter", _("reporter")
        FOLLOWER = "follower", _("follower")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="participations")
    person = models.ForeignKey(User, models.CASCADE, related_name="participations")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.FOLLOWER)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "person", "kind"], name="participant_once")
        ]


class TicketLink(models.Model):
    class Kind(models.TextChoices):
        RELATED = "related", _("related to")
        DUPLICATE = "duplicate", _("duplicate of")
        BLOCKS = "blocks", _("blocks")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="links_out")
    other = models.ForeignKey(Ticket, models.CASCADE, related_name="links_in")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RELATED)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="ticket_link_once"),
            models.CheckConstraint(
                condition=~Q(ticket=models.F("other")), name="ticket_link_not_to_itself"
            ),
        ]


class SearchDocument(models.Model):
    """A ticket's searchable words, public and internal apart, written by the verbs.

    Where the database searches (FTS5 or tsvector) is made by a migration and known to
    `helpdesk.search` alone.
    """

    ticket = models.OneToOneField(
        Ticket, models.CASCADE, primary_key=True, related_name="search_document"
    )
    public = models.TextField(blank=True)
    internal = models.TextField(blank=True)
