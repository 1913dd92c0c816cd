"""A key of some queues that names an e-mail address learns nothing of who that is."""

import json

import pytest
from django.test import Client

from helpdesk import actions
from helpdesk.actor import Role, system
from helpdesk.models import Organisation, Ticket
from helpdesk.permissions import actor_of
from tests.factories import default_queue, make_key, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
SECRETS = ("Zanzibar Ltd", "Zoe Zanzibar", "Zanzibar")


@pytest.fixture
def stranger():
    organisation = Organisation.objects.create(name="Zanzibar Ltd")
    person = make_user("Zoe Zanzibar", email="zoe@example.org", organisation=organisation)
    make_ticket("Elsewhere", queue=make_queue(), requester=person)
    return person


@pytest.fixture
def key():
    secret = make_key(queues=[default_queue()])[1]
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.secret = secret
    return client


def send(key, method: str, path: str, body: dict):
    call = getattr(key, method)
    return call(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def everything(key, number: int) -> str:
    """All that the key reads of a ticket and of people, without the address that it said."""
    paths = [f"/tickets/{number}/", f"/tickets/{number}/activities/", "/tickets/", "/users/"]
    paths += ["/users/?email=zoe@example.org", "/organisations/", f"/tickets/{number}/followers/"]
    return "".join(key.get(f"/api/v1{path}").content.decode() for path in paths)


@pytest.mark.parametrize("named", [{}, {"name": "My Zoe"}])
def test_who_is_named_on_a_new_ticket_is_read_as_they_were_named(key, stranger, named):
    made = send(
        key, "post", "/tickets/", {"title": "T", "requester": {"email": stranger.email} | named}
    )
    assert made.status_code == 201
    shown = made.json()["requester"]
    assert (shown["name"], shown["email"]) == (named.get("name", stranger.email), stranger.email)
    assert made.json()["organisation"] is None
    said = made.content.decode() + everything(key, made.json()["id"])
    assert not [word for word in SECRETS if word in said]
    ticket = Ticket.objects.get(pk=made.json()["id"])
    assert (ticket.requester, ticket.organisation) == (stranger, stranger.organisation)


def test_who_is_named_by_a_change_is_read_as_they_were_named(key, stranger):
    ticket = make_ticket("Ours")
    sent = {"requester": {"email": stranger.email}}
    changed = send(key, "patch", f"/tickets/{ticket.pk}/", sent)
    assert changed.status_code == 200 and changed.json()["requester"]["name"] == stranger.email
    said = changed.content.decode() + everything(key, ticket.pk)
    assert not [word for word in SECRETS if word in said]


def test_whoever_is_new_is_read_in_the_same_way(key, stranger):
    shapes = []
    for address in (stranger.email, "new@example.org"):
        made = send(key, "post", "/tickets/", {"title": "T", "requester": {"email": address}})
        shape = made.json()["requester"]
        shapes.append((shape["name"] == address, made.json()["organisation"]))
        assert key.get(f"/api/v1/users/{shape['id']}/").status_code == 404
    assert shapes[0] == shapes[1]


def test_who_was_named_is_named_again_by_id_and_still_not_read(key, stranger):
    made = send(key, "post", "/tickets/", {"title": "T", "requester": {"email": stranger.email}})
    for called in (stranger.pk, str(stranger.uuid), stranger.email):
        again = send(key, "post", "/tickets/", {"title": "T", "requester": called})
        assert again.status_code == 201, again.content
        assert again.json()["requester"] == made.json()["requester"]
    by_name = send(key, "post", "/tickets/", {"title": "T", "requester": "Zoe Zanzibar"})
    assert by_name.status_code == 400


def test_once_the_person_is_met_the_key_reads_who_they_are(key, stranger):
    send(key, "post", "/tickets/", {"title": "T", "requester": {"email": stranger.email}})
    by = actor_of(make_user(role=Role.ADMIN))
    actions.open_ticket(by=by, title="Theirs", requester=stranger)
    again = send(key, "post", "/tickets/", {"title": "T", "requester": {"email": stranger.email}})
    assert again.json()["requester"]["name"] == "Zoe Zanzibar"
    assert again.json()["organisation"]["name"] == "Zanzibar Ltd"


def test_when_an_agent_chooses_the_requester_the_key_reads_who_they_are(key, stranger):
    made = send(key, "post", "/tickets/", {"title": "T", "requester": {"email": stranger.email}})
    ticket = Ticket.objects.get(pk=made.json()["id"])
    other = make_user("Otto")
    actions.change_ticket(ticket, by=system("rule"), requester=other)
    assert key.get(f"/api/v1/tickets/{ticket.pk}/").json()["requester"]["name"] == "Otto"


def test_a_key_of_all_queues_reads_everybody(stranger):
    key = Client(headers={"authorization": f"Bearer {make_key()[1]}"})
    made = send(key, "post", "/tickets/", {"title": "T", "requester": {"email": stranger.email}})
    assert made.json()["requester"]["name"] == "Zoe Zanzibar"


def test_a_served_api_shows_who_was_named_as_they_were_named(key, stranger):
    path = f"/compat/teamswork/ticketing/v1/tickets?key={key.secret}"
    user = {"name": "Jo", "email": "jo@example.org"}
    person = {"id": "", "name": "", "email": stranger.email}
    body = {"ticket": {"title": "T", "requestor": person}, "user": user}
    made = key.post(path, json.dumps(body), content_type="application/json")
    assert made.status_code == 201, made.content
    said = made.content.decode() + key.get(path).content.decode()
    said += everything(key, Ticket.objects.latest("pk").pk)
    assert not [word for word in SECRETS if word in said]
