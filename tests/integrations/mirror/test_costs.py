"""What a ticket costs in calls and statements, and how many workers are at a connection."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import changes
from helpdesk.models import Comment, Ticket
from integrations import mirror
from integrations.budget import Budget
from integrations.connector import ConnectorError
from integrations.mirror import claims, push
from integrations.mirror.run import Run
from integrations.models import Connection, Link
from tests.budget import statements
from tests.factories import make_ticket
from tests.integrations.mirror.conftest import hurry
from tests.integrations.mirror.made_up import MadeUp

pytestmark = pytest.mark.django_db


def test_a_ticket_that_nobody_touched_since_it_was_made_is_not_read_again(other, settle, agent):
    connection, there = other()
    make_ticket("One", by=agent)
    settle(connection)
    settle(connection)
    assert there.calls.count("create") == 1
    assert "comments" not in there.calls


@pytest.mark.parametrize("coarse", [False, True])
def test_words_said_there_at_the_birth_of_a_ticket_are_heard(
    other, settle, agent, monkeypatch, coarse
):
    connection, there = other()
    add = there.add

    def add_and_answer(fields):
        identity = add(fields)
        there.say(identity, "Thank you, we look at it.")
        if coarse:  # times in whole seconds: the answer does not show in them
            for name in ("made", "at"):
                there.tickets[identity][name] = timezone.now().replace(microsecond=0)
        return identity

    monkeypatch.setattr(there, "add", add_and_answer)
    make_ticket("One", by=agent)
    settle(connection)
    settle(connection)  # what was made is looked at once more
    assert Comment.objects.get().body == "Thank you, we look at it."


def test_making_a_ticket_there_costs_few_statements(other, agent):
    connection, there = other()
    make_ticket("One", by=agent)
    changes.announce()
    connection.refresh_from_db()
    run = Run(connection, 30)
    claim = claims.claim_next(connection)
    with statements() as sent:
        push.exchange(run, claim)
        claim.release()
    assert there.only["title"] == "One"
    of_ours = [one for one in sent if "integrations_" in one]
    assert len(of_ours) <= 8, "\n".join(of_ours)


def test_a_second_worker_joins_once_the_first_has_begun_and_no_third(connection, agent):
    for number in range(5):
        make_ticket(f"Ticket {number}", by=agent)
    changes.announce()
    assert mirror.with_work() == [connection.pk]
    for _worker in range(2):
        assert claims.claim_next(connection) is not None
        Connection.objects.update(busy_until=None)  # as `sync` says when it begins
        given = mirror.with_work()
    assert given == []

    silent = timezone.now() + claims.HELD_FOR - timedelta(seconds=9)
    Link.objects.exclude(claim=None).update(claimed_until=silent)
    assert mirror.with_work() == [connection.pk]


def test_a_worker_that_begins_makes_room_for_the_next(connection, agent, monkeypatch):
    for number in range(2):
        make_ticket(f"Ticket {number}", by=agent)
    changes.announce()
    assert mirror.with_work() == [connection.pk]
    given = []

    def look(run, claim):
        given.extend(mirror.with_work())
        claim.is_done()

    monkeypatch.setattr(push, "exchange", look)
    mirror.sync(connection.pk, seconds=60)
    assert given == [connection.pk]


def test_a_call_costs_one_statement_while_nobody_else_takes_one(connection):
    budget, other = (Budget(connection.pk, 100) for _ in range(2))
    budget.take()
    with statements() as sent:
        budget.take()
    assert len(sent) == 1

    other.take()
    budget.take()
    connection.refresh_from_db()
    assert connection.budget_level == pytest.approx(36, abs=0.5)


def test_of_a_large_budget_some_calls_are_taken_ahead_and_none_is_taken_twice(
    connection, monkeypatch
):
    now = timezone.now()
    monkeypatch.setattr("integrations.budget.timezone.now", lambda: now)
    one, other = (Budget(connection.pk, 10_000) for _ in range(2))
    with statements() as sent:
        for _call in range(8):
            one.take()
    assert len(sent) == 2
    other.take()
    connection.refresh_from_db()
    assert connection.budget_level == 4000 - 16


def test_what_was_taken_ahead_is_lost_after_a_second(connection, monkeypatch):
    budget = Budget(connection.pk, 10_000)
    budget.take()
    late = time.monotonic() + 2
    monkeypatch.setattr("integrations.budget.time.monotonic", lambda: late)
    with statements() as sent:
        budget.take()
    assert len(sent) == 1


def test_a_bucket_less_than_half_full_gives_one_call_at_a_time(connection):
    Connection.objects.update(budget_level=1000, budget_at=timezone.now())
    budget = Budget(connection.pk, 10_000)
    budget.take()
    with statements() as sent:
        budget.take()
    assert len(sent) == 1


def test_our_own_tickets_that_come_back_cost_no_statement_each(connection, there, settle, agent):
    spent = []
    for count in (3, 12):
        for number in range(count):
            make_ticket(f"{count} and {number}", by=agent)
        for _look in range(2):  # what was made there is read once
            settle(connection)
        hurry(connection)
        with statements() as sent:
            mirror.sync(connection.pk)
        spent.append(len(sent))
    assert spent[0] == spent[1]


def test_what_was_listed_before_a_call_failed_is_taken_over(other, settle, monkeypatch):
    connection, there = other()
    settle(connection)
    real = MadeUp.changes

    def breaks_off(self, cursor):
        yield from real(self, cursor)
        raise ConnectorError("Away.", permanent=False, scope="connection")

    monkeypatch.setattr(MadeUp, "changes", breaks_off)
    there.add({"title": "From there"})
    hurry(connection)
    mirror.sync(connection.pk)
    assert Ticket.objects.get().title == "From there"
