"""Requests that no honest client sends: to every list, to the bodies of both APIs, to the pages."""

import json

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from helpdesk.models import ApiKey, Ticket
from helpdesk.models.scopes import SCOPES
from tests.factories import make_agent, make_key, make_ticket
from tests.hostile.addresses import addresses
from tests.hostile.world import signed_in, with_key

pytestmark = pytest.mark.django_db
TEAMSWORK = "/compat/teamswork/ticketing/v1"
USER = {"name": "Jo", "email": "jo@example.com"}
LIMITS = ["0", "-1", "1000000000", "NaN", "1e2", "٣", " 5", "5;", "0x10", "", "1" * 5000, "\0"]
ORM = [
    "assignee__password__startswith",
    "requester__password",
    "queue__teams__members",
    "pk__in",
    "custom__region",
    "comments__body__contains",
    "password",
    "-requester__email",
    "?",
    "random()",
    "id;drop table",
    "extra",
]
CURSORS = ["x", "WyJ4Il0:1:2", "\0", "a" * 10_000, "eyJhIjoxfQ:1tX:AAAA", "..", "%00", "🙂"]


@pytest.fixture
def ticket(db):
    return make_ticket("A ticket")


@pytest.fixture
def key(ticket) -> Client:
    """One that may do everything."""
    named = {"scopes": sorted(SCOPES), "rate_limit": 100_000, "writes_for_others": True}
    return with_key(make_key(**named)[1])


@pytest.fixture
def agent(ticket) -> Client:
    return signed_in(make_agent("Ann"))


def lists_of_the_api(ticket) -> list[str]:
    names = {
        "api:comments",
        "api:activities",
        "api:attachments",
        "api:links",
        "api:followers",
    }
    found = [one.path({}) for one in addresses() if _is_plain_list(one)]
    return found + [reverse(name, args=[ticket.pk]) for name in sorted(names)]


def _is_plain_list(address) -> bool:
    others = {"api:schema", "api:docs", "api:me", "api:instance", "api:uploads", "api:missing"}
    is_api = address.name.startswith("api:") and not address.name.startswith("api:odata")
    if not is_api or address.parameters or address.name in others:
        return False
    return hasattr(resolve(address.path({})).func.view_class, "get")


def test_every_list_says_which_limits_it_takes(key, ticket):
    wrong, lists = [], lists_of_the_api(ticket)
    assert len(lists) >= 14
    for path in lists:
        for limit in LIMITS:
            response = key.get(path, {"limit": limit})
            if response.status_code != 400 or b"limit" not in response.content:
                wrong.append(f"{path}?limit={limit[:20]!r}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


def test_no_list_takes_a_cursor_that_it_did_not_make(key, ticket):
    wrong, lists = [], lists_of_the_api(ticket)
    for _ in range(3):
        make_ticket()
    foreign = key.get("/api/v1/tickets/?limit=1").json()["next"].partition("cursor=")[2]
    for path in lists:
        for cursor in (*CURSORS, foreign):
            response = key.get(path, {"cursor": cursor, "limit": 2})
            if response.status_code != 400 or b"cursor" not in response.content:
                wrong.append(f"{path} {cursor[:20]!r}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", ORM)
def test_columns_of_the_database_are_no_words_of_ours(key, agent, ticket, path):
    for query in ({path: "a"}, {"sort": path}, {"expand": path}, {"fields": path}):
        response = key.get("/api/v1/tickets/", query)
        assert response.status_code == 400, query
        assert not ({"results"} & set(response.json()))
        page = agent.get(reverse("tickets"), query)
        assert page.status_code == 422, query
        assert "A ticket" not in page.content.decode()
    named = {"orderBy": path, "select": path, "status": path}
    for name, value in named.items():
        response = key.get(f"{TEAMSWORK}/tickets", {"key": key.secret, name: value})
        assert response.status_code == 400, (name, response.content[:200])


@pytest.mark.parametrize("name", ["number", "before", "earlier", "since", "cursor", "list", "page"])
@pytest.mark.parametrize("value", ["-1", "9" * 400, "NaN", "\0", "٣", "0", "1.5", "' or 1=1"])
def test_odd_numbers_in_a_page_s_address_are_no_fault_of_ours(agent, ticket, name, value):
    own = reverse("ticket", args=[ticket.pk])
    history, links = (reverse(one, args=[ticket.pk]) for one in ("ticket-history", "ticket-links"))
    for path in (own, history, links, "/tickets/", "/tickets/trash/", "/tickets/fresh/"):
        for headers in ({}, {"HX-Request": "true"}):
            assert agent.get(path, {name: value}, headers=headers).status_code < 500


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30, "9" * 400])
def test_a_ticket_number_that_no_database_holds_is_not_found(agent, key, number):
    assert agent.get(f"/tickets/{number}/").status_code == 404
    assert key.get(f"/api/v1/tickets/{number}/").status_code == 404
    assert agent.get("/tickets/", {"search": number}).status_code < 400
    assert agent.get("/tickets/", {"search": f"#{number}"}).status_code < 400
    body = json.dumps({"title": "T", "parent": int(number)})
    made = key.post("/api/v1/tickets/", body, content_type="application/json")
    assert made.status_code == 400


