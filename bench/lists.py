"""What each list asks the database, and what that costs there, at any number of tickets.

    DATABASE_URL=postgres://postgres@127.0.0.1/bench .venv/bin/python bench/lists.py --tickets 1000000

Fills an empty, migrated PostgreSQL database with tickets of the shape described in README.md, calls
lists, ticket and search through the real views, and explains every statement they sent. A list
passes when no statement reads the whole ticket table.
"""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
os.environ.setdefault("OUTBOUND_ALLOW", "")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.models import ApiKey, CustomField, Membership, Queue, Team, Ticket, User

settings.ALLOWED_HOSTS = ["*"]
settings.STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}

PEOPLE = """
INSERT INTO helpdesk_user (uuid, password, email, email_written, name, name_folded, role, timezone,
    locale, signature, preferences, is_active, created_at)
SELECT gen_random_uuid(), '!', kind || n || '@example.com', kind || n || '@example.com',
    kind || ' ' || n, kind || ' ' || n, kind, '', '', '', '{}', true, now()
FROM (SELECT 'agent' AS kind, generate_series(1, 20) AS n
      UNION ALL SELECT 'customer', generate_series(1, 1000)) AS people
"""
TICKETS = """
INSERT INTO helpdesk_ticket (uuid, queue_id, title, title_folded, body, body_format, type_id,
    status_id, status_category, priority, priority_rank, requester_id, requester_name, assignee_id,
    channel, tag_ids, custom, extra, resolution, resolution_comment, source, source_ref, source_url,
    version, created_at, stored_at, updated_at, last_activity_at, reopened_count, due_at)
SELECT gen_random_uuid(), %(queue)s, 'Ticket ' || n || ' about printers', 'ticket ' || n,
    repeat('Some words about a printer. ', 76), 'plain', NULL,
    CASE WHEN n %% 5 = 0 THEN %(open)s ELSE %(closed)s END,
    CASE WHEN n %% 5 = 0 THEN 'open' ELSE 'closed' END,
    (ARRAY['low','normal','high','urgent'])[1 + n %% 4], 1 + n %% 4,
    customers.ids[1 + n %% 1000], '',
    CASE WHEN n %% 3 = 0 THEN NULL ELSE agents.ids[1 + n %% 20] END,
    'web', '[]', jsonb_build_object('region', 'r' || n %% 7, 'seats', n %% 100), '{}', '', '', '',
    '', '', 4, moment, moment, moment, moment, 0, CASE WHEN n %% 10 = 0 THEN moment END
FROM generate_series(1, %(tickets)s) AS n
CROSS JOIN LATERAL (SELECT now() - (%(tickets)s - n) * interval '1 minute' AS moment) AS times
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM helpdesk_user WHERE role = 'customer') AS customers
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM helpdesk_user WHERE role = 'agent') AS agents
"""
COMMENTS = """
INSERT INTO helpdesk_comment (uuid, ticket_id, public, body, format, author_id, author_name, channel,
    origin, happened_at, created_at, message_id, state, source, source_ref, extra)
SELECT gen_random_uuid(), id, true, 'An answer about the printer.', 'plain', requester_id, '', 'web',
    'web', created_at, created_at, '', 'sent', '', '', '{}'
FROM helpdesk_ticket, generate_series(1, 3)
"""
CHANGES = """
INSERT INTO helpdesk_change (ticket_id, version, kind, at, recorded_at, person_name, origin, fields,
    silent, request_id, announce_error, announced_at)
SELECT id, 1, 'opened', created_at, created_at, '', 'web', '{}', true, '', '', created_at
FROM helpdesk_ticket
"""
DOCUMENTS = """
INSERT INTO helpdesk_searchdocument (ticket_id, public, internal)
SELECT id, 'ticket ' || id || ' about printers rare' || id %% 5000, '' FROM helpdesk_ticket
"""
LISTS = {
    "API: 50 newest open": "/api/v1/tickets/?category=open",
    "API: newest": "/api/v1/tickets/",
    "API: of one assignee": "/api/v1/tickets/?category=open&assignee=agent6@example.com",
    "API: of one who has none": "/api/v1/tickets/?category=open&assignee=agent3@example.com",
    "API: of one requester": "/api/v1/tickets/?requester=customer7@example.com",
    "API: by update": "/api/v1/tickets/?sort=-updated_at",
    "API: by creation": "/api/v1/tickets/?sort=-created_at",
    "API: due first": "/api/v1/tickets/?category=open&sort=due_at",
    "API: most urgent first": "/api/v1/tickets/?category=open&sort=-priority",
    "API: a custom field": "/api/v1/tickets/?custom.seats=42",
    "API: rare word": "/api/v1/tickets/?search=rare4711",
    "API: common word": "/api/v1/tickets/?search=printers",
    "page: list": "/tickets/",
    "page: unresolved": "/tickets/?category=unresolved",
}


