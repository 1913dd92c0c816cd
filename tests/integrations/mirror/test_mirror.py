"""The mirror against a TeamsWork that speaks real HTTP."""

import sys

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Comment, Ticket
from integrations.installation import is_first_birth, reference_of
from integrations.mirror import pull
from integrations.models import CommentLink, Exchange, Link
from integrations.services.teamswork.client import Client
from tests.factories import make_comment, make_field, make_ticket, make_user
from tests.factories import status as status_named

pytestmark = pytest.mark.django_db


def test_a_ticket_opened_here_appears_there_with_what_it_has(connection, there, settle, agent):
    customer = make_user("Cora", email="cora@example.org")
    ticket = make_ticket(
        "Printer on fire",
        by=agent,
        body="It burns",
        requester=customer,
        priority="urgent",
        tags=["hot", "hardware"],
    )
    settle(connection)

    assert there.only["title"] == "Printer on fire"
    assert there.only["description"] == "It burns"
    assert there.only["requestor"]["email"] == "cora@example.org"
    assert there.only["priority"] == "Urgent"
    assert there.only["tags"] == ["hardware", "hot"]
    link = Link.objects.get(ticket=ticket)
    assert (link.state, link.remote_id, link.due_at) == ("ok", there.only["id"], None)


def test_changes_and_replies_here_reach_the_other_side(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent, tags=["old"])
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two", priority="low", tags=["new"])
    actions.reply(ticket, by=agent, body="We look into it.")
    ticket = actions.take_transition(
        ticket, "Resolve", by=agent, resolution="cannot_resolve", comment="No part left"
    )
    settle(connection)

    assert (there.only["title"], there.only["priority"]) == ("Two", "Low")
    assert there.only["tags"] == ["new"]
    assert there.texts(there.only) == ["We look into it."]
    assert there.only["status"] == "Resolved"
    assert there.only["resolution"] == "cannotResolve"
    assert there.only["lastResolutionComment"] == "No part left"


def test_changes_and_comments_there_come_here(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent, requester=make_user("Cora"))
    settle(connection)
    there.change(there.only, title="Changed there", status="Started", priority="Important")
    there.change(there.only, tags=["from-there"], lastUpdatedBy={"name": "Bob"})
    there.say(there.only, "Seen from there")
    settle(connection)

    ticket.refresh_from_db()
    assert (ticket.title, ticket.priority) == ("Changed there", "high")
    assert ticket.status.name == "In progress"
    assert [tag.name for tag in ticket.tag_list] == ["from-there"]
    comment = ticket.comments.get()
    assert (comment.public, comment.body) == (True, "Seen from there")
    assert comment.author_words == "Bob via Acme"
    change = ticket.changes.filter(kind="changed").get()
    assert (change.person_name, change.origin) == ("Bob via Acme", connection.origin)


def test_a_ticket_opened_there_appears_here_once(connection, there, settle):
    remote = there.add("From there", description="Help", priority="Urgent", tags=["vip"])
    there.say(remote, "First words")
    settle(connection)
    settle(connection)

    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.body, ticket.priority) == ("From there", "Help", "urgent")
    assert ticket.requester.email == "rita@example.org"
    assert ticket.comments.get().body == "First words"
    assert len(there.tickets) == 1
    assert there.texts(remote) == ["First words"]


def test_custom_fields_of_equal_name_need_no_mapping_by_hand(connect, there, settle, agent):
    colour = make_field("colour", "choice", options=["Red", "Blue"])
    make_field("serial", "text", name="Serial number")
    make_field("count", "number")
    there.fields = [
        field("g-1", "Colour", "list", options=[{"key": "k-red", "text": "Red"}]),
        field("g-2", "serial number", "text"),
        field("g-3", "Count", "1_text"),
    ]
    connection = connect()
    red = colour.options.get(label="Red")
    values = {"colour": str(red.uuid), "serial": "A-1", "count": 3}
    ticket = make_ticket("Custom", by=agent, custom=values)
    settle(connection)
    assert there.only["customFields"] == {"g-1": ["k-red"], "g-2": "A-1", "g-3": "3"}

    there.change(there.only, customFields={"g-2": "B-2", "g-3": "3"})
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.custom == {"serial": "B-2", "count": 3}


def test_a_custom_field_without_counterpart_is_said_to_be_left_out(
    connection, there, settle, agent
):
    make_field("secret_shade", "text")
    ticket = make_ticket("Custom", by=agent, custom={"secret_shade": "teal"})
    settle(connection)
    assert there.only["customFields"] == {}
    assert Link.objects.get(ticket=ticket).left_out == ["Secret shade"]


