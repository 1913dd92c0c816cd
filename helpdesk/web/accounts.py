"""Who may come in: accounts are made by an administrator, and every door leads to one sign-in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from helpdesk.doors.pages import local_path


class Adapter(DefaultAccountAdapter):
    """Nobody signs up by themselves, and nobody is sent to another site."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        hosts = {self.request.get_host()}
        return bool(url) and url_has_allowed_host_and_scheme(url, hosts)


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin site has no sign-in of its own: its rate limit and rules are those of the one."""
    wanted = local_path(request, request.GET.get("next"), reverse("admin:index"))
    if not request.user.is_authenticated:
        return redirect_to_login(wanted)
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect(wanted)
