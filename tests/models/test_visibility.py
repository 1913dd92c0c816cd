"""Who sees which ticket: one rule."""

import pytest

from helpdesk import search
from helpdesk.actor import system
from helpdesk.models import Organisation, Ticket
from tests.factories import (
    actor_of,
    key_actor,
    make_agent,
    make_comment,
    make_key,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    red, blue = make_queue("Red"), make_queue("Blue")
    acme = Organisation.objects.create(name="Acme", shares_tickets=True)
    cy = make_user("Cy", organisation=acme)
    return {
        "red": red,
        "blue": blue,
        "cy": cy,
        "dee": make_user("Dee", organisation=acme),
        "eve": make_user("Eve"),
        "in_red": make_ticket("in red", queue=red, requester=cy),
        "in_blue": make_ticket("in blue", queue=blue),
    }


def titles(actor):
    return set(Ticket.objects.visible_to(actor).values_list("title", flat=True))


def test_each_actor_sees_what_the_rule_says(world):
    ann = make_agent("Ann", queues=[world["red"]])
    key, _ = make_key("read", queues=[world["blue"]])
    assert titles(actor_of(make_user(role="admin"))) == {"in red", "in blue"}
    assert titles(actor_of(ann)) == {"in red"}
    assert titles(key_actor(key)) == {"in blue"}
    assert titles(actor_of(world["cy"])) == {"in red"}
    assert titles(actor_of(world["dee"])) == {"in red"}
    assert titles(actor_of(world["eve"])) == set()


def test_an_assigned_ticket_is_seen_whatever_its_queue(world):
    ann = make_agent("Ann", queues=[world["red"]])
    make_ticket("mine", queue=world["blue"], assignee=ann)
    assert titles(actor_of(ann)) == {"in red", "mine"}


def test_an_organisation_that_does_not_share_keeps_tickets_apart(world):
    Organisation.objects.update(shares_tickets=False)
    world["dee"].organisation.refresh_from_db()
    assert titles(actor_of(world["dee"])) == set()


def test_search_finds_words_anywhere_but_notes_only_for_staff(world):
    ticket = make_ticket(
        "Déjà vu",
        queue=world["red"],
        body="The *blue* cable",
        requester={"email": "ana.lopez@example.com", "name": "Ana López"},
    )
    make_comment(ticket, "請求書が届きません")
    make_comment(ticket, "robot alarm", public=False)
    staff = system("rule")
    customer = actor_of(ticket.requester)

    def found(words, actor):
        return list(search.matching(Ticket.objects.visible_to(actor), words, actor))

    for words in ("deja", "cable blue", "lopez", "ana.lopez@example.com", "請求書", "cab", "robot"):
        assert found(words, staff) == [ticket], words
    assert found("robot", customer) == []
    assert found("cable", customer) == [ticket]
    numbered = make_ticket(f"Invoice {ticket.pk}", queue=world["red"])
    assert found(f"#{ticket.pk}", staff) == [ticket]
    assert set(found(f"{ticket.pk}", staff)) >= {ticket, numbered}
    assert found("cable nowhere", staff) == []


@pytest.mark.parametrize(
    "words", ['"', "'", "AND", "NEAR(", "a:b", "*", "x" * 5000, "\0", "((", "-- ;", "🙂", "%", "\\"]
)
def test_no_search_words_are_an_error(words):
    make_ticket("Something")
    list(search.matching(Ticket.objects.all(), words, system("rule")))
