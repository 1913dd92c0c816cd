"""The mirror through Apideck: what it promises, with this service's oddities."""

import re

import pytest

from helpdesk import actions
from helpdesk.models import Ticket
from integrations import mirror
from integrations.models import Connection, Link
from integrations.services.apideck.client import Client
from tests.factories import actor_of, default_queue, make_agent, make_field, make_ticket, status
from tests.integrations.apideck.fake_apideck import KEY, FakeApideck

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return actor_of(make_agent("Ann"))


@pytest.fixture
def there(httpserver):
    service = FakeApideck()
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(service.answer)
    return service


@pytest.fixture
def connection(httpserver, there):
    row = Connection(
        service="apideck", queue=default_queue(), name="Jira", calls_per_minute=1_000_000
    )
    row.enter(
        {
            "base_url": httpserver.url_for("").rstrip("/"),
            "api_key": KEY,
            "app_id": "app",
            "consumer_id": "consumer",
            "collection": "desk",
            "reference": "tag",
            "poll_seconds": 10,
        },
        Client.Setup.secret_names(),
    )
    row.save()
    mirror.sync(row.pk)
    there.calls.clear()
    return row


@pytest.fixture(params=["", "begins open", "drops tags", "numbers", "html", "ignores sort"])
def quirk(request, there):
    there.quirks = {request.param} - {""}
    return request.param


def only(there) -> dict:
    [ticket] = there.tickets.values()
    return ticket


def test_a_ticket_goes_there_and_what_changes_comes_back(connection, there, settle, agent, quirk):
    ticket = make_ticket("Broken", by=agent, body="Use <b> here", tags=["vip"], priority="high")
    actions.reply(ticket, by=agent, body="We look")
    actions.add_note(ticket, by=agent, body="Between us")
    actions.change_ticket(ticket, by=agent, status=status("Closed"))
    settle(connection)
    copy = only(there)
    assert (copy["subject"], copy["priority"], copy["status"]) == ("Broken", "high", "closed")
    said = [one["body"] for one in there.comments[copy["id"]]]
    assert said == ["We look"] and "Between us" not in str(there.bodies("POST"))

    there.change(copy, subject="Fixed", status="in_progress")
    there.say(copy, "Done over there")
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status) == ("Fixed", status("In progress"))
    assert "Done over there" in {one.body for one in ticket.comments.all()}
    assert ticket.body == "Use <b> here" and [tag.name for tag in ticket.tag_list] == ["vip"]

    link = Link.objects.get()
    assert link.state == "ok" and link.conflicts == []
    there.calls.clear()
    version = ticket.version
    for _round in range(3):
        settle(connection)
    ticket.refresh_from_db()
    writes = [call for call in there.calls if call[0] != "GET"]
    assert writes == [] and ticket.version == version and Ticket.objects.count() == 1


@pytest.mark.parametrize("fault", ["lost", "cut", 500])
def test_a_create_whose_answer_is_lost_makes_one_ticket(
    connection,
    there,
    settle,
    agent,
    quirk,
    fault,
):
    make_ticket("Once", by=agent, body="Only once")
    there.faults = [("POST", "tickets", fault)]
    settle(connection)
    assert only(there)["subject"] == "Once" and Link.objects.get().state == "ok"
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("fault", ["lost", "cut", 500])
def test_a_reply_whose_answer_is_lost_is_said_once(
    connection,
    there,
    settle,
    agent,
    fault,
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.reply(ticket, by=agent, body="Said <b>once")
    there.faults = [("POST", "comments", fault)]
    settle(connection)
    assert len(there.comments[only(there)["id"]]) == 1 and ticket.comments.count() == 1


def test_edits_and_deletions_of_replies_go_there(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    first = actions.reply(ticket, by=agent, body="First")
    second = actions.reply(ticket, by=agent, body="Second")
    settle(connection)
    actions.edit_comment(first, by=agent, body="First again")
    actions.delete_comment(second, by=agent)
    settle(connection)
    assert [one["body"] for one in there.comments[only(there)["id"]]] == ["First again"]


def test_custom_fields_go_out_and_come_in(connection, there, settle, agent):
    make_field("size", "number")
    there.add("With fields", custom_mappings={"size": 1})
    Connection.objects.update(maps_at=None)
    ticket = make_ticket("One", by=agent, custom={"size": 3})
    settle(connection)
    copy = next(one for one in there.tickets.values() if one["subject"] == "One")
    assert copy["custom_mappings"] == {"size": 3}
    there.change(copy, custom_mappings={"size": 4})
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.custom == {"size": 4}


def test_an_unknown_status_there_changes_nothing_here(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    before = ticket.status
    there.change(only(there), status="Won't do")
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.status == before and only(there)["status"] == "Won't do"


def test_a_used_up_quota_stops_the_connection_until_a_person_acts(
    connection,
    there,
    settle,
    agent,
):
    make_ticket("One", by=agent)
    there.faults = [("GET", "", 402), ("POST", "tickets", 402)]
    settle(connection, rounds=1)
    connection.refresh_from_db()
    assert there.tickets == {} and "quota" in connection.error
