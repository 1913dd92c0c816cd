"""A helpdesk full of hostile text, in a browser that would run it: nothing opens, nothing loads."""

import pytest
from playwright.sync_api import Page, expect

from helpdesk.models import Ticket
from tests.hostile.texts import HostileHouse

pytestmark = pytest.mark.browser
_houses: list[HostileHouse] = []


@pytest.fixture
def hostile(house) -> HostileHouse:
    if not _houses:
        _houses.append(HostileHouse())
    return _houses[0]


def elsewhere(page: Page, heard: list[str]) -> None:
    """Collect what a page asks of anywhere but our server."""
    page.on("request", lambda one: "evil" in one.url and heard.append(one.url))


def test_no_page_of_the_workspace_runs_or_loads_it(visit, admin, hostile, house, watch):
    watch.expect(404, 422)
    page, heard = visit(admin), []
    elsewhere(page, heard)
    for path in hostile.pages():
        if not path.startswith(("/people/", "/accounts/")):
            page.goto(path)
            assert page.url.startswith(house.url)
            assert page.locator("main h1, main h2").first.is_visible(), path
    assert not heard


def test_what_htmx_brings_runs_nothing_either(visit, admin, hostile, watch):
    page, heard = visit(admin), []
    elsewhere(page, heard)
    ticket: Ticket = hostile.tickets[2]
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator("#composer textarea").fill("<img src=x onerror=alert(1)> or so")
    page.locator("#composer .split-button > button.for-reply").click()
    expect(page.locator("#timeline .message").last).to_contain_text("> or so")
    page.get_by_role("link", name="Edit properties").first.click()
    page.get_by_role("button", name="Save properties").wait_for()
    for words in ("Links and people", "History"):
        page.locator("#side details.panel > summary", has_text=words).click()
    page.wait_for_load_state("networkidle")
    assert not heard


def test_no_page_of_the_administration_runs_or_loads_it(visit, admin, hostile, house, watch):
    watch.expect(403)
    page, heard = visit(admin), []
    elsewhere(page, heard)
    for path in hostile.admin_pages():
        page.goto(path)
        assert page.url.startswith(house.url)
    assert not heard
