"""Django's PostgreSQL, with less to do for each request.

A kept connection is looked at rather than asked whether it is there. Moments are read by the
driver itself, in UTC. What `prepared_cursor` executes for the second time is planned once for the
connection, not each time. `?prepared=off` at the end of DATABASE_URL turns that off, as a pooler
needs that hands a connection to others after each transaction.
"""

import select
from datetime import UTC
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg.pq import Format

MOMENTS = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)
SECOND_TIME = 1  # executions before a statement is prepared


class MomentsInUTC:
    """The driver's reader of moments for a connection in UTC; Django asks for its zone."""

    format, timezone = Format.TEXT, UTC

    def __new__(cls, oid: int, context: Any = None) -> Any:
        return MOMENTS(oid, context)


class DatabaseOperations(base.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str | None:
        """A prepared statement is told as it was written: the driver does not keep it."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if params.pop("prepared", "on") != "off":
            params["prepare_threshold"] = SECOND_TIME
        if self.timezone is UTC:
            params["context"].register_loader("timestamptz", MomentsInUTC)
        return params

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose values are bound by the server; others bind theirs here."""
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(base.ServerBindingCursor(self.connection))

    def is_usable(self) -> bool:
        """Whether the server still holds this connection.

        A server that ends one says so at once, and an idle one says nothing else: what can be read
        between two requests is the end. After an error it is asked, as Django does before each
        request.
        """
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred:
            return super().is_usable()
        look = select.poll()
        look.register(self.connection.fileno(), select.POLLIN)
        return not look.poll(0)
