"""Django's PostgreSQL, with less to do for each request.

A kept connection is looked at rather than asked whether it is there. Moments are read by the
driver itself, in UTC. What is `fetched` for the second time is planned once for the connection,
not each time. `?prepared=off` at the end of DATABASE_URL turns that off, as a pooler
needs that hands a connection to others after each transaction.
"""

import select
from datetime import UTC
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import Format

from helpdesk.postgresql.statements import Statements

MOMENTS = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)


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
    _statements: Statements | None = None
    holds_statements = True

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        self.holds_statements = params.pop("prepared", "on") != "off"
        params["prepare_threshold"] = None  # what the driver prepares it lets go at each rollback
        if self.timezone is UTC:
            params["context"].register_loader("timestamptz", MomentsInUTC)
        return params

    def fetched(self, sql: str, values: tuple) -> list[tuple]:
        """All rows of a statement that is asked often, with values for its `%s`."""
        self.ensure_connection()
        is_watched = self.queries_logged or self.execute_wrappers or self.needs_rollback
        if self.holds_statements and not is_watched:
            with self.wrap_database_errors:
                found = self._quick.rows(sql, values)
            if found is not None:
                return found
        with self.wrap_database_errors:  # one whose values are bound by the server
            cursor = self._prepare_cursor(base.ServerBindingCursor(self.connection))
        with cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def _commit(self) -> None:
        if self.connection is None or self.queries_logged or not self.holds_statements:
            return super()._commit()
        with self.wrap_database_errors:
            return self._quick.commit()

    @property
    def _quick(self) -> Statements:
        if self._statements is None or self._statements.connection is not self.connection:
            self._statements = Statements(self.connection)
        return self._statements

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
