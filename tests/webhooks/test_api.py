"""Webhooks over the API: each key its own, the secret once, what was told to be read."""

import re

import pytest

from helpdesk.actions import webhooks
from helpdesk.actions.keys import enter_sandbox
from helpdesk.actor import system
from helpdesk.encryption import decrypt
from helpdesk.models import Delivery, RequestKey, Webhook
from tests.api.conftest import caller, fields_of
from tests.factories import default_queue, make_key, make_queue, make_ticket
from tests.webhooks.conftest import INSIDE, tell

pytestmark = pytest.mark.django_db
URL = "https://example.com/hook"


@pytest.fixture
def api(db):
    return caller()


def made(api, **fields) -> dict:
    response = api.post("webhooks/", {"name": "Warehouse", "url": URL, **fields})
    assert response.status_code == 201, response.content
    return response.json()


def test_a_subscription_is_made_with_its_secret_which_is_never_read_again(api):
    said = made(api, events=["ticket.opened"], query="priority:high", queues=["support"])
    assert said["secret"].startswith("whsec_")
    row = Webhook.objects.get()
    assert decrypt(row.secret) == said["secret"] and said["secret"] not in row.secret
    read = api.get(f"webhooks/{said['id']}/").json()
    assert "secret" not in read and read["events"] == ["ticket.opened"]
    assert [queue["slug"] for queue in read["queues"]] == ["support"]
    assert "secret" not in api.get("webhooks/").json()["results"][0]


def test_a_repeated_answer_has_no_secret_and_none_is_kept_in_the_clear(api):
    body, named = {"name": "W", "url": URL}, {"Idempotency-Key": "once"}
    secret = api.post("webhooks/", body, headers=named).json()["secret"]
    again = api.post("webhooks/", body, headers=named)
    assert again["Idempotent-Replayed"] == "true" and again.json()["secret"] is None
    assert Webhook.objects.count() == 1
    assert secret not in RequestKey.objects.get().body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://example.com/"),
        ("url", "https://ann:word@example.com/"),
        ("url", "http://10.0.0.7/"),
        ("url", "http://169.254.169.254/latest"),
        ("url", "http://[::ffff:10.0.0.7]/"),
        ("url", "https://"),
        ("query", "status:nonesuch"),
        ("query", "sort:-updated"),
        ("events", ["ticket.exploded"]),
        ("queues", ["nonesuch"]),
        ("state", "ended"),
        ("name", " "),
    ],
)
def test_what_could_never_be_told_is_refused_by_its_field(api, field, value):
    body = {"name": "W", "url": URL, field: value}
    [named] = fields_of(api.post("webhooks/", body))
    assert named.partition(".")[0] == field
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("host", INSIDE)
def test_an_inner_address_is_refused_however_it_is_written(api, settings, host):
    settings.OUTBOUND_ALLOW = ["10.0.0.0/8"]
    body = {"name": "W", "url": f"https://{host}:8080/hook"}
    refused = api.post("webhooks/", body)
    assert fields_of(refused) == ["url"] and "OUTBOUND_ALLOW" in refused.json()["detail"]
    assert fields_of(api.post("webhooks/?dry_run=true", body)) == ["url"]
    row = made(api)
    assert fields_of(api.patch(f"webhooks/{row['id']}/", {"url": body["url"]})) == ["url"]
    assert Webhook.objects.get().url == URL


@pytest.mark.parametrize("host", [*INSIDE[:11], "[::ffff:127.0.0.1]"])
def test_an_inner_address_is_taken_where_its_network_is_allowed(api, settings, host):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8", "0.0.0.0/32"]
    assert api.post("webhooks/", {"name": "W", "url": f"https://{host}/"}).status_code == 201


@pytest.mark.parametrize("host", ["8.8.8.8", "134744072", "[2001:4860:4860::8888]", "0x.example"])
def test_a_public_address_is_taken(api, settings, host):
    settings.OUTBOUND_ALLOW = []
    assert api.post("webhooks/", {"name": "W", "url": f"https://{host}/"}).status_code == 201


@pytest.mark.parametrize("body", [b"[]", b"0", b'""', b"false"])
def test_a_body_that_is_no_object_makes_no_new_secret(api, body):
    pk = made(api)["id"]
    before = Webhook.objects.get().secret
    assert fields_of(api.raw("post", f"webhooks/{pk}/rotate-secret/", body)) == [None]
    assert Webhook.objects.get().secret == before


def test_what_could_no_longer_be_subscribed_can_still_be_paused(api):
    pk = made(api)["id"]
    Webhook.objects.filter(pk=pk).update(url="http://localhost/", query="tag:gone")
    paused = api.patch(f"webhooks/{pk}/", {"state": "paused", "url": "http://localhost/"})
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert fields_of(api.patch(f"webhooks/{pk}/", {"query": "tag:also-gone"})) == ["query"]


def test_only_keys_that_write_and_reach_all_queues_or_a_sandbox_subscribe(api):
    body = {"name": "W", "url": URL}
    assert caller(queues=[default_queue()]).post("webhooks/", body).status_code == 403
    assert caller("read").post("webhooks/", body).status_code == 403
    tester = caller(queues=[])
    enter_sandbox(tester.key, by=system("rule"))
    assert tester.post("webhooks/", body).status_code == 201


def test_a_key_finds_only_its_own(api):
    row, other = made(api), caller()
    delivery = api.post(f"webhooks/{row['id']}/test/").json()
    assert other.get("webhooks/").json()["results"] == []
    path = f"webhooks/{row['id']}/"
    mine = caller()
    own = made(mine)
    for end in ("", "deliveries/", f"deliveries/{delivery['id']}/"):
        assert other.get(path + end).status_code == 404
        assert mine.get(f"webhooks/{own['id']}/deliveries/{delivery['id']}/").status_code == 404
    for end in ("test/", "replay/", "rotate-secret/", f"deliveries/{delivery['uuid']}/replay/"):
        assert other.post(path + end).status_code == 404
    assert other.patch(path, {"name": "x"}).status_code == 404
    assert other.delete(path).status_code == 404
    assert Webhook.objects.count() == 2


