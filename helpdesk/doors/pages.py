"""The browser's door: session → `request.actor`, pages or fragments, refusals in words."""

from collections.abc import Callable
from functools import lru_cache, wraps
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from helpdesk.permissions import actor_of

View = Callable[..., HttpResponse]
NO_ACCESS = "no-access.html"


class PersonMiddleware:
    """Times and words as the signed-in person reads them. Asks for nobody without a session."""

    def __init__(self, get_response: View):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        person = request.user
        if person.locale in dict(settings.LANGUAGES):
            translation.activate(person.locale)
            request.LANGUAGE_CODE = translation.get_language()
        if (zone := zone_named(person.timezone)) is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def agent(view: View) -> View:
    """A page of the workspace: `request.actor` is staff, all others sign in or are refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in(request)
        if not request.user.is_agent:
            return render(request, NO_ACCESS, status=403)
        request.actor = actor_of(request.user, "web")
        response = view(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return guarded


def respond(
    request: HttpRequest, template: str, partial: str, *, status: int = 200, **context
) -> HttpResponse:
    """The named partial of a template for htmx, the whole page for everyone else."""
    name = f"{template}#{partial}" if wants_fragment(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_fragment(request: HttpRequest) -> bool:
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def put_errors(form: BaseForm, error: ValidationError) -> None:
    """Show on a form why a verb refused: at the field where the form has it, else above all."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        if name in form.fields or name == NON_FIELD_ERRORS:
            form.add_error(name if name in form.fields else None, errors)
        else:
            form.add_error(None, [f"{name}: {words}" for one in errors for words in one.messages])


@lru_cache(maxsize=256)
def zone_named(name: str) -> ZoneInfo | None:
    """Listing the zones reads a folder of files: asked once a name."""
    return ZoneInfo(name) if name in available_timezones() else None


def local_path(request: HttpRequest, url: str | None, default: str) -> str:
    """The path of an address within this site, or the default for anything else."""
    if not url or not url_has_allowed_host_and_scheme(
        url, {request.get_host()}, require_https=request.is_secure()
    ):
        return default
    parts = urlsplit(url)
    path = parts.path or "/"
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        return default
    return f"{path}?{parts.query}" if parts.query else path


def _sign_in(request: HttpRequest) -> HttpResponse:
    """The way to the sign-in page and back to the page that was open."""
    if request.htmx:
        back = local_path(request, request.htmx.current_url, "/")
        return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{_next(back)}")
    if request.method != "GET":
        return redirect_to_login(local_path(request, request.headers.get("Referer"), "/"))
    return redirect_to_login(request.get_full_path())


def _next(path: str) -> str:
    return urlencode({"next": path})
