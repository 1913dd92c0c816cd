"""Two installations that acknowledge, each a process with a database of its own, mail each other
for a thousand rounds: each answers by itself at most as often as the cap allows."""

import json
import re
from base64 import b64decode, b64encode
from contextlib import suppress
from email import message_from_bytes, policy

import pytest

from helpdesk.mail.caps import CAPS
from tests.mail.outgoing import installation

ROUNDS, ANEW = 1000, 20  # in every so manieth round one of them begins anew
HERE, THERE = "support@here.example", "support@there.example"
AUTOMATIC = ("Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References", "Reply-To")


class Side:
    def __init__(self, process) -> None:
        self.process = process
        self.acknowledged = self.tickets = 0

    def round(self, take: list[bytes], say: int | None) -> list[bytes]:
        """Hand over what came; what it sends by then."""
        line = {"take": [b64encode(one).decode() for one in take], "say": say}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        self.acknowledged, self.tickets = said["acknowledged"], said["tickets"]
        return [b64decode(one) for one in said["sent"]]


def as_it_is(raw: bytes, number: int, to: str) -> bytes:
    return raw


def as_if_a_person_wrote_it(raw: bytes, number: int, to: str) -> bytes:
    """What a relay may do at worst: nothing is left by which it is known to be automatic, or to
    belong to a ticket."""
    mail = message_from_bytes(raw, policy=policy.default)
    for name in (*AUTOMATIC, "Message-ID", "To"):
        del mail[name]
    mail["Message-ID"], mail["To"] = f"<{number}.relay@x.example>", to
    subject = re.sub(r"\[#\d+\] ?", "", str(mail["Subject"]))
    mail.replace_header("Subject", subject[:200])
    return mail.as_bytes()


@pytest.fixture
def sides(tmp_path):
    started = [
        installation.start(tmp_path / "here", HERE, THERE),
        installation.start(tmp_path / "there", THERE, HERE, older=5),
    ]
    yield [Side(one) for one in started]
    for one in started:
        with suppress(BrokenPipeError):
            one.stdin.close()
        assert one.wait(60) == 0
        one.stdout.close()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("relay", [as_it_is, as_if_a_person_wrote_it])
def test_they_go_quiet(sides, relay):
    waiting: list[list[bytes]] = [[], []]  # for each side
    handed = 0
    for number in range(ROUNDS):
        begins = number // ANEW % 2 if number % ANEW == 0 else None
        sent: list[list[bytes]] = [[], []]
        for at, side in enumerate(sides):
            say = number if begins == at else None
            if waiting[at] or say is not None:
                sent[1 - at] = side.round(waiting[at], say)
                handed += len(waiting[at])
        addresses = (HERE, THERE)
        waiting = [
            [relay(raw, 2 * number + at, addresses[at]) for raw in sent[at]] for at in (0, 1)
        ]
    here, there = (side.acknowledged for side in sides)
    cap = CAPS["answers_address_day"]
    assert 1 <= here <= cap and 1 <= there <= cap
    begun = ROUNDS // ANEW
    assert begun <= handed <= begun + here + there, "nothing else was ever answered"
    if relay is as_it_is:
        assert (here, there) == (1, 1)
        assert [side.tickets for side in sides] == [2, 7]
    else:
        assert (here, there) == (cap, cap), "the last net held"
