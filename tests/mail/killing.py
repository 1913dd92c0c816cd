"""Fetchers that are killed on their way, one after the other, until a mailbox is empty.

`storm` runs in a process set up for Django. Each fetcher is a fork of it, which kills itself by
SIGKILL at one step drawn at random, or is killed at any moment.
"""

import imaplib
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

from django.db import connections
from django.utils import timezone

from helpdesk.mail import fetching, joining, receiving
from helpdesk.mail import store as storing
from helpdesk.mail.fetching import running
from helpdesk.mail.fetching.imap import ImapServer
from helpdesk.models import Change, Mailbox, Queue, StoredMessage, Ticket
from tests.mail.messages import message

STEPS = (
    "before store",
    "storing, before commit",
    "after store",
    "working, before commit",
    "after commit",
    "deleting, asked for",
    "deleting, marked",
    "after delete",
    "any moment",
)
LONGEST = 0.6  # seconds until "any moment"
State = StoredMessage.State


def title_of(number: int) -> str:
    return f"Killing {number}"


def put(server, account: str, count: int) -> None:
    """So many messages into an account of a dovecot, over one connection."""
    client = server.client(account)
    for number in range(count):
        raw = message(f"Words {number}", subject=title_of(number), Message_ID=f"<k{number}@x.test>")
        client.append("INBOX", None, None, raw)
    client.logout()


def make_mailbox(port: int, account: str, **fields) -> Mailbox:
    mailbox = Mailbox(
        name=account,
        address="support@helpdesk.example",
        queue=Queue.objects.get(is_default=True),
        host="127.0.0.1",
        port=port,
        security=Mailbox.Security.NONE,
        username=account,
        **({"afterwards": Mailbox.Afterwards.DELETE} | fields),
    )
    mailbox.password = "secret"
    mailbox.save()
    return mailbox


def storm(*, port: int, account: str, kills: int, seed: int) -> dict:
    """Kill so many fetchers, then fetch what is left; what came of it, see `counted`."""
    chance, met = random.Random(seed), Counter()
    mailbox = make_mailbox(port, account)
    while sum(met.values()) < kills:
        step = STEPS[sum(met.values()) % len(STEPS)] if kills < 50 else chance.choice(STEPS)
        # Messages until a step, so that some are left for every kill that is to come.
        soon = max(1, _left(port, account) // (kills - sum(met.values())))
        at = soon if step == "any moment" else chance.randint(1, soon)
        was_killed = _fetcher(mailbox.pk, step, at, chance)
        _time_goes_by()
        if was_killed:
            met[step] += 1
        elif not _left(port, account):
            break
    # What is left, by a fetcher that nobody kills.
    while _left(port, account):
        fetching.fetch(Mailbox.objects.get(pk=mailbox.pk))
        _time_goes_by()
    receiving.work_due(seconds=600)
    return counted() | {"killed": dict(met)}


def counted() -> dict:
    """Messages, tickets, how often each title is there, and what is not done."""
    titles = Counter(Ticket.objects.values_list("title", flat=True))
    opened = Change.objects.filter(kind=Change.Kind.OPENED).count()
    states = Counter(StoredMessage.objects.values_list("state", flat=True))
    held = StoredMessage.objects.exclude(state=State.WORKED).values_list("subject", "reason")
    return {
        "messages": StoredMessage.objects.count(),
        "tickets": len(titles),
        "double": sum(count > 1 for count in titles.values()),
        "opened": opened,
        "states": dict(states),
        "held": [list(row) for row in held],
    }


def _fetcher(mailbox: int, step: str, at: int, chance: random.Random) -> bool:
    """Whether a fetcher was killed before it came to its end."""
    moment = chance.uniform(0.05, LONGEST)
    connections.close_all()
    child = os.fork()
    if child == 0:
        _fetch_and_die(mailbox, step, at)
    if step == "any moment":
        time.sleep(moment)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)


def _fetch_and_die(mailbox: int, step: str, at: int) -> None:
    code = 1
    try:
        _place(step, at)
        receiving.work_due(seconds=1)
        look = fetching.fetch(Mailbox.objects.select_related("queue").get(pk=mailbox))
        code = 0 if look is not None and not look.error else 2
    finally:
        os._exit(code)


def _time_goes_by() -> None:
    """What the dead held, lease and claims, is over: two and five minutes later."""
    now = timezone.now()
    Mailbox.objects.update(lease=None, leased_until=None)
    StoredMessage.objects.filter(state=State.STORED).update(due_at=now)


def _left(port: int, account: str) -> int:
    """How many messages lie on the server; one that is marked as deleted does not count."""
    client = imaplib.IMAP4("127.0.0.1", port, timeout=60)
    client.login(account, "secret")
    client.select("INBOX", readonly=True)
    found = client.search(None, "UNDELETED")[1][0].split()
    client.logout()
    return len(found)


# Where it ends -----------------------------------------------------------------------------------


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

    if step == "before store":
        before(running, "store")
    elif step == "storing, before commit":
        after(storing, "_keep")
    elif step in ("after store", "any moment"):  # that moment may come too late: here at the latest
        after(running, "store")
    elif step == "working, before commit":
        after(joining, "_open")
    elif step == "after commit":
        after(joining, "_finish")
    elif step == "deleting, asked for":
        before(ImapServer, "put_away")
    elif step == "deleting, marked":  # \Deleted is set, and not yet expunged
        before(ImapServer, "_expunge")
    elif step == "after delete":
        after(ImapServer, "put_away")
