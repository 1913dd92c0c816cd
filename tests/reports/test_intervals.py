"""How long tickets stay in each status, by what is announced."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Change, StatusInterval
from helpdesk.reports.intervals import note_statuses
from tests.budget import statements
from tests.factories import make_queue, make_ticket, status

pytestmark = pytest.mark.django_db
BY = system("rule")
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)


def stays(ticket) -> list[tuple]:
    rows = StatusInterval.objects.filter(ticket=ticket).order_by("version")
    return [(row.status.name, row.entered_at, row.left_at) for row in rows]


def moved(ticket, name: str, hours: int):
    return actions.change_ticket(
        ticket, by=BY, status=status(name), at=MORNING + timedelta(hours=hours)
    )


def worked_on():
    ticket = make_ticket(created_at=MORNING)
    moved(ticket, "Waiting", 1)
    moved(ticket, "Resolved", 3)
    return ticket


EXPECTED = [
    ("Open", MORNING, MORNING + timedelta(hours=1)),
    ("Waiting", MORNING + timedelta(hours=1), MORNING + timedelta(hours=3)),
    ("Resolved", MORNING + timedelta(hours=3), None),
]


def test_each_status_that_a_ticket_had_is_a_row_and_the_last_one_is_open():
    ticket = worked_on()
    changes.announce()
    assert stays(ticket) == EXPECTED


def test_it_makes_no_difference_in_how_many_batches_it_is_told():
    ticket = make_ticket(created_at=MORNING)
    changes.announce()
    moved(ticket, "Waiting", 1)
    changes.announce()
    moved(ticket, "Resolved", 3)
    changes.announce()
    assert stays(ticket) == EXPECTED


def test_the_same_changes_again_do_nothing():
    ticket = worked_on()
    changes.announce()
    before = list(StatusInterval.objects.values())
    note_statuses(list(Change.objects.filter(ticket=ticket)))
    assert list(StatusInterval.objects.values()) == before


def test_a_stay_never_ends_before_it_began():
    ticket = make_ticket(created_at=MORNING)
    moved(ticket, "Waiting", -5)
    changes.announce()
    assert stays(ticket) == [("Open", MORNING, MORNING), ("Waiting", MORNING, None)]


def test_what_changes_who_sees_a_ticket_moves_its_rows_into_the_next_window():
    ticket = make_ticket()
    changes.announce()
    for act in (
        lambda: actions.change_ticket(ticket, by=BY, queue=make_queue()),
        lambda: actions.delete_ticket(ticket, by=BY),
        lambda: actions.restore_ticket(ticket, by=BY),
    ):
        old = MORNING - timedelta(days=1)
        StatusInterval.objects.filter(ticket=ticket).update(written_at=old)
        act()
        changes.announce()
        assert StatusInterval.objects.get(ticket=ticket).written_at > old


def test_many_tickets_take_as_few_statements_as_one():
    for number in (1, 30):
        told = [Change.objects.filter(ticket=worked_on()) for _ticket in range(number)]
        batch = [change for rows in told for change in rows]
        with statements() as counted:
            note_statuses(batch)
        assert len(counted) == 2, counted  # the open ones, and all new ones


def test_the_migration_writes_what_the_subscriber_writes():
    tickets = [worked_on(), make_ticket(created_at=MORNING), worked_on()]
    moved(tickets[2], "Waiting", 1)  # reversed in time
    changes.announce()
    columns = ("ticket_id", "version", "status_id", "entered_at", "left_at")
    expected = list(StatusInterval.objects.order_by("ticket", "version").values(*columns))
    StatusInterval.objects.all().delete()
    import_module("helpdesk.migrations.0012_reports").fill(apps, connection.schema_editor())
    assert list(StatusInterval.objects.order_by("ticket", "version").values(*columns)) == expected
    assert len(expected) == 8
