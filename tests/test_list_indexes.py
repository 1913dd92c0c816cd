"""Lists in each usual order, by each usual filter, are read from an index in that order."""

import pytest
from django.db import connection

from helpdesk.actor import system
from helpdesk.doors.paging import page_of
from helpdesk.filters import TicketFilter, sort_keys
from helpdesk.models import Team, Ticket
from tests.budget import statements
from tests.factories import make_agent, make_field, make_ticket, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="its plans are read"),
]
SORTS = ["number", "-created_at", "updated_at", "due_at", "-priority"]
FILTERS = ["", "status", "assignee", "team", "requester", "queue"]


@pytest.fixture
def values(db) -> dict[str, str]:
    """What to filter by: each is rare, so that walking the whole list would be a bad plan."""
    kept = make_ticket(
        assignee=make_agent("Ann"),
        requester=make_user("Rita"),
        team=Team.objects.create(name="Second"),
    )
    make_field("seats", "number")
    others = make_ticket(assignee=make_agent("Bob"), requester=make_user("Rob"))
    same = {"queue": others.queue, "status": others.status, "channel": "web", "version": 1}
    Ticket.objects.bulk_create(
        Ticket(
            title=f"Ticket {number}",
            status_category=others.status.category,
            assignee=others.assignee if number % 50 else kept.assignee,
            requester=others.requester if number % 50 else kept.requester,
            team=None if number % 50 else kept.team,
            custom={"seats": number},
            **same,
        )
        for number in range(3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE helpdesk_ticket")
    return {
        "status": str(kept.status_id),
        "assignee": str(kept.assignee_id),
        "team": str(kept.team_id),
        "requester": str(kept.requester_id),
        "queue": str(kept.queue_id),
        "custom.seats": "7",
    }


def plan_of(params: dict, sort: str) -> list[str]:
    """The plan of a page as PostgreSQL makes it, where sorting and reading all cost very much."""
    rows = TicketFilter(params, Ticket.objects.visible_to(system("rule")), actor=system("rule")).qs
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    with statements() as sent:
        page_of(rows.values("id"), sort_keys(sort), scope="", limit=50)
    [sql] = [one for one in sent if one.startswith("SELECT") and "helpdesk_ticket" in one]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return [line for [line] in cursor.fetchall()]


def test_lists_are_read_in_order_from_an_index(values):
    for name in FILTERS:
        for sort in SORTS:
            plan = "\n".join(plan_of({name: values[name]} if name else {}, sort))
            assert "Sort" not in plan, f"{name} {sort}: {plan}"
            assert "Seq Scan" not in plan, f"{name} {sort}: {plan}"


def test_what_waits_is_found_without_what_does_not(values):
    plan = plan_of({"category": "waiting"}, "-last_activity_at")
    assert any("ticket_waiting" in line for line in plan), plan


def test_the_tickets_of_a_rare_person_are_found_without_the_others(values):
    plan = plan_of({"requester": values["requester"]}, "-number")
    assert any("ticket_of_requester" in line for line in plan), plan


def test_latest_due_first_is_read_in_order_from_an_index(values):
    plan = "\n".join(plan_of({}, "-due_at"))
    assert "ticket_by_due_latest" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("by", ["requester", "assignee"])
def test_the_latest_due_first_of_a_person_is_read_in_order_from_an_index(values, by):
    plan = "\n".join(plan_of({by: values[by]}, "-due_at"))
    assert f"ticket_{by}_by_due_latest" in plan
    assert "Sort" not in plan


def test_a_value_of_a_custom_field_is_looked_up(values):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = TicketFilter(
            {"custom.seats": "7"}, Ticket.objects.all(), actor=system("rule")
        ).qs.values("id")
        with statements() as sent:
            assert len(rows) == 1
        cursor.execute(f"EXPLAIN {sent[-1]}")
        plan = "\n".join(line for [line] in cursor.fetchall())
    assert "ticket_custom" in plan, plan
