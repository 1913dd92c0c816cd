import re
from dataclasses import replace

import pytest

from helpdesk import changes
from integrations import connecting, mirror
from integrations.models import Connection, Link
from integrations.services.teamswork.client import Client
from tests.factories import actor_of, default_queue, make_agent
from tests.integrations.mirror.fake_teamswork import KEY, FakeTeamsWork
from tests.integrations.mirror.made_up import MadeUp, There


@pytest.fixture
def agent():
    return actor_of(make_agent("Ann"))


@pytest.fixture
def there(httpserver):
    """The service on the other side."""
    return serve(httpserver, "/api")


@pytest.fixture
def elsewhere(httpserver):
    """Another instance of the service."""
    return serve(httpserver, "/other")


def serve(httpserver, path: str) -> FakeTeamsWork:
    fake = FakeTeamsWork(path)
    httpserver.expect_request(re.compile(f"{path}/.*")).respond_with_handler(fake)
    return fake


@pytest.fixture
def connect(httpserver, there):
    """Makes a connection of the default queue that has begun to look."""

    def make(key: str = KEY, path: str = "/api", **fields) -> Connection:
        fields.setdefault("calls_per_minute", 1_000_000)
        fields.setdefault("name", "Acme")
        connection = Connection(service="teamswork", queue=default_queue(), **fields)
        connection.enter(
            {
                "base_url": httpserver.url_for(path),
                "key": key,
                "user_email": "desk@here.example",
                "user_name": "Desk",
                "timezone": 0,
                "body_spelling": "ticket",
                "poll_seconds": 10,
            },
            Client.Setup.secret_names(),
        )
        connection.save()
        mirror.sync(connection.pk)
        there.calls.clear()
        return connection

    return make


@pytest.fixture
def connection(connect):
    return connect()


@pytest.fixture
def other(monkeypatch):
    """Makes a connection to a made-up service of such abilities; gives it and the other side."""

    def make(connection_fields=None, **abilities) -> tuple[Connection, There]:
        there = There()
        capabilities = replace(MadeUp.capabilities, **{"can_find": False, **abilities})
        kind = type("Client", (MadeUp,), {"there": there, "capabilities": capabilities})
        monkeypatch.setattr(connecting, "load_connector", lambda name: kind)
        fields = {"name": "Other", "calls_per_minute": 1_000_000, **(connection_fields or {})}
        connection = Connection.objects.create(service="teamswork", queue=default_queue(), **fields)
        mirror.sync(connection.pk)
        there.calls.clear()
        return connection, there

    return make


@pytest.fixture
def settle():
    """Announces, pulls and pushes as time would have it, until nothing is due."""

    def run(*connections: Connection, rounds: int = 12) -> None:
        for _round in range(rounds):
            changes.announce()
            for connection in connections:
                hurry(connection)
                mirror.sync(connection.pk, seconds=30)
            changes.announce()
            if not Link.objects.filter(due_at__isnull=False, state__in=["ok", "waiting"]).exists():
                return

    return run


def hurry(connection: Connection) -> None:
    """What waits for a moment to come waits no more."""
    Connection.objects.filter(pk=connection.pk).update(
        poll_at=connection.created_at, resume_at=None
    )
    Link.objects.filter(connection=connection, due_at__isnull=False).update(
        due_at=connection.created_at
    )
