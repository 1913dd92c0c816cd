"""Crashes, small budgets and faults of ours: nothing is lost and nothing turns for ever."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.http import Http404
from django.test import RequestFactory

from helpdesk import actions
from helpdesk.models import Attachment
from helpdesk.permissions import actor_of_key
from integrations import gateway, mirror
from integrations.budget import Budget
from integrations.gateway import files
from integrations.gateway.caller import Origin, caller_of
from integrations.mirror import pull
from integrations.models import Connection, Link
from integrations.remote import RemotePerson
from tests.factories import default_queue, make_key, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    key, _secret = make_key(home_queue=default_queue())
    origin = Origin(source="helpdesk:a/b", ticket="t", part="p")
    made = caller_of("teamswork", key, actor_of_key(key, [], "compat:teamswork"))
    return replace(made, origin=origin)


def test_a_file_whose_server_died_half_way_is_taken_at_the_next_try(caller, monkeypatch):
    ticket, user = make_ticket(), RemotePerson(name="Ann")

    def send():
        kept = files.keep([ContentFile(b"x", name="x.txt")], [], by=caller.actor)
        return gateway.attach(caller, ticket, kept, user=user)

    def die(*args, **kwargs):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(actions, "attach", die)
        with pytest.raises(SystemExit):
            send()
    [first] = send()
    assert send() == [first]
    assert Attachment.objects.get(ticket=ticket).uuid == first.uuid


def test_a_file_that_is_missing_on_the_disk_answers_as_one_that_does_not_exist(caller):
    ticket = make_ticket()
    kept = files.keep([ContentFile(b"x", name="x.txt")], [], by=caller.actor)
    actions.attach(ticket, kept, by=caller.actor)
    [file] = Attachment.objects.all()
    request = RequestFactory().get("/")
    address = files.address(file, caller, request)
    file.file.storage.delete(file.file.name)
    with pytest.raises(Http404):
        files.download(RequestFactory().get(address))


@pytest.mark.parametrize("per_minute", [1, 2, 3, 5])
def test_a_small_limit_still_lets_a_backfill_through(per_minute):
    connection = Connection.objects.create(name="A", service="teamswork", queue=default_queue())
    budget = Budget(connection.pk, per_minute, sleep=lambda seconds: None)
    budget.urgency = Link.Urgency.BACKFILL
    budget.take()
    connection.refresh_from_db()
    assert connection.budget_level is not None


def test_a_fault_of_ours_stops_a_connection_for_a_while_and_says_so(monkeypatch):
    connection = Connection(name="A", service="teamswork", queue=default_queue())
    connection.enter({"base_url": "http://127.0.0.1:1", "key": "k"}, ("key",))
    connection.save()

    def fail(run, lease):
        raise KeyError("k")

    monkeypatch.setattr(pull, "pull", fail)
    mirror.sync(connection.pk)
    connection.refresh_from_db()
    assert "KeyError" in connection.error and connection.resume_at is not None
    assert connection.failures == 1 and connection.state == "active"
