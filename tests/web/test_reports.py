"""The page of reports: what it counts for whom, where its numbers lead, and what it costs."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Queue, Team, Ticket
from helpdesk.web.report_charts import ticks_to
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_agent,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)
from tests.web.test_pages import assert_strict

pytestmark = pytest.mark.django_db
BY = system("rule")
STATEMENTS = 8  # beside session, user and the stamp of the configuration
NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


def figures(client, query: str = "") -> dict[str, str]:
    answer = client.get(f"/reports/{query}")
    assert answer.status_code == 200, answer.context["form"].errors
    return {one.label: one.value for one in answer.context["figures"]}


def listed(answer) -> int:
    """How many rows a list shows."""
    return answer.content.decode().count("name=ticket value=")


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def resolved(title: str, days: float, **fields) -> Ticket:
    ticket = make_ticket(title, created_at=ago(days + 1), **fields)
    return actions.change_ticket(ticket, by=BY, status=status("Resolved"), at=ago(days))


def test_every_number_that_is_a_link_leads_to_as_many_tickets(client, agent, wednesday):
    """The list is the same filter, as a typed query: whatever else there is stays out."""
    tag, other = make_tag("two, words"), make_agent("Bob")
    for number in range(3):
        make_ticket(created_at=ago(number), assignee=agent, tags=[tag])
    into = make_ticket(created_at=ago(2), assignee=other)
    resolved("Done", 1), resolved("Long ago", 30), resolved("His", 2, assignee=other)
    actions.merge(make_ticket(created_at=ago(1)), into, by=BY)
    page = client.get("/reports/").content.decode()
    links = re.findall(r'href="(/tickets/\?q=[^"]*)">([\d,]+)</a>', page)
    assert len(links) > 12
    for url, number in links:
        answer = client.get(unescape(url))
        assert answer.status_code == 200, url
        assert listed(answer) == int(number), url


def test_the_figures_say_what_was_otherwise_before(client, agent, wednesday):
    for days in (1, 2, 3, 9):
        make_ticket(created_at=ago(days))
    resolved("One", 2)
    resolved("Two", 8), resolved("Three", 9)
    answer = client.get("/reports/")
    said = {one.label: (one.value, one.change) for one in answer.context["figures"]}
    assert said["Created"] == ("4", "+1, from 3")
    assert said["Resolved"] == ("1", "−1, from 2")
    assert said["Backlog at the end"] == ("4", "+3, from 1")
    assert said["Resolution, median"] == ("1 d", "as long before")
    assert said["Due time kept"] == ("–", "")


def test_an_agent_s_report_counts_what_the_agent_sees(client, agent, wednesday):
    hidden = make_queue("Elsewhere")
    make_ticket(created_at=ago(1))
    make_ticket("Secret", queue=hidden, created_at=ago(1), tags=[make_tag("hushed")])
    assert figures(client)["Created"] == "1"
    page = client.get("/reports/").content.decode()
    assert "Elsewhere" not in page and "hushed" not in page
    client.force_login(make_agent(role="admin"))
    assert figures(client)["Created"] == "2"


def test_a_shared_ticket_of_another_queue_counts_and_leads_nowhere(client, agent, wednesday):
    make_ticket(queue=make_queue("Elsewhere"), created_at=ago(1), assignee=agent)
    answer = client.get("/reports/")
    [line] = answer.context["queues"]
    assert (line.name, line.created, line.created_url) == ("Elsewhere", 1, "")


@pytest.mark.parametrize("field", ["queue", "team"])
def test_a_foreign_row_is_refused_as_one_that_nobody_has(client, agent, field):
    make_queue("Elsewhere")
    words = []
    for value in ("elsewhere", "invented"):
        answer = client.get("/reports/", {field: value})
        assert answer.status_code == 422
        words.append(str(answer.context["form"].errors).replace(value, "…"))
    assert words[0] == words[1]
    assert field in words[0]


def test_a_sandbox_is_no_queue_to_report_on(client, wednesday):
    client.force_login(make_agent(role="admin"))
    sandbox = make_queue("Trials")
    Queue.objects.filter(pk=sandbox.pk).update(is_sandbox=True)
    Queue.objects.get(pk=sandbox.pk).save()
    assert client.get("/reports/?queue=trials").status_code == 422


def test_queue_and_team_narrow_the_report_and_its_lists(client, wednesday):
    client.force_login(make_agent(role="admin"))
    second, line = make_queue("Second"), Team.objects.create(name="Second line")
    make_ticket(queue=second, team=line, created_at=ago(1))
    make_ticket(queue=second, created_at=ago(1))
    make_ticket(created_at=ago(1))
    assert figures(client, "?queue=second")["Created"] == "2"
    assert figures(client, "?queue=second&team=none")["Created"] == "1"
    answer = client.get("/reports/?queue=second&team=Second+line")
    created = answer.context["figures"][0]
    assert created.value == "1"
    assert listed(client.get(created.url)) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("period=8", "period"),
        ("from=2026-03-40&to=2026-03-10", "from"),
        ("from=2026-03-10", "to"),
        ("period=dates&to=2026-03-10", "from"),
        ("from=2026-03-10&to=2026-03-09", "to"),
        ("from=2025-01-01&to=2026-03-10", "to"),
        ("from=2026-03-10&to=2026-03-19", "to"),
        ("from=0001-01-01&to=0001-01-02", "from"),
        ("from=9999-12-31&to=9999-12-31", "from"),
        ("queue=%00", "queue"),
        ("colour=red", "__all__"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, agent, wednesday, query, field):
    answer = client.get(f"/reports/?{query}")
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert_strict(answer)
    assert client.get(f"/reports/days.csv?{query}").status_code == 422


def test_two_dates_are_a_period_in_the_persons_zone(client, agent, wednesday):
    agent.timezone = "Asia/Tokyo"
    agent.save()
    make_ticket(created_at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    assert figures(client, "?from=2026-03-09&to=2026-03-09")["Backlog at the end"] == "0"
    assert figures(client, "?from=2026-03-10&to=2026-03-10")["Created"] == "1"


def test_an_empty_report_says_what_would_stand_there(client, agent):
    answer = client.get("/reports/?period=7")
    assert "No ticket in these days" in answer.content.decode()
    assert_strict(answer)


def test_a_full_report_has_nothing_inline(client, agent, wednesday):
    make_ticket(created_at=ago(1), tags=[make_tag("<b>bold</b>")])
    answer = client.get("/reports/")
    assert_strict(answer)
    assert "<b>bold" not in answer.content.decode()


def test_each_table_is_a_file_in_which_no_cell_is_a_formula(client, agent, wednesday):
    other = make_agent("=1+1")
    make_ticket(created_at=ago(1), assignee=other, tags=[make_tag("@tag")])
    expected = {
        "days": ["2026-03-17", "1", "0", "1"],
        "assignees": ["'=1+1", "1", "0", "", "1"],
        "queues": [default_queue().name, "1", "0", "", "1"],
        "tags": ["'@tag", "1"],
    }
    for kind, row in expected.items():
        answer = client.get(f"/reports/{kind}.csv?period=7")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert f"{kind}-2026-03-12-2026-03-18.csv" in answer["Content-Disposition"]
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert row in rows
        assert len({len(one) for one in rows}) == 1
    assert client.get("/reports/secrets.csv").status_code == 404


@pytest.mark.parametrize("path", ["/reports/", "/reports/queues.csv"])
def test_customers_have_no_door_to_it(client, path):
    assert client.get(path).status_code == 302
    client.force_login(make_user("Cleo Customer"))
    assert client.get(path).status_code == 403


def test_what_takes_too_long_is_stopped_and_says_so(client, agent, settings):
    settings.STATEMENT_SECONDS = 3

    def stop(execute, sql, *rest):
        if "ROW_NUMBER" in sql:
            raise OperationalError("canceling statement due to statement timeout")
        return execute(sql, *rest)

    for path in ("/reports/", "/reports/days.csv"):
        with connection.execute_wrapper(stop):
            answer = client.get(path)
        assert answer.status_code == 503
        assert "longer than 3 s" in answer.content.decode()


def test_it_takes_as_many_statements_for_a_thousand_tickets_as_for_ten(client, agent):
    def cost() -> int:
        cache.clear()
        client.get("/reports/")
        cache.clear()
        with statements() as sent:
            assert client.get("/reports/?period=30").status_code == 200
        around = ("django_session", "helpdesk_stamp")
        own = [sql for sql in sent if not any(name in sql for name in around)]
        return len(own) - 1  # the user

    fill(10)
    few = cost()
    fill(990)
    assert cost() == few <= STATEMENTS


def fill(number: int) -> None:
    """So many tickets of many people, some of them done, with tags."""
    first, done = make_ticket(), status("Resolved")
    tag = make_tag(f"tag of {number}")
    helpers = [make_agent(f"Agent {number} {index}") for index in range(1 + number // 100)]
    now = timezone.now()
    rows = Ticket.objects.bulk_create(
        Ticket(
            title=f"Ticket {index}",
            queue=first.queue,
            channel="web",
            status=done if index % 2 else first.status,
            status_category="resolved" if index % 2 else "open",
            created_at=now - timedelta(days=index % 60),
            first_response_at=now - timedelta(days=index % 60) + timedelta(minutes=index),
            resolved_at=now if index % 2 else None,
            assignee=helpers[index % len(helpers)],
        )
        for index in range(number)
    )
    through = Ticket.tags.through
    through.objects.bulk_create(through(ticket=row, tag=tag) for row in rows)


def test_the_navigation_the_palette_and_the_sheet_of_keys_lead_there(client, agent):
    page = client.get("/tickets/").content.decode()
    assert 'href="/reports/"' in page
    assert "/reports/" in client.get("/go/?q=report").content.decode()
    sheet = client.get("/shortcuts/").content.decode()
    assert "Go to the reports" in sheet
    assert "knowledge" not in sheet.lower()


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, [1, 0]),
        (1, [1, 0]),
        (4, [4, 3, 2, 1, 0]),
        (5, [6, 4, 2, 0]),
        (23, [30, 20, 10, 0]),
        (68, [80, 60, 40, 20, 0]),
        (1234, [1500, 1000, 500, 0]),
    ],
)
def test_a_scale_has_round_numbers_and_at_most_four_lines(highest, ticks):
    assert ticks_to(highest) == ticks


def test_files_keep_what_the_page_was_asked_for(client, agent, wednesday):
    make_ticket(created_at=ago(1))
    page = client.get(f"/reports/?queue={default_queue().slug}&from=2026-03-10&to=2026-03-17")
    link = re.search(r'href="([^"]*/tags\.csv[^"]*)"', page.content.decode())[1]
    assert unescape(link) == (
        reverse("report-table", args=["tags"])
        + f"?period=dates&from=2026-03-10&to=2026-03-17&queue={default_queue().slug}"
    )
