"""The key first of all, envelopes and addresses."""

import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client

from helpdesk.models import Comment, Ticket
from tests.factories import (
    make_comment,
    make_key,
    make_queue,
    make_ticket,
)
from tests.integrations.teamswork.served.caller import BASE, NOWHERE, USER, Caller, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secret", ["", "wrong", "hd_" + "x" * 40])
@pytest.mark.parametrize("path", ["/tickets", f"/tickets/{NOWHERE}", "/instance", "/nothing"])
def test_a_wrong_key_is_refused_before_anything_is_looked_up(secret, path):
    assert "key" in refused(Caller(secret).get(path), 401)


def test_an_expired_and_a_revoked_key_are_wrong_keys():
    past = datetime(2020, 1, 1, tzinfo=UTC)
    for fields in ({"expires_at": past}, {"revoked_at": past}):
        _key, secret = make_key(**fields)
        refused(Caller(secret).get("/tickets"), 401)


def test_a_key_in_a_header_opens_nothing():
    _key, secret = make_key()
    answer = Client().get(f"{BASE}/tickets", headers={"Authorization": f"Bearer {secret}"})
    refused(answer, 401)


def test_a_read_only_key_reads_and_never_writes():
    ticket = make_ticket()
    api = Caller(make_key(scope="read")[1])
    assert api.get("/tickets").status_code == 200
    path = f"/tickets/{ticket.uuid}"
    for method, where in [
        ("POST", "/tickets"),
        ("PUT", path),
        ("PUT", f"{path}/status"),
        ("POST", f"{path}/status"),
        ("POST", f"{path}/comments"),
        ("POST", f"{path}/activities"),
        ("POST", f"{path}/attachments"),
    ]:
        refused(api.call(method, where, {"user": USER}), 403)
    assert not Comment.objects.exists()


def test_the_hundred_and_first_call_of_a_minute_is_told_when_to_come_back(same_minute):
    api = Caller(make_key()[1])
    answers = [api.get("/tags") for _ in range(101)]
    assert {answer.status_code for answer in answers[:100]} == {200}
    assert "100" in refused(answers[100], 429)
    assert 1 <= int(answers[100]["Retry-After"]) <= 60


def test_the_key_selects_the_queue_and_nothing_of_another_is_there():
    home, other = make_queue("Ledger"), make_queue("Other")
    here, elsewhere = make_ticket(queue=home), make_ticket(queue=other)
    _key, secret = make_key(home_queue=home)
    api = Caller(secret)
    assert [item["id"] for item in api.get("/tickets").json()["items"]] == [str(here.uuid)]
    assert api.get("/instance").json()["item"]["name"] == "Ledger"
    assert api.create()["id"] in set(map(str, home.tickets.values_list("uuid", flat=True)))
    comment = make_comment(elsewhere)
    answers = [
        (api.call(method, path.format(identity), body), made_up)
        for method, path, body in [
            ("GET", "/tickets/{}", None),
            ("PUT", "/tickets/{}", {"ticket": {"title": "x"}, "user": USER}),
            ("PUT", "/tickets/{}/status", {"status": "Closed", "user": USER}),
            ("GET", "/tickets/{}/activities", None),
            ("POST", "/tickets/{}/comments", {"comment": "x", "user": USER}),
            ("GET", "/tickets/{}/attachments", None),
            ("GET", "/tickets/activity/{}/attachments", None),
        ]
        for identity, made_up in [
            (comment.uuid if "activity/" in path else elsewhere.uuid, False),
            (NOWHERE, True),
            ("812", True),
        ]
    ]
    assert {refused(answer, 404) for answer, _made_up in answers} == {
        "There is nothing at this address."
    }


# Envelopes and addresses -------------------------------------------------------------------------


def test_every_answer_has_error_and_message(api):
    make_ticket()
    listed = api.get("/tickets").json()
    assert (listed["error"], listed["message"], listed["itemCount"]) == (False, "", 1)
    single = api.get("/instance").json()
    assert (single["error"], single["message"]) == (False, "")


@pytest.mark.parametrize("path", ["/tickets/", "/Tickets", "", "/tickets/x/y/z", "/../admin"])
def test_other_spellings_answer_404_in_the_envelope_and_never_redirect(api, path):
    refused(api.get(path), 404)


def test_a_method_that_is_not_offered_is_said_in_the_envelope(api):
    ticket = make_ticket()
    for method, path in [("DELETE", f"/tickets/{ticket.uuid}"), ("PUT", "/tickets")]:
        refused(api.call(method, path), 405)
    assert Ticket.objects.filter(deleted_at=None).count() == 1


def test_answers_name_the_installation(api):
    first, second = api.get("/tags"), api.get("/nothing")
    assert uuid.UUID(first["Helpdesk-Installation"])
    assert second["Helpdesk-Installation"] == first["Helpdesk-Installation"]


def test_a_fault_of_ours_is_said_in_the_envelope_and_logged(api, monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("a table is missing")

    monkeypatch.setattr("integrations.gateway.page_of", fail)
    message = refused(api.get("/tickets"), 500)
    assert "table" not in message and "failed inside" in message
    assert "a table is missing" in caplog.text
