"""Every service over real HTTP: one helpdesk mirrors to what another serves, whatever happens."""

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.integrations.installation import eventually
from tests.integrations.pairs import Pair, Two, connected

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="both helpdesks keep to SQLite"),
]
CUSTOM = {"serial": "A-1", "seats": 3, "since": "2026-02-01", "vip": True, "region": "South"}
QUIET = 8.0  # seconds: more than two looks of every service
FOR_LONG = 300.0  # seconds that a busy machine may take


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What of a ticket reaches the other side, and what may be edited where and still ends equal.

    `fields` arrive with a new ticket, `later` when they change. `hidden` are words that must be
    shown to whoever looks at the ticket here once everything was tried, `page` what the page of
    the connection says cannot be done.
    """

    fields: tuple[str, ...]
    later: tuple[str, ...]
    replies: bool = True
    edits: bool = False
    files: bool = True
    resolution: tuple[str, ...] = ()
    comes_back: bool = True
    deleted: str = "closed"  # or "gone"
    hidden: tuple[str, ...] = ()
    page: tuple[str, ...] = ()


EXPECTED = {
    "akana": Expected(
        fields=("title", "body", "priority", "tags"),
        later=(),
        hidden=("title", "priority", "tags", "edited reply"),
        page=("Later edits of subject",),
    ),
    "apideck": Expected(
        fields=("title", "body", "priority", "tags", "custom"),
        later=("title", "priority", "tags", "custom"),
        edits=True,
        files=False,
        deleted="gone",
        page=("requester", "Files stay here"),
    ),
    "onna": Expected(
        fields=("title", "body", "priority", "tags", "requester"),
        later=("title", "priority", "tags"),
        edits=True,
        comes_back=False,
        deleted="gone",
        hidden=("Serial",),
        page=("Nothing comes back from Onna",),
    ),
    "stackone": Expected(
        fields=("title", "body", "priority", "tags", "requester", "custom"),
        later=("title", "priority", "tags", "custom"),
        replies=False,
        files=False,
        hidden=("replies",),
        page=("Replies cannot go to StackOne", "Files stay here"),
    ),
    "teamswork": Expected(
        fields=("title", "body", "priority", "tags", "requester", "custom"),
        later=("title", "priority", "tags", "custom"),
        resolution=("resolution", "resolution_comment"),
        hidden=("edited reply",),
        page=("A reply that is edited here stays",),
    ),
}
# A person presses “Ask the service” once there is something that it can be asked about.
ASK = """
from django.test import Client
from helpdesk.models import User
from integrations.models import Connection
boss = User.objects.create(email="boss@first.example", name="Boss", role="admin")
browser = Client(SERVER_NAME="127.0.0.1")
browser.force_login(boss)
for connection in Connection.objects.all():
    answer = browser.post(f"/connections/{connection.uuid}/ask/")
    assert answer.status_code == 302, (connection, answer.status_code)
"""
SHOWN = """
import json
from django.test import Client
from helpdesk.models import User
from integrations.models import Connection, Link
browser = Client(SERVER_NAME="127.0.0.1")
browser.force_login(User.objects.get(email="boss@first.example"))
found = {}
for connection in Connection.objects.all():
    ticket = connection.links.get(ticket__pk__in=TICKETS).ticket_id
    texts = []
    for page in (f"connections/{connection.uuid}", f"tickets/{ticket}", f"tickets/{ticket}/mirror"):
        answer = browser.get(f"/{page}/")
        assert answer.status_code == 200, (page, answer.status_code)
        texts.append(answer.content.decode())
    found[connection.service] = texts
