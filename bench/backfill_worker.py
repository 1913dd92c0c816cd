"""A background worker for bench/backfill.py: asks for work as the clock does, and says how it went.

Each line on standard input is an order: `seconds`, and `calls`, a file for the requests that left.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

import django

django.setup()

from django.db.models import Count, Q
from urllib3.connection import HTTPConnection

from integrations import mirror
from integrations.models import Link
from integrations.operations import backfill

SLICE, CLOCK = 5.0, 2.0  # seconds
calls: list[dict] = []


def noted(send):
    """Remember each request as it leaves."""

    def request(self, method, url, body=None, headers=None, **options):
        said = {"method": method, "path": url, "headers": dict(headers or {})}
        calls.append(said | {"body": body.decode() if body else None})
        return send(self, method, url, body=body, headers=headers, **options)

    return request


def work(connection: int, seconds: float) -> float:
    """Work until the time is over or nothing is left; returns the seconds it took."""
    started = time.perf_counter()
    fed = 0.0
    while (passed := time.perf_counter() - started) < seconds:
        if time.monotonic() - fed > CLOCK:
            backfill.feed(connection)
            fed = time.monotonic()
        given = mirror.with_work()
        for pk in given:
            mirror.sync(pk, min(SLICE, max(seconds - passed, 0.1)))
        if not given:
            if not state_of(connection)["left"]:
                break
            time.sleep(0.05)
    return time.perf_counter() - started


def state_of(connection: int) -> dict[str, int]:
    made, due = ~Q(remote_id=""), Q(due_at__isnull=False)
    links = Link.objects.filter(connection=connection)
    return links.aggregate(
        made=Count("pk", filter=made), left=Count("pk", filter=due), all=Count("pk")
    )


def memory() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


def main() -> None:
    connection = int(sys.argv[1])
    HTTPConnection.request = noted(HTTPConnection.request)
    for line in sys.stdin:
        order = json.loads(line)
        calls.clear()
        cpu = time.process_time()
        said = {"seconds": work(connection, order["seconds"]), "calls": len(calls)}
        said |= {"cpu": time.process_time() - cpu, "memory": memory(), **state_of(connection)}
        if order["calls"]:
            with open(order["calls"], "w") as file:
                file.writelines(json.dumps(call) + "\n" for call in calls)
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
