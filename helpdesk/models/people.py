"""People, and the teams and organisations they belong to."""

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
    is_lead = models.BooleanField(
        _("leads the team"),
        default=False,
        help_text=_("Sets up what the team works with: members, tags, fields, workflows."),
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"
