"""Databases to measure with: filled once, of one shape at any size, and kept for the next run.

Each ticket has 2,140 characters of some vocabulary, three comments, two custom fields and up to
three tags; 20 agents, 1,000 requesters, one ticket in five open. RARE stands in 50 tickets
whatever the size, COMMON in half of them.
"""

import os
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
FOLDER = Path(tempfile.gettempdir()) / "helpdesk-bench"  # for secrets, static files and figures
os.environ.setdefault("DATA", str(FOLDER))

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from helpdesk.models import CustomField, Membership, Queue, Tag, Team, Ticket, User
from helpdesk.text import search_tokens

RARE, COMMON = "zymurgy", "printer"
CHARACTERS = 2_140
TEXTS = 500  # different texts; each ticket has one of them and its number
RARE_TICKETS = 50
TAGS = 12
STEP = 25_000  # tickets a statement
FILLED = ("ticket", "ticket_tags", "comment", "change", "searchdocument")

PEOPLE = """
INSERT INTO helpdesk_user (uuid, password, email, email_written, name, name_folded, role, timezone,
    locale, signature, preferences, is_active, created_at)
SELECT gen_random_uuid(), '!', kind || n || '@example.com', kind || n || '@example.com',
    initcap(kind) || ' ' || n, kind || ' ' || n, kind, '', '', '', '{}', true, now()
FROM (SELECT 'agent' AS kind, generate_series(1, 20) AS n
      UNION ALL SELECT 'customer', generate_series(1, 1000)) AS people
"""
PREPARE = """
CREATE TEMP TABLE texts (place int PRIMARY KEY, body text, words text);
CREATE TEMP TABLE people AS
    SELECT role, array_agg(id ORDER BY id) AS ids FROM helpdesk_user GROUP BY role;
CREATE TEMP TABLE tags AS SELECT array_agg(id ORDER BY id) AS ids FROM helpdesk_tag;
"""
TICKETS = """
INSERT INTO helpdesk_ticket (id, uuid, queue_id, title, title_folded, body, body_format, type_id,
    status_id, status_category, priority, priority_rank, requester_id, requester_name,
    requester_as_named, assignee_id, team_id, channel, tag_ids, custom, extra, resolution,
    resolution_comment, source, source_ref, source_url, version, created_at, stored_at, updated_at,
    last_activity_at, reopened_count, due_at)
SELECT n, gen_random_uuid(), %(queue)s, 'Ticket ' || n || ' about a ' || split_part(body, ' ', 3),
    'ticket ' || n || ' about a ' || split_part(words, ' ', 3), body, 'plain', NULL,
    CASE WHEN n %% 5 = 0 THEN %(open)s ELSE %(closed)s END,
    CASE WHEN n %% 5 = 0 THEN 'open' ELSE 'closed' END,
    (ARRAY['low','normal','high','urgent'])[1 + h %% 4], 1 + h %% 4,
    customers.ids[1 + (h / 7) %% 1000], '', false,
    CASE WHEN h %% 3 = 0 THEN NULL ELSE agents.ids[1 + (h / 11) %% 20] END,
    CASE WHEN h %% 2 = 0 THEN %(team)s END, 'web',
    (SELECT coalesce(jsonb_agg(tags.ids[1 + (h / 29 + k) %% %(tags)s] ORDER BY k), '[]')
        FROM tags, generate_series(1, (h / 23) %% 4) AS k),
    jsonb_build_object('region', 'r' || (h / 13) %% 7, 'seats', (h / 17) %% 100), '{}', '', '', '',
    '', '', 4, moment, moment, moment + (h %% 90) * interval '1 hour',
    moment + (h %% 90) * interval '1 hour', 0, CASE WHEN h %% 10 < 3 THEN moment + interval '3 days' END
FROM generate_series(%(first)s, %(last)s) AS n
CROSS JOIN LATERAL (SELECT abs(hashint4(n)) AS h) AS hashed
JOIN texts ON texts.place = h %% %(texts)s
CROSS JOIN LATERAL (SELECT now() - (%(count)s - n) * interval '1 minute' AS moment) AS times
CROSS JOIN (SELECT ids FROM people WHERE role = 'customer') AS customers
CROSS JOIN (SELECT ids FROM people WHERE role = 'agent') AS agents
"""
TAGGED = """
INSERT INTO helpdesk_ticket_tags (ticket_id, tag_id)
SELECT id, tag::bigint FROM helpdesk_ticket, jsonb_array_elements_text(tag_ids) AS tag
WHERE helpdesk_ticket.id BETWEEN %(first)s AND %(last)s
"""
COMMENTS = """
INSERT INTO helpdesk_comment (uuid, ticket_id, public, body, format, author_id, author_name, channel,
    origin, happened_at, created_at, message_id, state, source, source_ref, extra)
SELECT gen_random_uuid(), id, n < 3, 'An answer, the ' || n || 'th, about what was said above.',
    'plain', CASE WHEN n = 1 THEN requester_id ELSE agents.ids[1 + id %% 20] END, '', 'web', 'web',
    created_at + n * interval '1 hour', created_at + n * interval '1 hour', '', 'sent', '', '', '{}'
FROM helpdesk_ticket, generate_series(1, 3) AS n,
    (SELECT ids FROM people WHERE role = 'agent') AS agents
WHERE id BETWEEN %(first)s AND %(last)s
"""
CHANGES = """
INSERT INTO helpdesk_change (ticket_id, version, kind, at, recorded_at, person_name, origin, fields,
    silent, request_id, announce_error, announced_at)
SELECT id, 1, 'opened', created_at, created_at, '', 'web', '{}', true, '', '', created_at
FROM helpdesk_ticket WHERE id BETWEEN %(first)s AND %(last)s
"""
DOCUMENTS = """
INSERT INTO helpdesk_searchdocument (ticket_id, public, internal)
SELECT id, title_folded || ' ' || words
    || CASE WHEN id %% (%(count)s / %(rare)s) = 0 THEN ' ' || %(word)s ELSE '' END, ''
FROM helpdesk_ticket JOIN texts ON texts.place = abs(hashint4(id::int)) %% %(texts)s
WHERE id BETWEEN %(first)s AND %(last)s
"""


