"""Tickets that sleep until a time, or until the customer writes."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions.snoozing import LONGEST
from helpdesk.models import Change, Ticket
from tests.factories import actor_of, make_agent, make_ticket, make_user, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return make_agent("Maren Holt")


@pytest.fixture
def customer():
    return make_user("Leila Haddad")


@pytest.fixture
def ticket(customer):
    return make_ticket("Export stops", requester=customer)


def later(**span):
    return timezone.now() + timedelta(**(span or {"hours": 3}))


def let_time_pass(ticket) -> None:
    """As if the moment had come: no verb sets one that is past."""
    Ticket.objects.filter(pk=ticket.pk).update(snoozed_until=timezone.now())


def test_a_snoozed_ticket_keeps_its_moment_and_the_history_says_so(agent, ticket):
    until = later()
    ticket = actions.snooze(ticket, by=actor_of(agent), until=until)
    assert ticket.snoozed_until == until
    change = ticket.changes.latest("version")
    assert change.person == agent and change.fields["snoozed_until"]["to"] == until.isoformat()


def test_snoozing_until_the_same_moment_records_nothing(agent, ticket):
    until = later()
    for _time in range(2):
        ticket = actions.snooze(ticket, by=actor_of(agent), until=until)
    assert ticket.changes.filter(kind=Change.Kind.CHANGED).count() == 1


@pytest.mark.parametrize("span", [timedelta(0), timedelta(days=-1), LONGEST + timedelta(hours=1)])
def test_a_moment_that_is_past_or_too_far_is_refused(agent, ticket, span):
    with pytest.raises(ValidationError) as refusal:
        actions.snooze(ticket, by=actor_of(agent), until=timezone.now() + span)
    assert "until" in refusal.value.message_dict


def test_a_resolved_ticket_is_not_snoozed_and_resolving_wakes(agent, ticket):
    by = actor_of(agent)
    actions.snooze(ticket, by=by, until=later())
    ticket = actions.take_transition(ticket, "Resolve", by=by, resolution="fixed")
    assert ticket.snoozed_until is None
    with pytest.raises(ValidationError):
        actions.snooze(ticket, by=by, until=later())


def test_a_customer_snoozes_nothing(customer, ticket):
    with pytest.raises(PermissionDenied):
        actions.snooze(ticket, by=actor_of(customer), until=later())


def test_a_ticket_wakes_when_its_time_has_come_and_only_then(agent, ticket):
    other = actions.snooze(make_ticket(), by=actor_of(agent), until=later())
    actions.snooze(ticket, by=actor_of(agent), until=later())
    assert actions.wake_due() == 0
    let_time_pass(ticket)
    assert actions.wake_due() == 1
    ticket.refresh_from_db()
    other.refresh_from_db()
    assert ticket.snoozed_until is None and other.snoozed_until is not None
    change = ticket.changes.latest("version")
    assert change.origin == "rule" and change.fields["snoozed_until"]["to"] is None
    assert actions.wake_due() == 0


def test_the_customer_wakes_a_ticket_by_writing_and_an_agent_does_not(agent, customer, ticket):
    actions.snooze(ticket, by=actor_of(agent), until=later())
    actions.reply(ticket, by=actor_of(agent), body="I look into it on Monday")
    ticket.refresh_from_db()
    assert ticket.snoozed_until is not None
    actions.reply(ticket, by=actor_of(customer), body="It is urgent now")
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    said = ticket.changes.latest("version")
    assert said.kind == Change.Kind.REPLIED and said.fields["snoozed_until"]["to"] is None


def test_a_woken_ticket_keeps_its_status(agent, ticket):
    actions.change_ticket(
        ticket, by=actor_of(make_user(role="admin"), "admin"), status=status("Waiting")
    )
    actions.snooze(ticket, by=actor_of(agent), until=later())
    let_time_pass(ticket)
    actions.wake_due()
    ticket.refresh_from_db()
    assert ticket.status == status("Waiting")
