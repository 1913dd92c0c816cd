"""Merging and splitting over the API."""

import pytest

from helpdesk.models import Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import make_comment, make_queue, make_ticket

pytestmark = pytest.mark.django_db


def test_a_ticket_is_merged_and_the_merge_taken_back(api):
    old, new = make_ticket("Old"), make_ticket("New")
    make_comment(old, "Hello")
    merged = api.post(f"tickets/{old.pk}/merge/", {"into": new.pk})
    assert (merged.status_code, merged.json()["id"]) == (200, new.pk)
    shown = api.get(f"tickets/{old.pk}/").json()
    assert (shown["merged_into"]["id"], shown["status"]["category"]) == (new.pk, "closed")
    [event] = [
        one
        for one in api.get(f"tickets/{old.pk}/activities/").json()["results"]
        if one["kind"] == "merged"
    ]
    assert event["fields"]["merged_into"]["to"]["id"] == new.pk
    back = api.post(f"tickets/{old.pk}/unmerge/")
    assert (back.status_code, back.json()["merged_into"]) == (200, None)
    assert api.post(f"tickets/{old.pk}/unmerge/").status_code == 400


def test_messages_are_split_off(api):
    ticket = make_ticket()
    comment, other = make_comment(ticket, "Phone"), make_comment(make_ticket(), "Elsewhere")
    new = api.post(
        f"tickets/{ticket.pk}/split/", {"title": "Phone", "comments": [str(comment.uuid)]}
    )
    assert (new.status_code, new.json()["body"]) == (201, "Phone")
    assert new["Location"].endswith(f"/tickets/{new.json()['id']}/")
    body = {"title": "Phone", "comments": [str(other.uuid)]}
    assert fields_of(api.post(f"tickets/{ticket.pk}/split/", body)) == ["comments"]


def test_what_one_does_not_see_is_not_there():
    own, foreign = make_queue("Own"), make_queue("Foreign")
    bound = caller(queues=[own])
    ticket, hidden = make_ticket(queue=own), make_ticket(queue=foreign)
    for into in (hidden.pk, 10**8):
        assert fields_of(bound.post(f"tickets/{ticket.pk}/merge/", {"into": into})) == ["into"]
    Ticket.objects.filter(pk=ticket.pk).update(merged_into=hidden)
    assert bound.get(f"tickets/{ticket.pk}/").json()["merged_into"] is None
