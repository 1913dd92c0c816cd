"""How long was worked on a ticket."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Sum
from django.utils import timezone

from helpdesk import actions
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return actor_of(make_agent("Maren Holt"))


@pytest.fixture
def ticket():
    return make_ticket("Export stops")


def total(ticket) -> int:
    return ticket.time_spent.aggregate(total=Sum("minutes"))["total"] or 0


def test_time_is_noted_for_a_message_and_on_the_whole(by, ticket):
    reply = make_comment(ticket, by=by)
    actions.note_time(ticket, by=by, minutes=25, comment=reply)
    row = actions.note_time(ticket, by=by, minutes=10, note="On the phone")
    assert total(ticket) == 35
    assert (row.person_id, row.worked_on) == (by.person_id, timezone.localdate())
    said = ticket.changes.latest("version").fields["time_spent"]
    assert said["added"][0]["minutes"] == 10


def test_a_correction_is_recorded_and_the_same_again_is_not(by, ticket):
    row = actions.note_time(ticket, by=by, minutes=25)
    for _time in range(2):
        actions.change_time(row, by=by, minutes=20, note="")
    assert total(ticket) == 20
    assert ticket.changes.filter(kind="timed").count() == 2


def test_only_ones_own_time_is_changed_unless_one_is_an_administrator(by, ticket):
    row = actions.note_time(ticket, by=by, minutes=25)
    other = actor_of(make_agent("Tomasz"))
    for verb in (
        lambda: actions.change_time(row, by=other, minutes=5),
        lambda: actions.remove_time(row, by=other),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    actions.remove_time(row, by=actor_of(make_user("Ada", role="admin")))
    assert total(ticket) == 0


@pytest.mark.parametrize("minutes", [0, -5, 7 * 24 * 60 + 1, True, 2.5])
def test_impossible_minutes_are_refused(by, ticket, minutes):
    with pytest.raises(ValidationError) as refusal:
        actions.note_time(ticket, by=by, minutes=minutes)
    assert "minutes" in refusal.value.message_dict


def test_a_day_to_come_is_refused(by, ticket):
    day = timezone.localdate() + timedelta(days=3)
    with pytest.raises(ValidationError) as refusal:
        actions.note_time(ticket, by=by, minutes=5, worked_on=day)
    assert "worked_on" in refusal.value.message_dict


def test_a_message_of_another_ticket_is_refused(by, ticket):
    foreign = make_comment(make_ticket())
    with pytest.raises(ValidationError):
        actions.note_time(ticket, by=by, minutes=5, comment=foreign)


def test_time_goes_with_its_message_into_a_merge_and_back(by, ticket):
    into = make_ticket("The same")
    reply = make_comment(ticket, by=by)
    actions.note_time(ticket, by=by, minutes=25, comment=reply)
    actions.note_time(ticket, by=by, minutes=5)
    actions.merge(ticket, into, by=by)
    assert (total(ticket), total(into)) == (5, 25)
    ticket.refresh_from_db()
    actions.unmerge(ticket, by=by)
    assert (total(ticket), total(into)) == (30, 0)
