"""Tokens, versions, addresses and the two forms of errors of our Onna endpoint."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.budget import statements
from tests.factories import make_key
from tests.integrations.onna.caller import BASE, Caller, refused

pytestmark = pytest.mark.django_db


def test_a_key_gets_a_token_and_says_who_it_is(api):
    said = api.sign_in(grant_type="client_credentials").json()
    assert (said["token_type"], said["expires_in"]) == ("bearer", 3599)
    assert set(said) == {"access_token", "expires_in", "token_type"}
    user = api.get("/oauth/user").json()
    assert (user["name"], user["id"]) == ("Archive", str(api.key.uuid))
    assert set(user) == {"account_id", "id", "name", "surname"}


def test_a_reading_key_gets_a_token_and_writes_nothing():
    api = Caller("read")
    assert api.get("/oauth/user").status_code == 200
    assert "only read" in refused(api.send(), 403)


@pytest.mark.parametrize(
    "form", [{"client_secret": "wrong"}, {"client_id": "x"}, {"client_id": "2026-01-01"}]
)
def test_wrong_credentials_get_no_token(api, form):
    refused(api.sign_in(**form), 401)


def test_the_secret_of_another_key_gets_no_token(api):
    refused(api.sign_in(client_secret=make_key()[1]), 401)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"grant_type": "password"}, "grant_type"),
    ],
)
def test_an_incomplete_form_is_refused_in_the_framework_s_form(api, form, name):
    answer = api.sign_in(**form)
    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error["loc"] == ["body", name] and error["msg"] and error["type"]


def test_a_token_ends(api):
    with time_machine.travel(timezone.now() + timedelta(seconds=3500)):
        assert api.get("/oauth/user").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=3605)):
        refused(api.get("/oauth/user"), 401)


def test_a_token_dies_with_its_key(api):
    api.key.revoked_at = timezone.now()
    api.key.save()
    refused(api.get("/oauth/user"), 401)
    refused(api.sign_in(), 401)


@pytest.mark.parametrize("token", ["", "x", "a:b:c"])
def test_nothing_opens_without_a_token(api, token):
    api.token = token
    for path in ("/oauth/user", "/workspaces", "/resources/tickets/tk1", "/nothing"):
        refused(api.get(path), 401)
    refused(api.send(), 401)


def test_the_secret_itself_is_no_token(api):
    api.token = api.secret
    refused(api.get("/oauth/user"), 401)


def test_health_needs_no_token():
    answer = Client().get(f"{BASE}/health")
    assert answer.json() == {"status": "pass", "version": "v1", "release_id": "1.0.0"}


def test_another_version_is_400_and_another_address_404(api):
    answer = Client().get("/compat/onna/v2/health")
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] == "XX400_bad_request"
    assert Client().post("/compat/onna/oauth/token").status_code == 400
    for path in ("/nothing", "/resources/tickets/", "/resources", "/workspaces/"):
        refused(api.get(path), 404)
    assert Client().get("/compat/onna/v1").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/resources/tickets"),
        ("GET", "/resources/tickets"),
        ("PATCH", "/resources/tickets/tk1"),
        ("PUT", "/resources/tickets/tk1"),
        ("POST", "/resources/tickets/tk1"),
        ("DELETE", "/workspaces"),
        ("GET", "/upload/tk1/tus"),
        ("OPTIONS", "/workspaces"),
    ],
)
def test_other_verbs_are_405(api, method, path):
    refused(api.call(method, path), 405)


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "", "NaN"])
def test_what_is_no_json_object_is_422(api, body):
    refused(api.post("/resources/tickets", body), 422)


def test_a_folder_s_422_has_the_framework_s_form(api):
    answer = api.post("/folders", {"name": "x"})
    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error["loc"] == ["body", "onna_parent_id"] and "required" in error["msg"]
    assert refused(api.post("/workspaces", {}), 422)


def test_a_call_costs_few_statements(api):
    identity = api.create(comments=[])
    api.get("/oauth/user")
    with statements() as found:
        api.get("/oauth/user")
    assert len(found) <= 3, found
    with statements() as found:
        api.read(identity)
    assert len(found) <= 9, found
