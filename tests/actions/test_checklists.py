"""The steps of a ticket."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from helpdesk import actions
from helpdesk.actions import checklists
from tests.factories import actor_of, make_agent, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return actor_of(make_agent("Maren Holt"))


@pytest.fixture
def ticket():
    return make_ticket("Move to the new office")


def texts(ticket) -> list[str]:
    return [step.text for step in ticket.checklist.order_by("position", "pk")]


def test_steps_stand_in_the_order_in_which_they_came(by, ticket):
    for text in ("Order desks", "Move servers"):
        actions.add_step(ticket, by=by, text=text)
    assert texts(ticket) == ["Order desks", "Move servers"]
    change = ticket.changes.latest("version")
    assert change.fields["checklist"]["added"][0]["words"] == "Move servers"


def test_a_step_is_put_elsewhere(by, ticket):
    steps = [actions.add_step(ticket, by=by, text=text) for text in "abc"]
    actions.change_step(steps[2], by=by, position=0)
    assert texts(ticket) == ["c", "a", "b"]
    actions.change_step(steps[2], by=by, position=99)
    assert texts(ticket) == ["a", "b", "c"]


def test_ticking_off_says_who_and_when_and_twice_is_once(by, ticket):
    step = actions.add_step(ticket, by=by, text="Order desks")
    for _time in range(2):
        step = actions.change_step(step, by=by, is_done=True)
    assert step.is_done and step.done_by_id == by.person_id
    assert ticket.changes.filter(kind="planned").count() == 2
    step = actions.change_step(step, by=by, is_done=False)
    assert not step.is_done and step.done_by_id is None


def test_a_step_is_removed_once(by, ticket):
    step = actions.add_step(ticket, by=by, text="Order desks")
    actions.remove_step(step, by=by)
    version = ticket.changes.latest("version").version
    step.pk = step.pk or 1
    actions.remove_step(step, by=by)
    assert ticket.changes.latest("version").version == version and not texts(ticket)


@pytest.mark.parametrize("text", ["", "  ", "x" * 301])
def test_a_step_needs_words_and_not_too_many(by, ticket, text):
    with pytest.raises(ValidationError):
        actions.add_step(ticket, by=by, text=text)


def test_there_is_an_end_to_the_steps(by, ticket, monkeypatch):
    monkeypatch.setattr(checklists, "MAX_STEPS", 2)
    for text in "ab":
        actions.add_step(ticket, by=by, text=text)
    with pytest.raises(ValidationError):
        actions.add_step(ticket, by=by, text="c")


def test_who_may_not_change_the_ticket_may_not_plan_it(by, ticket):
    step = actions.add_step(ticket, by=by, text="Order desks")
    light = actor_of(make_agent("Lia", role="light"))
    for verb in (
        lambda: actions.add_step(ticket, by=light, text="x"),
        lambda: actions.change_step(step, by=light, is_done=True),
        lambda: actions.remove_step(step, by=actor_of(make_user())),
    ):
        with pytest.raises(PermissionDenied):
            verb()
