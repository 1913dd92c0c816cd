"""Who comes in, and how failures look."""

import pytest
from django.utils import timezone

from helpdesk.models import Queue, Ticket
from integrations.gateway import credentials
from tests.factories import default_queue, make_key, make_queue, make_ticket
from tests.integrations.stackone.served.caller import BASE, NOWHERE, Caller, refused, signed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Basic 4pyT", signed("wrong"), "Bearer {secret}", "Basic {secret}"],
)
def test_without_a_key_nothing_opens(api, key, authorization):
    headers = {"authorization": authorization.format(secret=key[1])}
    assert "key" in refused(api.get("/tickets", headers=headers), 401)
    assert refused(api.get("/nothing", headers=headers), 401)


def test_a_key_opens_with_an_empty_password(api):
    assert api.get("/tickets").status_code == 200


def test_a_revoked_key_opens_nothing(api, key):
    key[0].revoked_at = timezone.now()
    key[0].save()
    refused(api.get("/tickets"), 401)


def test_a_reading_key_may_not_write():
    reader = Caller(make_key("read")[1])
    assert reader.get("/tickets").status_code == 200
    assert "read" in refused(reader.post("/tickets", {"title": "T"}), 403)
    assert "read" in refused(reader.patch(f"/tickets/{NOWHERE}", {"title": "T"}), 403)
    assert not Ticket.objects.exists()


def test_the_account_is_the_home_queue_by_slug_uuid_or_number(key):
    queue = default_queue()
    for account in (queue.slug, queue.slug.upper(), str(queue.uuid), str(queue.pk)):
        assert Caller(key[1], account).get("/tickets").status_code == 200
    for account in (None, "", " "):
        assert "x-account-id" in refused(Caller(key[1], account).get("/tickets"), 400)


def test_another_account_is_unknown_whether_there_is_one_or_not(key):
    other = make_queue("Secret")
    answers = [
        refused(Caller(key[1], account).get("/tickets"), 404)
        for account in (other.slug, str(other.uuid), "nonesuch")
    ]
    assert len(set(answers)) == 1


def test_a_key_of_another_queue_has_it_as_its_account():
    queue = make_queue("Second")
    second = Caller(make_key(queues=[queue])[1], queue.slug)
    make_ticket("First")
    own = make_ticket("Own", queue=queue)
    assert [one["id"] for one in second.listed()] == [str(own.uuid)]
    refused(second.get(f"/tickets/{make_ticket('Third').uuid}"), 404)


def test_unknown_addresses_and_methods_answer_in_the_envelope(api):
    ticket = make_ticket()
    for path in ("/nothing", "/tickets/", f"/tickets/{ticket.uuid}/nothing", "/tickets/x"):
        refused(api.get(path), 404)
    refused(api.call("GET", "/../../v2"), 404)
    for method, path in (
        ("DELETE", f"/tickets/{ticket.uuid}"),
        ("PUT", f"/tickets/{ticket.uuid}"),
        ("POST", f"/tickets/{ticket.uuid}/comments"),
        ("POST", f"/tickets/{ticket.uuid}/attachments"),
        ("POST", "/users"),
        ("PATCH", "/projects"),
    ):
        refused(api.call(method, path, {}), 405)
    assert Ticket.objects.filter(deleted_at=None).count() == 1


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"', '{"a": NaN}', "null", "[" * 100_000])
def test_what_is_no_json_object_is_refused(api, body):
    refused(api.post("/tickets", body), 400)


def test_a_body_of_megabytes_is_refused(api):
    body = '{"title": "' + "x" * (2 * 1024 * 1024) + '"}'
    assert "MB" in refused(api.post("/tickets", body), 413)


def test_a_thousand_calls_a_minute_are_allowed(same_minute):
    caller = Caller(make_key(rate_limit=2)[1])
    assert [caller.get("/ticket_types").status_code for _ in range(2)] == [200, 200]
    answer = caller.get("/ticket_types")
    assert "2 calls" in refused(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_every_answer_names_the_installation_and_is_not_stored(api):
    for answer in (api.get("/tickets"), api.get("/nothing")):
        assert answer["Helpdesk-Installation"] and answer["Cache-Control"] == "no-store"
        assert answer["Content-Type"] == "application/json"


def test_a_heartbeat_that_is_preferred_is_ignored(api):
    assert api.get("/tickets", headers={"prefer": "heartbeat"}).status_code == 200


def test_its_holder_is_told_terms_that_work(key):
    said = credentials.said_of("stackone", *key)
    assert set(said) == {"base_url", "api_key", "account_id"}
    assert said["base_url"].endswith(BASE.removesuffix("/unified/ticketing"))
    assert Caller(said["api_key"], said["account_id"]).get("/tickets").status_code == 200
    [line] = [one["curl"] for one in credentials.lines(*key) if one["name"] == "stackone"]
    assert f"-u {key[1]}:" in line and "x-account-id" in line


def test_a_key_whose_queue_is_gone_reaches_nothing(key):
    queue = make_queue("Gone")
    secret = make_key(queues=[queue])[1]
    Queue.objects.filter(pk=queue.pk).delete()
    refused(Caller(secret, "gone").get("/tickets"), 403)
