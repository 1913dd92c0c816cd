"""A whole helpdesk in processes, whose worker is killed again and again while it tells."""

import os
import random
import time

import pytest

from tests.integrations.installation import Installation, eventually

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="the helpdesk keeps to SQLite"),
]
TICKETS, ROUNDS = 8, 4


@pytest.fixture
def desk(tmp_path):
    found = Installation(tmp_path / "desk")
    try:
        found.start()
        yield found
    finally:
        found.stop()


def test_killed_workers_lose_no_event_and_no_order(desk, receiver):
    made = desk.call("POST", "/webhooks/", {"name": "W", "url": receiver.url})
    unsteady = random.Random(7)

    def answer(letter):
        time.sleep(unsteady.uniform(0, 0.3))  # so that some are under way when the worker dies
        return (unsteady.choice((200, 200, 200, 500)), {}, b"")

    receiver.answer = answer
    tickets = [desk.open(f"Ticket {number}")["id"] for number in range(TICKETS)]
    for one in range(ROUNDS):
        for number in tickets:
            desk.call("PATCH", f"/tickets/{number}/", {"title": f"Title {one}"})
        desk.kill_worker()
    receiver.answer = lambda letter: (200, {}, b"")
    wanted = {number: list(range(1, ROUNDS + 2)) for number in tickets}
    eventually(lambda: in_order(receiver) == wanted or None, 300)
    assert all(letter.is_signed_by(made["secret"]) for letter in receiver.letters)


def in_order(receiver) -> dict[int, list[int]]:
    """The versions by ticket, each where it came first: an event may come twice."""
    return {number: list(dict.fromkeys(came)) for number, came in receiver.by_ticket().items()}
