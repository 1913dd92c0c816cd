"""Key, headers, addresses and envelopes."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from helpdesk.models import Comment, Ticket
from tests.factories import default_queue, make_comment, make_key, make_queue, make_ticket
from tests.integrations.apideck.served.caller import BASE, HEADERS, NOWHERE, Caller, ids, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secret", ["", "wrong", "hd_" + "x" * 40])
@pytest.mark.parametrize("path", ["/tickets", f"/tickets/{NOWHERE}", "/tags", "/nothing"])
def test_a_wrong_key_is_refused_before_anything_else(secret, path):
    api = Caller(secret)
    api.headers = {"Authorization": f"Bearer {secret}"}
    assert "key" in refused(api.get(path), 401, "UnauthorizedError")


def test_an_expired_and_a_revoked_key_are_wrong_keys():
    past = datetime(2020, 1, 1, tzinfo=UTC)
    for fields in ({"expires_at": past}, {"revoked_at": past}):
        refused(Caller(make_key(**fields)[1]).get("/tickets"), 401)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("path", ["/tickets", "/nothing", f"/tickets/{NOWHERE}"])
def test_a_missing_header_comes_before_what_is_not_there(api, name, path):
    for said in (None, " "):
        headers = {key: value for key, value in api.headers.items() if key != name}
        headers |= {} if said is None else {name: said}
        answer = Client().get(f"{BASE}/{api.collection}{path}", headers=headers)
        assert name in refused(answer, 400, "RequestHeadersValidationError")


def test_a_service_id_is_taken_and_selects_nothing(api):
    assert api.get("/tickets", headers={"x-apideck-service-id": "jira"}).status_code == 200


def test_a_read_only_key_reads_and_never_writes():
    ticket = make_ticket()
    comment = make_comment(ticket)
    api = Caller(make_key("read")[1])
    assert api.get("/tickets").status_code == 200
    path = f"/tickets/{ticket.uuid}"
    for method, where in [
        ("POST", "/tickets"),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/comments"),
        ("PATCH", f"{path}/comments/{comment.uuid}"),
        ("DELETE", f"{path}/comments/{comment.uuid}"),
    ]:
        refused(api.call(method, where, {"subject": "x", "body": "x"}), 403)
    assert Ticket.objects.get().deleted_at is None and Comment.objects.get().deleted_at is None


def test_a_spent_limit_says_when_it_begins_anew(same_minute):
    api = Caller(make_key(rate_limit=2)[1])
    first, second, third = (api.get("/tags") for _ in range(3))
    assert first["x-downstream-ratelimit-limit"] == "2"
    assert [one["x-downstream-ratelimit-remaining"] for one in (first, second)] == ["1", "0"]
    refused(third, 429, "ConnectorRateLimitError")
    assert third["Retry-After"] == third["x-downstream-ratelimit-reset"] == "40"


def test_every_answer_names_its_request(api):
    answers = [api.get("/tickets"), api.get("/nothing"), Client().get(BASE)]
    said = [answer["Request-Id"] for answer in answers]
    assert all(said) and len(set(said)) == 3


def test_nothing_is_redirected_with_or_without_a_slash(api):
    ticket = make_ticket()
    comment = make_comment(ticket)
    for path in [
        "!",
        "",
        "/tickets",
        f"/tickets/{ticket.uuid}",
        f"/tickets/{ticket.uuid}/comments",
        f"/tickets/{ticket.uuid}/comments/{comment.uuid}",
        "/users",
        "/tags",
    ]:
        for end in ("", "/"):
            assert api.get(path + end).status_code == 200, path + end


def test_unknown_addresses_and_methods_are_refused_in_the_envelope(api):
    ticket = make_ticket()
    for path in ["/nothing", "/tickets/a/b/c", "!/a/b/c/d", "/statuses"]:
        refused(api.get(path), 404, "EntityNotFoundError")
    for method, path in [
        ("POST", "/tags"),
        ("DELETE", ""),
        ("PUT", f"/tickets/{ticket.uuid}"),
        ("POST", f"/tickets/{ticket.uuid}"),
        ("PATCH", "/tickets"),
        ("POST", "/users"),
    ]:
        refused(api.call(method, path, {}), 405)


def test_who_cannot_send_patch_or_delete_posts_and_names_it(api):
    ticket = make_ticket()
    path = f"/tickets/{ticket.uuid}"
    assert api.call("POST", path, {"subject": "New"}, query={"_method": "PATCH"}).status_code == 200
    ticket.refresh_from_db()
    assert ticket.title == "New"
    refused(api.call("POST", path, {}, query={"_method": "GET"}), 405)
    refused(api.call("GET", "/tickets/x", query={"_method": "DELETE"}), 404)
    assert api.call("POST", path, query={"_method": "delete"}).status_code == 200
    assert not Ticket.objects.filter(deleted_at=None).exists()
    reader = Caller(make_key("read")[1])
    refused(reader.call("POST", f"/tickets/{make_ticket().uuid}", query={"_method": "DELETE"}), 403)


def test_bad_bodies_are_refused_in_the_envelope(api):
    for body in ["{", "[1]", '"x"', '{"subject": NaN}']:
        refused(api.call("POST", "/tickets", body), 400, "RequestValidationError")
    answer = Client().post(
        f"{BASE}/{api.collection}/tickets", "a=b", "text/csv", headers=api.headers
    )
    refused(answer, 415)
    refused(api.call("POST", "/tickets", '{"subject": "' + "x" * 2_100_000 + '"}'), 413)


def test_the_collections_are_the_queues_the_key_may_see_its_home_first():
    home, other, hidden = make_queue("Ledger"), make_queue("Another"), make_queue("Hidden")
    _key, secret = make_key(queues=[other], home_queue=home)
    api = Caller(secret, str(home.uuid))
    found = api.data("!")
    assert ids(found) == [str(home.uuid), str(other.uuid)]
    assert found[0]["name"] == "Ledger" and found[0]["type"] == "queue"
    there = make_ticket(queue=other)
    for name in (str(other.uuid), str(other.pk), other.slug):
        assert ids(api.data(f"!/{name}/tickets")) == [str(there.uuid)]
    assert api.data("/tickets") == []
    for name in (hidden.uuid, hidden.pk, hidden.slug, NOWHERE, 987654, "none"):
        for path in ("", "/tickets", "/users", "/tags", f"/tickets/{there.uuid}"):
            refused(api.get(f"!/{name}{path}"), 404, "EntityNotFoundError")
    everything = Caller(make_key()[1])
    assert ids(everything.data("!"))[0] == str(default_queue().uuid)
    assert len(everything.data("!")) == 4


def test_collections_are_sorted_and_paged():
    for name in ("Bees", "Ants", "Cats"):
        make_queue(name)
    api = Caller(make_key()[1])
    home = default_queue().name
    by_name = sorted([home, "Ants", "Bees", "Cats"])
    named = [one["name"] for one in api.walk("!", {"sort[by]": "name", "limit": 1})]
    assert named == by_name
    turned = {"sort[by]": "name", "sort[direction]": "desc", "limit": "3"}
    assert [one["name"] for one in api.walk("!", turned)] == by_name[::-1]
    made = [one["name"] for one in api.walk("!", {"sort[by]": "created_at", "limit": 2})]
    assert made == [home, "Bees", "Ants", "Cats"]
    refused(api.get("!", {"sort[by]": "priority"}), 400, "UnsupportedSortFieldError")


def test_a_ticket_of_another_collection_is_not_there(api):
    other = make_queue("Other")
    ticket = make_ticket(queue=other)
    comment = make_comment(ticket)
    own = make_ticket()
    secret = make_key(queues=[default_queue(), other])[1]
    both = Caller(secret)
    path = f"/tickets/{ticket.uuid}"
    for caller in (api, both):
        for method in ("GET", "PATCH", "DELETE"):
            refused(caller.call(method, path, {}), 404)
            refused(caller.call(method, f"{path}/comments/{comment.uuid}", {"body": "x"}), 404)
            wrong = f"/tickets/{own.uuid}/comments/{comment.uuid}"
            refused(caller.call(method, wrong, {"body": "x"}), 404)
    assert both.data(f"!/{other.uuid}{path}")["id"] == str(ticket.uuid)
    refused(api.get("/tickets/not-a-uuid"), 404)
