"""How many tickets a second are created: through the verbs, by a bulk call, by `bulk_create` alone.

    DATABASE_URL=postgres://postgres@127.0.0.1/bench_bulk .venv/bin/python bench/bulk_create.py

All three in one run, in turns, on a PostgreSQL database that may hold anything: what is made is
described in README.md. The verbs and the call store change, search document and tags with each
ticket; `bulk_create` alone stores the rows of the tickets and nothing else.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
os.environ.setdefault("OUTBOUND_ALLOW", "")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from load import processor_seconds

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import ApiKey, CustomField, Queue, Status, Ticket
from helpdesk.models.configuration import configuration

settings.ALLOWED_HOSTS = ["*"]
WORDS = "Some words about a printer that does not print. "
WANTED = 800  # tickets a second through the verbs
AT_ONCE = 100  # items of a call that are carried out in the request


def rows(count: int) -> list[dict]:
    return [
        {
            "title": f"Ticket {number} about printers",
            "body": WORDS * 20,
            "priority": ("low", "normal", "high", "urgent")[number % 4],
            "requester": {"email": f"customer{number % 200}@example.com"},
            "tags": ["printer", f"floor {number % 8}"],
            "custom": {"region": f"r{number % 7}", "seats": number % 100},
        }
        for number in range(count)
    ]


def by_verbs(count: int) -> None:
    made = actions.open_tickets(rows(count), by=system("rule"))
    assert len(made) == count


def by_calls(client: Client) -> Callable[[int], None]:
    def call(count: int) -> None:
        for start in range(0, count, AT_ONCE):
            body = {"operation": "create", "items": rows(min(AT_ONCE, count - start))}
            sent = json.dumps(body)
            answer = client.post("/api/v1/tickets/bulk/", sent, content_type="application/json")
            assert answer.json()["failed"] == 0, answer.content[:500]

    return call


def by_rows_alone(count: int) -> None:
    queue, status = configuration().default_queue, Status.objects.get(name="Open")
    Ticket.objects.bulk_create(
        Ticket(
            queue=queue,
            status=status,
            status_category=status.category,
            channel="api",
            version=1,
            **{name: row[name] for name in ("title", "body", "priority", "custom")},
        )
        for row in rows(count)
    )


def spent() -> float:
    """Processor seconds of this process and of PostgreSQL's for it, so far."""
    return time.process_time() + processor_seconds([connection.connection.info.backend_pid])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1000, help="in each turn")
    parser.add_argument("--turns", type=int, default=5)
    wanted = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a PostgreSQL database.")
    call_command("migrate", verbosity=0)
    for key, kind in {"seats": "number", "region": "text"}.items():
        CustomField.objects.get_or_create(key=key, defaults={"name": key.title(), "kind": kind})
    assert Queue.objects.filter(is_default=True).exists()
    key = ApiKey(name="Bench", scope="write", all_queues=True, rate_limit=1_000_000)
    client = Client(headers={"authorization": f"Bearer {key.renew_secret()}"})
    key.save()
    ways: dict[str, Callable[[int], None]] = {
        "verbs": by_verbs,
        "bulk calls of 100": by_calls(client),
        "bulk_create alone": by_rows_alone,
    }
    paces: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(wanted.turns + 1):  # the first one warms up
        for name, way in ways.items():
            begun, before = time.perf_counter(), spent()
            way(wanted.tickets)
            if turn:
                paces[name].append(wanted.tickets / (time.perf_counter() - begun))
                costs[name].append((spent() - before) / wanted.tickets * 1000)
    load = os.getloadavg()[0]
    print(f"{wanted.turns} turns of {wanted.tickets} tickets, load {load:.1f}, tickets a second:")
    for name, found in paces.items():
        middle = statistics.median(found)
        cost = statistics.median(costs[name])
        print(
            f"{name:20} {middle:8.0f}   ({min(found):.0f} to {max(found):.0f}),"
            f" {cost:.2f} ms of processor time each"
        )
    return 0 if statistics.median(paces["verbs"]) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
