"""API keys in the workspace: made, shown with how they are used, rotated, revoked."""

from collections.abc import Callable
from functools import cache, wraps
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions import keys
from helpdesk.doors.keys import IN_HEADER
from helpdesk.doors.pages import agent, put_errors
from helpdesk.models import ApiKey, Ticket
from helpdesk.permissions import authorise
from helpdesk.web.forms.keys import KeyForm, RotateForm

View = Callable[..., HttpResponse]
read_or_write = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 50
UNSAID = "YOUR-SECRET"  # stands in the lines of a key whose secret is not known any more
COUNTED = 999
STATES = {
    "usable": gettext_lazy("Usable"),
    "expired": gettext_lazy("Expired"),
    "revoked": gettext_lazy("Revoked"),
    "all": gettext_lazy("All"),
}


def keeper(view: View) -> View:
    """A page of whoever manages keys."""

    @agent
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        authorise(request.actor, "manage_keys")
        return view(request, *args, **kwargs)

    return guarded


@keeper
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """All keys by name, fifty a page; `?state=` narrows them."""
    state = request.GET.get("state", "usable")
    state = state if state in STATES else "all"
    rows = _in_state(state)
    place = request.GET.get("page", "1")
    page = int(place) if place.isascii() and place.isdecimal() and 0 < len(place) < 6 else 1
    first = max(0, page - 1) * PAGE
    found = list(
        rows.select_related("home_queue", "sandbox")
        .prefetch_related("queues")
        .order_by("name", "pk")[first : first + PAGE + 1]
    )
    context = {
        "keys": found[:PAGE],
        "state": state,
        "states": STATES.items(),
        "usual_limit": IN_HEADER,
        "previous": f"?state={state}&page={page - 1}" if page > 1 else None,
        "next": f"?state={state}&page={page + 1}" if len(found) > PAGE else None,
    }
    return render(request, "keys/list.html", context)


@keeper
@require_safe
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    key = found_or_404(uuid)
    tickets = Ticket.objects.filter(queue=key.sandbox_id) if key.sandbox_id else None
    context = {
        "key": key,
        "twin": ApiKey.objects.filter(primary=key).first(),
        "lines": lines_of(key, UNSAID),
        "usual_limit": IN_HEADER,
        "sandbox_count": tickets[: COUNTED + 1].count() if tickets is not None else 0,
    }
    return render(request, "keys/detail.html", context)


@keeper
@read_or_write
def new(request: HttpRequest) -> HttpResponse:
    """A new key; its secret is in the answer, once."""
    key = ApiKey(scope=ApiKey.Scope.WRITE)
    form = KeyForm(request.POST if request.method == "POST" else None, instance=key)
    if form.is_valid():
        chosen = form.cleaned_data
        with transaction.atomic():
            made = keys.make_key(
                form.save(commit=False),
                chosen["queues"],
                by=request.actor,
                with_twin=chosen["with_twin"],
            )
            if chosen["in_sandbox"]:
                keys.enter_sandbox(key, by=request.actor)
        return shown_once(request, made)
    context = {"form": form, "key": key}
    return render(request, "keys/form.html", context, status=422 if form.errors else 200)


@keeper
@read_or_write
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    key = found_or_404(uuid)
    if key.revoked_at or key.primary_id:
        messages.info(request, _("This key is not edited: it is revoked, or follows its primary."))
        return redirect("key", uuid)
    form = KeyForm(request.POST if request.method == "POST" else None, instance=key)
    if form.is_valid():
        keys.change_key(form.save(commit=False), form.cleaned_data["queues"], by=request.actor)
        messages.success(request, _("%(name)s is saved.") % {"name": key.name})
        return redirect("key", uuid)
    context = {"form": form, "key": key}
    return render(request, "keys/form.html", context, status=422 if form.errors else 200)


@keeper
@read_or_write
def rotate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new secret; the present one works on until a chosen moment."""
    key = found_or_404(uuid)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            secret = keys.rotate_key(
                key, by=request.actor, overlap_until=form.cleaned_data["until"]
            )
        except ValidationError as error:
            put_errors(form, error)
        else:
            return shown_once(request, [(found_or_404(uuid), secret)])
    context = {"form": form, "key": key}
    return render(request, "keys/rotate.html", context, status=422 if form.errors else 200)


@keeper
@require_POST
def end_overlap(request: HttpRequest, uuid: UUID) -> HttpResponse:
    keys.end_overlap(found_or_404(uuid), by=request.actor)
    messages.success(request, _("The former secret works no longer."))
    return redirect("key", uuid)


@keeper
@read_or_write
def revoke(request: HttpRequest, uuid: UUID) -> HttpResponse:
    key = found_or_404(uuid)
    if request.method == "POST":
        keys.revoke_key(key, by=request.actor)
        messages.success(request, _("%(name)s is revoked.") % {"name": key.name})
        return redirect("key", uuid)
    return render(request, "keys/revoke.html", {"key": key})


# What the pages share ----------------------------------------------------------------------------


def found_or_404(uuid: UUID) -> ApiKey:
    rows = ApiKey.objects.select_related("home_queue", "sandbox", "person", "primary")
    return get_object_or_404(rows, uuid=uuid)


def shown_once(request: HttpRequest, made: list[tuple[ApiKey, str]]) -> HttpResponse:
    """The only answer that holds secrets: kept nowhere, neither here nor in a cache."""
    key, secret = made[0]
    context = {"key": key, "made": made, "lines": lines_of(found_or_404(key.uuid), secret)}
    response = render(request, "keys/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


def lines_of(key: ApiKey, secret: str) -> list[dict]:
    """How to call each API with a key: `{"name", "title", "terms": [(name, value)], "curl"}`."""
    base = f"{settings.PUBLIC_URL}/api/v1/"
    curl = f"curl -H 'Authorization: Bearer {secret}' '{base}tickets/?limit=10'"
    terms = [("base_url", base), ("api_key", secret)]
    own = {"name": "api", "title": _("REST API"), "terms": terms, "curl": curl}
    return [own, *(line for hook in _hooks() for line in hook(key, secret))]


@cache
def _hooks() -> tuple:
    return tuple(import_string(name) for name in settings.KEY_LINES)


def _in_state(state: str):
    now = timezone.now()
    rows = {
        "usable": Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)),
        "expired": Q(revoked_at=None, expires_at__lte=now),
        "revoked": Q(revoked_at__isnull=False),
    }
    return ApiKey.objects.filter(rows.get(state, Q()))
