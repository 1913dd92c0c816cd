"""How fast earlier tickets go to another helpdesk, and whether a reply of now waits for them.

    .venv/bin/python bench/backfill.py --tickets 400
    .venv/bin/python bench/backfill.py --tickets 0 --csv tickets.csv \
        --postgres postgres://postgres@127.0.0.1:5432 --redis redis://127.0.0.1:6379

Two helpdesks in a new folder: the first imports tickets and is connected to the Apideck endpoint of
the second. See README.md for what is measured. Fails where a figure is not as wanted.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from helpdesks import MAP, Helpdesk, Worker, write_rows
from wire import Bare, Proxy

DELAY = 0.05  # seconds until the slow server hears of a request
POINT = """
from integrations.models import Connection
connection = Connection.objects.get()
connection.setup = connection.setup | {{"base_url": "{url}"}}
connection.save(update_fields=["setup"])
"""
REACH = """
import json
from integrations.models import Link
links = Link.objects.order_by("ticket_id")
sent = links.exclude(remote_id="").filter(due_at=None)
waiting = links.filter(remote_id="")
print(json.dumps([list(rows.values_list("ticket_id", flat=True)) for rows in (sent, waiting)]))
"""
COUNT = """
from helpdesk.models import Ticket
print(Ticket.objects.filter(queue__slug="support").count())
"""
BUDGET = """
from integrations.budget import calls_left
from integrations.connecting import budget_of
from integrations.models import Connection
connection = Connection.objects.get()
print(*calls_left(connection, budget_of(connection).per_minute))
"""


def main() -> int:
    options = read_options()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="backfill-"))
    here, there = (make_helpdesk(options, folder, name) for name in ("here", "there"))
    proxy = Proxy(options.port + 2, options.port + 1)
    try:
        there.start()
        bench = Bench(options, folder, here, there, proxy)
        bench.prepare()
        results = [bench.against_bare(), bench.two_against_one(), bench.replies()]
        results.append(bench.drained())
    finally:
        here.stop()
        there.stop()
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(results) else 1


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tickets", type=int, default=400, help="0: all of --csv")
    parser.add_argument("--csv", type=Path, help="columns as in README.md; left out: made-up ones")
    parser.add_argument("--postgres", help="a server; databases bench_here, bench_there are made")
    parser.add_argument("--redis", help="a server; its databases 8 to 11 are used")
    parser.add_argument("--port", type=int, default=8490, help="the first of three")
    parser.add_argument("--round", type=float, default=5, help="seconds")
    parser.add_argument("--replies", type=int, default=4)
    parser.add_argument("--direction", choices=("both", "out"), default="both")
    parser.add_argument("--folder", help="where to work, kept; left out: a temporary one")
    return parser.parse_args()


def make_helpdesk(options: argparse.Namespace, folder: Path, name: str) -> Helpdesk:
    is_first = name == "here"
    environment = {}
    if options.postgres:
        database = f"bench_{name}"
        with psycopg.connect(f"{options.postgres}/postgres", autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {database}")
        environment["DATABASE_URL"] = f"{options.postgres}/{database}"
    if options.redis:
        first = 8 if is_first else 10
        environment["BROKER_URL"] = f"{options.redis}/{first}"
        environment["CACHE_URL"] = f"{options.redis}/{first + 1}"
    return Helpdesk(folder / name, options.port + (not is_first), **environment)


class Bench:
    """One run: the tickets are shared out to what is measured, by `until`."""

    def __init__(self, options, folder: Path, here: Helpdesk, there: Helpdesk, proxy: Proxy):
        self.options, self.folder = options, folder
        self.here, self.there, self.proxy = here, there, proxy
        self.total, self.connection = 0, ""

    def prepare(self) -> None:
        rows, mapping = self.folder / "tickets.csv", self.folder / "map.json"
        self.total = write_rows(rows, self.options.csv, self.options.tickets)
        mapping.write_text(json.dumps(MAP))
        where = ("--queue", "support", "--source", "old", "--map", str(mapping))
        self.here.manage("import_tickets", str(rows), *where)
        pairs = [p for pair in self.there.setup.items() for p in ("--set", "=".join(pair))]
        limit = ("--calls-per-minute", "1000000", "--direction", self.options.direction)
        said = self.here.manage("add_connection", "apideck", "--queue", "support", *limit, *pairs)
        self.connection = said.splitlines()[-1]
        self.here.manage("backfill", self.connection)
        load = " ".join(f"{one:.1f}" for one in os.getloadavg())
        what = "PostgreSQL" if self.options.postgres else "SQLite"
        what += ", Redis" if self.options.redis else ""
        print(f"{self.total:,} tickets, {what}, {os.cpu_count()} cores, load before: {load}")

    def against_bare(self) -> bool:
        """Rounds of one worker, each followed by its own calls in a plain loop."""
        collection = self.there.setup["collection"]
        root = self.there.url
        bare, worker = Bare(root, self.there.bare, collection), Worker(self.here, self.connection)
        calls, rounds, made, memory = self.folder / "calls.jsonl", [], 0, []
        try:
            worker.begin(1, calls)
            made = first = worker.ended()["made"]
            bare.repeat(calls)
            while made < self.total * 0.5:
                worker.begin(self.options.round, calls)
                said = worker.ended()
                rounds.append((said, said["made"] - made, bare.repeat(calls)))
                made = said["made"]
                memory.append(said["memory"])
                if not said["left"]:
                    break
        finally:
            worker.stop()
        seconds = sum(said["seconds"] for said, _made, _bare in rounds)
        count = sum(said["calls"] for said, _made, _bare in rounds)
        plain = sum(took for _said, _made, took in rounds)
        cpu = sum(said["cpu"] for said, _made, _bare in rounds)
        ratios = [took / said["seconds"] for said, _made, took in rounds]
        tickets = made - first
        show("one worker", f"{tickets / seconds:.1f} tickets/s, {count / seconds:.1f} calls/s")
        show("  its own processor time", f"{cpu / tickets * 1000:.1f} ms a ticket")
        show("  calls a ticket", f"{count / tickets:.2f}")
        show("the same calls, plain loop", f"{count / plain:.1f} calls/s")
        spread = f"rounds: {min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} of them"
        is_fast = judge("ratio", plain / seconds, "≥", 0.6, spread)
        begin, middle, end = memory[0], memory[len(memory) // 2], memory[-1]
        words = f"begin {begin:.0f}, middle {middle:.0f} MiB"
        return judge("memory at the end, MiB", end, "≤", begin + 20, words) and is_fast

    def two_against_one(self) -> bool:
        """Rounds of one and of two workers, against a server that answers late."""
        self.point_to(self.proxy.url)
        self.proxy.delay = DELAY
        workers = [Worker(self.here, self.connection) for _ in range(2)]
        speeds: dict[int, list[float]] = {1: [], 2: []}
        try:
            made = self._round(workers, 1)
            while made < self.total * 0.75 or not speeds[2]:
                for number in (1, 2):
                    before = made
                    made = self._round(workers[:number], self.options.round)
                    speeds[number].append((made - before) / self.options.round)
        finally:
            for worker in workers:
                worker.stop()
            self.proxy.delay = 0.0
        one, two = (statistics.mean(speeds[number]) for number in (1, 2))
        show("50 ms later: one worker", f"{one:.1f} tickets/s")
        show("50 ms later: two workers", f"{two:.1f} tickets/s, {len(speeds[2])} rounds each")
        return judge("two to one", two / one, "≥", 1.7)

    def _round(self, workers: list[Worker], seconds: float) -> int:
        for worker in workers:
            worker.begin(seconds)
        return max([worker.ended()["made"] for worker in workers])

    def replies(self) -> bool:
        """Replies while the rest goes out: on tickets that are there already, and on the last."""
        self.point_to(self.proxy.url)
        self.here.start()
        time.sleep(8)  # until the workers are at it
        took = {"on a mirrored ticket": [], "on one that waits": []}
        for number in range(self.options.replies):
            sent, waiting = json.loads(self.here.run(REACH))
            if not waiting:
                break
            kind = list(took)[number % 2]
            ticket = sent[number] if number % 2 == 0 else waiting[-1 - number]
            took[kind].append(self._reply(ticket, f"Words of now {number}."))
            time.sleep(1.7)
        left = len(json.loads(self.here.run(REACH))[1])
        level, most = self.here.run(BUDGET).split()
        show("replies in the backlog", f"{left} tickets were left; {level} of {most} calls too")
        wanted = 2 if self.options.redis else 5
        results = [left > 0]
        for kind, seconds in took.items():
            if seconds:
                each = " ".join(f"{one:.2f}" for one in seconds)
                results.append(judge(f"  {kind}, s", max(seconds), "≤", wanted, each))
        return all(results)

    def _reply(self, ticket: int, words: str) -> float:
        self.proxy.watch_for(words)
        said = {"body": words, "format": "plain", "public": True}
        started = time.monotonic()
        self.here.call("POST", f"/tickets/{ticket}/comments/", said)
        seen = self.proxy.seen_at(60)
        return (seen or float("inf")) - started

    def drained(self) -> bool:
        """Everything arrives, once."""
        until = time.monotonic() + 60 + self.total
        while json.loads(self.here.run(REACH))[1] and time.monotonic() < until:
            time.sleep(2)
        there = int(self.there.run(COUNT))
        print(self.here.manage("backfill", self.connection, "--status"))
        return judge("tickets there", there, "=", self.total)

    def point_to(self, url: str) -> None:
        """Let the connection call through another address from now on."""
        path = self.there.setup["base_url"].removeprefix(self.there.url)
        self.here.run(POINT.format(url=url + path))


def show(name: str, words: str) -> None:
    print(f"{name:34} {words}", flush=True)


def judge(name: str, value: float, relation: str, wanted: float, words: str = "") -> bool:
    good = {"≥": value >= wanted, "≤": value <= wanted, "=": value == wanted}[relation]
    shown = f"{value:.2f}" if isinstance(value, float) else str(value)
    verdict = f"wanted {relation} {wanted:g}{'' if good else ': NO'}"
    show(name, f"{shown} ({verdict})  {words}".rstrip())
    return good


if __name__ == "__main__":
    sys.exit(main())
