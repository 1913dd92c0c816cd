"""A list that takes too long is stopped, and says what to do."""

import contextlib
import threading
import time

import pytest
from django.db import connection

from helpdesk.doors import patience
from helpdesk.models import Ticket
from tests.api.conftest import caller
from tests.factories import make_agent, make_ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
SLOW = "?category=open&sort=-updated_at"


@pytest.fixture
def many(db, settings):
    """More tickets than a list can look at in no time at all."""
    kept = make_ticket()
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    queue, status = kept.queue, kept.status
    Ticket.objects.bulk_create(
        Ticket(
            title=f"Ticket {number}",
            queue=queue,
            status=status,
            status_category=status.category,
            channel="web",
            version=1,
        )
        for number in range(2_000)
    )


@contextlib.contextmanager
def taking_too_long(settings):
    """SQLite has no time at all; PostgreSQL waits for a table that another holds."""
    if connection.vendor == "sqlite":
        settings.STATEMENT_SECONDS = 0
        yield
        return
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        other = connection.copy()
        with contextlib.closing(other), other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE helpdesk_ticket IN ACCESS EXCLUSIVE MODE")
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '300ms'")
        yield
    finally:
        done.set()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def test_over_the_api_it_is_a_503_that_names_the_remedy(many, settings):
    api = caller(all_queues=True)
    assert api.get(f"tickets/{SLOW}").status_code == 200
    with taking_too_long(settings):
        answer = api.get(f"tickets/{SLOW}&count=exact")
    assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")
    assert answer["Content-Type"] == "application/problem+json"
    assert "Narrow it" in answer.json()["detail"]


def test_in_the_browser_the_panel_says_so_and_offers_a_way(many, settings, client):
    client.force_login(make_agent())
    with taking_too_long(settings):
        answer = client.get(f"/tickets/{SLOW}")
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "This list took too long" in words
    assert "sort=-number" in words


def test_the_next_list_is_not_stopped(many, settings):
    api = caller(all_queues=True)
    with taking_too_long(settings):
        api.get(f"tickets/{SLOW}&count=exact")
    settings.STATEMENT_SECONDS = 10
    assert api.get(f"tickets/{SLOW}").status_code == 200


@pytest.mark.skipif(connection.vendor != "postgresql", reason="it minds the time itself")
def test_every_new_connection_of_a_web_server_is_told_the_time(db, settings):
    settings.STATEMENT_SECONDS = 7
    patience.bound_statements()
    try:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("7s",)
    finally:
        patience.connection_created.disconnect(dispatch_uid="helpdesk.doors.patience")
        connection.close()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a connection of its own kind")
def test_a_connection_that_the_server_ended_is_seen_without_asking(db):
    connection.ensure_connection()
    assert connection.is_usable()
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    until = time.monotonic() + 30
    while connection.is_usable() and time.monotonic() < until:
        pass
    assert not connection.is_usable()
    connection.close()
