"""How fast all tickets stream out as a report, and how much memory that takes meanwhile.

DATABASE_URL=postgres://postgres@127.0.0.1/bench_1000000 .venv/bin/python bench/export.py --tickets 1000000
"""

import argparse
import http.client
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dataset import prepare
from django.conf import settings
from operations import signed_up
from servers import running

STEPS = 10
PIECE = 1 << 20
WANTED = 10  # MiB that memory may grow from the first tenth to the last


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--form", choices=["csv", "jsonl"], default="jsonl")
    wanted = parser.parse_args()
    settings.ALLOWED_HOSTS = ["*"]
    settings.BACKEND = settings.AUTHENTICATION_BACKENDS[0]
    prepare(wanted.tickets)
    at = signed_up(wanted.tickets)
    [key] = at.api
    with running(settings.DATA) as (servers, _redis):
        server = servers["helpdesk"]
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        before, begun = server.seconds(), time.perf_counter()
        line.request(
            "GET",
            f"/api/v1/reporting/tickets/?format={wanted.form}",
            headers=dict([key.split(": ", 1)]),
        )
        answer = line.getresponse()
        if answer.status != 200:
            sys.exit(f"{answer.status} {answer.read()[:500]!r}")
        lines = size = 0
        memory: list[float] = []
        while piece := answer.read(PIECE):
            lines, size = lines + piece.count(b"\n"), size + len(piece)
            if lines >= len(memory) * wanted.tickets / STEPS:
                memory.append(server.memory()[-1])
        took, spent = time.perf_counter() - begun, server.seconds() - before
    print(f"{lines:,} lines, {size / 2**20:.0f} MiB in {took:.1f} s: {lines / took:.0f} a second,")
    print(f"{spent / lines * 1e6:.0f} µs of processor time each in the server")
    print("private memory of the worker, MiB: " + ", ".join(f"{one:.0f}" for one in memory))
    return 0 if memory[-1] - memory[1] <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