def texts() -> list[str]:
    """Texts of 2,140 characters in some 3,000 words; COMMON stands in every second one."""
    chance = random.Random(1)
    letters = "abcdefghilmnoprstuvw"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(3_000)]
    found = []
    for number in range(TEXTS):
        said = [COMMON] if number % 2 else []
        while sum(map(len, said)) + len(said) < CHARACTERS:
            said.append(words[min(2_999, int(chance.expovariate(1 / 400)))])
        found.append(" ".join(said)[:CHARACTERS])
    return found


def fill(count: int) -> None:
    """Fill the connected, migrated and empty PostgreSQL database."""
    team = Team.objects.get(name="Support")
    for key, kind in {"seats": "number", "region": "text"}.items():
        CustomField.objects.get_or_create(key=key, defaults={"name": key.title(), "kind": kind})
    for number in range(TAGS):
        Tag.objects.create(name=f"tag {number}")
    said = {
        "queue": Queue.objects.get(is_default=True).pk,
        "team": team.pk,
        "tags": TAGS,
        "texts": TEXTS,
        "count": count,
        "rare": RARE_TICKETS,
        "word": RARE,
    }
    with connection.cursor() as cursor:
        for name in ("Open", "Closed"):
            cursor.execute("SELECT id FROM helpdesk_status WHERE name = %s", [name])
            [said[name.lower()]] = cursor.fetchone()
        cursor.execute(PEOPLE)
        cursor.execute(PREPARE)
        cursor.execute("SET session_replication_role = replica")  # the rows refer to what is there
        dropped = _without_indexes(cursor)
        rows = [(number, text, search_tokens(text)) for number, text in enumerate(texts())]
        cursor.executemany("INSERT INTO texts VALUES (%s, %s, %s)", rows)
        for first in range(1, count + 1, STEP):
            part = said | {"first": first, "last": min(count, first + STEP - 1)}
            for statement in (TICKETS, TAGGED, COMMENTS, CHANGES, DOCUMENTS):
                cursor.execute(statement, part)
        cursor.execute("SELECT setval('helpdesk_ticket_id_seq', %s)", [count])
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for definition in dropped:
            cursor.execute(definition)
        cursor.execute("RESET session_replication_role")
    for agent in User.objects.filter(role="agent"):
        Membership.objects.create(user=agent, team=team)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _without_indexes(cursor) -> list[str]:
    """Drop what is quicker to build at the end, and how it is built: all that no constraint has."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS"
        " (SELECT FROM pg_constraint WHERE conindid = indexname::regclass)",
        [[f"helpdesk_{name}" for name in FILLED]],
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def prepare(count: int) -> None:
    """Bring the database to the present migration; fill it if it is empty."""
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a PostgreSQL database.")
    call_command("migrate", verbosity=0)
    if not Ticket.objects.exists():
        fill(count)


if __name__ == "__main__":
    prepare(int(sys.argv[1]))
