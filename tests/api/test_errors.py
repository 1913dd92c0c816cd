"""Refusals: one body for all of them, whatever is thrown at the door."""

import json
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.utils import timezone
from rest_framework.serializers import CharField

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.api.fields import StrictSerializer
from helpdesk.models import Ticket
from tests.api.conftest import ROOT, Caller, caller
from tests.factories import make_agent, make_key, make_ticket

pytestmark = pytest.mark.django_db
BODY = ["type", "title", "status", "code", "detail", "errors", "request_id"]


def problem(response, status: int, code: str) -> dict:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert [name for name in body if name != "difference"] == BODY
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-Id"]
    return body


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer hd_wrong", "Basic aGQ6aGQ=", "Bearer \u00e9", "Bearer a b"]
)
def test_without_a_good_key_every_answer_is_the_same_401(db, header):
    make_ticket()
    bodies = set()
    for path in ("tickets/", "tickets/1/", "tickets/987654/", "nowhere/", "me/", "tickets/?x=1"):
        for call in ("get", "post", "patch", "delete"):
            one = Caller()
            one.headers = {"Authorization": header} if header else {}
            body = problem(getattr(one, call)(path), 401, "not_authenticated")
            bodies.add(body["detail"])
    assert len(bodies) == 1


def test_expired_and_revoked_keys_and_sessions_open_nothing(client):
    past = timezone.now() - timedelta(days=1)
    for fields in ({"expires_at": past}, {"revoked_at": past}):
        _key, secret = make_key(**fields)
        problem(Caller(secret).get("tickets/"), 401, "not_authenticated")
    client.force_login(make_agent())
    assert client.get(f"{ROOT}tickets/").status_code == 401
    assert client.get(f"{ROOT}tickets/")["WWW-Authenticate"] == 'Bearer realm="api"'


MALFORMED = [
    b"",
    b"{",
    b'{"title": "x",}',
    b'{"title": NaN}',
    b'{"title": Infinity}',
    b'{"title": "a", "title": "b"}',
    b'{"title": "x", "custom": {"a": 1, "a": 2}}',
    b'{"title": "\\ud800"}',
    b'{"title": "\xff"}',
    b'{"title": "\x00"}',
    b'{"title": ' + b"1" * 10_000 + b"}",
    b'{"custom": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b"[" * 5_000,
    b'{"a":' * 5_000,
    b"<ticket/>",
]


@pytest.mark.parametrize("content", MALFORMED[1:], ids=range(len(MALFORMED) - 1))
def test_a_body_that_is_not_sound_json_is_malformed(api, content):
    problem(api.raw("post", "tickets/", content), 400, "malformed")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"x"', b"5", b"{}", b"true"])
def test_a_body_that_is_no_object_with_a_title_is_invalid(api, content):
    problem(api.raw("post", "tickets/", content), 400, "invalid")


def test_a_body_that_is_too_large_says_the_limit(api):
    body = problem(api.raw("post", "tickets/", b" " * (5 * 1024 * 1024)), 413, "too_large")
    assert "4 MB" in body["detail"]
    problem(api.raw("post", "tickets/", b" " * (11 * 1024 * 1024)), 413, "too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-yaml", "multipart/form-data", "x"])
def test_other_media_types_are_refused(api, kind):
    problem(api.raw("post", "tickets/", b"title=x", kind), 415, "unsupported_media_type")


def test_forms_do_not_write_tickets_and_method_override_does_nothing(api):
    made = api.client.post(f"{ROOT}tickets/", {"title": "x"}, headers=api.headers)
    problem(made, 415, "unsupported_media_type")
    ticket = make_ticket()
    headers = {"X-HTTP-Method-Override": "DELETE"}
    assert api.get(f"tickets/{ticket.pk}/", headers=headers).status_code == 200
    assert api.get(f"tickets/{ticket.pk}/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "nowhere/",
        "/api/",
        "/api/v2/tickets/",
        "tickets/987654/",
        "tickets/99999999999999999999/",
        "tickets/9223372036854775808/comments/",
        "tickets/%00/",
        "tickets/٣/",
        "tickets/1%2F/",
        "tickets/1/links/99999999999999999999/",
        "attachments/x/",
        "attachments/c0ffee00-0000-4000-8000-000000000000/",
        "users/987654/",
        "queues/%00/",
        "custom-fields/nowhere/",
    ],
)
def test_what_is_not_there_is_a_404_of_the_same_body(api, path):
    make_ticket()
    call = api.delete if "links" in path else api.get
    problem(call(path), 404, "not_found")


def test_the_last_slash_may_be_missing(api):
    ticket = make_ticket()
    assert api.get(f"tickets/{ticket.pk}").json()["id"] == ticket.pk
    assert api.post("tickets", {"title": "x"}).status_code == 201
    assert (
        api.get("tickets?limit=1").json()["next"].startswith("http://testserver/api/v1/tickets/?")
    )
    problem(api.get("nowhere"), 404, "not_found")


