"""A connection kept open after a good answer, for the reads that follow it at once.

It leads to the very address that was checked when it was made, so what its name means by now
changes nothing. Only reads go over it: if the other side has closed it meanwhile, a read can be
sent anew without harm, and for a write nobody could tell.
"""

from __future__ import annotations

import time

from helpdesk.outbound.fence import Fenced


class Stale(Exception):
    """The other side has closed a kept connection before it answered."""


class Kept:
    """At most one connection, for `seconds` after its last use; 0: none is kept."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._connection: Fenced | None = None
        self._until = 0.0

    def put(self, connection: Fenced) -> bool:
        """Keep it, if it can be used again; returns whether."""
        if not self.seconds or connection.sock is None:  # it was said that it will be closed
            return False
        self.close()
        self._connection, self._until = connection, time.monotonic() + self.seconds
        return True

    def take(self) -> Fenced | None:
        """The connection, if it is still open and silent: what speaks unasked is not trusted."""
        connection, self._connection = self._connection, None
        if connection is None:
            return None
        if time.monotonic() < self._until and connection.is_connected:
            return connection
        connection.release()
        return None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()
