"""Emptying a sandbox: everything in it goes, nothing else does."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from helpdesk import actions
from helpdesk.actions import keys, sandboxes
from helpdesk.actions.sandboxes import Emptied, reset_sandbox
from helpdesk.actor import Role, system
from helpdesk.doors.keys import actor_for_secret
from helpdesk.models import Attachment, Change, Comment, SearchDocument, Ticket
from helpdesk.permissions import actor_of
from integrations.models import Record
from tests.budget import statements
from tests.factories import make_agent, make_comment, make_key, make_ticket, make_user

pytestmark = pytest.mark.django_db
BY = system("rule")


@pytest.fixture
def sandboxed():
    key, secret = make_key()
    return keys.enter_sandbox(key, by=BY), secret


def full_ticket(by, title: str = "Tried") -> Ticket:
    ticket = make_ticket(title, by=by, tags=["tried"])
    file = actions.keep_file(ContentFile(b"words", name="a.txt"), by=by)
    actions.reply(ticket, by=by, body="A reply", attachments=[file])
    make_comment(ticket, "A note", public=False, by=by)
    return ticket


def test_all_of_a_sandbox_goes_and_nothing_else(sandboxed, django_capture_on_commit_callbacks):
    key, secret = sandboxed
    by = actor_for_secret(secret)
    real = full_ticket(BY, "Real")
    first, second = full_ticket(by), full_ticket(by)
    actions.link(first, second, by=by, kind="related")
    Ticket.objects.filter(pk=first.pk).update(merged_into=second)
    actions.delete_ticket(second, by=by)
    Record.objects.create(service="onna", key=key, kind="folder", name="1")
    other, _secret = make_key()
    Record.objects.create(service="onna", key=other, kind="folder", name="1")
    files = [one.file for one in Attachment.objects.exclude(ticket=real)]
    waiting = actions.keep_file(ContentFile(b"more", name="b.txt"), by=by)
    with django_capture_on_commit_callbacks(execute=True):
        assert reset_sandbox(key, by=by) == Emptied(2, 0)
    assert list(Ticket.objects.all()) == [real]
    assert {one.ticket_id for one in Change.objects.all()} == {real.pk}
    assert {one.ticket_id for one in Comment.objects.all()} == {real.pk}
    assert {one.ticket_id for one in SearchDocument.objects.all()} == {real.pk}
    assert [one.ticket_id for one in Attachment.objects.all()] == [real.pk]
    assert not any(file.storage.exists(file.name) for file in [*files, waiting.file])
    assert Attachment.objects.get().file.read() == b"words"
    assert list(Record.objects.exclude(key=None)) == list(Record.objects.filter(key=other))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="its own table of words")
def test_the_words_of_removed_tickets_are_found_no_more(sandboxed):
    key, secret = sandboxed
    make_ticket("Zanzibar", by=actor_for_secret(secret))
    reset_sandbox(key, by=BY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM helpdesk_fts WHERE helpdesk_fts MATCH 'zanzibar'")
        assert cursor.fetchone() == (0,)


def test_many_go_in_batches_and_what_time_forbids_is_left_for_the_next_call(sandboxed, monkeypatch):
    key, secret = sandboxed
    monkeypatch.setattr(sandboxes, "BATCH", 3)
    actions.open_tickets([{"title": f"T{n}"} for n in range(8)], by=actor_for_secret(secret))
    assert reset_sandbox(key, by=BY, seconds=0) == Emptied(3, 5)
    assert reset_sandbox(key, by=BY) == Emptied(5, 0)
    assert reset_sandbox(key, by=BY) == Emptied(0, 0)


def test_a_batch_takes_as_many_statements_for_many_tickets_as_for_few(sandboxed):
    key, secret = sandboxed
    by = actor_for_secret(secret)
    counted = []
    for count in (2, 20):
        actions.open_tickets([{"title": f"T{n}"} for n in range(count)], by=by)
        with statements() as found:
            assert reset_sandbox(key, by=BY).removed == count
        counted.append(len([one for one in found if "helpdesk_fts" not in one]))
    assert counted[0] == counted[1]


def test_only_the_key_itself_and_administrators_reset(sandboxed):
    key, secret = sandboxed
    other = keys.enter_sandbox(make_key()[0], by=BY)
    twin = make_key("read", primary=key, is_sandbox=True, sandbox=key.sandbox)[1]
    plain = make_key()[1]
    for refused in (plain, twin):
        with pytest.raises(PermissionDenied):
            reset_sandbox(key, by=actor_for_secret(refused))
    with pytest.raises(PermissionDenied):
        reset_sandbox(other, by=actor_for_secret(secret))
    with pytest.raises(PermissionDenied):
        reset_sandbox(key, by=actor_of(make_agent()))
    reset_sandbox(key, by=actor_for_secret(secret))
    reset_sandbox(key, by=actor_of(make_user(role=Role.ADMIN)))


def test_a_key_that_left_its_sandbox_does_not_reset_it(sandboxed):
    key, secret = sandboxed
    keys.leave_sandbox(key, by=BY)
    with pytest.raises(PermissionDenied):
        reset_sandbox(key, by=actor_for_secret(secret))


# By a call ---------------------------------------------------------------------------------------


def call(secret: str, **headers):
    client = Client(headers={"authorization": f"Bearer {secret}", **headers})
    return client.post("/api/v1/sandbox/reset/", "{}", content_type="application/json")


def test_a_sandbox_is_reset_by_a_call(sandboxed):
    real = make_ticket("Real")
    make_ticket("Tried", by=actor_for_secret(sandboxed[1]))
    assert call(sandboxed[1]).json() == {"removed": 1, "left": 0}
    assert list(Ticket.objects.all()) == [real]
    client = Client(headers={"authorization": f"Bearer {sandboxed[1]}"})
    assert client.get("/api/v1/me/").json()["is_sandbox"] is True


def test_a_named_reset_is_answered_again_and_a_tried_one_taken_back(sandboxed):
    key, secret = sandboxed
    by = actor_for_secret(secret)
    make_ticket("Tried", by=by)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    tried = client.post("/api/v1/sandbox/reset/?dry_run=true", "{}", "application/json")
    assert tried.json() == {"removed": 1, "left": 0} and Ticket.objects.count() == 1
    first = call(secret, **{"idempotency-key": "a"})
    make_ticket("Later", by=by)
    assert call(secret, **{"idempotency-key": "a"}).content == first.content
    assert Ticket.objects.filter(queue=key.sandbox).count() == 1


@pytest.mark.parametrize("scope", ["write", "read"])
def test_a_key_outside_a_sandbox_resets_nothing(scope):
    ticket = make_ticket()
    answer = call(make_key(scope)[1])
    assert answer.status_code == 403 and json.loads(answer.content)["code"] == "forbidden"
    assert Ticket.objects.get() == ticket
