"""What this machine can do: raw WSGI, psycopg and orjson, one good statement a request.

The statement checks the key or the session beside what it reads. Answers are filled up with blanks
to `bytes`, so that as many go out as from the helpdesk that is compared.
"""

import hashlib
import os
import threading
from html import escape
from urllib.parse import parse_qs
from uuid import uuid4

import orjson
import psycopg
from psycopg.rows import dict_row

ROWS = 50
PERSON = "jsonb_build_object('id', {0}.id, 'uuid', {0}.uuid, 'name', {0}.name, 'email', {0}.email)"
SHAPE = """
SELECT t.id, t.uuid, t.title, t.body, t.body_format, t.priority, t.channel, t.due_at, t.created_at,
    t.updated_at, t.stored_at, t.last_activity_at, t.version, t.custom, s.name AS status,
    t.status_category, t.resolution, t.resolution_comment, t.source, t.source_ref, t.source_url,
    t.resolved_at, t.closed_at, t.snoozed_until, t.first_response_at, t.reopened_count,
    t.tag_ids, r.id AS r_id, r.uuid AS r_uuid, r.name AS r_name, r.email AS r_email,
    a.id AS a_id, a.uuid AS a_uuid, a.name AS a_name, a.email AS a_email, q.name AS queue
    {more}
FROM helpdesk_ticket t
JOIN helpdesk_status s ON s.id = t.status_id
JOIN helpdesk_queue q ON q.id = t.queue_id
LEFT JOIN helpdesk_user r ON r.id = t.requester_id
LEFT JOIN helpdesk_user a ON a.id = t.assignee_id
WHERE t.deleted_at IS NULL AND EXISTS ({door}) AND """
KEY = "SELECT 1 FROM helpdesk_apikey WHERE digest = %(secret)s AND revoked_at IS NULL"
SESSION = """SELECT 1 FROM django_session d, helpdesk_user u
    WHERE d.session_key = %(secret)s AND d.expire_date > now() AND u.id = 1 AND u.is_active"""
TALK = f""", (SELECT jsonb_agg(jsonb_build_object('id', c.id, 'uuid', c.uuid, 'public', c.public,
        'body', c.body, 'format', c.format, 'at', c.happened_at, 'author', {PERSON.format("p")})
        ORDER BY c.happened_at, c.id)
    FROM helpdesk_comment c LEFT JOIN helpdesk_user p ON p.id = c.author_id
    WHERE c.ticket_id = t.id AND c.deleted_at IS NULL AND c.state = 'sent') AS comments,
    (SELECT count(*) FROM helpdesk_change h WHERE h.ticket_id = t.id) AS changes,
    (SELECT count(*) FROM helpdesk_attachment f WHERE f.ticket_id = t.id) AS files"""
OPEN = "t.status_category IN ('new', 'open', 'waiting')"
# Each word has the statement that is good for it: the planner takes both for evenly spread.
RARE = """t.id = ANY(ARRAY(SELECT ticket_id FROM helpdesk_searchdocument
    WHERE public_vector @@ to_tsquery('simple', %(word)s)))"""
COMMON = """(SELECT public_vector @@ to_tsquery('simple', %(word)s)
    FROM helpdesk_searchdocument WHERE ticket_id = t.id)"""
API = SHAPE.format(more="", door=KEY)
PAGE = SHAPE.format(more="", door=SESSION).replace("t.body, ", "")
NEWEST = f" ORDER BY t.id DESC LIMIT {ROWS}"
READS = {
    "/A": f"{API} t.status_category = 'open' {NEWEST}",
    "/B": SHAPE.format(more=TALK, door=KEY) + "t.id = %(n)s",
    "/D": f"{PAGE} {OPEN} ORDER BY t.last_activity_at DESC, t.id DESC LIMIT {ROWS}",
    "/E": SHAPE.format(more=TALK, door=SESSION) + "t.id = %(n)s",
    "/F1": f"{API} {RARE} {NEWEST}",
    "/F2": f"{API} {COMMON} {NEWEST}",
    "/G": f"{API} t.id < %(n)s {NEWEST}",
}
CREATE = f"""
WITH door AS ({KEY}), ticket AS (
    INSERT INTO helpdesk_ticket (uuid, queue_id, title, title_folded, body, body_format, status_id,
        status_category, priority, priority_rank, requester_id, requester_name, requester_as_named,
        channel, tag_ids, custom, extra, resolution, resolution_comment, source, source_ref,
        source_url, version, created_at, stored_at, updated_at, last_activity_at, reopened_count)
    SELECT %(uuid)s, q.id, %(title)s::text, lower(%(title)s::text), %(body)s, 'plain', s.id, 'open', 'high', 3,
        u.id, '', false, 'api', '[]', %(custom)s::jsonb, '{{}}', '', '', '', '', '', 1, now(), now(), now(),
        now(), 0
    FROM door, helpdesk_queue q, helpdesk_status s, helpdesk_user u
    WHERE q.is_default AND s.name = 'Open' AND u.email = %(email)s RETURNING *
), history AS (
    INSERT INTO helpdesk_change (ticket_id, version, kind, at, recorded_at, person_name, origin,
        fields, silent, request_id, announce_error)
    SELECT id, 1, 'opened', now(), now(), '', 'api', '{{}}', false, '', '' FROM ticket
), document AS (
    INSERT INTO helpdesk_searchdocument (ticket_id, public, internal)
    SELECT id, lower(title || ' ' || body), '' FROM ticket
)
SELECT * FROM ticket"""

_own = threading.local()


def rows(sql: str, said: dict) -> list[dict]:
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(
            os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row
        )
    return _own.connection.execute(sql, said).fetchall()


def application(environ: dict, start_response) -> list[bytes]:
    path = environ["PATH_INFO"]
    params = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    if path in ("/D", "/E"):
        secret = environ["HTTP_COOKIE"].partition("sessionid=")[2].partition(";")[0]
    else:
        secret = hashlib.sha256(environ["HTTP_AUTHORIZATION"][7:].encode()).hexdigest()
    said = {"secret": secret, "n": int(params.get("n", 0)), "word": params.get("word")}
    if path == "/C":
        given = orjson.loads(environ["wsgi.input"].read())
        fields = {name: given[name] for name in ("title", "body")}
        custom = orjson.dumps(given["custom"]).decode()
        said |= fields | {"uuid": uuid4(), "custom": custom, "email": given["requester"]["email"]}
    found = rows(CREATE if path == "/C" else READS[path], said)
    assert found, "the key or the session opens nothing"
    if path in ("/D", "/E"):
        body = "\n".join(map(line, found)).encode()
    else:
        body = orjson.dumps({"results": found}, option=orjson.OPT_UTC_Z)
    body = body.ljust(int(params.get("bytes", 0)))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def line(row: dict) -> str:
    """A row of a list, or a ticket with what was said about it."""
    talk = "".join(
        f"<article>{escape(one['author']['name'] or '')} {one['at']}<p>{escape(one['body'])}"
        for one in row.get("comments") or ()
    )
    return (
        f"<tr><td>{row['id']}<td><a href=/tickets/{row['id']}/>{escape(row['title'])}</a>"
        f"<td>{escape(row['r_name'] or '')}<td>{row['status']}<td>{row['priority']}"
        f"<td>{escape(row['a_name'] or '')}<td>{row['due_at']}<td>{row['last_activity_at']}"
        f"{escape(row.get('body', ''))}{talk}"
    )
