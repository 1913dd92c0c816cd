"""What is killed at any moment loses no words and says none twice."""

import random
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from helpdesk.actions import sending
from helpdesk.models import Change, Comment, Draft
from tests.browser.killing import Mortal
from tests.factories import actor_of, make_agent, make_ticket

pytestmark = [pytest.mark.browser, pytest.mark.processes]
REPLIES, KILLS = 40, 8
PATIENCE = 60  # seconds


@pytest.fixture
def sender(house):
    sender = Mortal("send")
    yield sender
    sender.end()


def test_a_sender_that_is_killed_again_and_again_sends_each_reply_once(sender):
    by, chance = actor_of(make_agent("Quinn Queue")), random.Random(7)
    tickets = [make_ticket("Waits for an answer") for _ in range(4)]
    due = timezone.now() - timedelta(seconds=1)
    waiting = [
        sending.queue_reply(
            chance.choice(tickets), by=by, body=f"Reply {n}", uuid=uuid4(), send_after=due
        )
        for n in range(REPLIES)
    ]
    ids, left = {one.uuid for one in waiting}, []
    for _ in range(KILLS):
        sender.start()
        wanted = Comment.objects.filter(uuid__in=ids).count() + 1
        until(lambda wanted=wanted: Comment.objects.filter(uuid__in=ids).count() >= wanted)
        time.sleep(chance.random() / 50)  # somewhere in the midst of the next ones
        sender.kill()
        left.append(Draft.objects.filter(uuid__in=ids).count())
    sender.start()
    until(lambda: not Draft.objects.filter(uuid__in=ids).exists())
    sender.kill()
    assert left[0] > 0, "It was not killed in the midst of its work."
    bodies = list(Comment.objects.filter(ticket__in=tickets).values_list("body", flat=True))
    assert sorted(bodies) == sorted(f"Reply {n}" for n in range(REPLIES))
    replied = Change.objects.filter(ticket__in=tickets, kind=Change.Kind.REPLIED)
    assert replied.count() == REPLIES


def until(question) -> None:
    end = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.005)
