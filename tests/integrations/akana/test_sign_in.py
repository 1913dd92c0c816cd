"""Signing in to a portal that does not always play along."""

import time

import pytest
from werkzeug import Response

from integrations.connector import ConnectorError, NewComment
from integrations.services.akana.client import Client
from tests.integrations.akana.portal import as_json

PAGE = Response("<!doctype html><html><form>Sign in</form></html>", content_type="text/html")
WHOLE = {"title": "T", "body": "B", "priority": "normal", "tags": []}


def failure(call, *arguments, **options) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*arguments, **options)
    return caught.value


def test_one_sign_in_serves_all_calls_and_only_writes_say_the_token(portal):
    portal.add(1)
    client = portal.client()
    client.read("ticket1.acme")
    client.mark("ticket1.acme")
    assert portal.logins == 1
    login, read, mark = portal.calls
    assert login.json() == {"email": "bot@acme.example", "password": "s3cret-pass"}
    assert "Cookie" not in login.headers
    assert "AtmoAuthToken_acme=TokenID%3Dtoken-1" in read.headers["Cookie"]
    assert "X-Csrf-Token_acme" not in read.headers
    assert mark.headers["X-Csrf-Token_acme"] == "TokenID%3Dcsrf-1%2CexpirationTime%3D9"
    assert mark.body == b"u-bot.acme"


def test_the_sign_in_is_remembered_from_job_to_job(portal):
    portal.add(1)
    memory = {}
    portal.client(memory).read("ticket1.acme")
    portal.client(memory).read("ticket1.acme")
    assert portal.logins == 1
    portal.client(memory, password="another").read("ticket1.acme")
    assert portal.logins == 2


def test_a_portal_without_csrf_protection_is_served_without_the_token(portal):
    portal.add(1)
    portal.csrf = False
    assert portal.client().mark("ticket1.acme") == 1


def test_no_cookie_and_no_password_reach_the_journal(portal, journal):
    portal.add(1)
    portal.spoil(
        "GET",
        "/api/tickets/ticket1.acme",
        lambda request: Response(
            request.headers["Cookie"] + " s3cret-pass", 400, content_type="text/plain"
        ),
    )
    client = portal.client()
    error = failure(client.read, "ticket1.acme")
    text = repr(journal) + error.message + repr(client)
    assert "s3cret-pass" not in text and "token-1" not in text and "csrf-1" not in text
    assert "[redacted]" in error.message


def test_a_cookie_is_renewed_before_it_ends(portal):
    portal.add(1)
    memory = {}
    client = portal.client(memory)
    client.read("ticket1.acme")
    before = memory["sign_in"]["cookies"]
    assert memory["sign_in"]["ends"] == pytest.approx(time.time() + 1800, abs=60)
    memory["sign_in"]["renew"] = 0
    client.read("ticket1.acme")
    [renewal] = portal.asked("/api/login/renewToken")
    assert renewal.headers["X-Csrf-Token_acme"] == before["Csrf-Token_acme"]
    assert portal.logins == 1
    assert "token-2" in portal.calls[-1].headers["Cookie"]


@pytest.mark.parametrize(("status", "logins"), [(401, 2), (404, 2), (500, 1), (429, 1)])
def test_what_cannot_be_renewed_is_signed_in_anew_or_used_to_its_end(portal, status, logins):
    portal.add(1)
    memory = {}
    client = portal.client(memory)
    client.read("ticket1.acme")
    memory["sign_in"]["renew"] = 0
    spoiled = [Response("no", status, content_type="text/plain") for _ in range(3)]
    portal.spoil("POST", "/api/login/renewToken", *spoiled)
    client.read("ticket1.acme")
    assert portal.logins == logins


def test_an_ended_cookie_is_signed_in_anew(portal):
    portal.add(1)
    memory = {}
    client = portal.client(memory)
    client.read("ticket1.acme")
    memory["sign_in"]["ends"] = 0
    client.read("ticket1.acme")
    assert portal.logins == 2 and not portal.asked("/api/login/renewToken")


def test_a_refused_cookie_is_signed_in_anew_once(portal):
    portal.add(1)
    client = portal.client()
    client.read("ticket1.acme")
    portal.good.clear()  # someone ended all sessions over there
    assert client.read("ticket1.acme").id == "ticket1.acme"
    assert portal.logins == 2
    portal.good.clear()
    assert client.mark("ticket1.acme") == 1
    assert portal.logins == 3


def test_it_never_goes_round_in_circles(portal):
    portal.add(1)
    client = portal.client()
    client.read("ticket1.acme")
    no = [Response("no", 401, content_type="text/plain") for _ in range(9)]
    portal.spoil("GET", "/api/tickets/ticket1.acme", *no)
    error = failure(client.read, "ticket1.acme")
    assert (error.status, error.scope, error.permanent) == (401, "connection", True)
    assert portal.logins == 2


