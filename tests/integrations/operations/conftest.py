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
