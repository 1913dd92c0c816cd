"""What each list asks the database, and what that costs there, at any number of tickets.

    DATABASE_URL=postgres://postgres@127.0.0.1/bench_1000000 .venv/bin/python bench/lists.py --tickets 1000000

Calls lists, ticket and search through the real views, and explains every statement they sent, in a
database of dataset.py, which is filled if it is empty. Then every usual order by every usual
filter, beside the plain list. What smaller databases needed is kept, and growth is shown beside it.
"""

import argparse
import json
import sys
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dataset import COMMON, RARE, prepare
from django.conf import settings
from django.db import connection
from django.test import Client
from operations import STATISTICS, asking, forget_new, signed_up

from helpdesk.models import Ticket

LISTS = {
    "A  API: 50 newest open": "/api/v1/tickets/?category=open",
    "B  API: one with comments": "/api/v1/tickets/{n}/?expand=comments",
    "D  page: unresolved": "/tickets/",
    "E  page: ticket": "/tickets/{n}/",
    "F1 API: rare word": f"/api/v1/tickets/?search={RARE}",
    "F2 API: common word": f"/api/v1/tickets/?search={COMMON}",
    "G  API: page 1,000": "/api/v1/tickets/?cursor={cursor}",
    "H  page: home": "/",
    "S1 page: rare word": f"/tickets/?search={RARE}",
    "S2 page: common word": f"/tickets/?search={COMMON}",
    "   page: all": "/tickets/?view=all",
    "   API: of one assignee": "/api/v1/tickets/?category=open&assignee=agent6@example.com",
    "   API: a custom field": "/api/v1/tickets/?custom.seats=42",
}
SORTS = ("number", "created_at", "updated_at", "due_at", "priority")
FILTERS = {
    "status": "Closed",
    "assignee": "agent6@example.com",
    "team": "Support",
    "requester": "customer7@example.com",
    "queue": "Support",
    "tag": "tag 3",
    "custom.seats": "42",
}
TURNS = 3  # the quickest counts: the first finds pages on disk, others wait for the processor
LIST_MILLIS = 6  # what a list may cost beside what is compared here (A in README.md)
WHOLE = {"helpdesk_ticket", "helpdesk_comment", "helpdesk_change", "helpdesk_searchdocument"}


def explain(sql: str) -> tuple[int, float, list[str]]:
    """Pages touched, milliseconds, and what was read how: indexes by name, tables read whole."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        [[report]] = cursor.fetchall()
    plan = (json.loads(report) if isinstance(report, str) else report)[0]
    used = []

    def look(node: dict) -> None:
        if not node["Actual Loops"]:
            return
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in WHOLE:
            used.append(f"ALL OF {node['Relation Name']}")
        if node.get("Index Name", "").startswith(("ticket_", "search_", "helpdesk_ticket_")):
            used.append(node["Index Name"])
        for below in node.get("Plans", []):
            look(below)

    look(plan["Plan"])
    pages = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return pages, plan["Execution Time"], list(dict.fromkeys(used))


def measure(client: Client, url: str) -> dict:
    """`pages`, `millis` and `used` of all statements of a request, and its `bytes`."""
    client.get(url)
    asked: list[str] = []

    def note(execute: Callable, sql: str, params: tuple | None, *rest: object) -> object:
        with connection.cursor() as cursor:
            asked.append(sql if params is None else cursor.mogrify(sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        response = client.get(url)
    if response.status_code >= 400:
        sys.exit(f"{url}: {response.status_code} {response.content[:500]!r}")
    found: dict = {"pages": 0, "millis": 0.0, "used": [], "bytes": len(response.content)}
    for sql in asked:
        if sql.startswith("SELECT") and "set_config" not in sql:
            pages, millis, used = min((explain(sql) for _turn in range(TURNS)), key=itemgetter(1))
            found["pages"] += pages
            found["millis"] += millis
            found["used"] += used
    return found


def combinations() -> dict[str, str]:
    """Every order, both ways, alone and by every filter."""
    said = {}
    for sort in SORTS:
        for sign in ("", "-"):
            said[f"{sign}{sort}"] = f"/api/v1/tickets/?sort={sign}{sort}"
            for name, value in FILTERS.items():
                said[f"{name} {sign}{sort}"] = f"/api/v1/tickets/?{name}={value}&sort={sign}{sort}"
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    wanted = parser.parse_args().tickets
    settings.ALLOWED_HOSTS = ["*"]
    settings.BACKEND = settings.AUTHENTICATION_BACKENDS[0]
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    prepare(wanted)
    forget_new(wanted)
    at = signed_up(wanted)
    api, web = asking(at.api), asking(at.web)
    places = {"n": at.numbers[len(at.numbers) // 2], "cursor": at.cursor}
    urls = {name: url.format(**places) for name, url in LISTS.items()} | combinations()
    found = {
        name: measure(api if url.startswith("/api/") else web, url) for name, url in urls.items()
    }
    (STATISTICS / f"lists-{wanted}.json").write_text(json.dumps(found))
    return show(found, wanted)


def show(found: dict[str, dict], tickets: int) -> int:
    """The table, and how many lists read a whole table or cost twice what the plain one does."""
    kept = sorted(STATISTICS.glob("lists-*.json"), key=lambda one: int(one.stem[6:]))
    sizes = {int(one.stem[6:]): json.loads(one.read_text()) for one in kept}
    smaller = {size: one for size, one in sizes.items() if size <= tickets}
    print(f"{Ticket.objects.count():,} tickets; pages at {', '.join(f'{n:,}' for n in smaller)}")
    missed = 0
    for name, one in found.items():
        pages = [str(before[name]["pages"]) for before in smaller.values() if name in before]
        plain = found.get(name.rpartition(" ")[2]) if name not in LISTS else None
        limit = 3 if name.startswith("custom.") else 2
        wrong = [use for use in one["used"] if use.startswith("ALL OF")]
        if plain and LIST_MILLIS + one["millis"] > limit * (LIST_MILLIS + plain["millis"]):
            wrong.append(f"more than {limit} times the plain list")
        missed += bool(wrong)
        print(
            f"{name:28} {' '.join(f'{page:>7}' for page in pages)} pages {one['millis']:8.1f} ms"
            f" {one['bytes']:8} bytes  {', '.join(dict.fromkeys(one['used']))}"
            + (f"   MISSED: {', '.join(wrong)}" if wrong else "")
        )
    return missed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
