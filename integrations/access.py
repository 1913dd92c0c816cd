"""Who may open the console, and which connection an address names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from helpdesk.doors.pages import agent
from helpdesk.permissions import authorise
from integrations import console
from integrations.connector import Connector, load_connector
from integrations.models import Connection

View = Callable[..., HttpResponse]
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


def administrator(view: View) -> View:
    """A page that configures: signed in, and whoever the table of permissions lets configure."""

    @agent
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        authorise(request.actor, "configure")
        return view(request, *args, **kwargs)

    return guarded


def connection_of(uuid: UUID) -> Connection:
    """The connection with its figures, or not found."""
    return get_object_or_404(console.connections(), uuid=uuid)


def client_or_404(service: str) -> type[Connector]:
    try:
        return load_connector(service)
    except LookupError as error:
        raise Http404 from error
