"""What a report counts: figures, days, people, queues and tags, against tickets made by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Team, Ticket
from helpdesk.reports.overview import Day, Part, overview
from helpdesk.reports.percentiles import Times
from helpdesk.reports.periods import between, last_days
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_queue,
    make_tag,
    make_ticket,
    status,
)

pytestmark = pytest.mark.django_db
BY = system("rule")
BEFORE, DURING = Part.BEFORE, Part.DURING


def at(day: int, hour: int = 9, minute: int = 0):
    """A time of March 2026."""
    return time_machine.travel(datetime(2026, 3, day, hour, minute, tzinfo=UTC), tick=False)


def resolve(ticket, name: str = "Resolved"):
    return actions.change_ticket(ticket, by=BY, status=status(name))


def week(first: int = 9, last: int = 15):
    """The report of some days of March 2026, as it is on the 31st."""
    with at(31):
        changes.announce()
        return overview(Ticket.objects.all(), between(date(2026, 3, first), date(2026, 3, last)))


def numbers(counter) -> tuple[int, int]:
    return counter[BEFORE], counter[DURING]


def test_each_day_has_what_came_what_went_and_what_was_left():
    with at(7):
        old = make_ticket()
    with at(10):
        first, second = make_ticket(), make_ticket()
    with at(11):
        resolve(first)
    with at(12):
        resolve(old)
        make_ticket()
    with at(20):
        resolve(second)
        make_ticket()
    found = week(10, 12)
    assert found.days == [
        Day(date(2026, 3, 10), 2, 0, 3),
        Day(date(2026, 3, 11), 0, 1, 2),
        Day(date(2026, 3, 12), 1, 1, 2),
    ]
    assert numbers(found.work.created) == (1, 3)
    assert numbers(found.work.resolved) == (0, 2)
    assert (found.work.backlog_before, found.work.backlog) == (1, 2)


def test_a_moment_belongs_to_the_readers_day():
    with at(10, 23, 30):
        ticket = make_ticket()
    with at(11, 23, 30):
        resolve(ticket)
    assert [(one.created, one.resolved) for one in week(10, 12).days] == [(1, 0), (0, 1), (0, 0)]
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        found = week(10, 12)
    assert [(one.created, one.resolved) for one in found.days] == [(0, 0), (1, 0), (0, 1)]
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert week(12, 12).work.resolved[DURING] == 1


def test_the_days_of_a_change_to_summer_time_are_whole():
    with at(29, 22, 30):  # 00:30 of the 30th in Berlin, where the 29th had 23 hours
        make_ticket()
    with timezone.override(ZoneInfo("Europe/Berlin")):
        period = between(date(2026, 3, 29), date(2026, 3, 29))
        assert period.end.timestamp() - period.begin.timestamp() == 23 * 3600
        assert week(29, 30).days[1].created == 1


def test_days_that_last_still_are_compared_until_the_same_time_of_day():
    with at(2, 10):
        make_ticket()
    with at(2, 18):
        make_ticket()
    with at(9, 8):
        make_ticket()
    with at(9, 12):
        found = overview(Ticket.objects.all(), last_days(7))
    assert (found.period.first, found.period.last) == (date(2026, 3, 3), date(2026, 3, 9))
    assert numbers(found.work.created) == (1, 1)
    assert (found.work.backlog_before, found.work.backlog) == (1, 3)


def test_the_median_and_the_ninetieth_percentile_are_times_of_tickets():
    staff = actor_of(make_agent())
    for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 9, 60):
        with at(10):
            ticket = make_ticket()
        with at(10, 9, minutes) if minutes < 60 else at(10, 10):
            make_comment(ticket, by=staff)
            resolve(ticket)
    with at(10):
        make_ticket()  # neither answered nor resolved
    found = week()
    expected = Times(10, timedelta(minutes=5), timedelta(minutes=9))
    assert found.first_response == {DURING: expected}
    assert found.resolution == {DURING: expected}


def test_times_that_contradict_each_other_are_left_out():
    with at(12):
        kept = {"created_at": datetime(2026, 3, 11, tzinfo=UTC), "status": status("Resolved")}
        before = datetime(2026, 3, 10, tzinfo=UTC)
        make_ticket(**kept, first_response_at=before, resolved_at=before)
    found = week()
    assert (found.first_response, found.resolution) == ({}, {})
    assert found.work.resolved[DURING] == 1


def test_a_due_time_is_kept_by_what_is_resolved_by_then():
    for due in (10, 14, None):
        with at(9):
            ticket = make_ticket(due_at=due and datetime(2026, 3, due, tzinfo=UTC))
        with at(12):
            resolve(ticket)
    found = week()
    assert (found.due[DURING], found.kept[DURING]) == (2, 1)
    assert found.share_kept(DURING) == 0.5
    assert found.share_kept(BEFORE) is None


def test_each_reopening_counts_and_closing_is_none():
    with at(3):
        twice, closed = make_ticket(), make_ticket()
        resolve(twice), resolve(closed)
    with at(4):
        resolve(twice, "Open")
    with at(10):
        resolve(twice), resolve(closed, "Closed")
    with at(11):
        resolve(twice, "Open"), resolve(twice, "Waiting")
    found = week()
    assert numbers(found.reopened) == (1, 1)
    assert numbers(found.work.resolved) == (1, 0)  # as it stands now: open again
    assert found.work.backlog == 1


def test_people_and_queues_have_their_own_sums():
    ann, other = make_agent("Ann"), make_queue("Other")
    staff = actor_of(make_agent("Bob"))
    with at(10):
        hers, theirs = make_ticket(assignee=ann), make_ticket(assignee=ann, queue=other)
        make_ticket()
    with at(10, 11):
        make_comment(hers, by=staff)
        resolve(theirs)
    found = week()
    by_name = {one.name: work for one, work in found.people.items()}
    assert [by_name[name].created[DURING] for name in ("Ann", "")] == [2, 1]
    assert (by_name["Ann"].resolved[DURING], by_name["Ann"].backlog) == (1, 1)
    assert (by_name["Ann"].answered, by_name[""].answered) == (timedelta(hours=2), None)
    queues = found.queues
    assert (queues[default_queue().pk].backlog, queues[other.pk].backlog) == (2, 0)
    assert queues[default_queue().pk].answered == timedelta(hours=2)


def test_the_commonest_tags_come_first_and_no_more_than_ten():
    tags = [make_tag(f"tag {number}") for number in range(12)]
    with at(10):
        make_ticket(tags=tags), make_ticket(tags=tags[5:6])
    with at(20):
        make_ticket(tags=tags[:3])
    found = week()
    assert found.tags[0] == (tags[5].pk, 2)
    assert len(found.tags) == 10


def test_what_was_merged_thrown_away_or_tried_in_a_sandbox_does_not_count():
    with at(10):
        into, away, trashed = make_ticket(), make_ticket(), make_ticket()
        sandbox = make_queue("Sandbox")
        sandbox.is_sandbox = True
        sandbox.save()
        make_ticket(queue=sandbox)
    with at(11):
        actions.merge(away, into, by=BY)
        actions.delete_ticket(trashed, by=BY)
    with at(31):
        visible = Ticket.objects.visible_to(BY)
        found = overview(visible, between(date(2026, 3, 9), date(2026, 3, 15)))
    assert (found.work.created[DURING], found.work.backlog) == (1, 1)


def test_tickets_may_be_narrowed_first():
    team = Team.objects.create(name="Second line")
    with at(10):
        make_ticket(team=team), make_ticket()
    with at(31):
        rows = Ticket.objects.filter(team=team)
        found = overview(rows, between(date(2026, 3, 9), date(2026, 3, 15)))
    assert found.work.created[DURING] == 1
