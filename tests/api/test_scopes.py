"""What a key may do by the scopes it names, and from where."""

import pytest
from django.test import Client

from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.models import ApiKey, User
from helpdesk.models.scopes import SCOPES, for_reading, granted
from tests.api.conftest import caller
from tests.factories import default_queue, make_key, make_ticket, make_user

pytestmark = pytest.mark.django_db


def with_scopes(*names: str, scope: str = "write", **fields):
    return caller(scope, fields.pop("queues", None), scopes=list(names), **fields)


def lacking(response) -> str:
    body = response.json()
    assert (response.status_code, body["code"]) == (403, "missing_scope"), body
    assert response["Content-Type"] == "application/problem+json"
    assert body["scope"] in body["detail"]
    return body["scope"]


def test_a_key_does_what_it_names_and_nothing_else():
    ticket = make_ticket()
    api = with_scopes("tickets:read")
    assert api.get("tickets/").status_code == 200
    assert api.get("me/").json()["scopes"] == ["tickets:read"]
    assert lacking(api.post("tickets/", {"title": "x"})) == "tickets:write"
    assert lacking(api.get(f"tickets/{ticket.pk}/comments/")) == "comments:read"
    assert lacking(api.get(f"tickets/{ticket.pk}/?expand=comments")) == "comments:read"
    assert lacking(api.get(f"tickets/{ticket.pk}/?expand=attachments")) == "attachments:read"
    assert lacking(api.get("users/")) == "people:read"
    assert lacking(api.get("queues/")) == "configuration:read"


def test_writing_includes_reading():
    api = with_scopes("comments:write")
    ticket = make_ticket()
    path = f"tickets/{ticket.pk}/comments/"
    assert api.post(path, {"body": "x", "public": False}).status_code == 201
    assert api.get(path).status_code == 200
    assert lacking(api.get(f"tickets/{ticket.pk}/")) == "tickets:read"


def test_a_scope_is_missed_before_anything_is_looked_up():
    api = with_scopes("people:read")
    assert lacking(api.get("tickets/987654/")) == "tickets:read"


def test_a_key_that_only_reads_writes_nothing_whatever_it_names():
    api = with_scopes("tickets:write", scope="read")
    response = api.post("tickets/", {"title": "x"})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_a_key_without_named_scopes_does_all_that_is_ordinary(api):
    ticket, person = make_ticket(), make_user()
    for path in ("tickets/", f"tickets/{ticket.pk}/comments/", "users/", "tags/"):
        assert api.get(path).status_code == 200
    assert lacking(api.post(f"users/{person.pk}/erase/")) == "people:erase"


def test_a_customer_is_erased_by_a_key_that_names_it_and_nobody_else():
    api = with_scopes("people:erase")
    rita, agent = make_user("Rita"), User.objects.create(name="Ann", role="agent", email="a@b.de")
    erased = api.post(f"users/{rita.pk}/erase/")
    assert (erased.status_code, erased.json()["email"]) == (200, None)
    assert "Rita" not in erased.content.decode()
    assert api.post(f"users/{agent.pk}/erase/").status_code == 403
    bound = with_scopes("people:erase", queues=[default_queue()])
    met = make_user("Met")
    make_ticket(requester=met)
    assert bound.post(f"users/{met.pk}/erase/").status_code == 403
    met.refresh_from_db()
    assert met.name == "Met"


def test_the_compatible_endpoints_open_to_keys_that_name_all_they_show():
    def teamswork(*names) -> int:
        _key, secret = make_key("write", scopes=list(names), home_queue=default_queue())
        return Client().get(f"/compat/teamswork/ticketing/v1/tickets?key={secret}").status_code

    everything = [name for name in SCOPES if name.endswith(":read")]
    assert teamswork() == 200
    assert teamswork(*everything) == 200
    assert teamswork("tickets:read") == 403


def test_a_secondary_key_reads_what_its_primary_names():
    admin = system("admin")
    key = ApiKey(name="Pair", scope="write", all_queues=True, scopes=["tickets:write", "keys"])
    (_key, _secret), (twin, _other) = keys.make_key(key, [], by=admin, with_twin=True)
    assert twin.scopes == ["tickets:read"] == for_reading(key.scopes)
    mute = ApiKey(name="Mute", scope="write", all_queues=True, scopes=["keys"])
    with pytest.raises(keys.ValidationError, match="name a scope that reads"):
        keys.make_key(mute, [], by=admin, with_twin=True)


def test_what_is_granted_is_what_is_named():
    assert "keys" not in granted([]) and "tickets:write" in granted([])
    assert granted(["views:write"]) == {"views:write", "views:read"}


# From where ------------------------------------------------------------------------------------


def status_from(key_caller, address: str, forwarded: str = "") -> int:
    headers = {**key_caller.headers, **({"X-Forwarded-For": forwarded} if forwarded else {})}
    return Client(REMOTE_ADDR=address).get("/api/v1/tickets/", headers=headers).status_code


def test_a_key_is_used_from_its_networks_alone():
    api = caller(allowed_from=["192.0.2.0/24", "2001:db8::/32"])
    assert status_from(api, "192.0.2.7") == 200
    assert status_from(api, "::ffff:192.0.2.7") == 200
    assert status_from(api, "2001:db8::1") == 200
    assert status_from(api, "198.51.100.1") == 403
    assert status_from(api, "") == 403
    response = api.get("tickets/")
    assert response.json()["code"] == "refused_address"
    assert "127.0.0.1" in response.json()["detail"]
    compat = f"/compat/teamswork/ticketing/v1/tickets?key={api.secret}"
    assert Client(REMOTE_ADDR="198.51.100.1").get(compat).status_code == 403
    assert Client(REMOTE_ADDR="192.0.2.9").get(compat).status_code == 200


def test_what_a_caller_says_of_itself_does_not_count(settings):
    api = caller(allowed_from=["192.0.2.0/24"])
    assert status_from(api, "198.51.100.1", "192.0.2.7") == 403
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "unix"]
    assert status_from(api, "10.0.0.5", "192.0.2.7") == 200
    assert status_from(api, "10.0.0.5", "192.0.2.7, 10.1.1.1") == 200
    assert status_from(api, "", "192.0.2.7") == 200  # a proxy at a socket
    assert status_from(api, "10.0.0.5", "192.0.2.7, 198.51.100.1") == 403
    assert status_from(api, "10.0.0.5", "192.0.2.7, nonsense") == 403
    assert status_from(api, "10.0.0.5") == 403
    assert status_from(api, "198.51.100.1", "192.0.2.7") == 403
