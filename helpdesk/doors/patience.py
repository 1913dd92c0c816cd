"""How long a list may look for its rows: it is stopped after a while, and says so."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.utils.translation import gettext as _

STOPPED = ("statement timeout", "interrupted")  # PostgreSQL's words, SQLite's
STEPS = 10_000  # of SQLite's machine between two looks at the clock


class TooSlow(Exception):
    """The database was stopped at it."""

    def __str__(self) -> str:
        return _(
            "This took longer than %(seconds)s s and was stopped. Narrow it by a status, queue,"
            " assignee, requester or time, or sort it by number."
        ) % {"seconds": settings.STATEMENT_SECONDS}


def was_stopped(error: OperationalError) -> bool:
    return any(words in str(error) for words in STOPPED)


@contextmanager
def patience() -> Iterator[None]:
    """A block in which to read a list. Raises TooSlow.

    PostgreSQL minds the time itself, on connections of the web server (`bound_statements`); for
    SQLite the block is watched as a whole.
    """
    try:
        if connection.vendor != "sqlite":
            yield
            return
        connection.ensure_connection()
        until = time.monotonic() + settings.STATEMENT_SECONDS
        held = connection.connection
        held.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            yield
        finally:
            held.set_progress_handler(None, 0)
    except OperationalError as error:
        if not was_stopped(error):
            raise
        raise TooSlow from error


def bound_statements() -> None:
    """Have PostgreSQL stop any statement of this process that takes too long.

    For web servers alone: migrations and what runs in the background may take their time.
    """
    connection_created.connect(_bind, dispatch_uid="helpdesk.doors.patience")


def _bind(connection, **_more) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{settings.STATEMENT_SECONDS}s'")
