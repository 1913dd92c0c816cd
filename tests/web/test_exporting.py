"""A list as a CSV file."""

import csv
import io

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.web import exporting
from tests.factories import make_agent, make_field, make_queue, make_tag, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def exported(client, **params) -> list[dict[str, str]]:
    answer = client.get("/tickets/export.csv", {"view": "all", **params})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_has_the_rows_and_the_columns_of_the_list(client, agent):
    field = make_field("plan")
    make_tag("vip")
    make_ticket("Other")
    ticket = make_ticket(
        "Nightly, “export”",
        requester=make_user("ليلى حداد"),
        assignee=agent,
        priority="urgent",
        tags=["vip"],
        custom={field.key: "Enterprise"},
    )
    make_ticket("Hidden", queue=make_queue("Elsewhere"))
    chosen = ["number", "requester", "assignee", "custom.plan"]
    client.post("/tickets/columns/?priority=urgent", {"columns": chosen})
    answer = client.get("/tickets/export.csv", {"priority": "urgent"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["No.", "Subject", "Requester", "Assignee", "Plan", "Tags"],
        [str(ticket.pk), "Nightly, “export”", "ليلى حداد", "Maren Holt", "Enterprise", "vip"],
    ]
    assert {row["Subject"] for row in exported(client)} == {"Other", "Nightly, “export”"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", " ="])
def test_no_cell_is_a_formula(client, agent, start):
    title = f'{start}HYPERLINK("https://evil.example")'
    make_ticket(title)
    [row] = exported(client)
    assert row["Subject"] == f"'{title.strip()}" or row["Subject"] == f"'{title}"


def test_a_tab_or_a_line_end_before_a_formula_is_marked_too():
    assert exporting.harmless("\t=1") == "'\t=1"
    assert exporting.harmless("\r=1") == "'\r=1"
    assert exporting.harmless("plain - text") == "plain - text"


def test_only_the_selected_rows_are_in_the_file(client, agent):
    one, three = make_ticket("One"), make_ticket("Three")
    make_ticket("Two")
    foreign = make_ticket("Foreign", queue=make_queue("Elsewhere"))
    rows = exported(client, ticket=[one.pk, three.pk, foreign.pk])
    assert {row["Subject"] for row in rows} == {"One", "Three"}


def test_long_lists_come_in_steps_and_whole(client, agent, monkeypatch):
    monkeypatch.setattr(exporting, "STEP", 3)
    rows = [{"title": f"Ticket {number}"} for number in range(10)]
    actions.open_tickets(rows, by=system("import:1"))
    assert len({row["No."] for row in exported(client)}) == 10


def test_more_rows_than_the_limit_are_refused_with_the_limit(client, agent, monkeypatch):
    monkeypatch.setattr(exporting, "MOST", 1)
    make_ticket()
    make_ticket()
    answer = client.get("/tickets/export.csv?view=all")
    assert answer.status_code == 422
    assert "At most 1 tickets in a file." in answer.content.decode()


def test_a_wrong_filter_exports_nothing_and_says_why(client, agent):
    make_ticket()
    answer = client.get("/tickets/export.csv?colour=red")
    assert answer.status_code == 422
    assert "There is no parameter “colour”" in answer.content.decode()
