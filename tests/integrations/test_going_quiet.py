"""Mirrors that could answer each other for ever, over real HTTP: they go quiet."""

import os
import random
import time

import pytest

from tests.integrations.installation import Installation, eventually
from tests.integrations.pairs import connect, connected, keys_at, standing

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="both helpdesks keep to SQLite"),
]
FOR_LONG = 300.0
QUIET = 8.0  # seconds: more than two looks
SANDBOXED = {"500": 0.0}  # no faults, but a sandbox for each key: one ticket has two copies there


def test_one_ticket_mirrored_to_two_services_goes_quiet(tmp_path):
    services = ("apideck", "teamswork")
    with connected(tmp_path, services, queue="support", shares=SANDBOXED) as two:
        one, other = two.pairs
        ticket = one.here.open("Twice there", body="Once here")
        copies = [(pair.there, pair.copy_of(ticket, FOR_LONG)) for pair in two.pairs]
        sides = [(one.here, ticket), *copies]
        one.there.say(copies[0][1], "From the first")
        other.there.say(copies[1][1], "From the second")
        rounds(sides)
        said = ["From the first", "From the second"]
        eventually(lambda: all(set(said) <= set(side.said(at)) for side, at in sides), FOR_LONG)
        eventually(lambda: are_equal(sides), FOR_LONG)
        goes_quiet(two.here)
        assert [len(pair.there.tickets()) for pair in two.pairs] == [1, 1]


def test_two_helpdesks_that_mirror_into_each_other_go_quiet(tmp_path):
    with connected(tmp_path, ["apideck"]) as two:
        [pair] = two.pairs
        back = {"teamswork": "apideck"}  # what A mirrors by Apideck, B mirrors by TeamsWork
        connect(two.there, keys_at(two.here, back), back)
        mine, theirs = pair.here.open("Born here"), pair.there.open("Born there")
        pairs = [
            [(pair.here, mine), (pair.there, pair.copy_of(mine, FOR_LONG))],
            [(pair.here, found_at(pair.here, theirs)), (pair.there, theirs)],
        ]
        for sides in pairs:
            rounds(sides)
        for sides in pairs:
            eventually(lambda sides=sides: are_equal(sides), FOR_LONG)
        goes_quiet(two.here, two.there)
        for side in (pair.here, pair.there):
            assert sorted(one["title"] for one in side.tickets()) == ["Born here", "Born there"]


def found_at(desk, ticket: dict) -> dict:
    return eventually(lambda: desk.titled(ticket["title"]), FOR_LONG)[0]


def rounds(sides: list) -> None:
    """Edits on all sides, some of them at the same moment."""
    dice = random.Random(3)
    for number in range(12):
        side, ticket = dice.choice(sides)
        what = number % 4
        if what == 0:
            side.say(ticket, f"Said {number}")
        elif what == 1:
            side.change(ticket, priority=dice.choice(["low", "normal", "high", "urgent"]))
        elif what == 2:
            side.change(ticket, tags=dice.sample(["a", "b", "c"], 2))
        else:
            side.try_to(ticket, dice.choice(["Wait", "Resolve", "Reopen", "Start"]))
        time.sleep(dice.choice([0, 0.5, 2]))


def are_equal(sides: list) -> bool:
    """What both services can say: waiting is work in progress to them, resolved is closed."""
    alike = {"Waiting": "In progress", "Resolved": "Closed"}
    found = []
    for side, ticket in sides:
        shown = side.get(ticket)
        status = shown["status"]["name"]
        found.append(
            (shown["priority"], sorted(shown["tags"]), alike.get(status, status), side.said(ticket))
        )
    return all(one == found[0] for one in found)


def goes_quiet(*helpdesks: Installation) -> None:
    """Nothing waits, and but for questions nothing is sent any more."""
    eventually(lambda: not any(waits(side) for side in helpdesks), FOR_LONG)
    before = [standing(side) for side in helpdesks]
    time.sleep(QUIET)
    after = [standing(side) for side in helpdesks]
    for one, other in zip(before, after, strict=True):
        for service in one:
            assert other[service]["writes"] == one[service]["writes"], service
            assert other[service]["looks_at"] > one[service]["looks_at"], service
            assert (other[service]["state"], other[service]["maybe"]) == ("active", 0)


def waits(side: Installation) -> bool:
    return any(one["unfinished"] for one in standing(side).values())