def fill(tickets: int) -> None:
    queue = Queue.objects.get(is_default=True)
    ids = {"queue": queue.pk, "tickets": tickets}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM helpdesk_status WHERE name = 'Open'")
        [ids["open"]] = cursor.fetchone()
        cursor.execute("SELECT id FROM helpdesk_status WHERE name = 'Closed'")
        [ids["closed"]] = cursor.fetchone()
        cursor.execute(PEOPLE)
        for statement in (TICKETS, COMMENTS, CHANGES, DOCUMENTS):
            cursor.execute(statement, ids)
        cursor.execute("VACUUM ANALYZE")
    CustomField.objects.create(key="seats", name="Seats", kind="number")
    CustomField.objects.create(key="region", name="Region", kind="text")
    team = Team.objects.get(name="Support")
    for agent in User.objects.filter(role="agent"):
        Membership.objects.create(user=agent, team=team)


def explain(sql: str) -> tuple[int, float, list[str]]:
    """Pages touched, milliseconds, and tables read from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        [[report]] = cursor.fetchall()
    plan = (json.loads(report) if isinstance(report, str) else report)[0]
    scans = []

    def look(node: dict) -> None:
        if node["Node Type"] == "Seq Scan":
            scans.append(node["Relation Name"])
        for below in node.get("Plans", []):
            look(below)

    look(plan["Plan"])
    pages = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return pages, plan["Execution Time"], scans


def measure(name: str, client: Client, url: str, headers: dict) -> bool:
    client.get(url, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url, headers=headers)
    if response.status_code != 200:
        sys.exit(f"{url}: {response.status_code} {response.content[:500]!r}")
    pages, millis, whole = 0, 0.0, set()
    for query in captured.captured_queries:
        if query["sql"].startswith("SELECT"):
            touched, took, scans = explain(query["sql"])
            pages, millis = pages + touched, millis + took
            whole |= set(scans) & {"helpdesk_ticket", "helpdesk_comment", "helpdesk_change"}
    size = len(response.content)
    print(
        f"{name:26} {len(captured):3} statements {pages:8} pages "
        f"{millis:9.1f} ms {size:8} bytes  {'reads all of ' + ', '.join(whole) if whole else ''}"
    )
    return not whole


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    wanted = parser.parse_args().tickets
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to an empty PostgreSQL database.")
    call_command("migrate", verbosity=0)
    if not Ticket.objects.exists():
        fill(wanted)
    key = ApiKey(name="Bench", scope="write", all_queues=True)
    headers = {"Authorization": f"Bearer {key.renew_secret()}"}
    key.save()
    client = Client()
    client.force_login(User.objects.filter(role="agent").first())
    print(f"{Ticket.objects.count():,} tickets on PostgreSQL")
    middle = Ticket.objects.order_by("pk")[wanted // 2].pk
    ticket = {
        "API: one ticket": f"/api/v1/tickets/{middle}/",
        "page: ticket": f"/tickets/{middle}/",
    }
    passed = [measure(*(name, client, url, headers)) for name, url in (LISTS | ticket).items()]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
