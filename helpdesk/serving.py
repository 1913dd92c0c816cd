"""The web server: the application is read once, and granian's workers are forks of that process.

    python -m helpdesk.serving --host 127.0.0.1 --port 8000 --workers 2 --blocking-threads 4

What was read is shared, so a worker's own memory is a fraction of the whole, and it starts at once.
Takes granian's options. New code needs a restart: a reload would fork what was read before.
"""

import gc
import sys

from django.db import connections
from django.urls import get_resolver
from granian.cli import cli

from helpdesk import wsgi

NEW_OBJECTS = 10_000  # before the first of three collections; a page makes some thousands
OPTIONS = ("--interface", "wsgi", "--no-ws", "--log-level", "warning")


def main(options: list[str]) -> None:
    read_ahead()
    cli([*OPTIONS, *options, f"{wsgi.__name__}:application"])


def read_ahead() -> None:
    """Whatever the first request would read beside what `wsgi` did: all addresses and views."""
    get_resolver()._populate()
    connections.close_all()  # a connection must not be in two processes
    gc.collect()
    gc.freeze()  # a collection in a worker would touch what is shared, and so copy it
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
