"""Who may come in: accounts are made by an administrator, and every door leads to one sign-in."""

import logging
from smtplib import SMTPException

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from helpdesk.doors.pages import local_path

log = logging.getLogger(__name__)


class Adapter(DefaultAccountAdapter):
    """Nobody signs up by themselves, and nobody is sent to another site."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """A mail server that is away changes no answer: it would tell who has an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("A mail (%s) could not be sent: %s", template_prefix, error)

    def is_safe_url(self, url: str | None) -> bool:
        hosts = {self.request.get_host()}
        return bool(url) and url_has_allowed_host_and_scheme(url, hosts)


class ResetForm(ResetPasswordForm):
    """Only who works here has a password to be reset; everyone gets the same answer."""

    def clean_email(self) -> str:
        email = super().clean_email()
        self.users = [person for person in self.users if person.is_agent]
        return email


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin site has no sign-in of its own: its rate limit and rules are those of the one."""
    wanted = local_path(request, request.GET.get("next"), reverse("admin:index"))
    if not request.user.is_authenticated:
        return redirect_to_login(wanted)
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect(wanted)
