"""The mirror when things go wrong: nothing lost, nothing doubled, nothing else stopped."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.models import Ticket
from integrations import mirror
from integrations.connector import ConnectorError
from integrations.mirror import claims, failures, pull, push
from integrations.models import Connection, Exchange, Link
from tests.factories import actor_of, make_agent, make_ticket
from tests.integrations.mirror.conftest import hurry

pytestmark = pytest.mark.django_db


def test_the_other_side_being_down_for_a_while_loses_nothing(connection, there, settle, agent):
    ticket = make_ticket("Before", by=agent)
    settle(connection)
    there.is_down = True
    actions.change_ticket(ticket, by=agent, title="During")
    actions.reply(ticket, by=agent, body="Said during")
    make_ticket("New during", by=agent)
    settle(connection, rounds=3)
    connection.refresh_from_db()
    assert connection.state == "active"
    assert "out of order" in connection.error
    assert connection.resume_at > timezone.now()

    there.is_down = False
    settle(connection)
    assert {one["title"] for one in there.tickets.values()} == {"During", "New during"}
    [changed] = [one for one in there.tickets.values() if one["title"] == "During"]
    assert there.texts(changed) == ["Said during"]
    connection.refresh_from_db()
    assert connection.error == ""


def test_a_refused_key_stops_the_connection_with_words(connection, there, settle, agent):
    there.faults = [("GET", "/tickets", 401)]
    make_ticket("One", by=agent)
    settle(connection)
    connection.refresh_from_db()
    assert connection.state == "failed"
    assert "Enter a new one" in connection.error
    there.calls.clear()
    settle(connection)
    assert there.calls == []

    Connection.objects.update(state="active", error="")
    settle(connection)
    assert there.only["title"] == "One"


def test_a_ticket_that_is_refused_is_parked_and_the_others_go_on(connection, there, settle, agent):
    there.refuse = lambda method, path, body: (
        422 if method == "POST" and body["ticket"]["title"] == "Bad" else None
    )
    bad = make_ticket("Bad", by=agent)
    make_ticket("Good", by=agent)
    settle(connection)
    assert there.only["title"] == "Good"
    link = Link.objects.get(ticket=bad)
    assert (link.state, link.due_at, link.attempt_began_at) == ("error", None, None)
    assert "Correct it on the ticket" in link.error
    there.calls.clear()
    settle(connection)
    assert ("POST", "/tickets") not in there.calls

    actions.change_ticket(bad, by=agent, title="Better")
    settle(connection)
    assert {one["title"] for one in there.tickets.values()} == {"Good", "Better"}


def test_too_many_calls_wait_as_long_as_the_service_says(connection, there, settle, agent):
    make_ticket("One", by=agent)
    changes.announce()
    hurry(connection)
    there.faults = [("GET", "/tickets", 429)]
    mirror.sync(connection.pk)
    connection.refresh_from_db()
    assert connection.state == "active"
    assert connection.resume_at > timezone.now() + timedelta(seconds=50)
    there.calls.clear()
    mirror.sync(connection.pk)
    assert there.calls == []
    settle(connection)
    assert there.only["title"] == "One"


def test_a_value_that_cannot_be_taken_over_is_named_and_the_rest_comes(
    connection, there, settle, agent
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.change(there.only, tags=["x" * 200], priority="Low")
    settle(connection)
    ticket.refresh_from_db()
    link = Link.objects.get()
    assert ticket.priority == "low"
    assert (link.state, "tags:" in link.error) == ("error", True)
    there.calls.clear()
    settle(connection)
    assert there.calls == [("GET", "/tickets")]

    there.change(there.only, tags=["short"])
    settle(connection)
    ticket.refresh_from_db()
    assert [tag.name for tag in ticket.tag_list] == ["short"]
    assert Link.objects.get().state == "ok"


def test_a_fault_of_ours_stops_one_ticket_only(connection, there, settle, agent, monkeypatch):
    real = pull.opening.open_here

    def faulty(connection, connector, link, remote, *args, **options):
        if remote.fields["title"] == "Poison":
            raise RuntimeError("unexpected")
        return real(connection, connector, link, remote, *args, **options)

    monkeypatch.setattr(pull.opening, "open_here", faulty)
    there.add("Poison")
    there.add("Fine")
    settle(connection)
    assert Ticket.objects.get().title == "Fine"
    poison = Link.objects.get(ticket=None)
    assert "RuntimeError" in poison.error

    monkeypatch.setattr(pull.opening, "open_here", real)
    mirror.retry(poison)
    settle(connection)
    assert set(Ticket.objects.values_list("title", flat=True)) == {"Poison", "Fine"}


def test_a_ticket_that_is_gone_there_is_believed_on_the_second_look(
    connection, there, settle, agent
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.tickets.clear()
    actions.change_ticket(ticket, by=agent, title="Two")
    changes.announce()
    mirror.sync(connection.pk)
    assert Link.objects.get().state == "waiting"
    settle(connection)
    assert Link.objects.get().state == "gone"
    ticket.refresh_from_db()
    assert ticket.deleted_at is None
    assert there.tickets == {}


@pytest.mark.parametrize(("rule", "status"), [("unlink", "Open"), ("close", "Closed")])
def test_a_ticket_deleted_here_ends_there_by_the_rule(connect, there, settle, agent, rule, status):
    connection = connect(on_delete=rule)
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.delete_ticket(ticket, by=agent)
    settle(connection)
    assert there.only["status"] == status
    assert Link.objects.get().state == "ended"


def test_a_claim_that_was_lost_is_not_used(connection, there, settle, agent):
    make_ticket("One", by=agent)
    changes.announce()
    claim = claims.claim_next(connection)
    assert claims.claim_next(connection) is None
    Link.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    other = claims.claim_next(connection)
    claim.renewed_at -= claims.HELD_FOR.total_seconds()
    with pytest.raises(claims.Lost):
        claim.renew()
    other.renew()


def test_work_is_given_out_once_at_a_time(connection, agent):
    make_ticket("One", by=agent)
    changes.announce()
    assert mirror.with_work() == [connection.pk]
    assert mirror.with_work() == []
    mirror.sync(connection.pk)
    hurry(connection)
    assert mirror.with_work() == [connection.pk]


def test_a_dead_pullers_lease_is_waited_for_without_asking_all_the_time(connection):
    hurry(connection)
    lease = claims.Lease(connection.pk)
    assert lease.take()
    assert mirror.with_work() == []
    lease.release()
    assert mirror.with_work() == [connection.pk]


def test_a_service_that_does_not_describe_itself_is_mirrored_all_the_same(
    connect, there, settle, agent
):
    there.faults = [("GET", "/instance", 404)]
    connection = connect()
    make_ticket("One", by=agent)
    settle(connection)
    assert there.only["title"] == "One"


def test_secrets_reach_neither_journal_nor_setup(connection, there, settle, agent):
    make_ticket("One", by=agent)
    settle(connection)
    assert "primary-key" not in str(connection.setup)
    assert "primary-key" not in connection.credentials
    assert Exchange.objects.filter(ticket__isnull=False).exists()
    for entry in Exchange.objects.all():
        assert "primary-key" not in f"{entry.url}{entry.request_body}{entry.response_body}"


def test_redacted_words_leave_the_journal(connection, there, settle, agent):
    ticket = make_ticket("One", by=agent)
    comment = actions.reply(ticket, by=agent, body="My card is 4111")
    settle(connection)
    assert Exchange.objects.filter(request_body__contains="4111").exists()
    actions.redact_comment(comment, by=actor_of(make_agent("Root", role="admin")))
    settle(connection)
    assert not Exchange.objects.filter(request_body__contains="4111").exists()
    assert "a removed reply" in Link.objects.get().left_out[0]
    there.change(there.only, title="Touched, so that the words are read there once more")
    settle(connection)
    assert not Exchange.objects.filter(response_body__contains="4111").exists()


def test_two_connections_of_one_queue_carry_changes_from_one_to_the_other(
    connect, there, elsewhere, settle, agent
):
    first, second = connect(name="First"), connect(name="Second", path="/other")
    ticket = make_ticket("Twice", by=agent)
    settle(first, second)
    there.change(there.only, title="Changed")
    there.say(there.only, "Said in the first")
    settle(first, second)
    settle(first, second)
    assert there.only["title"] == elsewhere.only["title"] == "Changed"
    assert elsewhere.texts(elsewhere.only) == ["Said in the first"]
    assert there.texts(there.only) == ["Said in the first"]
    assert Ticket.objects.get() == ticket
    assert ticket.mirror_links.count() == 2


def test_a_ticket_from_one_connection_is_not_created_on_another(connect, there, elsewhere, settle):
    first, second = connect(name="First"), connect(name="Second", path="/other")
    there.add("From the first")
    settle(first, second)
    assert Ticket.objects.count() == 1
    assert elsewhere.tickets == {}


def test_one_failed_call_puts_back_its_ticket_and_the_others_go_on(
    connection, there, settle, agent
):
    for number in range(3):
        make_ticket(f"Ticket {number}", by=agent)
    changes.announce()
    there.faults = [("POST", "/tickets", 503)]
    mirror.sync(connection.pk)
    assert len(there.tickets) == 2
    connection.refresh_from_db()
    assert connection.resume_at is None
    settle(connection)
    assert len(there.tickets) == 3


def test_two_failed_calls_in_a_row_stop_the_connection_for_a_moment(
    connection, there, settle, agent
):
    for number in range(3):
        make_ticket(f"Ticket {number}", by=agent)
    changes.announce()
    there.faults = [("POST", "/tickets", 503), ("POST", "/tickets", 503)]
    mirror.sync(connection.pk)
    assert len(there.tickets) == 0
    connection.refresh_from_db()
    assert connection.resume_at > timezone.now()
    assert connection.failures == 1


def test_a_link_that_a_person_pauses_while_a_worker_holds_it_stays_paused(
    connection, there, settle, agent, monkeypatch
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two")
    real, paused = push.reading.take_over, []

    def pause_meanwhile(*arguments, **options):
        read = real(*arguments, **options)
        paused.append(read)
        Link.objects.update(state=Link.State.PAUSED, error="", due_at=None)
        return read

    monkeypatch.setattr(push.reading, "take_over", pause_meanwhile)
    changes.announce()
    mirror.sync(connection.pk)
    assert paused
    assert Link.objects.get().state == "paused"


def test_a_link_that_a_person_pauses_while_its_call_fails_stays_paused(
    connection, there, settle, agent
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two")
    changes.announce()
    claim = claims.claim_next(connection)
    Link.objects.update(state=Link.State.PAUSED, due_at=None)
    failures.put_back(claim, ConnectorError("Away.", permanent=False), state="waiting")
    failures.park(claim, "Refused.")
    link = Link.objects.get()
    assert (link.state, link.due_at, link.error) == ("paused", None, "")


def test_an_outage_of_minutes_costs_a_ticket_no_hour(connection, agent):
    make_ticket("One", by=agent)
    changes.announce()
    claim = claims.claim_next(connection)
    for attempts, longest in ((9, 61), (10, 2100)):
        claim.link.attempts = attempts
        failures.put_back(claim, ConnectorError("Away.", permanent=False))
        wait = Link.objects.get().due_at - timezone.now()
        assert longest / 2 < wait.total_seconds() < longest
