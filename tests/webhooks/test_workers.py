"""Several workers at once: each delivery is taken up by one, and one of a ticket at a time."""

import threading

import pytest
from django.db import connection, connections

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Delivery
from helpdesk.webhooks import claiming, running
from tests.factories import make_ticket

RULE = system("rule")


@pytest.fixture
def on_postgresql(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")


def together(number: int, work) -> None:
    barrier, failed = threading.Barrier(number, timeout=60), []

    def run():
        try:
            barrier.wait()
            work()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed and not any(thread.is_alive() for thread in threads)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_delivery_is_taken_up_twice(on_postgresql, subscribe, monkeypatch):
    monkeypatch.setattr(claiming, "OF_ONE", 12)
    subscribe()
    for _number in range(12):
        make_ticket()
    changes.announce()
    taken, lock = [], threading.Lock()

    def work():
        found = claiming.claim(12)
        with lock:
            taken.extend(delivery.pk for delivery in found)

    together(4, work)
    assert taken and len(taken) == len(set(taken))
    assert set(Delivery.objects.values_list("attempts", flat=True)) <= {0, 1}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_side_by_side_they_tell_everything_once_and_in_order(on_postgresql, subscribe, receiver):
    subscribe()
    tickets = [make_ticket() for _number in range(6)]
    for step in range(3):
        for ticket in tickets:
            actions.change_ticket(ticket, by=RULE, title=f"Step {step}")
    changes.announce()

    def work():
        while Delivery.objects.filter(state=Delivery.State.WAITING).exists():
            running.deliver(1.0)

    together(3, work)
    assert receiver.by_ticket() == {ticket.pk: [1, 2, 3, 4] for ticket in tickets}
    assert len(receiver.letters) == 24
