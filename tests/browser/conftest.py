"""A helpdesk with demo data on a server of its own, and Chromium to look at it.

What these tests write is committed and stays for the tests after them, as in a house that is
lived in: each makes what it needs and expects nothing of the numbers of others.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from helpdesk.models import User
from tests.browser.watching import Watch

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
MUST_RUN = os.environ.get("REQUIRE_BROWSER") == "1" or os.environ.get("CI") == "true"
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
WIDE = {"width": 1440, "height": 900}
PATIENCE = 20_000  # milliseconds until something that should be there is missing; not a pace


def unavailable(words: str) -> None:
    """Skip where a browser is a matter of choice, fail where it must run."""
    if MUST_RUN:
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    if not CHROMIUM:
        unavailable("Chromium is missing: apt-get install chromium, or name it in CHROMIUM.")
    return {"executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture(scope="session")
def house(
    request, browser: Browser, django_db_modify_db_settings, django_db_blocker
) -> Iterator[LiveServer]:
    """The running helpdesk, filled with demo data; its database is open to the tests.

    On SQLite it is a file: the threads of a server cannot share one connection in memory.
    The browser comes first and goes last: it brings a loop, with which Django keeps other
    connections than without, and all must be closed in the end.
    """
    if any("browser" not in item.keywords for item in request.session.items):
        unavailable("The browser tests need a database of their own: make browser-test.")
    if connection.vendor == "sqlite":
        path = Path(settings.DATA) / "browser.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False)
        call_command("demo")
        server = LiveServer("127.0.0.1")
        try:
            yield server
        finally:
            server.stop()
            connections.close_all()
            teardown_databases(databases, verbosity=0)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails a test in which a page made a noise."""
    watch = Watch()
    yield watch
    assert not watch.faults, "\n".join(watch.faults)


@pytest.fixture
def visit(house, browser: Browser, watch) -> Iterator[Callable[..., Page]]:
    """Opens a browser window: `visit(person)`, with options of Playwright's contexts."""
    contexts = []

    def open_window(person: User | None = None, **options) -> Page:
        usual = {"viewport": WIDE, "reduced_motion": "reduce", "locale": "en-GB"}
        context = browser.new_context(**{"base_url": house.url, **usual, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(3 * PATIENCE)  # the first page loads everything
        if person is not None:
            context.add_cookies([session_of(person, house.url)])
        return watch.over(context.new_page())

    yield open_window
    for context in contexts:
        context.close()


def session_of(person: User, url: str) -> dict:
    """The cookie of someone who has signed in."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url, "httpOnly": True}


@pytest.fixture
def admin(house) -> User:
    return User.objects.filter(role="admin").earliest("pk")


@pytest.fixture
def agent(house) -> User:
    return User.objects.filter(role="agent").earliest("pk")


@pytest.fixture
def admin_page(visit, admin) -> Page:
    return visit(admin)


@pytest.fixture
def agent_page(visit, agent) -> Page:
    return visit(agent)


@pytest.fixture
def plain_page(visit, agent) -> Page:
    """The agent's page without JavaScript."""
    return visit(agent, java_script_enabled=False)
