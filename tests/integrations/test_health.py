"""Connections in the health page."""

import pytest

from integrations.health import check_connections
from integrations.models import Connection
from tests.factories import default_queue

pytestmark = pytest.mark.django_db


def test_a_stopped_connection_is_named_and_a_paused_one_is_not(client):
    connection = Connection.objects.create(
        name="Acme", service="teamswork", queue=default_queue(), state="paused"
    )
    assert check_connections()[0]
    connection.state = "failed"
    connection.save()
    assert "connections: 1 stopped and needs a person" in client.get("/healthz").content.decode()
