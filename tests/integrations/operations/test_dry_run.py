"""Dry runs: what is shown is what is sent, and nothing is sent."""

import pytest

from helpdesk import actions
from helpdesk.models import Change, Tag, Ticket, TicketType
from integrations.models import Exchange, Link
from integrations.operations.dry_run import dry_run, survey
from tests.factories import default_queue, make_comment, make_field, make_tag, make_ticket, status

pytestmark = pytest.mark.django_db


def test_a_new_ticket_shows_every_request_and_sends_none(connect, there, agent):
    ticket = make_ticket("One", by=agent, priority="urgent", body="It broke.")
    connection = connect()
    make_comment(ticket, "A word", by=agent)
    make_comment(ticket, "Nobody's business", public=False, by=agent)
    changes, links = Change.objects.count(), Link.objects.count()
    result = dry_run(connection, ticket)
    said = [(one.method, one.url.partition("?")[0].rpartition("/api")[2]) for one in result.writes]
    assert said == [
        ("POST", "/tickets"),
        ("POST", "/tickets/dry-run/activities"),
        ("PUT", "/tickets/dry-run"),
    ]
    bodies = "".join(one.body for one in result.writes)
    assert "It broke." in bodies and "A word" in bodies and "Nobody's business" not in bodies
    assert not result.error
    assert (Change.objects.count(), Link.objects.count()) == (changes, links)
    assert not there.calls and not Exchange.objects.exists()


def test_no_secret_is_shown(connection, agent):
    result = dry_run(connection, make_ticket("One", by=agent))
    shown = "".join(one.url + one.body for one in result.sendings)
    assert "primary-key" not in shown and "key=[redacted]" in shown.replace("%5B", "[").replace(
        "%5D", "]"
    )


def test_what_is_shown_is_what_is_sent(connect, there, agent, settle):
    ticket = make_ticket("One", by=agent, priority="urgent", body="Words", tags=["vip"])
    connection = connect()
    shown = dry_run(connection, ticket)
    Link.objects.create(connection=connection, ticket=ticket, due_at=ticket.created_at)
    settle(connection)
    sent = Exchange.objects.exclude(method="GET").order_by("pk")
    new = there.only["id"]
    assert [(one.method, one.url.replace("dry-run", new), one.body) for one in shown.writes] == [
        (one.method, one.url, one.request_body) for one in sent
    ]


def test_an_update_is_made_from_the_agreed_halves_without_a_call(connection, there, agent, settle):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.calls.clear()
    assert not dry_run(connection, ticket).sendings
    actions.change_ticket(ticket, by=agent, title="Two")
    result = dry_run(connection, ticket)
    [put] = result.writes
    assert put.method == "PUT" and '"Two"' in put.body and "One" not in put.body
    assert "nothing was read there" in " ".join(result.notes)
    assert not there.calls
    assert Link.objects.get().agreed_ours["title"] == "One"


def test_both_requests_of_one_update_are_shown(connection, there, agent, settle):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent.at("admin"), title="Two", status=status("Waiting"))
    paths = [one.url.partition("?")[0] for one in dry_run(connection, ticket).writes]
    assert [path.rpartition("/")[2] == "status" for path in paths] == [False, True]


def test_with_leave_it_reads_there_first_and_says_what_would_change_here(
    connection, there, agent, settle
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.change(there.only, title="Theirs")
    there.calls.clear()
    actions.change_ticket(ticket, by=agent, priority="high")
    result = dry_run(connection, ticket, ask_there=True)
    assert result.was_read and result.here == {"title": "Theirs"}
    assert {method for method, _path in there.calls} == {"GET"}
    ticket.refresh_from_db()
    assert ticket.title == "One" and Link.objects.get().must_read is False


def test_what_would_be_lost_is_said(connect, there, agent):
    make_field("colour")
    bug = TicketType.objects.earliest("pk")
    ticket = make_ticket("One", by=agent, custom={"colour": "red"}, type=bug)
    connection = connect()
    actions.change_ticket(ticket, by=agent.at("admin"), status=status("Waiting"))
    result = dry_run(connection, Ticket.objects.get(pk=ticket.pk))
    assert "Colour" in result.left_out
    lost = {one.field: one for one in result.losses}
    assert not lost["type"].travels


def test_a_refusal_of_the_client_is_an_error_in_words(connection, there, agent, settle):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.tickets.clear()
    result = dry_run(connection, ticket, ask_there=True)
    assert "does not know this" in result.error and not result.sendings


def test_a_survey_counts_by_kind_and_shows_the_first(connect, there, agent, settle):
    connection = connect()
    tickets = [make_ticket(f"Ticket {number}", by=agent) for number in range(4)]
    settle(connection)
    actions.change_ticket(tickets[0], by=agent, title="Changed")
    Link.objects.filter(ticket=tickets[1]).update(state=Link.State.PAUSED)
    Link.objects.filter(ticket=tickets[2]).delete()
    make_comment(tickets[3], "Inside", public=False, by=agent)
    there.calls.clear()
    found = survey(connection, Ticket.objects.filter(queue=default_queue()), in_full=1)
    assert found.counts == {"change": 1, "rest": 1, "create": 1, "nothing": 1}
    assert (found.total, found.looked_at, found.internal_notes) == (4, 4, 1)
    assert [one.ticket.title for one in found.runs] == ["Changed"]
    assert not there.calls


def test_a_survey_ends_in_time_and_says_what_it_did_not_look_at(connection, agent):
    for _number in range(3):
        make_ticket(by=agent)
    found = survey(connection, Ticket.objects.all(), seconds=0)
    assert not found.is_whole and (found.total, found.looked_at) == (3, 0)


def test_a_tag_that_only_they_have_is_not_made_by_a_dry_run(connection, there, agent, settle):
    make_tag("vip")
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.change(there.only, tags=[{"text": "brand-new"}])
    result = dry_run(connection, ticket, ask_there=True)
    assert result.here["tags"]["added"] == ["brand-new"]
    assert not Tag.objects.filter(name="brand-new").exists()
