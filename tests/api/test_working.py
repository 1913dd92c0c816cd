"""Snoozing, moving messages, checklists and time spent over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.models import Ticket
from tests.api.conftest import fields_of
from tests.factories import make_comment, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket():
    return make_ticket("Export stops")


def path(ticket, rest: str) -> str:
    return f"tickets/{ticket.pk}/{rest}"


def test_a_ticket_is_snoozed_and_woken(api, ticket):
    until = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    answer = api.post(path(ticket, "snooze/"), {"until": until.isoformat()})
    assert answer.status_code == 200 and answer.json()["snoozed_until"]
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until == until
    answer = api.delete(path(ticket, "snooze/"))
    assert answer.status_code == 200 and answer.json()["snoozed_until"] is None


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "tomorrow", None])
def test_a_wrong_moment_is_refused_by_its_field(api, ticket, until):
    answer = api.post(path(ticket, "snooze/"), {"until": until})
    assert answer.status_code == 400 and fields_of(answer) == ["until"]


def test_messages_move_to_another_ticket(api, ticket):
    said, into = make_comment(ticket), make_ticket("The other")
    body = {"into": into.pk, "comments": [str(said.uuid)]}
    answer = api.post(path(ticket, "comments/move/"), body)
    assert answer.status_code == 200 and answer.json()["id"] == into.pk
    assert into.comments.get() == said


def test_steps_are_listed_in_order_changed_and_removed(api, ticket):
    for text in ("One", "Two"):
        made = api.post(path(ticket, "checklist/"), {"text": text})
        assert made.status_code == 201
    step = path(ticket, f"checklist/{made.json()['uuid']}/")
    answer = api.patch(step, {"done": True, "position": 0})
    assert answer.json()["done"] and answer.json()["done_at"]
    listed = api.get(path(ticket, "checklist/")).json()["results"]
    assert [one["text"] for one in listed] == ["Two", "One"]
    assert api.delete(step).status_code == 204
    assert api.delete(step).status_code == 404


def test_time_is_noted_corrected_summed_and_removed(api, ticket):
    said = make_comment(ticket)
    body = {"minutes": 25, "note": "On the phone", "comment": str(said.uuid)}
    made = api.post(path(ticket, "time/"), body)
    assert made.status_code == 201 and made.json()["comment"] == str(said.uuid)
    entry = path(ticket, f"time/{made.json()['id']}/")
    assert api.patch(entry, {"minutes": 20}).json()["minutes"] == 20
    assert api.get(path(ticket, "time/")).json()["total_minutes"] == 20
    assert api.delete(entry).status_code == 204
    assert api.get(path(ticket, "time/")).json()["total_minutes"] == 0


def test_an_entry_of_another_ticket_is_not_found(api, ticket):
    other = make_ticket()
    made = api.post(path(other, "time/"), {"minutes": 5}).json()
    assert api.delete(path(ticket, f"time/{made['id']}/")).status_code == 404


def test_a_message_of_another_ticket_takes_no_time_and_answers_as_a_made_up_one(api, ticket):
    foreign = make_comment(make_ticket())
    answers = [
        api.post(path(ticket, "time/"), {"minutes": 5, "comment": identity})
        for identity in (str(foreign.uuid), "0f0f0f0f-1111-4222-8333-444444444444")
    ]
    assert [fields_of(one) for one in answers] == [["comment"], ["comment"]]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
