"""People, the teams and organisations they belong to, and keys that are not people."""

import hashlib
import secrets

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from helpdesk.actor import STAFF, Role
from helpdesk.models.base import Configuration, Identified, Named
from helpdesk.text import fold


class Organisation(Named):
    """A customer company."""

    shares_tickets = models.BooleanField(
        _("shares tickets"),
        default=False,
        help_text=_("Every customer of this organisation sees the tickets of all the others."),
    )
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.UniqueConstraint(fields=["name_folded"], name="organisation_name_once")
        ]


class OrganisationDomain(models.Model):
    """An e-mail domain that matches new customers to their organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="domains")
    domain = models.CharField(_("domain"), max_length=253, unique=True)

    class Meta:
        verbose_name = _("e-mail domain")
        verbose_name_plural = _("e-mail domains")

    def __str__(self) -> str:
        return self.domain

    def save(self, *args, **kwargs):
        self.domain = fold(self.domain)
        super().save(*args, **kwargs)


class UserManager(BaseUserManager):
    def create_user(self, email: str | None, password: str | None = None, **fields):
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})

    def get_by_natural_key(self, email: str):
        return self.get(email=fold(email))

    def staff(self):
        return self.filter(role__in=STAFF, is_active=True, erased_at=None)


class User(AbstractBaseUser, Identified):
    """Every person, agent or customer. Never deleted: erased, the row stays."""

    ROLES = [
        (Role.ADMIN, _("Administrator")),
        (Role.AGENT, _("Agent")),
        (Role.LIGHT, _("Light agent")),
        (Role.CUSTOMER, _("Customer")),
    ]

    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True, unique=True)
    email_written = models.CharField(max_length=254, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    name_folded = models.CharField(max_length=260, blank=True, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=ROLES, default=Role.CUSTOMER)
    organisation = models.ForeignKey(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("organisation"),
    )
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    locale = models.CharField(_("language"), max_length=12, blank=True)
    signature = models.TextField(_("signature"), blank=True)
    preferences = models.JSONField(default=dict, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes = [
            models.Index(fields=["name_folded", "id"], name="user_by_name"),
            models.Index(fields=["role", "name_folded"], name="user_by_role"),
        ]

    def __str__(self) -> str:
        return self.name or self.email_written or _("Person %(id)s") % {"id": self.pk}

    def save(self, *args, **kwargs):
        if self.email and fold(self.email) != fold(self.email_written):
            self.email_written = self.email.strip()
        self.email = fold(self.email).strip() if self.email else None
        if not self.email:
            self.email_written = ""
        self.name_folded = fold(self.name or self.email or "")[:260]
        if (update_fields := kwargs.get("update_fields")) is not None:
            derived = {"email": {"email_written", "name_folded"}, "name": {"name_folded"}}
            kwargs["update_fields"] = set(update_fields).union(
                *(derived.get(name, set()) for name in update_fields)
            )
        super().save(*args, **kwargs)

    # What the admin site and Django's permission checks ask: everything follows from the role.
    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def is_agent(self) -> bool:
        return self.is_active and self.role in STAFF

    def has_perm(self, perm: str, obj=None) -> bool:
        return self.is_superuser

    def has_perms(self, perms, obj=None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_superuser


class Team(Named):
    """Agents who work on the same queues."""

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [models.UniqueConstraint(fields=["name_folded"], name="team_name_once")]


class Membership(Configuration):
    """A person in a team, and what they may do there."""

    class Access(models.TextChoices):
        WORK = "work", _("works on tickets")
        READ = "read", _("reads only")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    access = models.CharField(
        _("access"), max_length=8, choices=Access.choices, default=Access.WORK
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"


class ApiKey(Identified):
    """A key that is not a person. Only a hash of it is stored; it is shown once, when made."""

    class Scope(models.TextChoices):
        READ = "read", _("read")
        WRITE = "write", _("read and write")

    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices, default=Scope.READ)
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
    is_sandbox = models.BooleanField(_("sandbox"), default=False, editable=False)
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

    def renew_secret(self) -> str:
        """Give this key a new secret and return it: the only moment it can be read."""
        secret = f"hd_{secrets.token_urlsafe(30)}"
        self.prefix, self.digest = secret[:9], self.digest_of(secret)
        return secret

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and not (self.expires_at and self.expires_at <= now())
