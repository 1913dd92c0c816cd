"""The mirror when things go wrong: nothing lost, nothing doubled, nothing else stopped."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.models import Ticket
from integrations import mirror
from integrations.mirror import births, claims, pull, push, reading
from integrations.models import CommentLink, Connection, Exchange, Link
from tests.factories import actor_of, make_agent, make_ticket, make_user
from tests.integrations.mirror.conftest import hurry

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return actor_of(make_agent("Ann"))


class Killed(BaseException):
    """The worker dies here: no handler of ours sees it."""


def die_once(monkeypatch, module, name: str, *, after: bool):
    """Let a function end the worker once, before or after it did its work."""
    real = getattr(module, name)
    calls = []

    def dying(*args, **options):
        if calls:
            return real(*args, **options)
        calls.append(1)
        if after:
            real(*args, **options)
        raise Killed

    monkeypatch.setattr(module, name, dying)
    return calls


def forget_claims() -> None:
    """The time passes after which a dead worker's claims are free."""
    Link.objects.update(claim=None, claimed_until=None)
    Connection.objects.update(lease=None, leased_until=None, busy_until=None)


@pytest.mark.parametrize("fault", ["lost", "cut", 500, "hidden"])
def test_a_create_whose_answer_is_lost_makes_one_ticket(connection, there, settle, agent, fault):
    ticket = make_ticket("Once", by=agent, body="Only once")
    there.faults = [("POST", "/tickets", fault)]
    settle(connection)
    assert [one["title"] for one in there.tickets.values()] == ["Once"]
    assert Link.objects.get(ticket=ticket).state == "ok"


def test_a_worker_killed_after_a_create_makes_one_ticket(
    connection, there, settle, agent, monkeypatch
):
    make_ticket("Once", by=agent, priority="high")
    changes.announce()
    die_once(monkeypatch, births, "adopt", after=False)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    assert len(there.tickets) == 1
    forget_claims()
    settle(connection)
    assert there.only["priority"] == "Important"
    assert Link.objects.get().state == "ok"
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_reply_whose_answer_is_lost_is_said_once(connection, there, settle, agent, fault):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.reply(ticket, by=agent, body="Said once")
    there.faults = [("POST", "/activities", fault)]
    settle(connection)
    assert there.texts(there.only) == ["Said once"]
    assert ticket.comments.count() == 1


def test_a_worker_killed_after_a_reply_was_sent_says_it_once(
    connection, there, settle, agent, monkeypatch
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.reply(ticket, by=agent, body="Said once")
    changes.announce()
    die_once(monkeypatch, push.conversation, "_settle", after=False)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    forget_claims()
    settle(connection)
    assert there.texts(there.only) == ["Said once"]
    assert ticket.comments.count() == 1
    assert CommentLink.objects.exclude(remote_id="").count() == 1


@pytest.mark.parametrize("after", [True, False])
def test_a_worker_killed_around_an_update_leaves_both_sides_equal(
    connection, there, settle, agent, monkeypatch, after
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two", priority="urgent")
    changes.announce()
    die_once(monkeypatch, push, "after_sending", after=after)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    forget_claims()
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.priority) == ("Two", "urgent")
    assert (there.only["title"], there.only["priority"]) == ("Two", "Urgent")


def test_a_worker_killed_while_it_takes_a_ticket_over_takes_it_over_once(
    connection, there, settle, monkeypatch
):
    remote = there.add("From there")
    there.say(remote, "First")
    die_once(monkeypatch, reading, "_note", after=True)
    hurry(connection)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    assert Ticket.objects.count() == 0
    forget_claims()
    settle(connection)
    assert Ticket.objects.get().comments.get().body == "First"


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
    real = pull.reading.open_here

    def faulty(connection, connector, link, remote, *args, **options):
        if remote.fields["title"] == "Poison":
            raise RuntimeError("unexpected")
        return real(connection, connector, link, remote, *args, **options)

    monkeypatch.setattr(pull.reading, "open_here", faulty)
    there.add("Poison")
    there.add("Fine")
    settle(connection)
    assert Ticket.objects.get().title == "Fine"
    poison = Link.objects.get(ticket=None)
    assert "RuntimeError" in poison.error

    monkeypatch.setattr(pull.reading, "open_here", real)
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


def test_fifty_rounds_on_both_sides_end_equal_and_quiet(connection, there, settle, agent):
    dice = random.Random(7)
    customer = make_user("Cora", email="cora@example.org")
    ticket = make_ticket("Round 0", by=agent, requester=customer, tags=["start"])
    settle(connection)
    remote = there.only
    for number in range(1, 51):
        for _change in range(dice.randint(1, 2)):
            change_here(dice, ticket, agent, customer, number)
        if dice.random() < 0.8:
            change_there(dice, there, remote, number)
        if dice.random() < 0.2:
            there.faults = [("PUT", "/tickets", 500), ("POST", "/activities", "lost")]
        if dice.random() < 0.6:
            settle(connection, rounds=dice.randint(1, 2))
    there.faults = []
    settle(connection)
    settle(connection)

    ticket.refresh_from_db()
    link = Link.objects.get()
    assert (link.state, link.due_at) == ("ok", None)
    assert remote["title"] == ticket.title
    assert {tag.name for tag in ticket.tag_list} == set(remote["tags"])
    words = {"low": "Low", "normal": "Medium", "high": "Important", "urgent": "Urgent"}
    assert remote["priority"] == words[ticket.priority]
    shown = {"Open": ("Open", "Reopened"), "In progress": ("Started",), "Waiting": ("Started",)}
    assert remote["status"] in shown.get(ticket.status.name, (ticket.status.name,))
    here = sorted(ticket.comments.filter(public=True).values_list("body", flat=True))
    assert here == sorted(there.texts(remote))
    assert len(there.tickets) == Ticket.objects.count() == 1
    there.calls.clear()
    settle(connection)
    assert there.calls == [("GET", "/tickets")]


def change_here(dice, ticket, agent, customer, number) -> None:
    ticket.refresh_from_db()
    what = dice.randrange(6)
    if what == 0:
        actions.change_ticket(ticket, by=agent, title=f"Here {number}")
    elif what == 1:
        actions.change_ticket(ticket, by=agent, priority=dice.choice(["low", "high", "urgent"]))
    elif what == 2:
        actions.tag(ticket, by=agent, add=[f"h{number}"], remove=[f"t{number - 1}"])
    elif what == 3:
        actions.reply(ticket, by=agent, body=f"From here {number} {dice.random()}")
    elif what == 4 and ticket.is_unresolved:
        name = "Wait" if ticket.status.name != "Waiting" else "Resolve"
        actions.take_transition(ticket, name, by=agent, resolution="fixed" * (name == "Resolve"))
    elif what == 5:
        actions.reply(ticket, by=actor_of(customer), body=f"Customer {number} {dice.random()}")


def change_there(dice, there, remote, number) -> None:
    what = dice.randrange(5)
    if what == 0:
        there.change(remote, title=f"There {number}")
    elif what == 1:
        there.change(remote, priority=dice.choice(["Low", "Medium", "Urgent"]))
    elif what == 2:
        there.change(remote, tags=[*remote["tags"][1:], f"t{number}"])
    elif what == 3:
        there.say(remote, f"From there {number}")
    else:
        status = dice.choice(["Started", "Resolved", "Reopened", "Closed"])
        is_done = status in ("Resolved", "Closed")
        there.change(remote, status=status, resolution="fixed" if is_done else None)
