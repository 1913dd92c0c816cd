"""What all pages of the workspace share: policy, caches, languages, and how they refuse."""

import pytest
from django.core.exceptions import ValidationError
from django.forms import CharField, Form
from django.test import Client, RequestFactory
from django.urls import reverse

from helpdesk.doors.pages import local_path, put_errors
from tests.factories import make_agent, make_ticket

pytestmark = pytest.mark.django_db
PAGES = [
    "/tickets/",
    "/tickets/?regoin=EU",
    "/tickets/filters/",
    "/tickets/columns/",
    "/preferences/",
    "/tickets/999999/",
    "/nowhere/",
    "/accounts/logout/",
]
OPEN_PAGES = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]


def assert_strict(answer) -> None:
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    said = answer.content.decode()
    assert " style=" not in said
    assert " onclick=" not in said
    assert "<script>" not in said


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_strict_policy_and_nothing_inline(client, path):
    client.force_login(make_agent())
    make_ticket()
    assert_strict(client.get(path))


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_so_have_the_pages_before_anyone_is_signed_in(client, path):
    assert_strict(client.get(path))


@pytest.mark.parametrize("path", ["/tickets/", "/preferences/", "/tickets/filters/"])
def test_a_page_of_the_workspace_is_kept_by_no_shared_cache(client, path):
    client.force_login(make_agent())
    assert "private" in client.get(path)["Cache-Control"]
    assert "no-cache" in client.get(path)["Cache-Control"]


def test_a_history_visit_of_htmx_gets_the_whole_page(client):
    client.force_login(make_agent())
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert b"<html" in client.get("/tickets/", headers=restored).content
    boosted = {"HX-Request": "true", "HX-Boosted": "true"}
    assert b"<html" in client.get("/tickets/", headers=boosted).content
    fragment = client.get("/tickets/", headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert "HX-Request" in fragment["Vary"]


@pytest.mark.parametrize("name", ["tickets", "tickets-fresh", "ticket-filters", "people"])
def test_pages_that_only_read_refuse_to_be_posted_to(client, name):
    client.force_login(make_agent())
    assert client.post(reverse(name)).status_code == 405


@pytest.mark.parametrize("path", ["/preferences/", "/preferences/layout/", "/tickets/columns/"])
def test_a_change_without_the_forms_token_is_refused(path):
    from_elsewhere = Client(enforce_csrf_checks=True)
    from_elsewhere.force_login(make_agent())
    assert from_elsewhere.post(path, {"layout": "split"}).status_code == 403


def test_the_first_page_is_home_or_the_view_that_one_begins_with(client):
    client.force_login(make_agent())
    assert client.get("/").status_code == 200
    client.post("/home/", {"home": "unassigned"})
    assert client.get("/")["Location"] == "/tickets/?view=unassigned"
    assert client.get("/home/").status_code == 200
    client.post("/home/", {"home": "a view that nobody has"})
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/tickets/?view=all", "/tickets/?view=all"),
        ("http://testserver/tickets/3/#main", "/tickets/3/"),
        ("https://evil.example/tickets/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_only_paths_of_this_site_are_ways_back(url, path):
    assert local_path(RequestFactory().get("/"), url, "/") == path


def test_what_a_verb_refuses_stands_at_its_field_or_above_the_form():
    class TitleForm(Form):
        title = CharField()

    form = TitleForm({"title": "x"})
    put_errors(form, ValidationError({"title": ["Too short."], "queue": ["Gone."]}))
    put_errors(form, ValidationError("Not now."))
    assert form.errors["title"] == ["Too short."]
    assert form.non_field_errors() == ["queue: Gone.", "Not now."]


def test_the_health_dot_tells_what_the_polling_saw(client):
    client.force_login(make_agent())
    assert 'class="health"' not in client.get("/tickets/").content.decode()
    client.get("/tickets/fresh/?since=0")
    page = client.get("/tickets/").content.decode()
    assert 'data-state="wrong"' in page and "Needs attention" in page


@pytest.mark.parametrize("name", ["email", "confirm-email", "reauthenticate"])
def test_pages_that_change_an_address_do_not_exist(client, name):
    client.force_login(make_agent())
    assert client.get(f"/accounts/{name}/").status_code == 404