print(json.dumps(found))
"""


class Case:
    """One service's way through the test: a ticket here, its copy there, what was said."""

    def __init__(self, pair: Pair) -> None:
        self.pair, self.here, self.there = pair, pair.here, pair.there
        self.expected = EXPECTED[pair.service]
        self.ticket: dict = {}
        self.copy: dict = {}
        self.rounds: list[tuple[dict, dict]] = []
        self.dice = random.Random(pair.service)

    def soon(self, question) -> None:
        eventually(question, FOR_LONG)

    def warms_up(self) -> None:
        self.here.open("Warm-up")

    def is_warm(self) -> None:
        self.soon(lambda: self.there.titled("Warm-up"))

    # A ticket arrives ----------------------------------------------------------------------------

    def opens_a_ticket(self) -> None:
        self.ticket = self.here.open(
            "Printer on fire",
            body="It burns",
            priority="high",
            tags=["hot", "unheard-of"],
            requester={"email": f"cora@{self.pair.service}.example", "name": "Cora"},
            custom=CUSTOM,
        )
        self.here.say(self.ticket, "We look into it")
        self.here.say(self.ticket, "Between us", public=False)
        self.here.attach(self.ticket, "smoke.txt", b"grey")
        self.here.take(self.ticket, "Wait")

    def sees_it_arrive(self) -> None:
        self.copy = self.pair.copy_of(self.ticket, FOR_LONG)
        self.soon(lambda: self.statuses_agree())
        if self.expected.replies:
            self.soon(lambda: self.there.said(self.copy) == ["We look into it"])
        if self.expected.files:
            self.soon(lambda: self.there.files(self.copy) == ["smoke.txt"])
        self.soon(lambda: self.agree_on(self.expected.fields))
        assert "Between us" not in self.there.said(self.copy)

    # Edits here ----------------------------------------------------------------------------------

    def edits_it(self) -> None:
        self.here.change(self.ticket, title="Printer was on fire", priority="low", tags=["cold"])
        self.here.change(self.ticket, custom={"seats": 4})
        self.here.edit_reply(self.ticket, "We look into it", "We looked into it")
        self.here.take(self.ticket, "Resolve", resolution="fixed", comment="New fuse")

    def sees_the_edits_arrive(self) -> None:
        self.soon(lambda: self.agree_on(self.expected.later))
        self.soon(lambda: self.statuses_agree())
        self.soon(lambda: self.agree_on(self.expected.resolution))
        if self.expected.replies:
            words = "We looked into it" if self.expected.edits else "We look into it"
            self.soon(lambda: self.there.said(self.copy) == [words])
        for name in {"title", "priority", "tags"} - {*self.expected.later}:
            assert self.there.get(self.copy)[name] == self.ticket[name]

    # Changes there -------------------------------------------------------------------------------

    def changes_it_there(self) -> None:
        if self.expected.comes_back:
            self.there.take(self.copy, "Reopen")
            self.there.say(self.copy, "It smells again")
            self.there.say(self.copy, "Between them", public=False)
            self.there.change(self.copy, priority="urgent", title="Printer smells")
            self.there.attach(self.copy, "smell.txt", b"acrid")

    def sees_the_changes_come_back(self) -> None:
        if self.expected.comes_back:
            self.soon(lambda: "It smells again" in self.here.said(self.ticket))
            self.soon(lambda: self.statuses_agree())
            self.soon(lambda: self.agree_on(("title", "priority")))
            if self.pair.can.download_attachments:
                self.soon(lambda: self.here.files(self.ticket) == ["smell.txt", "smoke.txt"])
            assert "Between them" not in self.here.said(self.ticket)
            assert "Between us" not in self.there.said(self.copy)

    # Rounds --------------------------------------------------------------------------------------

    def opens_more(self) -> None:
        tickets = [self.here.open(f"Round {number}") for number in range(2)]
        self.rounds = [(ticket, {}) for ticket in tickets]

    def sees_them_arrive(self) -> None:
        self.rounds = [
            (ticket, self.pair.copy_of(ticket, FOR_LONG)) for ticket, _copy in self.rounds
        ]

    def plays_a_round(self, number: int) -> None:
        for ticket, copy in self.rounds:
            if self.dice.random() < 0.6:
                self.do_something(self.here, ticket, f"here {number}")
            if self.expected.comes_back and self.dice.random() < 0.4:
                self.do_something(self.there, copy, f"there {number}")

    def do_something(self, side, ticket: dict, stamp: str) -> None:
        what = self.dice.randrange(5)
        may = side is self.there or "title" in self.expected.later
        if what == 0 and may:
            side.change(ticket, title=f"Titled {stamp}")
        elif what == 1 and may:
            side.change(ticket, priority=self.dice.choice(["low", "normal", "high"]))
        elif what == 2 and may:
            side.change(ticket, tags=self.dice.sample(["a", "b", "c"], self.dice.randint(0, 3)))
        elif what == 3:
            side.say(ticket, f"Said {stamp}")
        else:
            name = self.dice.choice(["Wait", "Start", "Resolve", "Reopen"])
            side.try_to(ticket, name)

    def sees_both_ends_equal(self) -> None:
        for ticket, copy in self.rounds:
            self.soon(lambda pair=(ticket, copy): self.are_equal(*pair))
            said = self.there.said(copy)
            assert len(said) == len(set(said))

    def are_equal(self, ticket: dict, copy: dict) -> bool:
        one, other = self.here.get(ticket), self.there.get(copy)
        if self.pair.word(one) != self.pair.word(other):
            return False
        if any(one[name] != other[name] for name in ("title", "priority", "tags")):
            return False
        here, there = self.here.said(ticket), self.there.said(copy)
        return here == there if self.expected.replies else set(there) <= set(here)

    # The other side stops ------------------------------------------------------------------------

    def works_on(self) -> None:
        self.here.open("Opened while it was down", body="Nobody is there")
        self.here.say(self.rounds[0][0], "Said while it was down")
        self.here.take(self.rounds[1][0], "Close")

    def sees_all_of_it_arrive(self) -> None:
        self.soon(lambda: self.there.titled("Opened while it was down"))
        if self.expected.replies:
            copy = self.rounds[0][1]
            self.soon(lambda: "Said while it was down" in self.there.said(copy))
        self.sees_both_ends_equal()

    # Deleting ------------------------------------------------------------------------------------

    def deletes_one(self) -> None:
        self.here.delete(self.rounds[1][0])

    def sees_it_end_there(self) -> None:
        copy = self.rounds[1][1]
        if self.expected.deleted == "gone":
            self.soon(lambda: not self.there.has(copy))
        else:
            self.soon(lambda: self.there.get(copy)["status"]["name"] in ("Closed", "Resolved"))

    # Looking -------------------------------------------------------------------------------------

    def statuses_agree(self) -> bool:
        return self.pair.word(self.here.get(self.ticket)) == self.pair.word(
            self.there.get(self.copy)
        )

    def agree_on(self, names: tuple[str, ...]) -> bool:
        one, other = self.here.get(self.ticket), self.there.get(self.copy)
        return all(self.shown(one, name) == self.shown(other, name) for name in names)

    def shown(self, ticket: dict, name: str):
        found = ticket[name]
        return found["email"] if name == "requester" and found else found

    def nothing_is_double(self) -> None:
        for side in (self.here, self.there):
            titles = [ticket["title"] for ticket in side.tickets()]
            assert len(titles) == len(set(titles)), titles


