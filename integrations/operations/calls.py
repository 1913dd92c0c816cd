"""The few calls that a page makes itself: a person pressed the button and waits for the answer."""

from __future__ import annotations

import time
from functools import partial
from types import TracebackType

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.connecting import budget_of, client_of
from integrations.connector import Connector, ConnectorError
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


class Reading:
    """`with Reading(connection) as connector:` the client, with short patience, for reading.

    Its calls stand in the journal and count in the budget as live work. Holds no transaction.
    Raises LostKey and ConnectorError.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.journal = Journal(connection)
        self.memory = Memory(connection)

    def _allow(self) -> None:
        if time.monotonic() - self.began > LATEST:
            words = _("The service takes too long. Try again in a moment.")
            raise ConnectorError(words, permanent=False, scope="connection")
        self.budget.take()

    def __enter__(self) -> Connector:
        self.began = time.monotonic()
        self.budget = budget_of(self.connection)
        session = partial(
            Session,
            allowed_networks=settings.OUTBOUND_ALLOW,
            journal=self.journal,
            budget=self._allow,
            limits=LIMITS,
        )
        self.connector = client_of(self.connection)(
            self.connection.entered,
            open_session=session,
            maps=self.connection.maps,
            origin=origin_of(self.connection),
            memory=self.memory.content,
        )
        return self.connector

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.journal.store()
        if hasattr(self, "connector"):
            self.memory.store(self.connector)
