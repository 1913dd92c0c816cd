"""Edits on both sides, over and over, with faults between: equal and quiet in the end."""

import random

import pytest

from helpdesk import actions
from helpdesk.models import Ticket
from integrations.models import Link
from tests.factories import actor_of, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_fifty_rounds_on_both_sides_end_equal_and_quiet(connection, there, settle, agent):
    dice = random.Random(7)
    customer = make_user("Cora", email="cora@example.org")
    ticket = make_ticket("Round 0", by=agent, requester=customer, tags=["start"])
    settle(connection)
    remote = there.only
    for number in range(1, 51):
        for _change in range(dice.randint(1, 2)):
            change_here(dice, ticket, agent, customer, number)
        if dice.random() < 0.8:
            change_there(dice, there, remote, number)
        if dice.random() < 0.2:
            there.faults = [("PUT", "/tickets", 500), ("POST", "/activities", "lost")]
        if dice.random() < 0.6:
            settle(connection, rounds=dice.randint(1, 2))
    there.faults = []
    settle(connection)
    settle(connection)

    ticket.refresh_from_db()
    link = Link.objects.get()
    assert (link.state, link.due_at) == ("ok", None)
    assert remote["title"] == ticket.title
    assert {tag.name for tag in ticket.tag_list} == set(remote["tags"])
    words = {"low": "Low", "normal": "Medium", "high": "Important", "urgent": "Urgent"}
    assert remote["priority"] == words[ticket.priority]
    shown = {"Open": ("Open", "Reopened"), "In progress": ("Started",), "Waiting": ("Started",)}
    assert remote["status"] in shown.get(ticket.status.name, (ticket.status.name,))
    here = sorted(ticket.comments.filter(public=True).values_list("body", flat=True))
    assert here == sorted(there.texts(remote))
    assert len(there.tickets) == Ticket.objects.count() == 1
    there.calls.clear()
    settle(connection)
    assert there.calls == [("GET", "/tickets")]


def change_here(dice, ticket, agent, customer, number) -> None:
    ticket.refresh_from_db()
    what = dice.randrange(6)
    if what == 0:
        actions.change_ticket(ticket, by=agent, title=f"Here {number}")
    elif what == 1:
        actions.change_ticket(ticket, by=agent, priority=dice.choice(["low", "high", "urgent"]))
    elif what == 2:
        actions.tag(ticket, by=agent, add=[f"h{number}"], remove=[f"t{number - 1}"])
    elif what == 3:
        actions.reply(ticket, by=agent, body=f"From here {number} {dice.random()}")
    elif what == 4 and ticket.is_unresolved:
        name = "Wait" if ticket.status.name != "Waiting" else "Resolve"
        actions.take_transition(ticket, name, by=agent, resolution="fixed" * (name == "Resolve"))
    elif what == 5:
        actions.reply(ticket, by=actor_of(customer), body=f"Customer {number} {dice.random()}")


def change_there(dice, there, remote, number) -> None:
    what = dice.randrange(5)
    if what == 0:
        there.change(remote, title=f"There {number}")
    elif what == 1:
        there.change(remote, priority=dice.choice(["Low", "Medium", "Urgent"]))
    elif what == 2:
        there.change(remote, tags=[*remote["tags"][1:], f"t{number}"])
    elif what == 3:
        there.say(remote, f"From there {number}")
    else:
        status = dice.choice(["Started", "Resolved", "Reopened", "Closed"])
        is_done = status in ("Resolved", "Closed")
        there.change(remote, status=status, resolution="fixed" if is_done else None)
