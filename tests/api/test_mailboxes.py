"""Mailboxes over the API: whatever the pages set up, and no secret that is ever read."""

import json

import pytest

from helpdesk.models import Mailbox, MailSending, OutgoingMail, SettingChange
from tests.api.conftest import caller, fields_of
from tests.budget import statements
from tests.factories import default_queue, make_queue
from tests.mail.messages import make_mailbox, send

pytestmark = pytest.mark.django_db
SECRET = "very secret words"
BODY = {
    "name": "Sales",
    "address": "sales@helpdesk.example",
    "aliases": ["shop@helpdesk.example"],
    "protocol": "imap",
    "host": "mail.helpdesk.example",
    "username": "sales",
    "password": SECRET,
    "every": 90,
}


@pytest.fixture
def api(db):
    return caller(scopes=["configuration:manage", "mail:write"])


@pytest.fixture
def made(api) -> dict:
    answer = api.post("mailboxes/", BODY | {"queue": default_queue().slug})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_mailbox_is_made_and_its_password_is_never_answered(api, made):
    mailbox = Mailbox.objects.get(name="Sales")
    assert mailbox.password == SECRET
    assert (made["aliases"], made["every"]) == (["shop@helpdesk.example"], 90)
    assert made["has_password"] is True
    said = [api.get(f"mailboxes/{made['uuid']}/"), api.get("mailboxes/")]
    said.append(api.patch(f"mailboxes/{made['id']}/", {"password": SECRET}))
    for answer in said:
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
        assert mailbox.secret not in answer.content.decode()
    assert SECRET not in json.dumps(list(SettingChange.objects.values_list("fields", flat=True)))


def test_a_change_is_of_what_is_sent_and_written_down(api, made):
    path = f"mailboxes/{made['id']}/"
    answer = api.patch(path, {"every": 120, "speaking": {"from_name": "Acme", "has_plus": True}})
    assert answer.json()["every"] == 120
    assert answer.json()["speaking"]["from_name"] == "Acme"
    assert answer.json()["host"] == BODY["host"]
    assert MailSending.objects.get().has_plus
    changes = SettingChange.objects.filter(noun="mailboxes", kind="changed")
    assert {"every": [90, 120]} in changes.values_list("fields", flat=True)
    before = changes.count()
    assert api.patch(path, {"every": 120}).status_code == 200
    assert changes.count() == before, "nothing differs, nothing is written down"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host": ""}, "host"),
        ({"protocol": "pop3"}, "afterwards"),
        ({"aliases": ["no address"]}, "aliases"),
        ({"address": "nobody"}, "address"),
        ({"queue": "nonesuch"}, "queue"),
        ({"password": ""}, "password"),
        ({"secret": "x"}, "secret"),
        ({"every": 1}, "every"),
    ],
)
def test_what_could_not_work_is_refused_by_field(api, changed, field):
    body = BODY | {"queue": default_queue().slug} | changed
    assert fields_of(api.post("mailboxes/", body)) == [field]
    assert not Mailbox.objects.exists()


def test_a_password_is_not_carried_to_another_server(api, made):
    answer = api.patch(f"mailboxes/{made['id']}/", {"host": "elsewhere.example"})
    assert fields_of(answer) == ["password"]


def test_a_mailbox_is_tried_paused_and_resumed(api, made):
    path = f"mailboxes/{made['id']}/"
    api.patch(path, {"host": "127.0.0.1", "port": 1, "password": SECRET})
    tried = api.post(f"{path}test/").json()
    assert (tried["works"], tried["waiting"]) == (False, None)
    assert "takes no connections" in tried["error"]
    assert api.post(f"{path}pause/").json()["paused"] is True
    assert api.post(f"{path}resume/").json()["paused"] is False
    pipe = make_mailbox()
    assert api.post(f"mailboxes/{pipe.pk}/test/?dry_run=true").status_code == 400
    assert not OutgoingMail.objects.exists()
    first = api.post(f"mailboxes/{pipe.pk}/test/").json()
    assert (first["works"], first["waiting"]) == (True, None)
    assert api.post(f"mailboxes/{pipe.pk}/test/").json()["test"] == first["test"]
    assert OutgoingMail.objects.get().kind == "probe"


def test_one_that_mail_came_into_stays(api, made):
    mailbox = make_mailbox()
    send(mailbox)
    refused = api.delete(f"mailboxes/{mailbox.pk}/")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "in_use"
    assert api.delete(f"mailboxes/{made['id']}/").status_code == 204
    assert list(Mailbox.objects.all()) == [mailbox]


def test_the_address_for_a_provider_is_answered_once(api):
    mailbox = make_mailbox(protocol="http", provider="raw")
    path, named = f"mailboxes/{mailbox.pk}/door/", {"Idempotency-Key": "door"}
    answer = api.post(path, {}, headers=named)
    assert answer.status_code == 200, answer.content
    first = answer.json()["address"]
    assert "helpdesk:" in first
    again = api.post(path, {}, headers=named).json()
    assert again["address"] is None and path in again["notice"]
    assert "helpdesk:" not in api.get(f"mailboxes/{mailbox.pk}/").content.decode()


def test_senders_are_ruled_and_forgotten(api):
    made = api.post("mail/senders/", {"pattern": "@Spam.example", "verdict": "block"}).json()
    assert made["pattern"] == "@spam.example"
    [row] = api.get("mail/senders/").json()["results"]
    assert row == made == api.get(f"mail/senders/{made['id']}/").json()
    assert fields_of(api.post("mail/senders/", {"pattern": "spam", "verdict": "block"})) == [
        "pattern"
    ]
    assert api.delete(f"mail/senders/{made['id']}/").status_code == 204
    assert api.get("mail/senders/").json()["results"] == []


def test_the_words_around_mail_are_changed_and_taken_back(api):
    kinds = [row["kind"] for row in api.get("mail/templates/").json()["results"]]
    assert kinds == ["reply", "ack", "notice", "digest"]
    answer = api.patch("mail/templates/ack/", {"subject": "Got it: {{ticket.subject}}"}).json()
    assert (answer["is_own"], answer["subject"]) == (True, "Got it: {{ticket.subject}}")
    assert fields_of(api.patch("mail/templates/reply/", {"body": "nothing said"})) == ["body"]
    assert fields_of(api.patch("mail/templates/ack/", {"subject": "{{agent.password}}"})) == [
        "subject"
    ]
    assert api.delete("mail/templates/ack/").status_code == 204
    assert api.get("mail/templates/ack/").json()["is_own"] is False
    assert api.get("mail/templates/nonesuch/").status_code == 404


def test_only_keys_of_all_queues_that_manage_reach_mailboxes(made):
    paths = ("mailboxes/", f"mailboxes/{made['id']}/", "mail/senders/", "mail/templates/")
    for key in (
        caller(),
        caller(scopes=["mail:write"]),
        caller(queues=[default_queue()], scopes=["configuration:manage"]),
    ):
        assert {key.get(path).status_code for path in paths} == {403}
        assert key.post("mailboxes/", BODY).status_code == 403
    reading = caller("read", scopes=["configuration:manage"])
    assert reading.post(f"mailboxes/{made['id']}/pause/").status_code == 403


def test_a_list_costs_the_same_however_many_there_are(api, made):
    api.get("mailboxes/")
    with statements() as few:
        api.get("mailboxes/")
    for number in range(20):
        make_mailbox(f"Box {number}", f"box{number}@helpdesk.example", queue=make_queue())
    with statements() as many:
        assert len(api.get("mailboxes/").json()["results"]) == 21
    assert len(few) == len(many) <= 4
