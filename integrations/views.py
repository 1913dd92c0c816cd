"""The console: connections for administrators, what failed, and the journal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.doors.pages import agent
from helpdesk.permissions import authorise
from integrations import console, mirror
from integrations.connector import Connector, ConnectorError, load_connector
from integrations.forms import SETUP, ConnectionForm, entered, setup_form
from integrations.models import Connection, Link

View = Callable[..., HttpResponse]
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


def administrator(view: View) -> View:
    """A page that configures: signed in, and an administrator."""

    @agent
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        authorise(request.actor, "configure")
        return view(request, *args, **kwargs)

    return guarded


# Lists and pages ---------------------------------------------------------------------------------


@administrator
@require_safe
def connections(request: HttpRequest) -> HttpResponse:
    rows = [
        {
            "connection": connection,
            "service": console.service_title(connection.service),
            "container": console.container_of(connection),
            "state": console.state_of(connection),
        }
        for connection in console.connections()
    ]
    return render(request, "integrations/list.html", {"rows": rows})


@administrator
@require_safe
def connection(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _annotated(uuid)
    failing = console.failing(found)
    journal = console.exchanges(found)
    _stored, is_lost = entered(found)
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "container": console.container_of(found),
        "state": console.state_of(found),
        "is_running": found.state == Connection.State.ACTIVE,
        "failing": failing[: console.SHOWN],
        "failing_count": failing.count(),
        "exchanges": journal[: console.SHOWN],
        "is_lost": is_lost,
    }
    return render(request, "integrations/connection.html", context)


@administrator
@require_safe
def exchanges(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The whole journal, page by page."""
    found = _annotated(uuid)
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    rows = list(console.exchanges(found, before=before)[: console.PAGE + 1])
    following = f"?before={rows[console.PAGE - 1].pk}" if len(rows) > console.PAGE else None
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "exchanges": rows[: console.PAGE],
        "next": following,
    }
    return render(request, "integrations/journal.html", context)


# Adding and editing ------------------------------------------------------------------------------


@administrator
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which service to connect to."""
    return render(request, "integrations/choose.html", {"services": console.services()})


@administrator
@read_or_write
def new(request: HttpRequest, service: str) -> HttpResponse:
    client = _client(service)
    fresh = Connection(service=service, created_by=request.user, name=client.title)
    return _edit(request, fresh, client)


@administrator
@read_or_write
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _annotated(uuid)
    return _edit(request, found, _client(found.service))


def _edit(request: HttpRequest, found: Connection, client: type[Connector]) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ConnectionForm(data, instance=found)
    setup = setup_form(client, found, data)
    tested = None
    if data is not None and all([form.is_valid(), setup.is_valid()]):
        found = form.save(commit=False)
        found.enter(setup.cleaned_data, client.Setup.secret_names())
        if "test" not in data:
            return _saved(request, found)
        tested = _tested(found)
    context = {
        "connection": found,
        "service": client.title,
        "form": form,
        "setup": setup,
        "has_typed_secret": bool(data) and _has_secret(data, client),
        "tested": tested,
        "is_lost": bool(found.pk) and entered(found)[1],
    }
    status = 422 if form.errors or setup.errors else 200
    return render(request, "integrations/form.html", context, status=status)


def _has_secret(data: QueryDict, client: type[Connector]) -> bool:
    """Whether a credential was typed: it is not shown again, so that it must be typed again."""
    return any(data.get(f"{SETUP}-{name}") for name in client.Setup.secret_names())


def _saved(request: HttpRequest, found: Connection) -> HttpResponse:
    is_new = found.pk is None
    found.save(force_insert=True) if is_new else _save_changed(found)
    words = _("%(name)s is connected.") if is_new else _("%(name)s is saved.")
    messages.success(request, words % {"name": found.name})
    if found.state != Connection.State.PAUSED:
        console.resume(found)
        mirror.nudge()
    return redirect("connection", found.uuid)


def _save_changed(found: Connection) -> None:
    """Only what the page shows: a worker writes the other columns meanwhile."""
    found.save(update_fields=[*ConnectionForm.Meta.fields, "setup", "credentials"])


# What is done with one ---------------------------------------------------------------------------


@administrator
@require_POST
def test(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _annotated(uuid)
    is_well, words = _tested(found)
    (messages.success if is_well else messages.error)(request, words)
    return redirect("connection", found.uuid)


@administrator
@require_POST
def pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _annotated(uuid)
    console.pause(found)
    messages.success(request, _("Paused. What happens meanwhile is kept and sent later."))
    return redirect("connection", found.uuid)


@administrator
@require_POST
def resume(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _annotated(uuid)
    console.resume(found)
    mirror.nudge()
    messages.success(request, _("Mirroring goes on."))
    return redirect("connection", found.uuid)


@administrator
@require_POST
def backfill(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Mirror the tickets that were here before the connection was."""
    found = _annotated(uuid)
    count = mirror.backfill(found)
    words = ngettext(
        "%(count)s ticket of before will be sent, after what happens now.",
        "%(count)s tickets of before will be sent, after what happens now.",
        count,
    )
    messages.success(request, words % {"count": count})
    return redirect("connection", found.uuid)


@administrator
@require_POST
def retry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Try one link again, or those that failed last."""
    found = _annotated(uuid)
    links = _links(request, found)
    for link in links:
        mirror.retry(link)
    words = ngettext(
        "%(count)s ticket is tried again.", "%(count)s tickets are tried again.", len(links)
    )
    messages.success(request, words % {"count": len(links)})
    if len(links) == console.RETRIED_AT_ONCE:
        words = _("At most %(limit)s at once. If more fail, press Retry again.")
        messages.info(request, words % {"limit": console.RETRIED_AT_ONCE})
    return redirect("connection", found.uuid)


@administrator
@require_POST
def unlink(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Mirror one ticket no more; both sides stay as they are."""
    found = _annotated(uuid)
    if "link" not in request.POST:
        raise Http404
    console.stop_mirroring(_links(request, found))
    messages.success(request, _("The ticket is no longer mirrored."))
    return redirect("connection", found.uuid)


@administrator
@read_or_write
def delete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _annotated(uuid)
    if request.method == "POST":
        found.delete()
        words = _("%(name)s is removed. Its tickets stay on both sides.")
        messages.success(request, words % {"name": found.name})
        return redirect("connections")
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "lost": console.what_goes(found),
    }
    return render(request, "integrations/delete.html", context)


# What the pages share ----------------------------------------------------------------------------


def _annotated(uuid: UUID) -> Connection:
    return get_object_or_404(console.connections(), uuid=uuid)


def _client(service: str) -> type[Connector]:
    try:
        return load_connector(service)
    except LookupError as error:
        raise Http404 from error


def _links(request: HttpRequest, found: Connection) -> list[Link]:
    chosen = request.POST.get("link", "")
    rows = console.failing(found)
    if not chosen:
        return list(rows[: console.RETRIED_AT_ONCE])
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
        raise Http404
    return [get_object_or_404(rows, pk=int(chosen))]


def _tested(found: Connection) -> tuple[bool, str]:
    try:
        return True, console.try_out(found)
    except ConnectorError as error:
        return False, error.message
