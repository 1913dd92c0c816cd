"""A small file goes in through the browser, page by page."""

import pytest
from playwright.sync_api import expect

from helpdesk.imports import running
from helpdesk.models import Ticket
from tests.browser.looks import examine

pytestmark = pytest.mark.browser
TABLE = (
    "Ticket ID,Ticket Subject,Mood,Customer Email,Ticket Status\n"
    "w1,The printer hums,good,cy@example.com,Pending\n"
    "w2,<b>Bold & brave</b>,bad,di@example.com,Open\n"
    "w3,,bad,,Open\n"
)
FILE = {"name": "old-desk.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_file_is_mapped_tried_and_imported(visit, admin, watch, script):
    page = visit(admin, java_script_enabled=script)
    found = []
    page.goto("/imports/")
    page.locator("main input[type=file]").set_input_files(FILE)
    page.get_by_role("button", name="Upload and map columns").click()

    expect(page.get_by_text("Values of Ticket Status")).to_be_visible()
    if script:
        found += examine(page, watch)
    page.locator("[name=source]").fill(f"wizard {script}")
    page.get_by_label("Pending").select_option(label="Waiting")
    page.get_by_role("button", name="Try all 3 rows").click()

    expect(page.get_by_text("Trying every row")).to_be_visible()
    if script:
        found += examine(page, watch, skip_first=False)
    running.run_jobs()
    if not script:
        page.reload()
    begin = page.get_by_role("button", name="Import 2 tickets")
    expect(begin).to_be_visible()
    expect(page.get_by_text("Enter a subject.")).to_be_visible()
    if script:
        found += examine(page, watch, skip_first=False)

    begin.click()
    expect(page.get_by_text("Importing, 0 of 3")).to_be_visible()
    running.run_jobs()
    if not script:
        page.reload()
    show = page.get_by_role("link", name="Show the tickets")
    expect(show).to_be_visible()
    if script:
        found += examine(page, watch, skip_first=False)
    show.click()
    expect(page.locator("#ticket-list")).to_contain_text("The printer hums")
    expect(page.locator("#ticket-list")).to_contain_text("<b>Bold & brave</b>")

    tickets = Ticket.objects.filter(source=f"wizard {script}")
    assert {one.source_ref for one in tickets} == {"w1", "w2"}
    assert tickets.get(source_ref="w1").status_category == "waiting"
    assert not found, "\n".join(found)
