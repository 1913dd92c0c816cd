"""What lets a mailbox sign in without a password: OAuth 2, as Microsoft 365 and Google want it."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.encryption import decrypt, encrypt
from helpdesk.models.mail import Mailbox


class MailGrant(models.Model):
    """The registration of this helpdesk at a provider, and the tokens that came of it.

    All secrets are encrypted. With a refresh token the mailbox is somebody's who agreed; without
    one the application signs in as itself (client credentials). `failing_since` is when renewal
    began to fail: the access token of before may still be good.
    """

    class Provider(models.TextChoices):
        MICROSOFT = "microsoft", _("Microsoft 365")
        GOOGLE = "google", _("Google")
        OTHER = "other", _("another one")

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, related_name="grant")
    provider = models.CharField(
        _("provider"), max_length=12, choices=Provider.choices, default=Provider.MICROSOFT
    )
    tenant = models.CharField(
        _("tenant"),
        max_length=120,
        blank=True,
        help_text=_("Microsoft 365: the directory (tenant) ID."),
    )
    authorise_url = models.URLField(
        _("authorisation address"),
        max_length=500,
        blank=True,
        help_text=_("Where somebody agrees. Empty: the provider's."),
    )
    token_url = models.URLField(
        _("token address"), max_length=500, blank=True, help_text=_("Empty: the provider's.")
    )
    scope = models.CharField(
        _("scope"), max_length=500, blank=True, help_text=_("Empty: the provider's.")
    )
    client_id = models.CharField(_("client ID"), max_length=254)
    sends = models.BooleanField(
        _("send through this account, too"),
        default=False,
        help_text=_("What this mailbox says leaves through its own account, by SMTP."),
    )
    smtp_host = models.CharField(
        _("SMTP server"), max_length=253, blank=True, help_text=_("Empty: the provider's.")
    )
    smtp_port = models.PositiveIntegerField(
        _("SMTP port"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("Empty: the usual one."),
    )
    smtp_security = models.CharField(
        _("encryption of SMTP"),
        max_length=8,
        choices=Mailbox.Security.choices,
        default=Mailbox.Security.STARTTLS,
    )
    client_words = models.TextField(blank=True, editable=False)
    refresh_words = models.TextField(blank=True, editable=False)
    access_words = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    renewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        verbose_name = _("sign-in by OAuth 2")
        verbose_name_plural = _("sign-ins by OAuth 2")

    def __str__(self) -> str:
        return f"{self.mailbox}: {self.get_provider_display()}"

    @property
    def client_secret(self) -> str:
        """Raises LostKey, as the tokens do."""
        return decrypt(self.client_words) if self.client_words else ""

    @client_secret.setter
    def client_secret(self, words: str) -> None:
        self.client_words = encrypt(words) if words else ""

    @property
    def refresh_token(self) -> str:
        return decrypt(self.refresh_words) if self.refresh_words else ""

    @refresh_token.setter
    def refresh_token(self, words: str) -> None:
        self.refresh_words = encrypt(words) if words else ""

    @property
    def access_token(self) -> str:
        return decrypt(self.access_words) if self.access_words else ""

    @access_token.setter
    def access_token(self, words: str) -> None:
        self.access_words = encrypt(words) if words else ""

    def forget_secrets(self) -> None:
        """Of another account or server nothing is used that was meant for this one."""
        self.client_words = self.refresh_words = self.access_words = ""
        self.expires_at = self.renewed_at = self.failing_since = None
        self.last_error = ""

    def is_fresh(self, now: datetime | None = None) -> bool:
        return bool(self.access_words) and (self.expires_at or timezone.now()) > (
            now or timezone.now()
        )
