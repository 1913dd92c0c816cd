"""The console's operations, tried against the small TeamsWork of the mirror's own tests."""

import pytest

from helpdesk.actor import Role
from tests.factories import make_user
from tests.integrations.mirror.conftest import (
    agent,
    connect,
    connection,
    elsewhere,
    settle,
    there,
)

__all__ = ["agent", "connect", "connection", "elsewhere", "settle", "there"]


@pytest.fixture
def admin():
    return make_user("Ada Admin", Role.ADMIN)


@pytest.fixture
def console(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """What is bounded in time is not cut short on a slow machine."""
    monkeypatch.setattr("integrations.operations.dry_run.SECONDS", 120.0)
    monkeypatch.setattr("integrations.operations.matching.SEARCH_SECONDS", 120.0)
    monkeypatch.setattr("integrations.asking.LATEST", 120.0)
