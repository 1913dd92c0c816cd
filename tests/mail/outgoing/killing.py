"""Senders that are killed on their way, one after the other, until nothing waits to be sent.

`storm` runs in a process set up for Django. Each sender is a fork of it, which kills itself by
SIGKILL at one step, or is killed at any moment.
"""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from types import SimpleNamespace

from django.conf import settings
from django.db import connections
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.mail.outgoing import sending
from helpdesk.models import Mailbox, OutgoingMail, Queue

STEPS = (
    "before it is claimed",
    "once it is claimed",
    "before it is written",
    "before it is handed over",
    "once the server has it",
    "while it is noted",
    "once it is noted",
    "any moment",
)
TAKEN_BEFORE_NOTED = ("once the server has it", "while it is noted", "any moment")
LONGEST = 0.4  # seconds until "any moment"
State = OutgoingMail.State


def storm(*, port: int, messages: int, kills: int, seed: int) -> dict:
    """Kill so many senders, then send what is left; by step, and the Message-IDs of all rows."""
    chance, met = random.Random(seed), Counter()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    _make(messages)
    while sum(met.values()) < kills and _waiting():
        step = STEPS[sum(met.values()) % len(STEPS)]
        if _sender(step, chance.randint(1, 2), chance):
            met[step] += 1
        _time_goes_by()
    while _waiting():
        sending.send_due()
        _time_goes_by()
    rows = OutgoingMail.objects.values_list("message_id", "state", "recipient__state")
    return {"killed": dict(met), "rows": [list(row) for row in rows]}


def _make(messages: int) -> None:
    """A ticket, and so many replies to its requester."""
    queue = Queue.objects.get(is_default=True)
    Mailbox.objects.create(
        name="Support", address="support@helpdesk.example", queue=queue, protocol="pipe"
    )
    by = system("rule", name="Rule")
    ann = {"email": "ann@customer.example", "name": "Ann"}
    ticket = actions.open_ticket(by=by, title="Printer on fire", requester=ann, queue=queue)
    for number in range(messages):
        actions.reply(ticket, by=by, body=f"Words {number}")
    changes.announce()


def _waiting() -> bool:
    return OutgoingMail.objects.filter(state__in=(State.WAITING, State.SENDING)).exists()


def _time_goes_by() -> None:
    """What the dead held is over, and what waits for its next try is due."""
    now = timezone.now()
    OutgoingMail.objects.filter(state=State.SENDING).update(leased_until=now)
    OutgoingMail.objects.filter(state=State.WAITING).update(due_at=now)


def _sender(step: str, at: int, chance: random.Random) -> bool:
    """Whether a sender was killed before it came to its end."""
    moment = chance.uniform(0.02, LONGEST)
    connections.close_all()
    child = os.fork()
    if child == 0:
        _send_and_die(step, at)
    if step == "any moment":
        time.sleep(moment)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)


def _send_and_die(step: str, at: int) -> None:
    code = 1
    try:
        _place(step, at)
        sending.send_due()
        code = 0
    finally:
        os._exit(code)


def _place(step: str, at: int) -> None:
    """Have this process kill itself when it meets a step for the so manieth time."""
    left = [at]

    def die() -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(owner, name: str) -> None:
        inner = getattr(owner, name)
        setattr(owner, name, lambda *some, **named: (die(), inner(*some, **named))[1])

    def after(owner, name: str) -> None:
        inner = getattr(owner, name)

        def called(*some, **named):
            done = inner(*some, **named)
            die()
            return done

        setattr(owner, name, called)

    if step == "before it is claimed":
        before(sending, "claim")
    elif step == "once it is claimed":
        after(sending, "claim")
    elif step == "before it is written":
        for kind, writer in sending.WRITERS.items():
            sending.WRITERS[kind] = lambda mail, writer=writer: (die(), writer(mail))[1]
    elif step == "before it is handed over":
        before(sending, "_hand_over")
    elif step == "once the server has it":
        after(sending, "_hand_over")
    elif step == "while it is noted":  # the row is written, and not yet committed
        rows = sending.Recipient.objects

        def found(**named):
            die()
            return rows.filter(**named)

        sending.Recipient = SimpleNamespace(objects=SimpleNamespace(filter=found))
    elif step == "once it is noted":
        after(sending, "_note")
