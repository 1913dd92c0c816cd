"""The console: connections for administrators, what failed, and the journal."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from integrations import asking, console, mirror, scope
from integrations.access import administrator, connection_of, read_or_write
from integrations.connecting import client_of
from integrations.connector import ConnectorError
from integrations.forms import entered
from integrations.models import Connection

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
            "health": console.health_of(connection),
        }
        for connection in console.connections()
    ]
    return render(request, "integrations/list.html", {"rows": rows})


@administrator
@require_safe
def connection(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    failing = console.failing(found)
    journal = console.exchanges(found)
    _stored, is_lost = entered(found)
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "container": console.container_of(found),
        "state": console.state_of(found),
        "health": console.health_of(found),
        "abilities": console.abilities_here(found),
        "webhook": _webhook_of(found),
        "scope_problem": scope.problem(found) if found.query else "",
        "is_running": found.state == Connection.State.ACTIVE,
        "failing": failing[: console.SHOWN],
        "failing_count": failing.count(),
        "exchanges": journal[: console.SHOWN],
        "is_lost": is_lost,
    }
    return render(request, "integrations/connection.html", context)


# What is done with one ---------------------------------------------------------------------------


@administrator
@require_POST
def test(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    is_well, words = _tested(found)
    (messages.success if is_well else messages.error)(request, words)
    return redirect("connection", found.uuid)


@administrator
@require_POST
def pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    console.pause(found)
    messages.success(request, _("Paused. What happens meanwhile is kept and sent later."))
    return redirect("connection", found.uuid)


@administrator
@require_POST
def resume(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    console.resume(found)
    mirror.nudge()
    messages.success(request, _("Mirroring goes on."))
    return redirect("connection", found.uuid)


@administrator
@read_or_write
def delete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
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


def _webhook_of(found: Connection) -> str:
    """Where the service may call, "" where it does not."""
    try:
        has_webhooks = client_of(found).has_webhooks
    except ConnectorError:
        return ""
    path = reverse("doorbell", args=(found.uuid,))
    return f"{settings.PUBLIC_URL}{path}" if has_webhooks else ""


def _tested(found: Connection) -> tuple[bool, str]:
    try:
        return True, asking.try_out(found)
    except ConnectorError as error:
        return False, error.message
