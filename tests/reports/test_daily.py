"""What each day ended with, at once or made up for."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import DailyCount, ReportedDay, Ticket
from helpdesk.reports.daily import DAYS_A_RUN, count_days
from tests.factories import default_queue, make_agent, make_queue, make_ticket, status

pytestmark = pytest.mark.django_db
BY = system("rule")
MONDAY = date(2026, 3, 2)


def at(day: int, hour: int):
    """A time of the week that begins with MONDAY; the clock runs on from it."""
    return time_machine.travel(datetime(2026, 3, 2 + day, hour, tzinfo=UTC), tick=True)


def counted() -> dict[date, dict]:
    found = defaultdict(dict)
    for row in DailyCount.objects.select_related("queue", "status"):
        place = (row.queue.name, row.status.name, row.priority)
        found[row.day][place] = (row.tickets, row.overdue, row.unassigned)
    return dict(found)


def a_week(after_each_day) -> None:
    """Tickets that come, move, and go, day by day."""
    other = make_queue("Other")
    with at(0, 9):
        first, second = make_ticket(), make_ticket(assignee=make_agent())
        third = make_ticket(due_at=datetime(2026, 3, 3, 12, tzinfo=UTC), priority="high")
    after_each_day(1)
    with at(1, 10):
        actions.change_ticket(first, by=BY, status=status("Waiting"))
        actions.change_ticket(second, by=BY, queue=other, priority="low")
    after_each_day(2)
    with at(2, 10):
        actions.change_ticket(third, by=BY, priority="urgent")
        actions.change_ticket(third, by=BY, priority="low", status=status("Resolved"))
        actions.delete_ticket(first, by=BY)
    after_each_day(3)


def expected() -> dict[date, dict]:
    home = default_queue().name
    return {
        MONDAY: {(home, "Open", "normal"): (2, 0, 1), (home, "Open", "high"): (1, 0, 1)},
        MONDAY + timedelta(days=1): {
            (home, "Waiting", "normal"): (1, 0, 1),
            ("Other", "Open", "low"): (1, 0, 0),
            (home, "Open", "high"): (1, 1, 1),
        },
        MONDAY + timedelta(days=2): {
            ("Other", "Open", "low"): (1, 0, 0),
            (home, "Resolved", "low"): (1, 0, 1),
        },
    }


def test_a_day_is_counted_after_it_ended():
    def after(day: int) -> None:
        with at(day, 1):
            changes.announce()
            assert count_days() == 1
            assert count_days() == 0

    a_week(after)
    assert counted() == expected()
    assert not DailyCount.objects.filter(rebuilt=True).exists()


def test_days_that_were_missed_are_told_by_history():
    a_week(lambda day: None)
    with at(3, 1):
        changes.announce()
        assert count_days() == 3
    assert counted() == expected()
    late = DailyCount.objects.filter(rebuilt=True).values_list("day", flat=True)
    assert set(late) == {MONDAY, MONDAY + timedelta(days=1)}


def test_a_gap_in_between_is_filled():
    a_week(lambda day: None)
    with at(3, 1):
        changes.announce()
        count_days()
        tuesday = MONDAY + timedelta(days=1)
        ReportedDay.objects.filter(day=tuesday).delete()
        DailyCount.objects.filter(day=tuesday).delete()
        assert count_days() == 1
    assert counted() == expected()


def test_a_run_counts_so_many_days_and_empty_ones_are_not_counted_again():
    with at(0, 9):
        ticket = make_ticket()
        changes.announce()
    with at(0, 10):
        actions.delete_ticket(ticket, by=BY)
        changes.announce()
    with at(20, 9):
        assert [count_days() for _run in range(4)] == [DAYS_A_RUN, DAYS_A_RUN, 6, 0]
    assert not DailyCount.objects.exists()


def test_nothing_is_counted_while_what_happened_is_not_announced():
    with at(0, 9):
        make_ticket()
    with at(1, 9):
        assert count_days() == 0
        changes.announce()
        assert count_days() == 1


def test_a_ticket_that_came_later_with_old_times_is_not_counted_in_the_past():
    with at(0, 9):
        make_ticket()
    with at(1, 9):
        make_ticket(created_at=datetime(2026, 3, 1, tzinfo=UTC))
        changes.announce()
        count_days()
    [(day, rows)] = counted().items()
    assert (day, sum(numbers[0] for numbers in rows.values())) == (MONDAY, 1)
    assert Ticket.objects.count() == 2
