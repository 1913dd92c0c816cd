"""A look at a ticket that leaves no trace."""

import pytest

from helpdesk import actions
from helpdesk.models import Presence, Queue, ReadMark
from tests.factories import actor_of, make_agent, make_comment, make_ticket

pytestmark = pytest.mark.django_db
LAYER = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt", list(Queue.objects.all()))
    client.force_login(person)
    return person


@pytest.fixture
def ticket(agent):
    ticket = make_ticket("The lift stands still", body="Since nine")
    for number in range(4):
        make_comment(ticket, f"Word number {number}")
    actions.add_note(ticket, by=actor_of(agent), body="Call the caretaker")
    ReadMark.objects.all().delete()
    return ticket


def test_a_look_shows_what_was_said_last_and_how_much_is_before_it(client, ticket):
    for headers in ({}, LAYER):
        words = client.get(f"/tickets/{ticket.pk}/peek/", **headers).content.decode()
        assert "The lift stands still" in words and "Call the caretaker" in words
        assert "Word number 2" in words and "Word number 1" not in words
        assert "3 earlier messages" in words
        assert ("<dialog" in words) == bool(headers) == ("<!doctype" not in words)
        assert f'id="comment-{ticket.comments.latest("pk").uuid}"' not in words


def test_a_look_leaves_the_ticket_unread_and_nobody_is_seen_reading(client, ticket):
    client.get(f"/tickets/{ticket.pk}/peek/", **LAYER)
    assert not ReadMark.objects.exists() and not Presence.objects.exists()
