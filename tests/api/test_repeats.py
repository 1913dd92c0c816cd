"""Writes that are named have one effect, and writes that are only tried have none."""

import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from helpdesk.api import repeats
from helpdesk.models import Attachment, Change, Comment, RequestKey, Ticket
from tests.api.conftest import caller, fields_of
from tests.budget import statements
from tests.factories import make_queue, make_ticket


def named(name: str) -> dict:
    return {"Idempotency-Key": name}


@pytest.mark.django_db
class TestNamed:
    def test_a_repeated_write_gets_the_first_answer_and_has_no_effect(self, api):
        first = api.post("tickets/", {"title": "Once"}, headers=named("a-1"))
        again = api.post("tickets/", {"title": "Once"}, headers=named("a-1"))
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again["Location"] == first["Location"]
        assert again["ETag"] == first["ETag"]
        assert "Idempotent-Replayed" not in first
        assert again["Idempotent-Replayed"] == "true"
        assert Ticket.objects.count() == Change.objects.count() == 1

    @pytest.mark.parametrize("change", ["body", "address", "method"])
    def test_the_same_name_for_another_request_is_refused(self, api, change):
        ticket, other = make_ticket(), make_ticket()
        api.patch(f"tickets/{ticket.pk}/", {"title": "A"}, headers=named("x"))
        if change == "body":
            again = api.patch(f"tickets/{ticket.pk}/", {"title": "B"}, headers=named("x"))
        elif change == "address":
            again = api.patch(f"tickets/{other.pk}/", {"title": "A"}, headers=named("x"))
        else:
            again = api.delete(f"tickets/{ticket.pk}/", headers=named("x"))
        assert again.status_code == 422
        assert again.json()["code"] == "other_request"
        assert Change.objects.filter(kind=Change.Kind.CHANGED).count() == 1

    def test_every_key_has_names_of_its_own(self, api):
        other = caller()
        assert api.post("tickets/", {"title": "A"}, headers=named("n")).status_code == 201
        assert other.post("tickets/", {"title": "B"}, headers=named("n")).status_code == 201
        assert Ticket.objects.count() == 2

    def test_what_failed_may_be_mended_and_sent_again_under_the_same_name(self, api):
        assert fields_of(api.post("tickets/", {}, headers=named("n"))) == ["title"]
        assert api.post("tickets/", {"title": "Now"}, headers=named("n")).status_code == 201

    def test_an_answer_without_a_body_is_remembered_too(self, api):
        ticket = make_ticket()
        for _time in range(2):
            gone = api.delete(f"tickets/{ticket.pk}/", headers=named("gone"))
            assert (gone.status_code, gone.content) == (204, b"")
        assert api.delete(f"tickets/{ticket.pk}/").status_code == 404

    def test_an_upload_is_known_by_its_content(self, api):
        def sent(content: bytes):
            file = SimpleUploadedFile("a.txt", content)
            return api.client.post(
                "/api/v1/attachments/", {"file": file}, headers={**api.headers, **named("up")}
            )

        first, again, other = sent(b"same"), sent(b"same"), sent(b"else")
        assert first.json() == again.json()
        assert other.status_code == 422
        assert Attachment.objects.count() == 1

    @pytest.mark.parametrize("name", ["", "a b", "ü", "x" * 201])
    def test_a_name_that_is_none_is_refused_by_name(self, api, name):
        response = api.post("tickets/", {"title": "A"}, headers=named(name))
        assert fields_of(response) == ["Idempotency-Key"]
        assert not Ticket.objects.exists()

    def test_a_name_is_forgotten_after_a_day(self, api):
        api.post("tickets/", {"title": "A"}, headers=named("n"))
        late = timezone.now() - timedelta(hours=24, seconds=1)
        RequestKey.objects.update(created_at=late)
        assert api.post("tickets/", {"title": "B"}, headers=named("n")).status_code == 201
        RequestKey.objects.update(created_at=late)
        assert repeats.clean() == 1
        assert not RequestKey.objects.exists()

    def test_a_revoked_key_gets_no_remembered_answer(self, api):
        api.post("tickets/", {"title": "A"}, headers=named("n"))
        api.key.revoked_at = timezone.now()
        api.key.save()
        again = api.post("tickets/", {"title": "A"}, headers=named("n"))
        assert again.status_code == 401

    def test_it_costs_five_statements_and_a_write_without_a_name_none(self, api):
        api.post("tickets/", {"title": "Warm"})
        with statements() as plain:
            api.post("tickets/", {"title": "Plain"})
        with statements() as once:
            api.post("tickets/", {"title": "Once"}, headers=named("n"))
        assert len(once) - len(plain) <= 7  # two of them savepoints


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_fifty_at_once_under_ten_names_are_ten_tickets(api):
    answers: list[tuple[str, int, bytes]] = []
    start = threading.Barrier(50)

    def send(name: str):
        one = caller_of(api)
        start.wait()
        sent = partial(one.post, "tickets/", {"title": name}, headers=named(name))
        while (response := sent()).status_code == 503:
            time.sleep(0.05)  # SQLite is busy: what the name is for
        answers.append((name, response.status_code, response.content))
        connections.close_all()

    threads = [threading.Thread(target=send, args=(f"n{number % 10}",)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for _name, status, _body in answers} == {201}
    assert len({(name, body) for name, _status, body in answers}) == 10
    assert Ticket.objects.count() == 10


def caller_of(api):
    return type(api)(api.secret, api.key)


@pytest.mark.django_db
class TestTried:
    def test_a_dry_run_answers_as_the_write_would_and_changes_nothing(self, api):
        ticket = make_ticket(title="Before")
        opened = api.post("tickets/?dry_run=true", {"title": "New"})
        assert (opened.status_code, opened["Dry-Run"]) == (201, "true")
        assert opened.json()["title"] == "New"
        changed = api.patch(f"tickets/{ticket.pk}/?dry_run=true", {"title": "After"})
        assert changed.json()["title"] == "After"
        said = api.post(
            f"tickets/{ticket.pk}/comments/?dry_run=true", {"body": "Hello", "public": True}
        )
        assert said.status_code == 201
        assert api.delete(f"tickets/{ticket.pk}/?dry_run=true").status_code == 204
        assert list(Ticket.objects.values_list("title", flat=True)) == ["Before"]
        assert not Comment.objects.exists()
        assert not Change.objects.exclude(kind=Change.Kind.OPENED).exists()

    def test_what_would_be_refused_is_refused(self, api):
        queue = make_queue("Foreign")
        bound = caller(queues=[make_queue("Own")])
        assert fields_of(api.post("tickets/?dry_run=true", {})) == ["title"]
        tried = bound.post("tickets/?dry_run=true", {"title": "A", "queue": queue.slug})
        assert fields_of(tried) == ["queue"]

    def test_it_wins_over_a_name_which_stays_free(self, api):
        tried = api.post("tickets/?dry_run=true", {"title": "A"}, headers=named("n"))
        assert tried.status_code == 201
        assert not RequestKey.objects.exists()
        assert api.post("tickets/", {"title": "A"}, headers=named("n")).status_code == 201

    def test_a_file_that_was_only_tried_is_not_kept(self, api):
        def files() -> set[Path]:
            return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}

        before = files()
        response = api.client.post(
            "/api/v1/attachments/?dry_run=true",
            {"file": SimpleUploadedFile("a.txt", b"tried")},
            headers=api.headers,
        )
        assert response.status_code == 201
        assert not Attachment.objects.exists()
        assert files() == before

    def test_only_true_and_false_are_known(self, api):
        assert fields_of(api.post("tickets/?dry_run=yes", {"title": "A"})) == ["dry_run"]
        assert api.post("tickets/?dry_run=false", {"title": "A"}).status_code == 201
        assert fields_of(api.get("me/?dry_run=true")) == ["dry_run"]
