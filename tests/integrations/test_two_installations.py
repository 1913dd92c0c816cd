"""Two helpdesks, one mirroring to the other over real HTTP, with workers that are killed."""

import os
import random
import time
import urllib.error

import pytest

from tests.integrations.installation import Installation, eventually

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="both helpdesks keep to SQLite"),
]
SHOWN_THERE = {"Waiting": "In progress"}  # TeamsWork has no word for waiting


@pytest.fixture
def sides(tmp_path_factory):
    here, there = (Installation(tmp_path_factory.mktemp(name)) for name in ("here", "there"))
    try:
        here.connect_to(there)
        there.start()
        here.start()
        eventually(lambda: here.titled("Warm-up") or here.open("Warm-up"))
        eventually(lambda: there.titled("Warm-up"), 90)
        yield here, there
    finally:
        here.stop()
        there.stop()


def test_two_helpdesks_stay_equal_whatever_is_edited_killed_and_stopped(sides):
    a_ticket_arrives_with_everything_but_its_notes_and_changes_come_back(sides)
    many_rounds_on_both_sides_with_killed_workers_end_equal_and_quiet(sides)
    the_other_side_being_stopped_and_started_loses_and_doubles_nothing(sides)


def copy_of(installation, ticket) -> dict:
    return eventually(lambda: installation.titled(ticket["title"]))[0]


def a_ticket_arrives_with_everything_but_its_notes_and_changes_come_back(sides):
    here, there = sides
    custom = {"serial": "A-1", "seats": 3, "since": "2026-02-01", "vip": True, "region": "South"}
    ticket = here.open(
        "Printer on fire",
        body="It burns",
        priority="urgent",
        tags=["hot", "unheard-of"],
        requester={"email": "cora@example.org", "name": "Cora"},
        custom=custom,
    )
    here.say(ticket, "We look into it")
    here.say(ticket, "Between us", public=False)
    here.take(ticket, "Wait")
    copy = copy_of(there, ticket)
    eventually(lambda: there.get(copy)["status"]["name"] == "In progress")
    eventually(lambda: there.said(copy) == ["We look into it"])
    shown = there.get(copy)
    assert (shown["priority"], shown["tags"]) == ("urgent", ["hot", "unheard-of"])
    assert shown["custom"] == custom
    assert shown["requester"]["email"] == "cora@example.org"

    there.say(copy, "Extinguished")
    there.take(copy, "Resolve", resolution="fixed", comment="New fuse")
    eventually(lambda: here.get(ticket)["status"]["name"] == "Resolved")
    eventually(lambda: here.said(ticket) == ["Between us", "Extinguished", "We look into it"])
    assert here.get(ticket)["resolution_comment"] == "New fuse"
    assert there.said(copy) == ["Extinguished", "We look into it"]


def many_rounds_on_both_sides_with_killed_workers_end_equal_and_quiet(sides):
    here, there = sides
    dice = random.Random(11)
    tickets = [here.open(f"Round {number}") for number in range(3)]
    pairs = [(ticket, copy_of(there, ticket)) for ticket in tickets]
    expected: dict[int, set[str]] = {ticket["id"]: set() for ticket in tickets}
    for number in range(50):
        for ticket, copy in pairs:
            words = expected[ticket["id"]]
            if dice.random() < 0.5:
                do_something(dice, here, ticket, f"here {number}", words)
            if dice.random() < 0.5:
                do_something(dice, there, copy, f"there {number}", words)
        if number % 16 == 8:
            here.kill_worker()
        time.sleep(dice.choice([0, 0.1, 0.5]))

    eventually(lambda: all(looks(here, one) == looks(there, other) for one, other in pairs), 180)
    for ticket, copy in pairs:
        assert here.said(ticket) == there.said(copy) == sorted(expected[ticket["id"]])
    before = versions(sides, pairs)
    time.sleep(10)
    assert versions(sides, pairs) == before
    assert len(there.titled("Warm-up")) == len(here.titled("Warm-up")) == 1


def the_other_side_being_stopped_and_started_loses_and_doubles_nothing(sides):
    here, there = sides
    ticket = here.open("Patience")
    copy = copy_of(there, ticket)
    there.stop()
    here.say(ticket, "Said while it was down")
    here.change(ticket, priority="high")
    new = here.open("Opened while it was down")
    time.sleep(5)
    there.start()
    copy_of(there, new)
    eventually(lambda: there.said(copy) == ["Said while it was down"])
    eventually(lambda: there.get(copy)["priority"] == "high")
    time.sleep(8)
    assert len(there.titled("Opened while it was down")) == 1
    assert here.said(ticket) == there.said(copy) == ["Said while it was down"]


def do_something(dice, side, ticket, stamp, words: set[str]) -> None:
    what = dice.randrange(5)
    if what == 0:
        side.change(ticket, title=f"Titled {stamp}")
    elif what == 1:
        side.change(ticket, priority=dice.choice(["low", "normal", "high", "urgent"]))
    elif what == 2:
        side.change(ticket, tags=dice.sample(["a", "b", "c", "d"], dice.randint(0, 3)))
    elif what == 3:
        side.say(ticket, f"Said {stamp}")
        words.add(f"Said {stamp}")
    else:
        name = dice.choice(["Wait", "Start", "Resolve", "Reopen"])
        resolution = {"resolution": "fixed"} if name == "Resolve" else {}
        try:
            side.take(ticket, name, **resolution)
        except urllib.error.HTTPError as error:
            assert error.code == 400  # not open from here


def looks(side, ticket) -> tuple:
    found = side.get(ticket)
    status = found["status"]["name"]
    return (
        found["title"],
        found["priority"],
        found["tags"],
        SHOWN_THERE.get(status, status),
        side.said(ticket),
    )


def versions(sides, pairs) -> list[tuple[int, int]]:
    here, there = sides
    return [(here.get(one)["version"], there.get(other)["version"]) for one, other in pairs]
