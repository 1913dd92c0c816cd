"""Opening a connection's client: its credentials, journal, budget and the fence around it."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.budget import Budget
from integrations.connector import Connector, ConnectorError, load_connector
from integrations.exchange import Limits
from integrations.http import Session
from integrations.installation import origin_of
from integrations.journal import Journal
from integrations.models import Connection

MEGABYTE = 1024 * 1024
LEAST_ANSWER = 10  # MB
KEEP_SECONDS = 3.0  # less than servers wait for the next request


def open_connector(
    connection: Connection,
    *,
    journal: Journal,
    budget: Budget,
    before_call: Callable[[], None] = lambda: None,
    memory: dict[str, Any] | None = None,
    kept: ExitStack | None = None,
) -> Connector:
    """The connection's client. `before_call` runs before each request; may raise.

    With `kept` connections stay open for reads that follow soon, until it is closed.
    """

    def allow() -> None:
        before_call()
        budget.take()

    def open_session(*arguments: Any, **options: Any) -> Session:
        session = Session(
            *arguments,
            **options,
            allowed_networks=settings.OUTBOUND_ALLOW,
            journal=journal,
            budget=allow,
            limits=limits(),
            keep_seconds=KEEP_SECONDS if kept is not None else 0.0,
        )
        if kept is not None:
            kept.callback(session.close)
        return session

    return client_of(connection)(
        connection.entered,
        open_session=open_session,
        maps=connection.maps,
        origin=origin_of(connection),
        memory=memory,
    )


def limits() -> Limits:
    """Shorter than a claim is held; an answer may be as large as a file that we keep."""
    largest = max(LEAST_ANSWER, settings.MAX_UPLOAD_MB) * MEGABYTE
    return Limits(read_seconds=15, total_seconds=20, answer_bytes=largest)


def client_of(connection: Connection) -> type[Connector]:
    try:
        return load_connector(connection.service)
    except LookupError as error:
        words = _("This installation has no service named %(name)s.")
        raise ConnectorError(
            words % {"name": connection.service}, permanent=True, scope="connection"
        ) from error


def budget_of(connection: Connection) -> Budget:
    """The connection's own limit, else that of its service."""
    limit = connection.calls_per_minute or client_of(connection).capabilities.calls_per_minute
    return Budget(connection.pk, limit)