def test_a_note_never_leaves(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    make_comment(ticket, "Between us", public=False, by=agent)
    settle(connection)
    make_comment(ticket, "Still between us", public=False, by=agent)
    actions.change_ticket(ticket, by=agent, title="Two")
    settle(connection)
    assert there.only["title"] == "Two"
    assert there.texts(there.only) == []
    assert not Exchange.objects.filter(request_body__contains="between us").exists()


def test_a_private_comment_there_is_a_note_here(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.say(there.only, "Not for customers", private=True)
    settle(connection)
    assert ticket.comments.get().public is False
    assert there.texts(there.only) == ["Not for customers"]


def test_waiting_is_started_there_and_stays_waiting_here(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    actions.take_transition(ticket, "Wait", by=agent)
    settle(connection)
    assert there.only["status"] == "Started"
    there.change(there.only, title="Renamed")
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status.name) == ("Renamed", "Waiting")

    there.change(there.only, status="Resolved", resolution="fixed")
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.status.name, ticket.resolution) == ("Resolved", "fixed")


def test_a_customers_comment_there_reopens_here_and_there(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent, requester=make_user("Cora", email="cora@example.org"))
    actions.take_transition(ticket, "Resolve", by=agent, resolution="fixed")
    settle(connection)
    assert there.only["status"] == "Resolved"
    there.say(
        there.only, "Not fixed!", user={"id": "c", "name": "Cora", "email": "cora@example.org"}
    )
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.status.name == "Open"
    assert there.only["status"] == "Reopened"


def test_an_agents_comment_there_reopens_nothing(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    actions.take_transition(ticket, "Resolve", by=agent, resolution="fixed")
    settle(connection)
    there.say(there.only, "Glad to help")
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.status.name, there.only["status"]) == ("Resolved", "Resolved")


def test_different_fields_changed_on_both_sides_both_win(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent, tags=["a"])
    settle(connection)
    there.change(there.only, priority="Low", tags=["a", "theirs"])
    actions.change_ticket(ticket, by=agent, title="Ours", tags=["a", "ours"])
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.priority) == ("Ours", "low")
    assert (there.only["title"], there.only["priority"]) == ("Ours", "Low")
    assert {tag.name for tag in ticket.tag_list} == {"a", "ours", "theirs"}
    assert set(there.only["tags"]) == {"a", "ours", "theirs"}


@pytest.mark.parametrize(("winner", "title"), [("ours", "Ours"), ("theirs", "Theirs")])
def test_one_field_changed_on_both_sides_goes_to_the_winner(
    connect, there, settle, agent, winner, title
):
    connection = connect(winner=winner)
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Ours")
    there.change(there.only, title="Theirs")
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.title == there.only["title"] == title
    [lost] = Link.objects.get().conflicts
    assert (lost["ours"], lost["theirs"], lost["winner"]) == ("Ours", "Theirs", winner)


def test_a_conflict_waits_for_a_person_where_the_connection_asks(connect, there, settle, agent):
    connection = connect(winner="ask")
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Ours", priority="high")
    there.change(there.only, title="Theirs")
    settle(connection)
    ticket.refresh_from_db()
    link = Link.objects.get()
    assert (ticket.title, there.only["title"]) == ("Ours", "Theirs")
    assert there.only["priority"] == "Important"
    assert link.state == "conflict"

    Link.objects.update(decisions={"title": "theirs"}, must_read=True, due_at=link.created_at)
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.title == there.only["title"] == "Theirs"
    assert Link.objects.get().state == "ok"


def test_a_wish_to_read_outlives_the_worker_that_was_killed(connection, settle, agent, monkeypatch):
    make_ticket("One", by=agent)
    settle(connection)
    Link.objects.update(must_read=True, due_at=timezone.now())
    with monkeypatch.context() as killing, pytest.raises(SystemExit):
        killing.setattr(Client, "read", lambda *_some, **_named: sys.exit())
        settle(connection)
    assert Link.objects.get().must_read
    settle(connection)
    assert not Link.objects.get().must_read


def test_when_nothing_happens_there_is_one_look_and_no_other_call(connection, there, settle, agent):
    make_ticket("One", by=agent, tags=["a"])
    there.add("Two")
    settle(connection)
    settle(connection)
    there.calls.clear()
    settle(connection)
    assert there.calls == [("GET", "/tickets")]


