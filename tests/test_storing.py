"""New rows by kept statements are stored as Django would store them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from helpdesk.models import SearchDocument, Tag, Ticket
from helpdesk.storing import MOST, stored
from tests.factories import make_queue, make_ticket, make_user, status

pytestmark = pytest.mark.django_db
OWN = ("id", "uuid")


def new_tickets(count: int) -> list[Ticket]:
    """Each with other columns empty than the one before."""
    queue, first, person = make_queue(), status("New"), make_user()
    now = timezone.now()
    return [
        Ticket(
            title=f"100 % “{number}”\n'quoted' \\",
            body="ü" * number,
            queue=queue,
            status=first,
            requester=person if number % 2 else None,
            requester_as_named=bool(number % 3),
            tag_ids=[number, 70_000],
            custom={"region": "“EU” %s", "seats": number, "none": None},
            due_at=now + timedelta(days=number) if number % 3 == 1 else None,
            created_at=now,
            stored_at=now,
            updated_at=now,
            last_activity_at=now,
            reopened_count=number * 40_000,
        )
        for number in range(count)
    ]


def columns_of(tickets: list[Ticket]) -> list[dict]:
    found = Ticket.objects.in_bulk([ticket.pk for ticket in tickets])
    names = [field.attname for field in Ticket._meta.concrete_fields if field.name not in OWN]
    return [{name: getattr(found[ticket.pk], name) for name in names} for ticket in tickets]


@pytest.mark.parametrize("count", [0, 1, 2, MOST, MOST + 1])
def test_they_are_stored_as_django_stores_them(count):
    tickets, others = new_tickets(count), []
    for ticket in tickets:
        other = Ticket(**{name: getattr(ticket, name) for name in fields_but_own()})
        others.append(other)
    Ticket.objects.bulk_create(others)
    assert stored(iter(tickets)) == tickets
    assert columns_of(tickets) == columns_of(others)
    assert [Ticket.objects.get(uuid=ticket.uuid).pk for ticket in tickets] == [
        ticket.pk for ticket in tickets
    ]
    assert not any(ticket._state.adding for ticket in tickets)


def fields_but_own() -> list[str]:
    return [field.attname for field in Ticket._meta.concrete_fields if field.name not in OWN]


def test_a_row_that_is_numbered_by_another():
    ticket = make_ticket()
    SearchDocument.objects.filter(ticket=ticket).delete()
    [document] = stored([SearchDocument(ticket=ticket, public="some words", internal="")])
    assert SearchDocument.objects.get(public="some words").pk == document.pk == ticket.pk


def test_what_is_taken_is_refused_and_a_stored_row_is_changed_afterwards():
    [tag] = stored([Tag(name="VIP", name_folded="vip")])
    tag.name = "Vip"
    tag.save()
    assert Tag.objects.get(pk=tag.pk).name == "Vip"
    with pytest.raises(IntegrityError):
        stored([Tag(name="vip", name_folded="vip")])


def test_a_row_of_one_that_is_not_stored_is_refused():
    [ticket] = new_tickets(1)
    ticket.parent = Ticket(title="Not stored")
    with pytest.raises(ValueError, match="unsaved related object"):
        stored([ticket])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads each statement")
def test_one_statement_serves_what_is_given_and_what_is_not():
    def kept() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements"
                " WHERE statement LIKE 'INSERT INTO \"helpdesk_ticket\"%'"
            )
            return cursor.fetchone()[0]

    tickets = new_tickets(8)
    stored(tickets[:1])
    before = kept()
    for ticket in tickets[1:]:
        stored([ticket])
    assert kept() <= before + 1