def test_a_token_that_is_changed_on_the_way_is_used_from_then_on(portal):
    portal.add(1)
    client = portal.client()
    client.read("ticket1.acme")
    fresh = Response("1", content_type="text/plain")
    fresh.headers.add("Set-Cookie", "Csrf-Token_acme=TokenID%3Drotated; Path=/")
    portal.spoil("POST", "/api/tickets/ticket1.acme/marks", fresh)
    client.mark("ticket1.acme")
    client.mark("ticket1.acme")
    said = portal.calls[-1].headers
    assert said["X-Csrf-Token_acme"] == "TokenID%3Drotated"
    assert "Csrf-Token_acme=TokenID%3Drotated" in said["Cookie"]
    assert portal.logins == 1


def test_a_page_to_sign_in_is_no_data(portal):
    portal.add(1)
    client = portal.client()
    client.read("ticket1.acme")
    portal.spoil("GET", "/api/tickets/ticket1.acme", PAGE)
    assert client.read("ticket1.acme").number == "ticket1"
    assert portal.logins == 2
    portal.spoil("GET", "/api/tickets/ticket1.acme", PAGE, PAGE)
    error = failure(client.read, "ticket1.acme")
    assert "web page" in error.message and not error.permanent and not error.maybe_done


def test_a_page_in_answer_to_a_write_is_not_repeated(portal):
    client = portal.client()
    portal.spoil("POST", "/api/tickets", PAGE)
    error = failure(client.create, WHOLE, "one/7/5f0c")
    assert error.maybe_done and not error.permanent and error.scope == "ticket"
    assert len(portal.asked("/api/tickets")) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"nextTask": "com.soa.login.task.changePassword"}, "password has to be changed"),
        ({"result": {"task": ["ACCEPT_AGREEMENT"]}}, "agreement has to be accepted"),
        ({"pending": {"securityQuestions": ["Pet?"]}}, "questions have to be answered"),
        ({"ok": True}, "without a cookie"),
        ([], "without a cookie"),
    ],
)
def test_a_task_that_stands_before_the_sign_in_is_named(portal, body, words):
    portal.spoil("POST", "/api/login", as_json(body))
    error = failure(portal.client().check)
    assert words in error.message and "bot@acme.example" in error.message
    assert error.permanent and error.scope == "connection" and not error.maybe_done


def test_a_sign_in_that_answers_a_page_or_garbage_is_said(portal):
    for answer in (PAGE, Response("\xff\x00", content_type="application/json")):
        portal.spoil("POST", "/api/login", answer)
        error = failure(portal.client().check)
        assert "without a cookie" in error.message and error.permanent


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_password_stops_the_connection(portal, status):
    portal.spoil("POST", "/api/login", Response("no", status, content_type="text/plain"))
    error = failure(portal.client().check)
    assert "e-mail or the password" in error.message
    assert error.permanent and error.scope == "connection"


def test_a_failing_sign_in_leaves_nothing_unclear(portal):
    client = portal.client()
    portal.spoil("POST", "/api/login", Response("down", 503, content_type="text/plain"))
    error = failure(client.create, WHOLE, "one/7/5f0c")
    assert not error.maybe_done and not error.permanent
    assert portal.lines() == []


def test_another_tenant_than_the_one_that_is_named(portal):
    error = failure(portal.client(tenant="other").check)
    assert "“acme”, not “other”" in error.message and error.permanent
    assert portal.client(tenant="").check() == "Signed in as bot@acme.example at the tenant acme."


def test_another_helpdesk_is_told_the_token_by_a_name_that_web_servers_let_pass(portal):
    portal.add(1)
    portal.headers = {"Helpdesk-Installation": "9d3f"}
    client = portal.client()
    client.mark("ticket1.acme")
    said = portal.calls[-1].headers
    assert "X-Csrf-Token-acme" in said and "X-Csrf-Token_acme" not in said


def test_a_note_never_leaves(portal):
    client = portal.client()
    error = failure(client.add_comment, "ticket1.acme", NewComment(body="x", public=False))
    assert "private" in error.message and portal.calls == []


# Setup -------------------------------------------------------------------------------------------

ENTERED = {"base_url": "https://portal.example/api/", "email": "a@b.example", "password": "x"}


def test_a_setup_needs_little_and_fills_in_the_rest():
    form = Client.Setup(ENTERED)
    assert form.is_valid(), form.errors
    cleaned = form.cleaned_data
    assert cleaned["base_url"] == "https://portal.example"
    assert cleaned["resolve_action"] == "ticket.action.resolve"
    assert (cleaned["environment"], cleaned["wire_format"]) == ("Production", "json")
    assert (cleaned["watched"], cleaned["poll_seconds"]) == (500, 60)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tenant", "a b"),
        ("close_action", "a b"),
        ("more_actions", "In Progress"),
        ("more_actions", "= x"),
        ("watched", "5000"),
        ("environment", "Staging"),
        ("base_url", "not an address"),
    ],
)
def test_a_setup_says_what_is_wrong(name, value):
    form = Client.Setup(ENTERED | {name: value})
    assert not form.is_valid() and name in form.errors


def test_the_password_is_kept_when_it_is_left_empty():
    stored = {"password": "kept"}
    form = Client.Setup({**ENTERED, "password": ""}, stored=stored)
    assert form.is_valid() and form.cleaned_data["password"] == "kept"
    assert "kept" not in str(form)
