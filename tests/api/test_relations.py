"""Transitions, history, links and followers through the API."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import TicketLink, Transition
from tests.api.conftest import caller, fields_of
from tests.factories import (
    actor_of,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(db):
    return make_ticket()


def test_the_transitions_that_are_open_are_listed(api, ticket):
    found = api.get(f"tickets/{ticket.pk}/transitions/").json()
    names = [one["name"] for one in found["results"]]
    assert names == ["Start", "Wait", "Resolve", "Close"]
    assert found["results"][2]["needs_resolution"] is True
    assert found["results"][2]["status"]["category"] == "resolved"
    assert found["next"] is None


def test_a_read_key_has_none_open(reader, ticket):
    assert reader.get(f"tickets/{ticket.pk}/transitions/").json()["results"] == []
    refused = reader.post(f"tickets/{ticket.pk}/transitions/", {"transition": "Wait"})
    assert refused.status_code == 403


def test_a_transition_is_taken_with_resolution_and_comment(api, ticket):
    path = f"tickets/{ticket.pk}/transitions/"
    refused = api.post(path, {"transition": "Resolve"})
    assert fields_of(refused) == ["resolution"]
    body = {"transition": "resolve", "resolution": "fixed", "comment": "New cable"}
    taken = api.post(path, body).json()
    assert taken["status"]["category"] == "resolved"
    assert (taken["resolution"], taken["resolution_comment"]) == ("fixed", "New cable")
    assert taken["resolved_at"]


def test_a_transition_is_named_by_id_uuid_name_target_or_object(api):
    wait = Transition.objects.get(name="Wait")
    for word in (wait.pk, str(wait.uuid), "wait", "Waiting", {"id": wait.pk, "name": "Wait"}):
        ticket = make_ticket()
        taken = api.post(f"tickets/{ticket.pk}/transitions/", {"transition": word})
        assert taken.json()["status"]["name"] == "Waiting", word


@pytest.mark.parametrize("word", ["Fly", "", 987654, None, [], {}, True, 2**70, "Reopen"])
def test_a_transition_that_is_not_open_is_refused(api, ticket, word):
    refused = api.post(f"tickets/{ticket.pk}/transitions/", {"transition": word})
    assert fields_of(refused) == ["transition"]


def test_a_transition_over_a_newer_status_is_a_collision(api, ticket):
    actions.take_transition(ticket, "Wait", by=system("rule"))
    body = {"transition": "Start", "version": 1}
    assert api.post(f"tickets/{ticket.pk}/transitions/", body).status_code == 409


def test_the_history_is_readable(api):
    made = api.post("tickets/", {"title": "One"}).json()
    path = f"tickets/{made['id']}/"
    api.patch(path, {"priority": "high", "tags": ["vip"]})
    comment = api.post(f"{path}comments/", {"body": "Hello", "public": True}).json()
    opened, changed, replied = api.get(f"{path}activities/").json()["results"]
    assert [one["kind"] for one in (opened, changed, replied)] == ["opened", "changed", "replied"]
    assert changed["fields"]["priority"] == {"from": "normal", "to": "high"}
    assert changed["fields"]["tags"]["added"][0]["words"] == "vip"
    assert changed["key"]["name"] == api.key.name
    assert (changed["version"], changed["origin"]) == (2, "api")
    assert replied["comment"] == comment["uuid"]


def test_the_history_tells_people_with_their_address(api):
    agent = make_agent(name="Ann")
    ticket = make_ticket()
    actions.take_transition(ticket, "Start", by=actor_of(agent))
    started = api.get(f"tickets/{ticket.pk}/activities/").json()["results"][-1]
    assert (started["person"]["name"], started["person"]["email"]) == ("Ann", agent.email)


def test_the_history_does_not_name_what_lies_out_of_sight():
    ours, theirs = make_queue("Ours"), make_queue("Secret queue")
    hidden = make_ticket("Secret ticket", queue=theirs)
    ticket = make_ticket("Seen", queue=theirs, parent=hidden)
    actions.link(ticket, hidden, by=system("rule"))
    actions.change_ticket(ticket, by=system("rule"), queue=ours, parent=None)
    told = caller(queues=[ours]).get(f"tickets/{ticket.pk}/activities/").content.decode()
    assert "Ours" in told and "Secret" not in told
    assert "Secret ticket" in caller().get(f"tickets/{ticket.pk}/activities/").content.decode()


def test_a_held_reply_is_not_named_in_the_history(api, ticket):
    comment = make_comment(ticket)
    type(comment).objects.filter(pk=comment.pk).update(state="held")
    replied = api.get(f"tickets/{ticket.pk}/activities/").json()["results"][-1]
    assert replied["comment"] is None


def test_links_are_made_listed_from_both_ends_and_taken_away(api, ticket):
    other = make_ticket("Other")
    made = api.post(f"tickets/{ticket.pk}/links/", {"ticket": other.pk, "kind": "blocks"})
    assert made.status_code == 201
    assert made.json()["ticket"]["title"] == "Other"
    [back] = api.get(f"tickets/{other.pk}/links/").json()["results"]
    assert (back["direction"], back["ticket"]["id"]) == ("in", ticket.pk)
    assert api.delete(f"tickets/{other.pk}/links/{back['id']}/").status_code == 204
    assert not TicketLink.objects.exists()


def test_a_refused_if_match_does_not_name_what_lies_out_of_sight():
    ours = make_queue()
    ticket, hidden = make_ticket("Seen", queue=ours), make_ticket("Secret ticket")
    actions.change_ticket(ticket, by=system("rule"), parent=hidden)
    actions.link(ticket, hidden, by=system("rule"))
    path, headers = f"tickets/{ticket.pk}/", {"If-Match": '"1"'}
    refused = caller(queues=[ours]).patch(path, {"title": "New"}, headers=headers)
    assert refused.status_code == 412
    assert [one["field"] for one in refused.json()["difference"]] == ["parent", "links"]
    assert "Secret" not in refused.content.decode()


def test_links_to_what_is_out_of_sight_are_refused_and_not_listed():
    ours = make_queue()
    ticket, hidden = make_ticket(queue=ours), make_ticket("Hidden")
    api = caller(queues=[ours])
    for word in (hidden.pk, str(hidden.uuid), 987654, "x", ticket.pk):
        refused = api.post(f"tickets/{ticket.pk}/links/", {"ticket": word})
        assert fields_of(refused) == ["ticket"], word
    actions.link(ticket, hidden, by=system("rule"))
    assert api.get(f"tickets/{ticket.pk}/links/").json()["results"] == []
    link = TicketLink.objects.get()
    assert api.delete(f"tickets/{ticket.pk}/links/{link.pk}/").status_code == 404


def test_followers_are_added_listed_and_taken_off(api, ticket):
    person = make_user("Rita")
    path = f"tickets/{ticket.pk}/followers/"
    made = api.post(path, {"person": person.email})
    assert made.status_code == 201
    [found] = api.get(path).json()["results"]
    assert found == made.json()
    assert (found["kind"], found["person"]["name"]) == ("follower", "Rita")
    assert api.delete(f"{path}{person.pk}/").status_code == 204
    assert api.get(path).json()["results"] == []
    assert api.delete(f"{path}{person.pk}/").status_code == 404
    assert fields_of(api.post(path, {"person": "nobody@example.com"})) == ["person"]
    assert fields_of(api.post(path, {"person": person.pk, "kind": "boss"})) == ["kind"]


@pytest.mark.parametrize("noun", ["transitions", "activities", "links", "followers", "comments"])
def test_lists_of_a_foreign_ticket_are_not_there(noun):
    api = caller(queues=[make_queue()])
    hidden = make_ticket()
    assert api.get(f"tickets/{hidden.pk}/{noun}/").status_code == 404
    assert api.get(f"tickets/987654/{noun}/").status_code == 404
    if noun != "activities":
        assert api.post(f"tickets/{hidden.pk}/{noun}/", {}).status_code == 404
