"""Webhooks: who wants to hear of what, what has to be told them, and each try to do so."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.history import Change
from helpdesk.models.keys import ApiKey
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


class Webhook(Identified):
    """A subscription: which events of which tickets are told to an address.

    What it may tell is what its key sees; without a key it is an administrator's, and tells of all
    queues but sandboxes. The secrets are encrypted. `failing_since` is empty while tries succeed.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended by the receiver")

    name = models.CharField(_("name"), max_length=120)
    url = models.CharField(_("address"), max_length=2000)
    key = models.ForeignKey(
        ApiKey, models.PROTECT, null=True, blank=True, related_name="webhooks", editable=False
    )
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    events = models.JSONField(
        _("events"), default=list, blank=True, help_text=_("None chosen: all of them.")
    )
    query = models.CharField(
        _("query"),
        max_length=2000,
        blank=True,
        help_text=_("Which tickets, as typed in the search box. Empty: all of them."),
    )
    queues = models.ManyToManyField(
        "Queue",
        blank=True,
        related_name="webhooks",
        verbose_name=_("queues"),
        help_text=_("None chosen: all that it may tell of."),
    )
    with_internal = models.BooleanField(
        _("internal notes"), default=False, help_text=_("Tell of internal notes and files too.")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    wait_until = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    delivered = models.PositiveBigIntegerField(default=0, editable=False)
    failed = models.PositiveBigIntegerField(default=0, editable=False)
    died = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    @property
    def overlaps(self) -> bool:
        """Whether the secret before the present one still signs."""
        return bool(self.former_until and self.former_until > timezone.now())


class Delivery(Identified):
    """One event to be told to one subscription. Tests have no ticket and no change.

    Of a ticket's waiting deliveries at a subscription only the first one by `version` is tried.
    `lease` and `leased_until` are those of the worker that is trying it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")
        DROPPED = "dropped", _("no longer to be told")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    change = models.ForeignKey(
        Change, models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    version = models.PositiveIntegerField(default=0)
    event = models.CharField(max_length=40)
    event_id = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    give_up_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)  # since it was last told to begin
    last_error = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["webhook", "change"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["webhook", "due_at"],
                condition=Q(state="waiting"),
                name="delivery_due",
            ),
            models.Index(
                fields=["webhook", "ticket", "version"],
                condition=Q(state="waiting"),
                name="delivery_in_order",
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_newest"),
            models.Index(fields=["ended_at"], name="delivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.uuid}"


class DeliveryAttempt(models.Model):
    """One request and its answer. Texts are capped, and without secrets."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]
        indexes = [models.Index(fields=["at"], name="attempt_at")]
