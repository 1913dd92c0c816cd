"""The pages of the REST API: whoever reads them can try a call there."""

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk.models import Ticket
from tests.factories import make_key

pytestmark = pytest.mark.browser
DOCS = "/api/v1/docs/"
SCROLL = """() => {
  window.scrollBy(0, window.innerHeight / 2);
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
PAGES = 200  # the page draws what is in sight alone
DRAWN = 60_000  # milliseconds: more than a hundred operations are drawn by the page itself


@pytest.fixture
def docs(visit, house) -> Page:
    """The pages, with a key given to them, as someone who is not signed in sees them."""
    _key, secret = make_key(name="Reader of the documents")
    page = visit()
    page.set_default_timeout(DRAWN)
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(DOCS)
    expect(page.locator(".opblock").last).to_be_attached(timeout=DRAWN)
    page.get_by_role("button", name="Authorize").first.click()
    box = page.locator(".dialog-ux")
    box.locator("input").fill(secret)
    box.get_by_role("button", name="Apply credentials").click()
    box.get_by_role("button", name="Close").last.click()
    yield page
    own = {urlsplit(house.url).netloc, ""}  # what the page itself holds has no host
    assert hosts <= own, f"The pages asked {hosts - own}."


def opened(page: Page, method: str, path: str) -> Locator:
    """The operation, unfolded, its fields open for trying."""
    named = page.locator(f"[data-path='{path}']")
    block = page.locator(f".opblock-{method}").filter(has=named)
    for _step in range(PAGES):
        if block.count():
            break
        page.evaluate(SCROLL)
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name=re.compile("Try it out")).click()
    return block


def answered(block: Locator) -> tuple[int, dict]:
    """What the call answered, as the page shows it."""
    block.get_by_role("button", name="Execute").click()
    row = block.locator(".live-responses-table .response")
    status = row.locator(".response-col_status")
    expect(status).to_have_text(re.compile(r"^\d{3}"), timeout=DRAWN)
    body = row.locator(".response-col_description pre").first
    return int(status.inner_text()[:3]), json.loads(body.inner_text())


def test_a_call_that_reads_is_tried_on_the_page(docs):
    status, body = answered(opened(docs, "get", "/api/v1/me/"))
    assert status == 200
    assert body["name"] == "Reader of the documents"


def test_a_call_that_writes_is_tried_on_the_page(docs):
    block = opened(docs, "post", "/api/v1/tickets/")
    block.locator("textarea.body-param__text").fill('{"title": "Tried in the documents"}')
    status, body = answered(block)
    assert status == 201
    assert Ticket.objects.get(pk=body["id"]).title == "Tried in the documents"


def test_what_is_refused_is_shown_with_its_reason(docs, watch):
    watch.expect(400)
    block = opened(docs, "post", "/api/v1/tickets/")
    block.locator("textarea.body-param__text").fill('{"titel": "Tried in the documents"}')
    status, body = answered(block)
    assert (status, body["errors"][0]["field"]) == (400, "titel")