class Acceptance:
    """Runs a step for every service; one that failed takes no further part."""

    def __init__(self, two: Two) -> None:
        self.two = two
        self.left = [Case(pair) for pair in two.pairs]
        self.errors: list[Exception] = []
        self.began = time.monotonic()

    def all(self, step, *arguments) -> None:
        for case in list(self.left):
            with self.noting(case, step.__name__):
                step(case, *arguments)
        if step.__name__.startswith("sees"):
            print(f"{time.monotonic() - self.began:6.1f} s  {step.__name__}")

    @contextmanager
    def noting(self, case: Case, step: str) -> Iterator[None]:
        try:
            yield
        except (AssertionError, OSError, LookupError) as error:
            error.add_note(f"{case.pair.service}: {step}")
            self.errors.append(error)
            self.left.remove(case)


def test_every_service_is_mirrored_as_far_as_it_goes(tmp_path):
    with connected(tmp_path) as two:
        run = Acceptance(two)
        run.all(Case.warms_up)
        run.all(Case.is_warm)
        two.here.run(ASK)
        run.all(Case.opens_a_ticket)
        run.all(Case.sees_it_arrive)
        run.all(Case.edits_it)
        run.all(Case.sees_the_edits_arrive)
        what_it_cannot_do_is_shown(run)
        run.all(Case.changes_it_there)
        run.all(Case.sees_the_changes_come_back)
        run.all(Case.opens_more)
        run.all(Case.sees_them_arrive)
        for number in range(10):
            run.all(Case.plays_a_round, number)
            if number in (3, 7):
                two.here.kill_worker()
        run.all(Case.sees_both_ends_equal)
        two.there.stop()
        run.all(Case.works_on)
        time.sleep(3)
        two.there.start()
        run.all(Case.sees_all_of_it_arrive)
        run.all(Case.deletes_one)
        run.all(Case.sees_it_end_there)
        run.all(Case.nothing_is_double)
        all_is_quiet(run)
        if run.errors:
            raise ExceptionGroup("Not every service did what it can", run.errors)


def what_it_cannot_do_is_shown(run: Acceptance) -> None:
    tickets = [case.ticket["id"] for case in run.left]
    shown = json.loads(run.two.here.run(SHOWN.replace("TICKETS", repr(tickets))).splitlines()[-1])
    for case in list(run.left):
        with run.noting(case, "what it cannot do is shown"):
            page, ticket, mirror = shown[case.pair.service]
            for words in case.expected.page:
                assert words in page
            for words in case.expected.hidden:
                assert words in mirror
                assert words in ticket


def all_is_quiet(run: Acceptance) -> None:
    """Nothing waits, nothing needs a person, nothing but questions is sent."""
    eventually(lambda: not any(one["unfinished"] for one in run.two.standing().values()), FOR_LONG)
    before = run.two.standing()
    time.sleep(QUIET)
    after = run.two.standing()
    for case in list(run.left):
        with run.noting(case, "all is quiet"):
            one, other = before[case.pair.service], after[case.pair.service]
            assert (other["state"], other["error"], other["maybe"]) == ("active", "", 0)
            assert other["writes"] == one["writes"]
            assert other["looks_at"] > one["looks_at"] or not case.expected.comes_back