@pytest.mark.parametrize("method", ["put", "options", "trace"])
def test_other_methods_are_refused_with_those_that_are_offered(api, method):
    response = getattr(api.client, method)(f"{ROOT}tickets/", headers=api.headers)
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"


def test_a_body_in_chunks_is_refused_and_not_lost(api):
    headers = {**api.headers, "Transfer-Encoding": "chunked"}
    response = api.client.generic("POST", f"{ROOT}tickets/", headers=headers, CONTENT_LENGTH="")
    problem(response, 411, "length_required")


def test_too_many_calls_are_told_when_to_come_again(same_minute):
    api = caller(rate_limit=2)
    first = api.get("me/")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    api.get("me/")
    refused = api.get("me/")
    problem(refused, 429, "too_many_calls")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Remaining"] == "0"


def test_a_request_id_is_taken_over_if_it_is_sound_and_stands_in_the_history(api):
    response = api.post("tickets/", {"title": "x"}, headers={"X-Request-Id": "call-7"})
    assert response["X-Request-Id"] == "call-7"
    assert Ticket.objects.get().changes.get().request_id == "call-7"
    for spoilt in ("a b", "x" * 65, "<script>"):
        assert api.get("me/", headers={"X-Request-Id": spoilt})["X-Request-Id"] != spoilt


def test_a_fault_of_ours_is_a_500_of_the_same_body_without_its_words(api):
    api.client.raise_request_exception = False
    with patch.object(actions, "open_ticket", side_effect=RuntimeError("a secret")):
        body = problem(api.post("tickets/", {"title": "x"}), 500, "server_error")
    assert "secret" not in json.dumps(body)


def test_a_busy_database_asks_to_come_again(api):
    with patch.object(actions, "open_ticket", side_effect=OperationalError("database is locked")):
        response = api.post("tickets/", {"title": "x"})
    problem(response, 503, "busy")
    assert response["Retry-After"] == "1"


def test_words_are_in_the_callers_language(api):
    response = api.get("nowhere/", headers={"Accept-Language": "de"})
    problem(response, 404, "not_found")
    assert response["Content-Language"] == "de"


def test_script_is_kept_as_text_and_answered_as_json(api):
    script = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    made = api.post("tickets/", {"title": script, "body": script, "body_format": "html"})
    assert made["Content-Type"] == "application/json"
    assert made["X-Content-Type-Options"] == "nosniff"
    assert made.json()["body"] == script


def test_a_foreign_host_is_refused(api):
    response = api.client.get(f"{ROOT}me/", headers={**api.headers, "Host": "evil.example"})
    assert response.status_code == 400


class Words(StrictSerializer):
    body = CharField()


@pytest.mark.parametrize(
    ("body", "is_text"),
    [("\ud800", False), ("a" * 3000 + "\udfff", False), ("\U0001f5a8 \ue000 \ud7ff", True)],
)
def test_half_of_a_character_is_no_text(body, is_text):
    asked = Words(data={"body": body})
    assert asked.is_valid() == is_text
    codes = [one.code for one in asked.errors.get("body", ())]
    assert codes == ([] if is_text else ["surrogate_characters_not_allowed"])


@pytest.mark.parametrize(
    "form", ["%20{}", "{}%20", "{}%0d%0a", "0{}", "%09{}", "+{}", "{}.0", "%23{}"]
)
def test_an_address_is_exact(api, form):
    ticket = make_ticket("One")
    comment = actions.add_note(ticket, body="Said", by=system("web"))
    path = form.format(ticket.pk)
    assert api.get(f"tickets/{ticket.pk}/").status_code == 200
    assert api.get(f"tickets/{path}/").status_code == 404
    assert api.patch(f"tickets/{path}/", {"title": "Two"}).status_code == 404
    assert api.get(f"tickets/{ticket.pk}/comments/{form.format(comment.pk)}/").status_code == 404
    assert api.get(f"queues/{form.format(ticket.queue_id)}/").status_code == 404
    ticket.refresh_from_db()
    assert ticket.title == "One"


@pytest.mark.parametrize("form", ["%20{}", "{}%0d%0a"])
def test_the_address_of_a_uuid_is_exact(api, form):
    ticket = make_ticket()
    assert api.get(f"tickets/{str(ticket.uuid).upper()}/").status_code == 200
    assert api.get(f"tickets/{form.format(ticket.uuid)}/").status_code == 404


def test_a_value_may_stand_between_blanks(api):
    ticket, other = make_ticket(), make_ticket()
    linked = api.patch(f"tickets/{ticket.pk}/", {"parent": f" {other.pk} "})
    assert linked.json()["parent"]["id"] == other.pk
