"""Webhooks of services: genuine ones are heard, and nobody learns more than that."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client as Browser
from django.utils import timezone

from integrations import webhooks
from integrations.models import Connection
from integrations.services.teamswork.client import Client
from tests.factories import default_queue

pytestmark = pytest.mark.django_db
MADE_UP = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def signed(monkeypatch):
    """A service whose webhooks carry the key."""

    def verify(cls, setup, headers, body):
        return headers.get("X-Signature") == setup["key"] and body == b"{}"

    monkeypatch.setattr(Client, "has_webhooks", True)
    monkeypatch.setattr(Client, "verify_webhook", classmethod(verify))


@pytest.fixture
def connection():
    later = timezone.now() + timedelta(hours=1)
    made = Connection(name="Acme", service="teamswork", queue=default_queue(), poll_at=later)
    made.enter({"base_url": "https://there.example", "key": "s3cret"}, ("key",))
    made.resume_at = later
    made.save()
    return made


def rings(client, identity, signature="s3cret", body="{}"):
    return client.post(
        f"/integrations/webhooks/{identity}/",
        body,
        content_type="application/json",
        headers={"X-Signature": signature},
    )


def looks_now(connection) -> bool:
    connection.refresh_from_db()
    return connection.poll_at <= timezone.now()


def test_a_genuine_webhook_asks_for_a_look_and_ends_no_pause(client, connection):
    response = rings(client, connection.uuid)
    assert (response.status_code, response.content) == (200, b"")
    assert looks_now(connection)
    assert connection.resume_at > timezone.now()


def test_what_is_not_genuine_gets_the_answer_of_what_does_not_exist(client, connection):
    answers = [
        rings(client, MADE_UP),
        rings(client, connection.uuid, signature="wrong"),
        rings(client, connection.uuid, body='{"a": 1}'),
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, b"")}
    assert not looks_now(connection)


def test_a_service_without_webhooks_has_no_doorbell(client, connection, monkeypatch):
    monkeypatch.setattr(Client, "has_webhooks", False)
    assert rings(client, connection.uuid).status_code == 404


def test_a_paused_connection_answers_and_stays_at_rest(client, connection):
    Connection.objects.update(state=Connection.State.PAUSED)
    assert rings(client, connection.uuid).status_code == 200
    assert not looks_now(connection)


def test_a_large_body_is_not_read(client, connection):
    assert rings(client, connection.uuid, body="x" * (webhooks.MAX_BODY + 1)).status_code == 413


def test_ringing_too_often_is_refused_whether_the_bell_exists_or_not(
    client, connection, monkeypatch
):
    monkeypatch.setattr(webhooks, "time", SimpleNamespace(time=lambda: 1_000_000_040.0))
    monkeypatch.setattr(webhooks, "PER_MINUTE", 2)
    for identity in (connection.uuid, MADE_UP):
        statuses = [rings(client, identity).status_code for _ in range(4)]
        assert statuses[2:] == [429, 429]


def test_other_methods_are_refused_and_no_token_is_asked_for(connection):
    strict = Browser(enforce_csrf_checks=True)
    assert strict.get(f"/integrations/webhooks/{connection.uuid}/").status_code == 405
    assert rings(strict, connection.uuid).status_code == 200
