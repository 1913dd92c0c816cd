"""Opening a connection's client: its credentials, journal, budget and the fence around it."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.budget import Budget
from integrations.connector import Connector, ConnectorError, load_connector
from integrations.exchange import Limits
from integrations.http import Session
from integrations.installation import origin_of
from integrations.journal import Journal
from integrations.models import Connection

LIMITS = Limits(read_seconds=15, total_seconds=20)  # shorter than a claim is held


def open_connector(
    connection: Connection,
    *,
    journal: Journal,
    budget: Budget,
    before_call: Callable[[], None] = lambda: None,
) -> Connector:
    """The connection's client. `before_call` runs before each request; may raise."""

    def allow() -> None:
        before_call()
        budget.take()

    session = partial(
        Session,
        allowed_networks=settings.OUTBOUND_ALLOW,
        journal=journal,
        budget=allow,
        limits=LIMITS,
    )
    return client_of(connection)(
        connection.entered,
        open_session=session,
        maps=connection.maps,
        origin=origin_of(connection),
    )


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
