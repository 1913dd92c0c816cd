"""The calls that a page makes itself: a person pressed a button and waits for the answer.

They hold no transaction, end within ten seconds, and work for a connection that is not saved.
Each may raise ConnectorError.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.encryption import LostKey
from integrations.connecting import budget_of, client_of
from integrations.connector import Connector, ConnectorError, Instance, Maps, RemoteOption
from integrations.exchange import Limits
from integrations.http import Session
from integrations.installation import origin_of
from integrations.journal import Journal
from integrations.memory import Memory
from integrations.models import Connection

# A call ends after this, and none begins later than LATEST: together below ten seconds.
LIMITS = Limits(
    connect_seconds=3, read_seconds=4, total_seconds=4.5, longest_pause=0, pause_between_tries=0.2
)
LATEST = 5.0  # seconds
MOST_CHOICES = 500


def try_out(connection: Connection) -> str:
    """Ask the service whether it takes the credentials, and say in words what was found."""
    with calling_client(connection) as client:
        return client.check()


def look_up(connection: Connection, name: str) -> tuple[list[RemoteOption], bool]:
    """What there is to choose for a field of the Setup, and whether that is all of it."""
    with calling_client(connection) as client:
        found = client.choices(name)
        return found[:MOST_CHOICES], len(found) <= MOST_CHOICES


def describe(connection: Connection) -> Instance:
    """What the service says of its people, fields, tags and words."""
    with calling_client(connection) as client:
        return client.describe()


def silent_clients(connection: Connection) -> Callable[[Maps], Connector]:
    """Makes the connection's client under any maps, for `written` and the like; a call raises."""
    client, stored = client_of(connection), _entered(connection)
    session = partial(Session, allowed_networks=(), budget=_no_call)
    try:
        client(stored, open_session=session)
    except KeyError as error:
        words = _("%(service)s needs something that was never entered (%(name)s). Edit it.")
        words %= {"service": client.title, "name": error.args[0]}
        raise ConnectorError(words, permanent=True, scope="connection") from error
    return lambda maps: client(stored, open_session=session, maps=maps)


@contextmanager
def calling_client(connection: Connection, *, as_stored: bool = False) -> Iterator[Connector]:
    """The connection's client with the patience of a page.

    `as_stored`: it is what the mirror works with, and shares its sign-in; else it may have been
    typed just now.
    """
    journal = Journal(connection)
    memory = Memory(connection) if as_stored else None
    began = time.monotonic()
    budget = budget_of(connection).take if connection.pk else None

    def allow() -> None:
        if time.monotonic() - began > LATEST:
            words = _("%(service)s takes too long. Try again in a moment.")
            words %= {"service": client_of(connection).title}
            raise ConnectorError(words, permanent=False, scope="connection")
        if budget:
            budget()

    session = partial(
        Session,
        allowed_networks=settings.OUTBOUND_ALLOW,
        journal=journal if connection.pk else None,
        budget=allow,
        limits=LIMITS,
    )
    stored = _entered(connection)
    client = client_of(connection)(
        stored,
        open_session=session,
        maps=connection.maps,
        origin=origin_of(connection),
        memory=memory.content if memory else None,
    )
    try:
        yield client
    finally:
        journal.store()
        if memory:
            memory.store(client)


def lost_key() -> str:
    return _("The credentials were encrypted with a key that is lost. Enter them anew.")


def _entered(connection: Connection) -> dict[str, Any]:
    try:
        return connection.entered
    except LostKey as error:
        raise ConnectorError(lost_key(), permanent=True, scope="connection") from error


def _no_call() -> None:
    raise RuntimeError("This page makes no calls.")
