"""API keys, which are not people, and the faults that a sandbox key's calls may meet."""

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified
from helpdesk.models.people import User


class ApiKey(Identified):
    """A key that is not a person. Only a hash of it is stored; it is shown once, when made."""

    class Scope(models.TextChoices):
        READ = "read", _("read")
        WRITE = "write", _("read and write")

    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices, default=Scope.READ)
    # Named scopes of `models.scopes`; none: all that is ordinary.
    scopes = models.JSONField(_("named scopes"), default=list, blank=True)
    allowed_from = models.JSONField(
        _("may call from"),
        default=list,
        blank=True,
        help_text=_("Networks such as 192.0.2.0/24. Empty: from everywhere."),
    )
    all_queues = models.BooleanField(_("all queues"), default=False)
    queues = models.ManyToManyField(
        "Queue", blank=True, related_name="api_keys", verbose_name=_("queues")
    )
    home_queue = models.ForeignKey(
        "Queue",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="home_of_keys",
        verbose_name=_("home queue"),
        help_text=_("Where new tickets go, and what the compatible endpoints show."),
    )
    person = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="api_keys",
        verbose_name=_("acts as"),
        help_text=_("The service user who is named as author of what the key does."),
    )
    # The secret before the present one, while it still works.
    previous_digest = models.CharField(
        max_length=64, unique=True, null=True, blank=True, editable=False
    )
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    primary = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="secondary", editable=False
    )
    sources = models.JSONField(
        _("sources"),
        default=list,
        blank=True,
        help_text=_("The names under which this key may store references of its own."),
    )
    rate_limit = models.PositiveIntegerField(
        _("calls a minute"), null=True, blank=True, help_text=_("Empty: the usual limit.")
    )
    writes_for_others = models.BooleanField(
        _("writes for others"),
        default=False,
        help_text=_("May name who said something, times of the past, stay silent, and import."),
    )
    is_sandbox = models.BooleanField(_("sandbox"), default=False, editable=False)
    sandbox = models.ForeignKey(
        "Queue",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sandbox_of_keys",
        editable=False,
    )
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()

    def renew_secret(self, overlap_until: datetime | None = None) -> str:
        """Give this key a new secret and return it: the only moment it can be read.

        The former secret works until `overlap_until`, without one no longer.
        """
        secret = f"hd_{secrets.token_urlsafe(30)}"
        self.previous_digest = self.digest if overlap_until else None
        self.previous_until = overlap_until
        self.prefix, self.digest = secret[:9], self.digest_of(secret)
        return secret

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and not (self.expires_at and self.expires_at <= now())

    @property
    def has_former_secret(self) -> bool:
        """Whether the secret before the present one still works."""
        return bool(self.previous_until and self.previous_until > now())


class FaultLab(models.Model):
    """What the calls of a sandbox key meet: the mix chosen on its page, and what was dealt out.

    `shares` maps kinds of faults to percent of the calls. The n-th call since the mix was set
    meets what `seed` and n say. `dealt` counts by kind, faults that a header chose included.
    """

    key = models.OneToOneField(
        ApiKey, models.CASCADE, primary_key=True, related_name="fault_lab", verbose_name=_("key")
    )
    is_on = models.BooleanField(_("deal out faults"), default=False)
    seed = models.PositiveIntegerField(_("seed"), default=1)
    shares = models.JSONField(default=dict)
    calls = models.PositiveBigIntegerField(default=0)
    dealt = models.JSONField(default=dict)
    since = models.DateTimeField(default=now)
