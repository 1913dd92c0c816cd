"""Tables for those who count: what they hold, who sees what, in pages and in lines."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Comment, DailyCount, StatusInterval, Ticket
from helpdesk.reports import lines
from helpdesk.reports.tables import TABLES
from tests.api.conftest import caller, fields_of
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_queue,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db
BY = system("rule")
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
# Names that readers rely on. Adding is no break; taking one away is, and needs another version.
CONTRACT = {
    "tickets": """id uuid title queue_id queue status_id status category type_id type priority
        channel source requester_id requester organisation_id organisation assignee_id assignee
        team_id team tags custom resolution created_at stored_at updated_at last_activity_at
        last_customer_at first_response_at first_resolved_at resolved_at closed_at due_at
        reopened_count version first_response_seconds first_resolution_seconds resolution_seconds
        is_unresolved is_due_breached due_breach_seconds public_comments customer_comments
        internal_notes""",
    "status-intervals": """id ticket_id queue_id queue status_id status category entered_at left_at
        seconds is_current updated_at""",
    "comments": """id ticket_id queue_id queue is_public is_note author_role author_id channel
        characters attachments happened_at created_at edited_at redacted_at deleted_at
        updated_at""",
    "daily": """id day queue_id queue status_id status category priority tickets overdue unassigned
        rebuilt updated_at""",
}


def rows(api, path: str, **params) -> list[dict]:
    response = api.get(f"reporting/{path}/", data=params)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def text(response) -> str:
    assert response.status_code == 200, response.content
    return b"".join(response).decode()


def daily(queue=None, **fields) -> DailyCount:
    place = {"queue": queue or default_queue(), "status": status("Open"), "priority": "normal"}
    return DailyCount.objects.create(**{"day": date(2026, 3, 2), "tickets": 3, **place, **fields})


@pytest.mark.parametrize("name", CONTRACT)
def test_no_column_is_lost(api, name):
    [table] = [one for one in api.get("reporting/").json()["tables"] if one["name"] == name]
    told = [column["name"] for column in table["columns"]]
    assert [one for one in CONTRACT[name].split() if one not in told] == []
    assert told == [column.name for column in TABLES[name].columns]
    assert all(column["description"] for column in table["columns"])
    assert api.get(table["url"])["Reporting-Version"] == "1.1"


def test_a_ticket_is_one_wide_row_with_its_metrics(api):
    make_field("level", "choice", ["Gold"])
    agent, customer = make_agent("Ann"), make_user("Carl")
    ticket = make_ticket(
        "Printer",
        created_at=MORNING,
        requester=customer,
        assignee=agent,
        tags=["vip", "Beta"],
        due_at=MORNING + timedelta(hours=2),
        custom={"level": "Gold"},
    )
    actions.reply(ticket, by=actor_of(agent), body="Hello", at=MORNING + timedelta(minutes=5))
    actions.reply(ticket, by=actor_of(customer), body="Oh", at=MORNING + timedelta(minutes=6))
    actions.add_note(ticket, by=actor_of(agent), body="Hm")
    for minutes in (25, 40):
        actions.note_time(ticket, by=actor_of(agent), minutes=minutes)
    ticket.refresh_from_db()
    actions.change_ticket(
        ticket,
        by=BY,
        status=status("Resolved"),
        resolution="fixed",
        at=MORNING + timedelta(hours=3),
    )
    [row] = rows(api, "tickets")
    expected = {
        "id": ticket.pk,
        "title": "Printer",
        "minutes_spent": 65,
        "queue": default_queue().name,
        "status": "Resolved",
        "category": "resolved",
        "requester": "Carl",
        "assignee": "Ann",
        "assignee_id": agent.pk,
        "tags": "Beta, vip",
        "first_response_seconds": 300,
        "resolution_seconds": 3 * 3600,
        "is_unresolved": False,
        "is_due_breached": True,
        "due_breach_seconds": 3600,
        "public_comments": 2,
        "customer_comments": 1,
        "internal_notes": 1,
        "reopened_count": 0,
        "created_at": "2026-03-01T08:00:00Z",
    }
    assert {name: row[name] for name in expected} == expected
    assert json.loads(row["custom"]) == {"level": "Gold"}


def test_times_that_contradict_each_other_make_no_duration(api):
    make_ticket(created_at=MORNING, first_response_at=MORNING - timedelta(hours=1))
    [row] = rows(api, "tickets")
    assert row["first_response_seconds"] is None
    assert (row["is_due_breached"], row["due_breach_seconds"]) == (None, None)


def test_stays_in_statuses_have_a_length(api):
    ticket = make_ticket(created_at=MORNING)
    actions.change_ticket(ticket, by=BY, status=status("Waiting"), at=MORNING + timedelta(hours=1))
    changes.announce()
    first, second = rows(api, "status-intervals")
    assert (first["status"], first["seconds"], first["is_current"]) == ("Open", 3600, False)
    assert (second["category"], second["seconds"], second["is_current"]) == ("waiting", None, True)
    assert {first["ticket_id"], second["ticket_id"]} == {ticket.pk}


def test_comments_are_told_without_their_words(api):
    ticket, agent, customer = make_ticket(), make_agent("Ann"), make_user("Carl")
    make_comment(ticket, "Zanzibar", by=actor_of(agent))
    make_comment(ticket, "Zanzibar too", public=False, by=actor_of(agent))
    actions.reply(ticket, by=BY, author=customer, body="Zanzibar!")
    response = api.get("reporting/comments/")
    assert b"anzibar" not in response.content
    first, second, third = response.json()["results"]
    assert (first["is_public"], first["is_note"], first["characters"]) == (True, False, 8)
    assert (second["is_public"], second["is_note"], second["author_id"]) == (False, True, agent.pk)
    assert (third["author_role"], third["author_id"]) == ("customer", None)


def test_days_are_told_with_names(api):
    daily(tickets=7, unassigned=2)
    [row] = rows(api, "daily")
    assert (row["day"], row["tickets"], row["unassigned"]) == ("2026-03-02", 7, 2)
    assert (row["queue"], row["status"]) == (default_queue().name, "Open")


# Who sees what --------------------------------------------------------------------------------


@pytest.fixture
def two_queues():
    own, foreign = make_queue("Own"), make_queue("Foreign")
    tickets = [make_ticket(queue=queue) for queue in (own, foreign)]
    for ticket in tickets:
        make_comment(ticket)
        daily(ticket.queue)
    changes.announce()
    return own, tickets


@pytest.mark.parametrize("name", TABLES)
def test_a_key_is_told_of_its_queues_alone(two_queues, name):
    own, _tickets = two_queues
    bound, free = caller("read", [own]), caller("read")
    assert {row["queue_id"] for row in rows(bound, name)} == {own.pk}
    assert len({row["queue_id"] for row in rows(free, name)}) == 2


@pytest.mark.parametrize("name", ["tickets", "status-intervals", "comments"])
def test_what_is_merged_or_in_the_trash_is_not_told(api, name):
    kept, merged, trashed = (make_ticket() for _number in range(3))
    for ticket in (kept, merged, trashed):
        make_comment(ticket)
    changes.announce()
    actions.delete_ticket(trashed, by=BY)
    Ticket.objects.filter(pk=merged.pk).update(merged_into=kept)
    told = {row.get("ticket_id", row["id"]) for row in rows(api, name)}
    assert told == {kept.pk}


def test_sandboxes_are_nobody_s_numbers():
    from_all = caller("read")
    sandbox = make_queue("Sandbox")
    sandbox.is_sandbox = True
    sandbox.save()
    make_comment(make_ticket(queue=sandbox))
    changes.announce()
    for name in ("tickets", "status-intervals", "comments"):
        assert rows(from_all, name) == []


def test_customers_are_named_only_to_keys_that_read_people():
    company_s = make_user("Carl")
    make_field("level", "text")
    make_ticket("Secret words", requester=company_s, custom={"level": "x"})
    [row] = rows(caller("read", scopes=["reports:read"]), "tickets")
    told = ("title", "custom", "requester", "organisation_id", "organisation")
    assert [row[name] for name in told] == [None] * 5
    [row] = rows(caller("read", scopes=["reports:read", "people:read"]), "tickets")
    assert (row["requester"], row["title"]) == ("Carl", None)
    response = caller("read", scopes=["tickets:read"]).get("reporting/tickets/")
    assert (response.status_code, response.json()["scope"]) == (403, "reports:read")


def test_a_stranger_is_told_as_named():
    own = make_queue("Own")
    bound = caller("write", [own])
    elsewhere = make_user("Carl Cooper", email="carl@example.com")
    make_ticket(requester=elsewhere)
    body = {"title": "T", "queue": own.pk, "requester": {"email": "carl@example.com", "name": "C"}}
    assert bound.post("tickets/", body).status_code == 201
    [row] = rows(bound, "tickets")
    assert (row["requester"], row["organisation"]) == ("C", None)


# Windows --------------------------------------------------------------------------------------


def aged(ticket: Ticket, **span) -> None:
    moment = timezone.now() - timedelta(**span)
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=moment, stored_at=moment)
    StatusInterval.objects.filter(ticket=ticket).update(written_at=moment)


def window(api, name: str, **span) -> dict:
    begin = (timezone.now() - timedelta(**span)).isoformat()
    response = api.get(f"reporting/{name}/", data={"updated_since": begin})
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("name", ["tickets", "status-intervals", "comments"])
def test_a_window_tells_what_was_written_in_it(api, name):
    old, new, just_now = (make_ticket() for _number in range(3))
    for ticket in (old, new, just_now):
        make_comment(ticket)
    changes.announce()
    aged(old, hours=3)
    aged(new, minutes=5)
    page = window(api, name, hours=1)
    assert {row.get("ticket_id", row["id"]) for row in page["results"]} == {new.pk}
    assert page["next_since"] < timezone.now().isoformat()


def test_gone_tickets_are_told_without_their_titles(api):
    kept, trashed, merged = (make_ticket() for _number in range(3))
    actions.delete_ticket(trashed, by=BY)
    Ticket.objects.filter(pk=merged.pk).update(merged_into=kept)
    for ticket in (kept, trashed, merged):
        aged(ticket, minutes=1)
    page = window(api, "tickets", hours=1)
    assert [row["id"] for row in page["results"]] == [kept.pk]
    found = api.get(page["gone"]).json()
    told = {row["id"]: (row["reason"], row["merged_into_id"]) for row in found["results"]}
    assert told == {trashed.pk: ("deleted", None), merged.pk: ("merged", kept.pk)}
    assert "title" not in json.dumps(found)


def test_a_deleted_comment_is_a_row_of_the_window_alone(api):
    ticket = make_ticket()
    comment = make_comment(ticket)
    actions.delete_comment(comment, by=BY)
    aged(ticket, minutes=1)
    assert rows(api, "comments") == []
    [row] = window(api, "comments", hours=1)["results"]
    assert (row["id"], row["deleted_at"] is None) == (comment.pk, False)


def test_pages_of_a_window_are_walked_once(api):
    for number in range(5):
        aged(make_ticket(), minutes=10 - number)
    begin = (timezone.now() - timedelta(hours=1)).isoformat()
    page = api.get("reporting/tickets/", data={"updated_since": begin, "limit": 2}).json()
    seen = page["results"]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += page["results"]
    assert [row["id"] for row in seen] == sorted(Ticket.objects.values_list("pk", flat=True))


def test_what_is_asked_wrongly_is_refused_by_name(api):
    assert fields_of(api.get("reporting/tickets/?format=xml")) == ["format"]
    assert fields_of(api.get("reporting/tickets/?updated_at_before=2026-01-01")) == [
        "updated_since"
    ]
    later = "reporting/daily/?updated_since=-1d&updated_at_before=x"
    assert fields_of(api.get(later)) == ["updated_at_before"]
    assert fields_of(api.get("reporting/tickets/?updated_since=soon")) == ["updated_since"]
    assert fields_of(api.get("reporting/tickets/?format=csv&limit=5")) == ["limit"]
    assert fields_of(api.get("reporting/tickets/?format=csv&fields=body")) == ["fields"]
    assert api.get("reporting/gone/").status_code == 200  # since the beginning
    assert fields_of(api.get("reporting/?x=1")) == ["x"]


# Lines ----------------------------------------------------------------------------------------


@pytest.fixture
def short_steps(monkeypatch):
    monkeypatch.setattr(lines, "STEP", 3)


@pytest.mark.parametrize("name", TABLES)
def test_lines_hold_what_the_pages_hold(api, short_steps, name):
    for number in range(8):
        ticket = make_ticket(priority="high" if number % 2 else "low")
        make_comment(ticket)
        daily(day=date(2026, 3, 1 + number))
    changes.announce()
    expected = rows(api, name, limit=200)
    assert len(expected) == 8
    response = api.get(f"reporting/{name}/?format=jsonl")
    assert response["Content-Type"] == "application/x-ndjson"
    found = [json.loads(line) for line in text(response).splitlines()]
    assert found == expected
    table = csv.DictReader(io.StringIO(text(api.get(f"reporting/{name}/?format=csv"))))
    assert [line["id"] for line in table] == [str(row["id"]) for row in expected]
    assert table.fieldnames == [column.name for column in TABLES[name].columns]


@pytest.mark.parametrize("name", TABLES)
def test_lines_of_a_window_come_in_its_order_each_once(api, short_steps, name):
    same = timezone.now() - timedelta(minutes=5)
    for number in range(8):
        ticket = make_ticket()
        make_comment(ticket)
        daily(day=date(2026, 3, 1 + number), counted_at=same)
    changes.announce()
    Ticket.objects.update(updated_at=same, stored_at=same)  # all of one moment
    StatusInterval.objects.update(written_at=same)
    begin = (timezone.now() - timedelta(hours=1)).isoformat()
    response = api.get(f"reporting/{name}/", data={"updated_since": begin, "format": "jsonl"})
    found = [json.loads(line)["id"] for line in text(response).splitlines()]
    assert len(found) == len(set(found)) == 8
    assert response["Next-Since"] < timezone.now().isoformat()
    gone = response["Link"].partition(">")[0].removeprefix("<")
    assert api.get(gone).status_code == 200


def test_fields_choose_columns_of_lines(api):
    ticket = make_ticket("A")
    response = api.get("reporting/tickets/?format=csv&fields=title,id")
    assert text(response) == f"title,id\r\nA,{ticket.pk}\r\n"


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@a", "\t=1", " =1", "＝1", "\xa0=1"])
def test_no_cell_is_a_formula(words):
    assert lines._cell(words) == f"'{words}"


def test_numbers_and_words_stay_what_they_are():
    assert [lines._cell(one) for one in (-5, "a-b", None, True)] == [-5, "a-b", "", "true"]


def test_all_rows_take_a_fixed_number_of_statements_a_step(reader):
    for _number in range(12):
        make_comment(make_ticket())
    changes.announce()
    reader.get("me/")  # what is written down once a minute
    for name, expected in {
        "tickets": 4,  # the key, its queues or the stamp; rows, counts
        "status-intervals": 3,
        "comments": 4,
        "daily": 3,
    }.items():
        with statements() as counted:
            text(reader.get(f"reporting/{name}/?format=jsonl"))
        assert len(counted) <= expected, (name, counted)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="plans of PostgreSQL")
@pytest.mark.parametrize("name", TABLES)
def test_pages_and_windows_are_served_by_indexes(name):
    table, actor = TABLES[name], system("rule")
    since, before = timezone.now() - timedelta(hours=1), timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            plans = [
                table.rows(actor).order_by("pk")[:100].explain(),
                table.window(actor, since, before).order_by(table.written, "pk")[:100].explain(),
            ]
        finally:
            cursor.execute("RESET enable_seqscan")
    for plan in plans:
        assert "Seq Scan" not in plan, plan


def test_a_held_comment_is_not_counted(api):
    comment = make_comment(make_ticket())
    Comment.objects.filter(pk=comment.pk).update(state=Comment.State.HELD)
    assert rows(api, "comments") == []
    assert rows(api, "tickets")[0]["public_comments"] == 0
