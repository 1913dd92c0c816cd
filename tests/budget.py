"""Counting statements: all but what begins, ends and nests transactions."""

from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

NESTING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def statements():
    """Collects the SQL of the block, as a list that is filled when it ends."""
    counted: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield counted
    counted += [
        query["sql"] for query in captured.captured_queries if not query["sql"].startswith(NESTING)
    ]
