"""Events reach a receiver that fails, stalls and comes back: each, in order, verifiable."""

import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actions import webhooks
from helpdesk.actor import system
from helpdesk.models import Delivery, DeliveryAttempt
from helpdesk.webhooks import claiming, running, sending
from tests.factories import make_ticket
from tests.webhooks.conftest import tell

pytestmark = pytest.mark.django_db
RULE = system("rule")
State = Delivery.State


def busy_tickets(number: int, changes_each: int) -> list:
    tickets = [make_ticket(f"Ticket {one}") for one in range(number)]
    for step in range(changes_each):
        for ticket in tickets:
            actions.change_ticket(ticket, by=RULE, title=f"Step {step}")
    return tickets


def tell_until_quiet(seconds: float = 60.0) -> None:
    changes.announce()
    until = time.monotonic() + seconds
    while Delivery.objects.filter(state=State.WAITING).exists():
        assert time.monotonic() < until, "It never became quiet"
        tell(1.0)
        time.sleep(0.01)


def test_a_receiver_that_fails_and_comes_back_gets_every_event_in_order(receiver, subscribe, quick):
    webhook = subscribe()
    calls = iter(range(10**6))

    def unsteady(letter):
        return ((503, 200, 500, 200, 404)[next(calls) % 5], {}, b"words")

    receiver.answer = unsteady
    tickets = busy_tickets(6, 4)
    tell_until_quiet()
    expected = {ticket.pk: [1, 2, 3, 4, 5] for ticket in tickets}
    assert receiver.by_ticket() == expected
    assert all(letter.is_signed_by(webhook.plain) for letter in receiver.letters)
    assert len({letter.event_id for letter in receiver.taken}) == 30
    webhook.refresh_from_db()
    assert (webhook.delivered, webhook.failed) == (30, len(receiver.letters) - 30)
    assert webhook.failing_since is None


def test_a_repeated_try_has_the_same_ids_and_the_next_number(receiver, subscribe, quick):
    subscribe()
    receiver.answer = lambda letter: (500 if letter.attempt < 3 else 200, {}, b"")
    make_ticket()
    tell_until_quiet()
    assert [letter.attempt for letter in receiver.letters] == [1, 2, 3]
    assert len({letter.event_id for letter in receiver.letters}) == 1
    assert len({letter.delivery_id for letter in receiver.letters}) == 1
    assert {letter.headers["Helpdesk-Event"] for letter in receiver.letters} == {"ticket.opened"}


def test_a_stalling_receiver_is_left_and_asked_again(receiver, subscribe, quick, monkeypatch):
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)
    subscribe()
    goes_on = threading.Event()

    def stalls_first(letter):
        if letter.attempt == 1:
            goes_on.wait(30)
            return (500, {}, b"")
        return (200, {}, b"")

    receiver.answer = stalls_first
    ticket = make_ticket()
    started = time.monotonic()
    tell(0.1)
    assert time.monotonic() - started < 20
    goes_on.set()
    first = DeliveryAttempt.objects.get()
    assert first.status is None and "Did not answer" in first.error
    tell_until_quiet()
    assert receiver.by_ticket() == {ticket.pk: [1]}


def test_a_failing_event_holds_back_only_its_own_ticket(receiver, subscribe):
    subscribe()
    bad, good = busy_tickets(2, 2)

    def refuse(letter):
        return (500 if letter.body["ticket"]["id"] == bad.pk else 200, {}, b"")

    receiver.answer = refuse
    tell()
    assert receiver.by_ticket() == {good.pk: [1, 2, 3]}
    assert Delivery.objects.filter(ticket=bad, attempts__gt=0).count() == 1


def test_a_dead_event_is_passed_over_and_can_be_told_again(receiver, subscribe, admin, quick):
    webhook = subscribe()
    [ticket] = busy_tickets(1, 2)
    receiver.answer = lambda letter: (
        500 if letter.body["change"]["version"] == 1 else 200,
        {},
        b"",
    )
    changes.announce()
    first = Delivery.objects.get(version=1)
    Delivery.objects.filter(pk=first.pk).update(give_up_at=timezone.now() - timedelta(seconds=1))
    tell_until_quiet()
    assert receiver.by_ticket() == {ticket.pk: [2, 3]}
    first.refresh_from_db()
    assert (first.state, first.tries) == (State.DEAD, running.FEWEST_TRIES)
    webhook.refresh_from_db()
    assert webhook.died == 1

    receiver.answer = lambda letter: (200, {}, b"")
    assert webhooks.replay_dead(webhook, by=admin) == 1
    tell_until_quiet()
    assert receiver.by_ticket() == {ticket.pk: [2, 3, 1]}
    assert receiver.taken[-1].event_id == str(first.event_id)


def test_different_tickets_are_told_side_by_side(receiver, subscribe):
    subscribe()
    together = threading.Barrier(claiming.OF_ONE)

    def meet(letter):
        together.wait(60)  # breaks, and so fails, unless as many are on their way at once
        return (200, {}, b"")

    receiver.answer = meet
    busy_tickets(claiming.OF_ONE, 0)
    tell()
    assert len(receiver.taken) == claiming.OF_ONE == receiver.most_at_once
