"""Counting statements: all but what begins, ends and nests transactions."""

from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

NESTING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def statements():
    """Collects the SQL of the block, as a list that is filled when it ends.

    Whether the configuration is still the same is not looked at: on a slow machine that would be
    once more.
    """
    counted: list[str] = []
    calm = override_settings(CONFIGURATION_CHECK_SECONDS=3_600)
    with calm, CaptureQueriesContext(connection) as captured:
        yield counted
    counted += [
        query["sql"] for query in captured.captured_queries if not query["sql"].startswith(NESTING)
    ]
