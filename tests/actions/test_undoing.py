"""Links, followers and the rest of what one change did are taken back."""

from uuid import uuid4

import pytest

from helpdesk import actions
from tests.factories import actor_of, make_agent, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return make_agent("Maren Holt")


@pytest.fixture
def by(agent):
    return actor_of(agent).in_set(uuid4())


@pytest.fixture
def ticket():
    return make_ticket("Export stops")


def test_following_is_undone_and_so_is_ending_it(agent, by, ticket):
    actions.follow(ticket, agent, by=by)
    undone = actions.undo_change_set(by.change_set, by=actor_of(agent))
    assert undone.undone == [ticket.pk] and not ticket.participations.exists()
    actions.undo_change_set(undone.change_set, by=actor_of(agent))
    assert ticket.participations.get().person == agent


def test_a_link_is_undone_and_so_is_its_removal(agent, by, ticket):
    other = make_ticket("The cause")
    actions.link(ticket, other, by=by, kind="blocks")
    undone = actions.undo_change_set(by.change_set, by=actor_of(agent))
    assert not ticket.links_out.exists()
    actions.undo_change_set(undone.change_set, by=actor_of(agent))
    assert ticket.links_out.get().kind == "blocks"


def test_undoing_twice_undoes_once(agent, by, ticket):
    actions.follow(ticket, agent, by=by)
    actions.undo_change_set(by.change_set, by=actor_of(agent))
    version = ticket.changes.latest("version").version
    assert not actions.undo_change_set(by.change_set, by=actor_of(agent)).undone
    assert ticket.changes.latest("version").version == version


def test_one_set_of_several_kinds_is_undone_together(agent, by, ticket):
    actions.change_ticket(ticket, by=by, priority="urgent")
    actions.follow(ticket, agent, by=by)
    actions.change_ticket(ticket, by=by, title="Another title")
    undone = actions.undo_change_set(by.change_set, by=actor_of(agent))
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.title) == ("normal", "Export stops")
    assert not ticket.participations.exists() and not undone.skipped
