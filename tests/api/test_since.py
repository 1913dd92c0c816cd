"""Windows in time: nothing missed, nothing that is gone kept."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import make_queue, make_ticket

pytestmark = pytest.mark.django_db
BY = system("rule")


def ago(**span) -> str:
    return (timezone.now() - timedelta(**span)).isoformat()


def aged(ticket: Ticket, **span) -> Ticket:
    moment = timezone.now() - timedelta(**span)
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=moment, stored_at=moment)
    return ticket


def numbers(page) -> list[int]:
    return [one["id"] for one in page.json()["results"]]


def read(api, address: str, **params):
    response = api.get(address, data=params)
    assert response.status_code == 200, response.content
    return response


def test_what_was_written_since_comes_oldest_update_first_and_ends_five_seconds_ago(api):
    aged(make_ticket(), hours=2)
    second = aged(make_ticket(), minutes=1)
    first = aged(make_ticket(), minutes=2)
    make_ticket()  # a moment ago: perhaps others of this moment are not committed yet
    page = read(api, "tickets/", updated_since=ago(hours=1))
    assert numbers(page) == [first.pk, second.pk]
    until = parse_datetime(page.json()["next_since"])
    assert timedelta(seconds=4) < timezone.now() - until < timedelta(seconds=60)


def test_the_windows_meet(api):
    seen, since = [], ago(hours=1)
    for minutes in range(3):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            make_ticket()
            page = read(api, "tickets/", updated_since=since)
            seen += numbers(page)
            since = page.json()["next_since"]
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        seen += numbers(read(api, "tickets/", updated_since=since))
    assert seen == sorted(Ticket.objects.values_list("pk", flat=True))


def test_all_pages_belong_to_one_window(api):
    rows = [aged(make_ticket(), minutes=10 - number) for number in range(4)]
    first = read(api, "tickets/", updated_since=ago(hours=1), limit=3)
    aged(rows[0], seconds=1)  # changed while the pages are walked: it belongs to the next window
    aged(make_ticket(), seconds=1)
    second = api.get(first.json()["next"])
    assert numbers(first) + numbers(second) == [row.pk for row in rows]
    assert second.json()["next_since"] == first.json()["next_since"]


def test_what_came_with_times_of_the_past_is_not_missed(api):
    old = timezone.now() - timedelta(days=400)
    ticket = actions.open_ticket(by=BY, title="Imported", created_at=old, updated_at=old)
    Ticket.objects.filter(pk=ticket.pk).update(stored_at=timezone.now() - timedelta(minutes=1))
    assert numbers(read(api, "tickets/", updated_since=ago(hours=1))) == [ticket.pk]


def gone_of(api, **params) -> dict[int, str]:
    page = read(api, "tickets/", updated_since=ago(hours=1), **params)
    found = api.get(page.json()["gone"])
    assert found.status_code == 200, found.content
    assert found.json()["next_since"] == page.json()["next_since"]
    return {one["id"]: one["reason"] for one in found.json()["results"]}


def test_tickets_that_are_gone_are_told_with_the_reason(api):
    kept, trashed, merged = (make_ticket() for _number in range(3))
    actions.delete_ticket(trashed, by=BY)
    Ticket.objects.filter(pk=merged.pk).update(merged_into=kept)
    for ticket in (kept, trashed, merged):
        aged(ticket, minutes=1)
    assert gone_of(api) == {trashed.pk: "deleted", merged.pk: "merged"}
    aged(trashed, hours=2)
    assert gone_of(api) == {merged.pk: "merged"}


def test_what_moved_out_of_sight_is_gone_for_who_saw_it_alone(api):
    own, foreign = make_queue("Own"), make_queue("Foreign")
    bound = caller(queues=[own])
    moved, never = make_ticket(queue=own), make_ticket(queue=foreign)
    deleted_there = make_ticket(queue=foreign)
    actions.change_ticket(moved, by=BY, queue=foreign)
    actions.delete_ticket(deleted_there, by=BY)
    for ticket in (moved, never, deleted_there):
        aged(ticket, minutes=1)
    assert gone_of(bound) == {moved.pk: "moved"}
    assert gone_of(api) == {deleted_there.pk: "deleted"}
    assert gone_of(caller(queues=[foreign])) == {deleted_there.pk: "deleted"}


def test_a_merged_ticket_s_heir_is_named_only_where_it_is_seen():
    own, foreign = make_queue("Own"), make_queue("Foreign")
    ticket, heir = make_ticket(queue=own), make_ticket(queue=foreign)
    Ticket.objects.filter(pk=ticket.pk).update(merged_into=heir)
    aged(ticket, minutes=1)
    address = f"tickets/gone/?updated_since={ago(hours=1).replace('+', '%2B')}"
    [bound] = caller(queues=[own]).get(address).json()["results"]
    [free] = caller().get(address).json()["results"]
    assert (bound["merged_into"], free["merged_into"]["id"]) == (None, heir.pk)


def test_a_window_that_is_none_is_refused_and_one_without_a_beginning_holds_everything(api):
    gone = aged(actions.delete_ticket(make_ticket(), by=BY), days=900)
    assert numbers(read(api, "tickets/gone/")) == [gone.pk]
    assert fields_of(api.get("tickets/gone/?updated_since=soon")) == ["updated_since"]
    assert fields_of(api.get("tickets/?updated_since=-1h&updated_at_before=x"))
    assert "next_since" not in api.get("tickets/").json()
