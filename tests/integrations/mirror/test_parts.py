"""The small parts of the mirror: halves, budget, turns, scope."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from integrations import mirror
from integrations.budget import Budget, BudgetSpent
from integrations.merge import merge
from integrations.mirror import halves, maps, turns
from integrations.models import Link
from tests.factories import actor_of, make_agent, make_queue, make_ticket


def test_what_is_still_to_be_sent_stays_our_change():
    ours, theirs = {"title": "Ours", "tags": ["a", "new"]}, {"title": "Old", "tags": ["a"]}
    agreed = ({"title": "Old", "tags": ["a"]}, {"title": "Old", "tags": ["a"]})
    merged = merge(
        ours=ours, agreed_ours=agreed[0], theirs=theirs, agreed_theirs=agreed[1], winner="ours"
    )
    left, right = halves.after_reading(
        before=ours, after=ours, theirs=theirs, agreed=agreed, merged=merged
    )
    assert (left, right) == agreed


def test_a_change_there_that_came_between_reading_and_sending_is_still_a_change():
    ours, theirs = halves.after_sending(
        sent={"tags": ["a", "ours"]},
        ours={"title": "Old", "tags": ["a", "ours"]},
        shown_before={"title": "Old", "tags": ["a"]},
        shown_after={"title": "Changed meanwhile", "tags": ["a", "ours", "theirs"]},
        agreed=({"title": "Old", "tags": ["a"]}, {"title": "Old", "tags": ["a"]}),
    )
    assert ours == {"title": "Old", "tags": ["a", "ours"]}
    assert theirs == {"title": "Old", "tags": ["a", "ours"]}


def test_what_a_person_mapped_stays_and_new_fields_join_it():
    chosen = {"custom": {"a": {"id": "1", "options": {"x": "9"}}}, "tags": {"t": "mine"}}
    found = {
        "custom": {"a": {"id": "1", "options": {"x": "8", "y": "7"}}, "b": {"id": "2"}},
        "tags": {"u": "cat"},
        "tag_category": "cat",
    }
    joined = maps.joined(chosen, found)
    assert joined["custom"]["a"]["options"] == {"x": "9", "y": "7"}
    assert joined["custom"]["b"] == {"id": "2"}
    assert joined["tags"] == {"t": "mine", "u": "cat"}


@pytest.mark.django_db
def test_a_minute_never_sees_more_calls_than_the_limit(connection, time_machine):
    time_machine.move_to("2026-03-01T10:00:00Z", tick=False)
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time_machine.shift(seconds + 0.001)

    budget = Budget(connection.pk, 100, sleep=sleep)
    began, calls = timezone.now(), 0
    while timezone.now() - began < timedelta(seconds=60):
        budget.take()
        calls += 1
    assert 95 <= calls <= 101
    assert slept


@pytest.mark.django_db
def test_a_fifth_of_the_calls_is_kept_for_live_work(connection, time_machine):
    time_machine.move_to("2026-03-01T10:00:00Z", tick=False)

    def never(seconds: float) -> None:
        raise AssertionError("nobody waits here")

    budget = Budget(connection.pk, 10, sleep=never)
    budget.urgency = Link.Urgency.BACKFILL
    taken = 0
    with pytest.raises(BudgetSpent):
        for taken in range(10):  # noqa: B007
            budget.take()
    assert taken == 3
    budget.urgency = Link.Urgency.LIVE
    budget.take()
    with pytest.raises(BudgetSpent):
        budget.take()


@pytest.mark.django_db
def test_a_field_that_goes_to_and_fro_without_a_person_pauses_its_link(connection, there, settle):
    ticket = make_ticket("One", by=actor_of(make_agent()))
    settle(connection)
    for number in range(6):
        there.change(there.only, priority="Urgent")
        settle(connection)
        ticket.refresh_from_db()
        if ticket.priority == "urgent":  # a rule that no person follows
            actions.change_ticket(ticket, by=system("rule"), priority=["low", "high"][number % 2])
        settle(connection)
    link = Link.objects.get()
    assert link.state == "paused"
    assert "priority" in link.error
    mirror.retry(link)
    settle(connection)
    assert Link.objects.get().state == "ok"


@pytest.mark.django_db
def test_what_people_change_may_go_to_and_fro(connection, there, settle):
    agent = actor_of(make_agent())
    ticket = make_ticket("One", by=agent)
    settle(connection)
    for number in range(8):
        there.change(there.only, title=f"There {number}")
        settle(connection)
        actions.change_ticket(ticket, by=agent, title=f"Here {number}")
        settle(connection)
    assert Link.objects.get().state == "ok"
    assert there.only["title"] == "Here 7"
    assert turns.restless(Link.objects.get()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["connection:9", "compat:teamswork"])
def test_what_came_from_elsewhere_is_not_in_scope(connection, origin):
    make_ticket("Not ours", by=system(origin))
    make_ticket("Other queue", by=system("web"), queue=make_queue("Elsewhere"))
    changes.announce()
    assert not Link.objects.exists()


@pytest.mark.django_db
def test_marking_costs_the_same_for_one_change_and_for_many(connection, django_assert_num_queries):
    agent = actor_of(make_agent())
    make_ticket("First", by=agent)
    changes.announce()
    counts = []
    for size in (1, 20):
        tickets = [make_ticket(by=agent) for _number in range(size)]
        batch = [ticket.changes.get() for ticket in tickets]
        with django_assert_num_queries(6) as context:
            mirror.mark_due(batch)
        counts.append(len(context))
    assert counts[0] == counts[1]
    assert Link.objects.count() == 22


@pytest.mark.django_db
def test_earlier_tickets_come_by_backfill_behind_live_ones(connect, there, settle):
    agent = actor_of(make_agent())
    for number in range(3):
        make_ticket(f"Old {number}", by=agent)
    settle()
    connection = connect()
    assert mirror.backfill(connection) == 3
    assert mirror.backfill(connection) == 0
    live = make_ticket("Live", by=agent)
    changes.announce()
    assert mirror_order(connection)[0] == live.pk
    settle(connection)
    assert len(there.tickets) == 4


def mirror_order(connection) -> list[int]:
    due = Link.objects.filter(connection=connection, due_at__isnull=False)
    return list(due.order_by("urgency", "due_at").values_list("ticket_id", flat=True))