def test_it_is_changed_paused_and_removed(api, receiver):
    row = made(api, url=receiver.url)
    path = f"webhooks/{row['id']}/"
    queue = make_queue("Returns")
    said = api.patch(path, {"state": "paused", "queues": [queue.pk]}).json()
    assert (said["state"], said["queues"][0]["name"]) == ("paused", "Returns")
    api.patch(path, {"queues": []})
    make_ticket()
    tell()
    assert not receiver.letters and Delivery.objects.get().state == "waiting"
    api.patch(path, {"state": "active"})
    tell()
    assert len(receiver.taken) == 1
    assert api.delete(path).status_code == 204
    assert not Webhook.objects.exists() and not Delivery.objects.exists()


def test_a_test_is_told_and_its_delivery_says_how_it_went(api, receiver):
    row = made(api, url=receiver.url + "?token=abcdefgh-secret")
    receiver.answer = lambda letter: (200, {"Content-Type": "text/plain"}, b"got abcdefgh-secret")
    asked = api.post(f"webhooks/{row['id']}/test/")
    assert (asked.status_code, asked.json()["event"]) == (202, "webhook.test")
    tell()
    [letter] = receiver.taken
    assert letter.is_signed_by(row["secret"]) and letter.body["ticket"] is None
    log = api.get(f"webhooks/{row['id']}/deliveries/{asked.json()['uuid']}/").json()
    assert log["state"] == "delivered"
    [attempt] = log["log"]
    assert attempt["status"] == 200 and '"webhook.test"' in attempt["request"]
    assert attempt["answer"] == "got [redacted]"


def test_both_secrets_sign_during_the_overlap_and_the_new_one_alone_after(api, receiver):
    row = made(api, url=receiver.url)
    path = f"webhooks/{row['id']}/"
    new = api.post(f"{path}rotate-secret/", {"overlap_hours": 2}).json()
    assert new["secret"] != row["secret"] and new["former_secret_until"]
    api.post(f"{path}test/")
    tell()
    assert all(receiver.taken[0].is_signed_by(one) for one in (row["secret"], new["secret"]))
    last = api.post(f"{path}rotate-secret/", {"overlap_hours": 0}).json()
    api.post(f"{path}test/")
    tell()
    assert receiver.taken[1].is_signed_by(last["secret"])
    assert not receiver.taken[1].is_signed_by(new["secret"])
    [named] = fields_of(api.post(f"{path}rotate-secret/", {"overlap_hours": 721}))
    assert named == "overlap_hours"


def test_deliveries_are_narrowed_and_dead_ones_told_again(api, receiver, monkeypatch):
    row = made(api, url=receiver.url)
    path = f"webhooks/{row['id']}/"
    receiver.answer = lambda letter: (410 if letter.attempt == 1 else 200, {}, b"")
    ticket = make_ticket()
    tell()
    assert api.get(path).json()["state"] == "ended"
    [dead] = api.get(f"{path}deliveries/?state=dead&ticket={ticket.pk}").json()["results"]
    assert api.get(f"{path}deliveries/?state=delivered").json()["results"] == []
    assert fields_of(api.get(f"{path}deliveries/?state=lost")) == ["state"]
    assert fields_of(api.get(f"{path}deliveries/?ticket=x")) == ["ticket"]
    api.patch(path, {"state": "active"})
    assert api.post(f"{path}replay/").json() == {"replayed": 1}
    tell()
    assert [letter.attempt for letter in receiver.letters] == [1, 2]
    again = api.post(f"{path}deliveries/{dead['id']}/replay/")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    tell()
    assert {letter.event_id for letter in receiver.letters} == {dead["event_id"]}
    assert len(receiver.taken) == 2


def test_a_key_has_no_more_than_so_many(api, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST", 1)
    made(api)
    assert api.post("webhooks/", {"name": "W", "url": URL}).status_code == 400


def test_a_dry_run_makes_none(api):
    assert api.post("webhooks/?dry_run=true", {"name": "W", "url": URL}).status_code == 201
    assert not Webhook.objects.exists()


def test_a_foreign_sandbox_answers_as_a_queue_that_nobody_has(api):
    stranger, _secret = make_key(queues=[])
    sandbox = enter_sandbox(stranger, by=system("rule")).sandbox
    for theirs, made_up in ((sandbox.pk, 987654321), (sandbox.slug, "sandbox-987654321")):
        answers = []
        for one in (theirs, made_up):
            response = api.post("webhooks/", {"name": "W", "url": URL, "queues": [one]})
            assert fields_of(response)[0].partition(".")[0] == "queues"
            [error] = response.json()["errors"]
            answers.append(error["message"].replace(str(one), "…"))
        assert answers[0] == answers[1]


def test_a_query_tells_nothing_of_people_out_of_sight(api):
    """A subscription's query is judged with the eyes of its key."""
    tester = caller(queues=[])
    enter_sandbox(tester.key, by=system("rule"))
    answers = [
        tester.post("webhooks/", {"name": "W", "url": URL, "query": f"queue:{name}"})
        for name in (default_queue().slug, "queue-of-nobody")
    ]
    places = re.compile(r" \(characters.*")
    said = [places.sub("", one.json()["errors"][0]["message"]) for one in answers]
    assert said[0].replace(default_queue().slug, "…") == said[1].replace("queue-of-nobody", "…")
