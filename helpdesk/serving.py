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
from helpdesk.templating import loader

NEW_OBJECTS = 5_000  # before the first of three collections; a page makes some thousands
PAGES = ("base.html", "parts/*.html", "tickets/*.html", "home/*.html")  # asked for all day
OPTIONS = ("--interface", "wsgi", "--no-ws", "--log-level", "warning")


def main(options: list[str]) -> None:
    read_ahead()
    cli([*OPTIONS, *options, f"{wsgi.__name__}:application"])


def read_ahead() -> None:
    """What the first requests would read beside what `wsgi` did: all addresses and views, and the
    pages that are asked for all day."""
    get_resolver()._populate()
    loader.read_ahead(*PAGES)
    connections.close_all()  # a connection must not be in two processes
    gc.collect()
    gc.freeze()  # a collection in a worker would touch what is shared, and so copy it
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
