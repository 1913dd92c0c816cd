"""Lost answers and killed workers: everything happens once, or again without harm."""

import pytest

from helpdesk import actions, changes
from helpdesk.models import Ticket
from integrations import mirror
from integrations.mirror import births, opening, push
from integrations.models import CommentLink, Connection, Link
from tests.factories import make_ticket
from tests.integrations.mirror.conftest import hurry

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker dies here: no handler of ours sees it."""


def die_once(monkeypatch, module, name: str, *, after: bool):
    """Let a function end the worker once, before or after it did its work."""
    real = getattr(module, name)
    calls = []

    def dying(*args, **options):
        if calls:
            return real(*args, **options)
        calls.append(1)
        if after:
            real(*args, **options)
        raise Killed

    monkeypatch.setattr(module, name, dying)
    return calls


def forget_claims() -> None:
    """The time passes after which a dead worker's claims are free."""
    Link.objects.update(claim=None, claimed_until=None)
    Connection.objects.update(lease=None, leased_until=None, busy_until=None)


@pytest.mark.parametrize("fault", ["lost", "cut", 500, "hidden"])
def test_a_create_whose_answer_is_lost_makes_one_ticket(connection, there, settle, agent, fault):
    ticket = make_ticket("Once", by=agent, body="Only once")
    there.faults = [("POST", "/tickets", fault)]
    settle(connection)
    assert [one["title"] for one in there.tickets.values()] == ["Once"]
    assert Link.objects.get(ticket=ticket).state == "ok"


def test_a_worker_killed_after_a_create_makes_one_ticket(
    connection, there, settle, agent, monkeypatch
):
    make_ticket("Once", by=agent, priority="high")
    changes.announce()
    die_once(monkeypatch, births, "adopt", after=False)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    assert len(there.tickets) == 1
    forget_claims()
    settle(connection)
    assert there.only["priority"] == "Important"
    assert Link.objects.get().state == "ok"
    assert Ticket.objects.count() == 1


def test_tags_added_on_both_sides_before_a_lost_create_is_found_are_on_both_in_the_end(
    connection, there, settle, agent, monkeypatch
):
    ticket = make_ticket("Once", by=agent, tags=["first", "second"])
    changes.announce()
    die_once(monkeypatch, births, "adopt", after=False)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    there.change(there.only, tags=["first", "second", "theirs"])
    actions.change_ticket(ticket, by=agent, tags=["first", "ours"])
    forget_claims()
    settle(connection)
    kept = Ticket.objects.get()
    assert sorted(tag.name for tag in kept.tag_list) == ["first", "ours", "theirs"]
    assert sorted(there.only["tags"]) == ["first", "ours", "theirs"]


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_reply_whose_answer_is_lost_is_said_once(connection, there, settle, agent, fault):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.reply(ticket, by=agent, body="Said once")
    there.faults = [("POST", "/activities", fault)]
    settle(connection)
    assert there.texts(there.only) == ["Said once"]
    assert ticket.comments.count() == 1


def test_a_worker_killed_after_a_reply_was_sent_says_it_once(
    connection, there, settle, agent, monkeypatch
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.reply(ticket, by=agent, body="Said once")
    changes.announce()
    die_once(monkeypatch, push.conversation, "settle", after=False)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    forget_claims()
    settle(connection)
    assert there.texts(there.only) == ["Said once"]
    assert ticket.comments.count() == 1
    assert CommentLink.objects.exclude(remote_id="").count() == 1


@pytest.mark.parametrize("after", [True, False])
def test_a_worker_killed_around_an_update_leaves_both_sides_equal(
    connection, there, settle, agent, monkeypatch, after
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two", priority="urgent")
    changes.announce()
    die_once(monkeypatch, push, "after_sending", after=after)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    forget_claims()
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.priority) == ("Two", "urgent")
    assert (there.only["title"], there.only["priority"]) == ("Two", "Urgent")


def test_a_worker_killed_while_it_takes_a_ticket_over_takes_it_over_once(
    connection, there, settle, monkeypatch
):
    remote = there.add("From there")
    there.say(remote, "First")
    die_once(monkeypatch, opening, "note", after=True)
    hurry(connection)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    assert Ticket.objects.count() == 0
    forget_claims()
    settle(connection)
    assert Ticket.objects.get().comments.get().body == "First"
