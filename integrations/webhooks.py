"""Doorbells: a service says that something happened there, and is asked what."""

from __future__ import annotations

import time
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from helpdesk.encryption import LostKey
from integrations import mirror
from integrations.connector import load_connector
from integrations.models import Connection

MAX_BODY = 256 * 1024  # bytes; nothing of it is used but the signature over it
PER_MINUTE = 240
WINDOW = 60  # seconds


@csrf_exempt
@require_POST
def ring(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """200 for a genuine webhook, whatever it says; 404 for all others alike.

    Rung often, the bell is heard once: what it asks for is asked for by then or will be.
    """
    if _rings_too_often(uuid):
        return _answer(429, **{"Retry-After": str(WINDOW)})
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return _answer(413)
    connection = Connection.objects.filter(uuid=uuid).first()
    if connection is None or not _is_genuine(connection, request, body):
        return _answer(404)
    _look(connection)
    return _answer(200)


def _is_genuine(connection: Connection, request: HttpRequest, body: bytes) -> bool:
    try:
        client = load_connector(connection.service)
        return client.has_webhooks and client.verify_webhook(
            connection.entered, request.headers, body
        )
    except (LookupError, LostKey):
        return False


def _look(connection: Connection) -> None:
    """As soon as its calls allow it: a pause that the service asked for is kept."""
    rows = Connection.objects.filter(pk=connection.pk, state=Connection.State.ACTIVE)
    if connection.receives and rows.update(poll_at=timezone.now()):
        mirror.nudge()


def _rings_too_often(uuid: UUID) -> bool:
    """Counted for any address, known or not, so that the answer tells nothing."""
    name = f"doorbell:{uuid}:{int(time.time() // WINDOW)}"
    cache.add(name, 0, WINDOW * 2)
    try:
        return cache.incr(name) > PER_MINUTE
    except ValueError:  # thrown out of a full cache in between
        return False


def _answer(status: int, **headers: str) -> HttpResponse:
    return HttpResponse(b"", status=status, content_type="text/plain", headers=headers)