def test_a_change_that_leaves_nothing_to_send_costs_no_call(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    settle(connection)
    there.calls.clear()
    make_comment(ticket, "A note", public=False, by=agent)
    settle(connection)
    assert there.calls == [("GET", "/tickets")]


def test_a_silent_change_is_not_announced_to_the_mirror(connection, there, settle, agent):
    actions.open_tickets([{"title": "Imported"}], by=agent, silent=True)
    settle(connection)
    assert there.tickets == {}


def test_what_was_there_before_the_connection_stays_until_it_changes(connect, there, settle, agent):
    old = make_ticket("Old here", by=agent)
    settle()
    remote = there.add("Old there")
    connection = connect()
    settle(connection)
    assert (len(there.tickets), Ticket.objects.count()) == (1, 1)
    there.change(remote, title="Touched there")
    actions.change_ticket(old, by=agent, title="Touched here")
    settle(connection)
    assert {one["title"] for one in there.tickets.values()} == {"Touched here", "Touched there"}
    assert set(Ticket.objects.values_list("title", flat=True)) == {"Touched here", "Touched there"}


def test_a_file_is_sent_once(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    kept = actions.keep_link("https://here.example/plan.pdf", by=agent, name="plan.pdf")
    actions.attach(ticket, [kept], by=agent)
    settle(connection)
    settle(connection)
    names = [
        f["filename"] for one in there.activities[there.only["id"]] for f in one["attachments"]
    ]
    assert names == ["plan.pdf"]
    assert ticket.attachments.count() == 1


def test_calls_about_a_ticket_say_where_they_come_from(connection, there, settle, agent):
    there.origins.clear()
    ticket = make_ticket("One", by=agent)
    settle(connection)
    created = there.origins[there.calls.index(("POST", "/tickets"))].split("/")
    assert created[1:] == [str(connection.uuid), str(ticket.uuid)]


def test_a_mirrored_comment_keeps_one_link_per_connection(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    actions.reply(ticket, by=agent, body="Hello")
    settle(connection)
    there.say(there.only, "Hello back")
    settle(connection)
    assert CommentLink.objects.filter(link__ticket=ticket).count() == 2
    assert Comment.objects.count() == 2


def test_a_resolved_ticket_from_there_stays_resolved_here(connection, there, settle):
    make_user("Rita", email="rita@example.org")
    remote = there.add("Done there", status="Resolved", resolution="fixed")
    there.say(remote, "Thanks", user={"id": "r", "name": "Rita", "email": "rita@example.org"})
    settle(connection)
    assert Ticket.objects.get().status == status_named("Resolved")
    assert remote["status"] == "Resolved"


OTHER = "11111111-1111-4111-8111-111111111111"


def test_a_ticket_that_a_connection_of_the_other_side_brought_is_left_to_it(
    connection, there, settle
):
    there.installation = OTHER
    remote = there.add("Born there")
    endpoint = system("compat:teamswork")
    source = f"helpdesk:{OTHER}/their-connection"
    make_ticket("Born there", by=endpoint, source=source, source_ref=remote["id"])
    there.say(remote, "Said there")
    settle(connection)
    assert Ticket.objects.get().comments.count() == 0
    link = Link.objects.get()
    assert (link.state, link.remote_id, link.due_at) == ("elsewhere", remote["id"], None)


def test_a_ticket_of_another_helpdesk_keeps_where_it_began(connection, there, settle):
    there.installation = OTHER
    remote = there.add("Born there")
    settle(connection)
    ticket = Ticket.objects.get()
    assert ticket.source == f"helpdesk:{OTHER}/{connection.uuid}"
    assert ticket.source_ref == remote["id"]
    assert len(there.tickets) == 1


def test_a_ticket_of_ours_that_comes_back_by_its_reference_is_no_new_one(
    connection, there, settle, agent
):
    """The answer to the create was lost, and the look comes before the second try."""
    ticket = make_ticket("Ours", by=agent)
    changes.announce()
    Link.objects.update(attempt_began_at=timezone.now(), due_at=None)
    reference = reference_of(connection, ticket)
    remote = there.add("Ours", trackingId=f"helpdesk:{reference}")
    settle(connection)
    assert Ticket.objects.get() == ticket
    assert Link.objects.get().remote_id == remote["id"]
    assert len(there.tickets) == 1


def test_two_connections_that_bring_one_ticket_at_once_open_one(
    connection, there, settle, monkeypatch
):
    there.installation = OTHER
    remote = there.add("Born there")
    real = pull.births.link_for

    def slow(*args):
        link = real(*args)
        if not Ticket.objects.exists():  # meanwhile the other side sends it
            assert is_first_birth(OTHER, remote["id"])
            source = f"helpdesk:{OTHER}/their-connection"
            by = system("compat:teamswork")
            make_ticket("Born there", by=by, source=source, source_ref=remote["id"])
        return link

    monkeypatch.setattr(pull.births, "link_for", slow)
    settle(connection)
    settle(connection)
    assert Ticket.objects.count() == 1
    assert Link.objects.get().state == "elsewhere"


def field(identity: str, title: str, kind: str, options=()):
    return {
        "id": identity,
        "title": title,
        "type": {"key": kind, "text": kind},
        "isMultiple": False,
        "status": "visible",
        "options": list(options),
    }