BROKEN = {
    "half": b'{"title": "T"',
    "not a number": b'{"title": NaN}',
    "infinite": b'{"title": Infinity}',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "UTF-16": '{"title": "T"}'.encode("utf-16"),
    "a list": b"[]",
    "a word": b'"title"',
    "null": b"null",
    "a number": b"1",
    "huge": b'{"title": ' + b"9" * 5000 + b"}",
    "words after": b'{"title": "T"} x',
    "single quotes": b"{'title': 'T'}",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_no_sound_object_is_refused_by_both_apis(key, ticket, content):
    before = Ticket.objects.count()
    own = f"/api/v1/tickets/{ticket.pk}/"
    calls = [
        ("post", "/api/v1/tickets/"),
        ("patch", own),
        ("post", f"{own}comments/"),
        ("post", f"{own}transitions/"),
        ("post", f"{TEAMSWORK}/tickets?key={key.secret}"),
        ("put", f"{TEAMSWORK}/tickets/{ticket.uuid}?key={key.secret}"),
        ("put", f"{TEAMSWORK}/tickets/{ticket.uuid}/status?key={key.secret}"),
        ("post", f"{TEAMSWORK}/tickets/{ticket.uuid}/activities?key={key.secret}"),
    ]
    for method, path in calls:
        response = getattr(key, method)(path, content, content_type="application/json")
        assert response.status_code == 400, (path, response.content[:300])
        json.loads(response.content)
    assert Ticket.objects.count() == before


VALUES = [
    None,
    True,
    1,
    -1,
    10**30,
    1.5,
    [],
    {},
    [[]],
    {"id": {"id": 1}},
    {"id": [1]},
    "\0",
    "\ud800",
    "\udfff\ud800",
    "a\0b",
    "x" * 100_000,
    "2026-13-45T99:99:99Z",
    "0000-00-00",
    "\u202e",
]
OUR_FIELDS = """
    title body body_format queue type status priority requester requester_name organisation assignee
    team parent tags custom channel due_at snoozed_until resolution resolution_comment source_url
    source source_ref attachments
""".split()
THEIR_FIELDS = """
    title description description_HTML requestor assignee priority expectedDate tags customFields
""".split()


@pytest.mark.parametrize("field", OUR_FIELDS)
def test_any_value_in_any_field_is_taken_or_refused_and_never_breaks(key, field):
    for value in VALUES:
        body = json.dumps({"title": "T", field: value})
        response = key.post("/api/v1/tickets/", body, content_type="application/json")
        assert response.status_code in (200, 201, 400, 403), (value, response.content[:300])
        if response.status_code == 400:
            assert response.json()["detail"] or response.json()["errors"]


@pytest.mark.parametrize("field", THEIR_FIELDS)
def test_any_value_in_any_field_of_teamswork_is_taken_or_refused(key, ticket, field):
    for value in VALUES:
        person = {"id": "", **USER}
        new = {"ticket": {"title": "T", "requestor": person, field: value}, "user": person}
        change = {"updates": {field: value}, "user": person}
        for method, path, body in (
            ("post", "/tickets", new),
            ("put", f"/tickets/{ticket.uuid}", change),
        ):
            address = f"{TEAMSWORK}{path}?key={key.secret}"
            response = getattr(key, method)(
                address, json.dumps(body), content_type="application/json"
            )
            assert response.status_code in (200, 201, 400), (value, response.content[:300])


def test_nothing_stored_holds_a_nul_or_half_a_character(key):
    for text in ("a\0b", "e\u0301"):
        body = json.dumps({"title": text, "body": text, "tags": [text]})
        key.post("/api/v1/tickets/", body, content_type="application/json")
    for ticket in Ticket.objects.all():
        assert "\0" not in ticket.title + ticket.body
        assert "e\u0301" not in ticket.title


@pytest.mark.parametrize(
    "headers", [{"X-HTTP-Method-Override": "DELETE"}, {"X-HTTP-Method": "PUT"}]
)
def test_a_method_is_what_it_is(key, agent, ticket, headers):
    own = f"/api/v1/tickets/{ticket.pk}/"
    key.post(own, "{}", content_type="application/json", headers=headers)
    key.post(f"{own}?_method=DELETE", "{}", content_type="application/json")
    agent.get(reverse("ticket-delete", args=[ticket.pk]), {"_method": "POST"}, headers=headers)
    agent.head(reverse("ticket-delete", args=[ticket.pk]))
    ticket.refresh_from_db()
    assert ticket.deleted_at is None and ticket.version == 1


KINDS = ["text/plain", "application/xml", "text/xml", "application/x-www-form-urlencoded", "", "x"]


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_of_bodies_are_refused(key, ticket, kind):
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    for path in ("/api/v1/tickets/", f"{TEAMSWORK}/tickets?key={key.secret}"):
        response = key.post(path, bomb, content_type=kind)
        assert response.status_code in (400, 415), (path, kind)
        assert b"root:" not in response.content


def doors(ticket, secret: str) -> list:
    """The same key at both doors."""
    bearer = Client(headers={"authorization": f"Bearer {secret}"})
    return [
        bearer.get("/api/v1/me/"),
        bearer.get(f"/api/v1/tickets/{ticket.pk}/"),
        bearer.post("/api/v1/tickets/", "{", content_type="application/json"),
        Client().get(f"{TEAMSWORK}/tickets", {"key": secret}),
        Client().get(f"{TEAMSWORK}/tickets/{ticket.uuid}", {"key": secret}),
        Client().post(f"{TEAMSWORK}/tickets?key={secret}", "{", content_type="application/json"),
    ]


def test_wrong_expired_and_revoked_keys_are_all_the_same(ticket):
    _expired, one = make_key(expires_at=timezone.now() - timezone.timedelta(seconds=1))
    revoked, two = make_key()
    ApiKey.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
    answers = [
        [(answer.status_code, answer.json().get("detail", answer.json().get("message")))]
        for secret in (one, two, "wrong", "x" * 10_000, "' or 1=1", "%00", "ключ")
        for answer in doors(ticket, secret)
    ]
    assert {said[0][0] for said in answers} == {401}
    assert len({said[0][1] for said in answers}) <= 2  # one in the words of each door


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer  ", "Basic {key}", "Token {key}", "{key}", "Bearer {key} x", "bearer\t"],
)
def test_a_key_is_taken_in_one_form_only(ticket, header):
    secret = make_key()[1]
    client = Client(headers={"authorization": header.format(key=secret)})
    assert client.get("/api/v1/me/").status_code == 401
    assert client.get("/api/v1/me/", {"key": secret}).status_code == 401


def test_a_session_opens_no_api_and_a_key_no_page(agent, key):
    assert agent.get("/api/v1/me/").status_code == 401
    assert agent.get(f"{TEAMSWORK}/tickets").status_code == 401
    assert key.get("/tickets/").status_code == 302
    assert key.get("/admin/").status_code == 302
