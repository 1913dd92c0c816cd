"""Statements that a connection is asked again and again, by the driver's lowest layer.

A cursor of the driver takes some hundred steps of Python for each statement, several times what it
costs to have PostgreSQL run one that it holds already; and it lets go of all after each rollback.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import adapt, errors
from psycopg.adapt import PyFormat
from psycopg.pq import ExecStatus, TransactionStatus

MOST = 100  # statements of a connection; others are left to cursors
READY = (TransactionStatus.IDLE, TransactionStatus.INTRANS)
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
# Somebody took it away, or its columns have changed: a cursor is asked then.
OUTDATED = (errors.InvalidSqlStatementName, errors.FeatureNotSupported)


class Statement:
    """One that the server holds, and what reads its rows."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self._reader: Any = None

    def read(self, connection: psycopg.Connection, result: Any) -> list[tuple]:
        is_first = self._reader is None
        if is_first:
            self._reader = adapt.Transformer(connection)
        self._reader.set_pgresult(result, set_loaders=is_first)
        try:
            return self._reader.load_rows(0, result.ntuples, tuple)
        finally:
            self._reader.set_pgresult(None, set_loaders=False)


class Statements:
    """What one connection of the driver holds."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._writer = adapt.Transformer(connection)
        self._asked: set[tuple] = set()
        self._held: dict[tuple, Statement | None] = {}

    def rows(self, sql: str, values: Sequence[Any]) -> list[tuple] | None:
        """The rows of a statement with values for its `%s`, from the second time it is asked.

        None where a cursor must be asked.
        """
        pg = self.connection.pgconn
        status = pg.transaction_status
        is_idle = status == TransactionStatus.IDLE
        if status not in READY:
            return None  # a cursor says that the transaction has failed
        said = self._writer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        key = (sql, self._writer.types)
        if (statement := self._held.get(key)) is None:
            statement = self._hold(key, is_idle)
        if statement is None:
            return None
        if begins := is_idle and not self.connection.autocommit:
            if self.connection.isolation_level is not None:
                return None  # a cursor knows how to begin
            self._run(b"BEGIN")
        result = pg.exec_prepared(statement.name, said)
        if result.status in DONE:
            return statement.read(self.connection, result)
        error = _error(result)
        self._held[key] = None
        if isinstance(error, OUTDATED) and is_idle:
            if begins:
                self._run(b"ROLLBACK")
            return None
        raise error

    def commit(self) -> None:
        if self.connection.pgconn.transaction_status == TransactionStatus.INTRANS:
            self._run(b"COMMIT")
        else:
            self.connection.commit()

    def _run(self, command: bytes) -> None:
        result = self.connection.pgconn.exec_(command)
        if result.status not in DONE:
            raise _error(result)

    def _hold(self, key: tuple, is_idle: bool) -> Statement | None:
        """Have the server keep a statement that is asked once more."""
        if key in self._held or len(self._held) >= MOST:
            return None
        if key not in self._asked:
            if len(self._asked) < 10 * MOST:
                self._asked.add(key)
            return None
        pg, (sql, types) = self.connection.pgconn, key
        name = f"helpdesk_{len(self._held)}".encode()
        if not is_idle:  # the transaction must not fail for this
            pg.exec_(b"SAVEPOINT helpdesk_hold")
        is_held = pg.prepare(name, _numbered(sql), types).status == ExecStatus.COMMAND_OK
        if not is_idle:
            if not is_held:
                pg.exec_(b"ROLLBACK TO helpdesk_hold")
            pg.exec_(b"RELEASE helpdesk_hold")
        self._held[key] = Statement(name) if is_held else None
        return self._held[key]


def _numbered(sql: str) -> bytes:
    """A statement with `$1` for the driver's `%s`."""
    first, *rest = sql.replace("%%", "\0").split("%s")
    pieces = [f"${place}{piece}" for place, piece in enumerate(rest, 1)]
    return "".join([first, *pieces]).replace("\0", "%").encode()


def _error(result: Any) -> Exception:
    error = errors.error_from_result(result)
    return error if error.sqlstate else errors.OperationalError(str(error))
