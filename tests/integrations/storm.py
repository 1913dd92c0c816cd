"""Many changes while the other side answers with faults and workers are killed: the ends compared.

What is changed where follows from `seed`, so a run can be repeated; what is killed when does not.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.integrations.desk import Desk
from tests.integrations.pairs import Pair, Two

# Percents of the calls that meet each kind: 30 in all.
SHARES = {
    "429": 5,
    "500": 5,
    "before-timeout": 4,
    "after-timeout": 5,
    "cut": 5,
    "duplicate": 4,
    "drip": 2,
}


@dataclass
class Storm:
    """The changes of one pair. `words` are the replies that must be on both sides in the end."""

    pair: Pair
    tickets: int
    changes: int
    seed: int
    pairs: list[tuple[dict, dict]] = field(default_factory=list)
    said: dict[int, list[str]] = field(default_factory=dict)
    opened: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed}:{self.pair.service}")
        self.done = 0

    @property
    def fixed(self) -> frozenset[str]:
        """Fields that only a new ticket takes along."""
        can = self.pair.can
        return frozenset() if can.replaces else can.create_only

    @property
    def sends_replies(self) -> bool:
        can = self.pair.can
        return can.add_comments or (can.comments_with_create and can.replaces)

    def change(self) -> None:
        """One change: opening counts too, and comes first."""
        self.done += 1
        if len(self.opened) < self.tickets:
            ticket = self.pair.here.open(f"Storm {len(self.opened)}", body="It rains")
            self.opened.append(ticket)
            self.said[ticket["id"]] = []
            return
        ticket = self.dice.choice(self.opened)
        copy = self._copy(ticket) if self.pair.can.list and self.dice.random() < 0.3 else None
        if copy is None:
            self._change(self.pair.here, ticket, f"here {self.done}", ticket)
        else:
            self._change(self.pair.there, copy, f"there {self.done}", ticket)

    def difference(self) -> list[str]:
        """What is not equal yet, in words; nothing once both ends are."""
        here = {ticket["title"]: ticket for ticket in self.pair.here.tickets()}
        there: dict[str, list[dict]] = {}
        for ticket in self.pair.there.tickets():
            there.setdefault(ticket["title"], []).append(ticket)
        found = []
        for title, ticket in here.items():
            copies = there.pop(title, [])
            if len(copies) != 1:
                found.append(f"{title}: {len(copies)} there")
            else:
                found += self._compared(ticket, copies[0])
        return found + [f"{title}: only there" for title in there]

    # One change ----------------------------------------------------------------------------------

    def _change(self, side: Desk, ticket: dict, stamp: str, original: dict) -> None:
        is_here = side is self.pair.here
        kinds: list[Callable[[], None]] = [lambda: self._move(side, ticket)]
        if is_here is False or self.sends_replies:
            kinds += [lambda: self._say(side, ticket, stamp, original)] * 2
        if not (is_here and "priority" in self.fixed):
            kinds += [
                lambda: side.change(ticket, priority=self.dice.choice(["low", "normal", "high"])),
                lambda: side.change(ticket, tags=self.dice.sample(["a", "b", "c", "d"], 2)),
            ]
        self.dice.choice(kinds)()

    def _move(self, side: Desk, ticket: dict) -> None:
        side.try_to(ticket, self.dice.choice(["Wait", "Start", "Resolve", "Reopen"]))

    def _say(self, side: Desk, ticket: dict, stamp: str, original: dict) -> None:
        side.say(ticket, f"Said {stamp}")
        self.said[original["id"]].append(f"Said {stamp}")

    def _copy(self, ticket: dict) -> dict | None:
        return next(iter(self.pair.there.titled(ticket["title"])), None)

    # Comparing -----------------------------------------------------------------------------------

    def _compared(self, ticket: dict, copy: dict) -> list[str]:
        title, found = ticket["title"], []
        if self.pair.word(ticket) != self.pair.word(copy):
            found.append(f"{title}: {ticket['status']['name']} and {copy['status']['name']}")
        for name in ("priority", "tags"):
            one, other = ticket[name], copy[name]
            if name == "tags":
                one, other = sorted(one), sorted(other)
            if one != other:
                found.append(f"{title}: {name} {one} and {other}")
        for side, where in ((self.pair.here, ticket), (self.pair.there, copy)):
            if side.said(where) != sorted(self.said.get(ticket["id"], [])):
                found.append(f"{title}: {side.said(where)}, not {self.said.get(ticket['id'])}")
        return found


@dataclass
class Outcome:
    """What a storm came to. `differences` by service; `seconds` until all was equal and quiet."""

    changes: int
    seconds: float
    changing: float
    kills: int
    dealt: Counter
    differences: dict[str, list[str]]
    standing: dict[str, dict]
    later_writes: int

    def told(self) -> str:
        """For people: what happened, and what is not as it should be."""
        dealt = ", ".join(f"{kind} {count}" for kind, count in sorted(self.dealt.items()))
        lines = [
            f"{self.changes} changes in {self.changing:.0f} s, equal after {self.seconds:.0f} s",
            f"workers killed: {self.kills}; faults dealt: {sum(self.dealt.values())} ({dealt})",
            f"writes after that: {self.later_writes}",
        ]
        for name, one in sorted(self.standing.items()):
            unequal = self.differences.get(name, [])
            lines.append(
                f"{name:<10} {one['exchanges']:>6} exchanges  {one['writes']:>6} writes"
                f"  unequal {len(unequal)}  maybe created {one['maybe']}"
                f"  unfinished {len(one['unfinished'])}"
            )
            lines += [f"           {words}" for words in unequal[:5]]
        return "\n".join(lines)

    @property
    def is_well(self) -> bool:
        stopped = any(one["maybe"] or one["unfinished"] for one in self.standing.values())
        return not (self.differences or stopped or self.later_writes)


def rage(
    two: Two,
    *,
    tickets: int,
    changes: int,
    seed: int = 1,
    kill_every: float = 20.0,
    patience: float = 600.0,
    say: Callable[[str], None] = lambda words: None,
) -> Outcome:
    """Make the changes on every pair at once, killing workers, and wait until all is equal."""
    storms = [Storm(pair, tickets, changes, seed) for pair in two.pairs]
    began = time.monotonic()
    last_kill, kills = began, 0
    dice = random.Random(seed)

    def kill() -> None:
        nonlocal last_kill, kills
        if time.monotonic() - last_kill > kill_every * (0.5 + dice.random()):
            two.here.kill_worker()
            last_kill, kills = time.monotonic(), kills + 1

    for number in range(changes):
        for storm in storms:
            storm.change()
            kill()
        time.sleep(dice.choice([0, 0, 0.05, 0.2]))
        if number % 100 == 99:
            say(f"{number + 1} changes of each service after {time.monotonic() - began:.0f} s")
    changing = time.monotonic() - began
    differences = _until_equal(two, storms, began + changing + patience, kill, say)
    seconds = time.monotonic() - began
    before = two.standing()
    time.sleep(8)  # more than two looks of every service
    standing = two.standing()
    later = sum(standing[name]["writes"] - before[name]["writes"] for name in standing)
    return Outcome(
        changes=sum(storm.done for storm in storms),
        seconds=seconds,
        changing=changing,
        kills=kills,
        dealt=Counter(two.there.dealt()),
        differences=differences,
        standing=standing,
        later_writes=later,
    )


def _until_equal(two: Two, storms: list[Storm], end: float, kill, say) -> dict[str, list[str]]:
    """Wait for equal ends; workers go on being killed for the first half of the time at most."""
    left, calm = list(storms), time.monotonic() + 20
    found: dict[str, list[str]] = {}
    while time.monotonic() < end:
        found = {storm.pair.service: storm.difference() for storm in left}
        found = {service: words for service, words in found.items() if words}
        waiting = {name for name, one in two.standing().items() if one["unfinished"]}
        if not found and not waiting:
            return {}
        say(f"not yet equal: { {name: len(words) for name, words in found.items()} }, {waiting=}")
        if time.monotonic() < calm:
            kill()
        time.sleep(3)
    return found or {name: ["not quiet"] for name in waiting}
