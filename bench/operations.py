"""What everyday operations cost, beside what this machine can do at best: README.md has the table.

    DATABASE_URL=postgres://postgres@127.0.0.1/bench_10000 .venv/bin/python bench/operations.py --tickets 10000

An empty database is filled with that many tickets. The floor (floor.py), bare Django (bare.py) and
the helpdesk take turns, each with two worker processes; medians of the turns count. Processor time
is that of the server's processes, of PostgreSQL's for this database, and of the helpdesk's Redis.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dataset import COMMON, RARE, prepare
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from load import Call, Connection, Measured, drive, processor_seconds
from servers import Server, running

from helpdesk.models import ApiKey, ReadMark, Ticket, User

NESTING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
AT_THE_DOOR = ("django_session", "helpdesk_apikey")
SPREAD = 500  # different tickets that are read
STATISTICS = settings.DATA


@dataclass(frozen=True)
class Operation:
    """What is asked of each server, and the most it may cost."""

    name: str
    millis: float  # processor time a request
    statements: int
    ours: Callable[[int], Call]
    theirs: Callable[[int], Call]  # of floor and bare


def operations(at: SimpleNamespace) -> dict[str, Operation]:
    api, web = at.api, at.web

    def get(path: str, headers: tuple[str, ...]) -> Callable[[int], Call]:
        return lambda n: Call("GET", path.format(n=at.numbers[n % len(at.numbers)]), headers)

    def create(path: str) -> Callable[[int], Call]:
        return lambda n: Call("POST", path, api, new_ticket(n))

    def pair(ours: str, theirs: str, headers: tuple[str, ...]) -> tuple:
        return get(ours, headers), get(theirs, headers)

    tickets = "/api/v1/tickets/"
    return {
        "A": Operation("API list", 6, 4, *pair(f"{tickets}?category=open", "/A", api)),
        "B": Operation("API get", 5, 5, *pair(f"{tickets}{{n}}/?expand=comments", "/B?n={n}", api)),
        "D": Operation("list page", 12, 6, *pair("/tickets/", "/D", web)),
        "E": Operation("ticket page", 10, 8, *pair("/tickets/{n}/", "/E?n={n}", web)),
        "F1": Operation(
            "rare word", 8, 4, *pair(f"{tickets}?search={RARE}", f"/F1?word={RARE}", api)
        ),
        "F2": Operation(
            "common word", 10, 4, *pair(f"{tickets}?search={COMMON}", f"/F2?word={COMMON}", api)
        ),
        "G": Operation(
            "deep page", 6, 4, *pair(f"{tickets}?cursor={at.cursor}", f"/G?n={at.deep}", api)
        ),
        "H": Operation("home", 12, 6, *pair("/", "/D", web)),
        "S": Operation("search page", 12, 6, *pair(f"/tickets/?search={COMMON}", "/D", web)),
        "C": Operation("API create", 8, 10, create(tickets), create("/C")),
    }


def new_ticket(number: int) -> bytes:
    body = {
        "title": f"Ticket {number} about printers",
        "body": ("Some words about a printer. " * 80)[:2_140],
        "priority": "high",
        "requester": {"email": f"customer{1 + number % 1000}@example.com"},
        "tags": ["tag 1", "tag 2"],
        "custom": {"region": f"r{number % 7}", "seats": number % 100},
    }
    return json.dumps(body).encode()


def signed_up(count: int) -> SimpleNamespace:
    """A key, an agent's session, the tickets that are read, and the cursor of a deep page."""
    ApiKey.objects.filter(name="Bench").delete()
    key = ApiKey(name="Bench", scope="write", all_queues=True, rate_limit=100_000_000)
    secret = key.renew_secret()
    key.save()
    agent = User.objects.filter(role="agent").order_by("pk").first()
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(agent.pk), settings.BACKEND
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    session.save()
    step = max(1, count // SPREAD)
    at = SimpleNamespace(
        api=(f"Authorization: Bearer {secret}",),
        web=(f"Cookie: sessionid={session.session_key}; csrftoken={'c' * 32}",),
        numbers=[1 + place * 7919 % count for place in range(0, count, step)][:SPREAD],
        deep=max(count - 50_000, count // 2),
    )
    # What an agent has opened once is no longer new, and opening it again writes nothing.
    read = [ReadMark(person=agent, ticket_id=number, version=4) for number in at.numbers]
    ReadMark.objects.bulk_create(read, ignore_conflicts=True)
    at.cursor = cursor_at(at, count)
    return at


def cursor_at(at: SimpleNamespace, count: int) -> str:
    """Of page 1,000, or half-way down a shorter list."""
    client, cursor = asking(at.api), ""
    for _page in range((count - at.deep) // 200):
        page = client.get(f"/api/v1/tickets/?fields=id&limit=200{cursor}").json()
        cursor = f"&{page['next'].partition('?')[2]}".replace("&fields=id", "")
        cursor = "&cursor=" + cursor.partition("cursor=")[2].partition("&")[0]
    return cursor.removeprefix("&cursor=")


def asking(headers: tuple[str, ...]) -> Client:
    return Client(headers=dict(line.split(": ", 1) for line in headers))


def counted(operation: Operation) -> tuple[int, int]:
    """Statements of a request, and those of them that are session, user or key."""
    call = operation.ours(3)
    client = asking(call.headers)
    said = {"data": call.body, "content_type": "application/json"} if call.body else {}
    for _warm in range(2):
        with CaptureQueriesContext(connection) as captured:
            response = client.generic(call.method, call.path, **said)
    assert response.status_code < 400, response.content[:500]
    sent = [one["sql"] for one in captured.captured_queries]
    sent = [sql for sql in sent if not sql.startswith(NESTING)]
    if os.environ.get("SHOW"):
        print(f"\n{operation.name}", *(sql[:1500] for sql in sent), sep="\n  ")
    door = [sql for sql in sent if any(f'FROM "{name}"' in sql for name in AT_THE_DOOR)]
    users = [sql for sql in sent if 'FROM "helpdesk_user" WHERE "helpdesk_user"."id"' in sql]
    return len(sent), len(door) + len(users[:1] if call.method == "GET" else [])


class Meter:
    """Processor seconds of a server, of the database's processes and of Redis."""

    def __init__(self, redis: int) -> None:
        self.redis = redis
        self.backends: dict[int, float] = {}  # as last seen; those of parallel workers go
        self.database = 0.0

    def read(self, server: Server) -> tuple[float, float]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type IN ('client backend', 'parallel worker')"
                " AND pid <> pg_backend_pid()"
            )
            pids = [pid for [pid] in cursor.fetchall()]
        now = {pid: processor_seconds([pid]) for pid in pids}
        self.database += sum(
            max(0.0, one - self.backends.get(pid, 0.0)) for pid, one in now.items()
        )
        self.backends = now
        return server.seconds() + processor_seconds([self.redis]), self.database


def measure(
    at: SimpleNamespace, servers: dict[str, Server], redis: int, rounds: int, seconds: float
) -> dict:
    """By operation and server: `millis` (server, database), `pace`, `bytes`."""
    meter, every = Meter(redis), operations(at)
    found: dict = {key: {name: [] for name in servers} for key in every}
    lengths = {}
    for key, one in every.items():
        for server in servers.values():  # warm, and learn how long our answer is
            line = Connection(servers["helpdesk"].port)
            status, body = line.ask(one.ours(0).wire)
            assert status < 400, (key, status, body[:500])
            lengths[key] = len(body)
            drive(server.port, asked(server, one, lengths[key]), connections=8, seconds=0.5)
    for _round in range(rounds):
        for key, one in every.items():
            for name, server in servers.items():
                before = meter.read(server)
                said = drive(
                    server.port, asked(server, one, lengths[key]), connections=2, seconds=seconds
                )
                after = meter.read(server)
                spent = [(b - a) * 1000 / said.requests for a, b in zip(before, after, strict=True)]
                found[key][name].append((*spent, said.pace, said.length))
    return {key: {name: middle(turns) for name, turns in by.items()} for key, by in found.items()}


def asked(server: Server, one: Operation, length: int) -> Callable[[int], Call]:
    if server.name == "helpdesk":
        return one.ours

    def call(n: int) -> Call:
        found = one.theirs(n)
        sign = "&" if "?" in found.path else "?"
        return Call(found.method, f"{found.path}{sign}bytes={length}", found.headers, found.body)

    return call


def middle(turns: list[tuple]) -> dict:
    columns = list(zip(*turns, strict=True))
    server, database, pace, length = (statistics.median(column) for column in columns)
    total = statistics.median(a + b for a, b, *_rest in turns)
    return {
        "server": server,
        "database": database,
        "total": total,
        "pace": pace,
        "bytes": length,
    }


def tails(at: SimpleNamespace, servers: dict[str, Server], seconds: float) -> dict:
    """p99 to p50 with eight connections, of A, B and E."""

    def spread(said: Measured) -> float:
        cut = statistics.quantiles(said.millis, n=100)
        return cut[98] / cut[49]

    every, found = operations(at), {}
    for key in "ABE":
        found[key] = {
            name: statistics.median(
                spread(
                    drive(server.port, asked(server, every[key], 0), connections=8, seconds=seconds)
                )
                for _turn in range(3)
            )
            for name, server in servers.items()
        }
    return found


def forget_new(count: int) -> None:
    """Take out what was created, so that the next run finds the same tickets."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SELECT conrelid::regclass, attname FROM pg_constraint JOIN pg_attribute"
            " ON attrelid = conrelid AND attnum = conkey[1]"
            " WHERE contype = 'f' AND confrelid = 'helpdesk_ticket'::regclass"
        )
        for table, column in cursor.fetchall():
            if table != "helpdesk_ticket":
                cursor.execute(f"DELETE FROM {table} WHERE {column} > %s", [count])
        cursor.execute("DELETE FROM helpdesk_ticket WHERE id > %s", [count])
        cursor.execute("RESET session_replication_role")
        cursor.execute("SELECT setval('helpdesk_ticket_id_seq', %s)", [count])
        cursor.execute("VACUUM ANALYZE")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn")
    parser.add_argument("--only-statements", action="store_true")
    wanted = parser.parse_args()
    settings.ALLOWED_HOSTS = ["*"]
    settings.BACKEND = settings.AUTHENTICATION_BACKENDS[0]
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    prepare(wanted.tickets)
    forget_new(wanted.tickets)
    at = signed_up(wanted.tickets)
    said = {key: counted(one) for key, one in operations(at).items()}
    report: dict = {"tickets": Ticket.objects.count(), "statements": said}
    if not wanted.only_statements:
        load = os.getloadavg()[0]
        with running(settings.DATA) as (servers, redis):
            report["costs"] = measure(at, servers, redis, wanted.rounds, wanted.seconds)
            report["tails"] = tails(at, servers, wanted.seconds)
            report["memory"] = servers["helpdesk"].memory()
        report["machine"] = (
            f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL"
            f" {connection.pg_version // 10000}, load {load:.1f} before"
        )
        forget_new(wanted.tickets)
        (STATISTICS / f"{wanted.tickets}.json").write_text(json.dumps(report, indent=1))
    return show(report, operations(at))


def show(report: dict, every: dict[str, Operation]) -> int:
    """The table; the number of figures that are not as wanted."""
    missed = 0
    print(f"{report['tickets']:,} tickets, {report.get('machine', 'statements only')}")
    print(
        f"{'':16} statements      CPU ms (server + database)      a second           share  bytes"
    )
    for key, one in every.items():
        sent, door = report["statements"][key]
        wrong = ["statements"] if sent - door > one.statements or door > 2 else []
        line = f"{key:3}{one.name:12} {sent - door:2}+{door} of {one.statements:2}"
        if "costs" in report:
            by = report["costs"][key]
            ours, floor = by["helpdesk"], by["floor"]
            if ours["total"] > one.millis:
                wrong.append("CPU")
            line += (
                f"   {ours['total']:5.1f} of {one.millis:2g} ({ours['server']:.1f} +"
                f" {ours['database']:.1f})   floor {floor['total']:4.1f}, bare"
                f" {by['bare']['total']:4.1f}   {ours['pace']:5.0f} of {floor['pace']:5.0f}"
                f"   {ours['pace'] / floor['pace']:.2f}  {ours['bytes']:7.0f}"
            )
        missed += len(wrong)
        print(line + (f"   MISSED: {', '.join(wrong)}" if wrong else ""))
    for key, by in report.get("tails", {}).items():
        print(f"p99/p50 {key}: " + ", ".join(f"{name} {one:.1f}" for name, one in by.items()))
    if "memory" in report:
        print(
            "private memory of the workers: " + ", ".join(f"{m:.0f} MiB" for m in report["memory"])
        )
    return missed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
