"""Reports: chosen without JavaScript, read with long names, printed without what is around them."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from helpdesk.models import Queue, User
from tests.browser.looks import examine
from tests.factories import make_agent, make_tag, make_ticket

pytestmark = pytest.mark.browser
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 5


@pytest.fixture
def lead(house) -> User:
    """Somebody with a team, a queue, a tag and a name of their own, all of them long."""
    if known := User.objects.filter(name=LONG[:190]).first():
        return known
    queue, _is_new = Queue.objects.get_or_create(name=LONG[:115], slug="long")
    person = make_agent(LONG[:190], [queue], email="long@example.com")
    for number in range(3):
        make_ticket(queue=queue, assignee=person, tags=[make_tag(f"{number}{LONG[:90]}")])
    return person


def test_a_report_with_long_names_is_whole(visit, watch, lead):
    page = visit(lead)
    page.goto("/reports/")
    page.evaluate("document.querySelector('.report-days').open = true")
    expect(page.locator("dl.report-figures dd").first).to_have_text("3")
    found = examine(page, watch)
    assert not found, "\n".join(found)


def test_a_refused_report_is_whole_and_says_what_is_wrong(visit, watch, lead):
    watch.expect(422)
    page = visit(lead)
    page.goto("/reports/?from=2026-03-10&to=2026-03-09&queue=nonsense")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    found = examine(page, watch, skip_first=False)
    assert not found, "\n".join(found)


def test_days_are_chosen_without_javascript(visit, lead):
    page = visit(lead, java_script_enabled=False)
    page.goto("/reports/")
    expect(page.get_by_label("From")).to_be_hidden()
    page.get_by_label("Days").first.select_option("30")
    page.get_by_role("button", name="Show").click()
    assert asked(page) == {"period": ["30"]}
    expect(page.get_by_label("Days").first).to_have_value("30")
    page.get_by_label("Days").first.select_option("dates")
    page.get_by_label("From").fill("2026-02-01")
    page.get_by_label("To", exact=True).fill("2026-02-05")
    page.get_by_role("button", name="Show").click()
    assert asked(page) == {"period": ["dates"], "from": ["2026-02-01"], "to": ["2026-02-05"]}
    expect(page.locator("main")).to_contain_text("No ticket in these days")


def test_a_number_leads_to_its_list_and_a_table_to_its_file(visit, lead):
    page = visit(lead)
    page.goto("/reports/")
    with page.expect_download() as saved:
        page.locator("a[href*='assignees.csv']").click()
    assert re.fullmatch(r"assignees-[\d-]+\.csv", saved.value.suggested_filename)
    page.locator(".report-figures a").first.click()
    expect(page.locator("tbody tr[data-unread], tbody tr")).to_have_count(3)


def test_on_paper_there_is_the_report_alone(visit, lead):
    page = visit(lead)
    page.goto("/reports/")
    page.emulate_media(media="print")
    expect(page.locator(".report-form")).to_be_hidden()
    expect(page.locator(".nav")).to_be_hidden()
    expect(page.locator(".report-figures")).to_be_visible()


def asked(page) -> dict:
    """What the address says."""
    return parse_qs(urlsplit(page.url).query)
