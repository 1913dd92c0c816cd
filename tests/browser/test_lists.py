"""Lists by hand: rows are selected and changed by keyboard and without script."""

import re

import pytest
from playwright.sync_api import expect

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Queue, Ticket
from tests.factories import make_agent

pytestmark = pytest.mark.browser


def made(count: int, word: str) -> list[Ticket]:
    return [actions.open_ticket(by=system("rule"), title=f"{word} {n}") for n in range(count)]


def test_rows_are_selected_previewed_changed_and_given_back_by_keyboard(agent_page):
    tickets = made(3, "Quillfeather")
    page = agent_page
    page.goto("/tickets/?q=Quillfeather")
    for key in ("j", "x", "Shift+J"):
        page.keyboard.press(key)
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Priority").focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Set the priority")
    expect(sheet.get_by_label("Priority", exact=True)).to_be_focused()
    sheet.get_by_label("Priority", exact=True).select_option("urgent")
    button = sheet.get_by_role("button", name="Change 2 tickets")
    expect(button).to_be_visible()
    button.press("Enter")
    page.wait_for_url(re.compile("/tickets/bulk/"))
    ids = [ticket.pk for ticket in tickets]
    assert Ticket.objects.filter(pk__in=ids, priority="urgent").count() == 2
    page.get_by_role("button", name="Undo 2 changes").press("Enter")
    expect(page.get_by_text("taken back")).to_be_visible()
    assert not Ticket.objects.filter(pk__in=ids, priority="urgent").exists()


def test_escape_closes_the_sheet_then_clears_the_selection(agent_page):
    made(1, "Brindlewick")
    page = agent_page
    page.goto("/tickets/?q=Brindlewick")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Team").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 selected")).to_be_hidden()


def test_rows_are_changed_without_script(plain_page):
    tickets = made(2, "Thistledown")
    page = plain_page
    page.goto("/tickets/?q=Thistledown")
    for ticket in tickets:
        page.locator(f"input[name=ticket][value='{ticket.pk}']").check()
    page.get_by_role("button", name="Tags").click()
    page.get_by_label("Add tags").fill("swept")
    page.get_by_role("button", name="Show what will happen").click()
    page.get_by_role("button", name="Change 2 tickets").click()
    expect(page.get_by_text("changed", exact=True).first).to_be_visible()
    for ticket in tickets:
        ticket.refresh_from_db()
        assert [tag.name for tag in ticket.tag_list] == ["swept"]


def test_a_row_changes_in_its_place_and_keeps_its_box(agent_page):
    [ticket] = made(1, "Marrowstone")
    page = agent_page
    page.goto("/tickets/?q=Marrowstone")
    box = page.locator(f"input[name=ticket][value='{ticket.pk}']")
    box.check()
    actions.change_ticket(ticket, by=system("rule"), title="Marrowstone, renamed")
    page.evaluate("document.dispatchEvent(new Event('fresh'))")
    expect(page.get_by_role("link", name="Marrowstone, renamed")).to_be_visible()
    expect(box).to_be_checked()


def test_the_list_beside_a_ticket_stays_where_it_was(visit):
    made(30, "Hollowbrook")
    queues = list(Queue.objects.all())
    page = visit(make_agent("Split Sue", queues, preferences={"layout": "split"}))
    page.goto("/tickets/?q=Hollowbrook")
    page.locator(".rows").evaluate("one => { one.scrollTop = 700 }")
    page.locator(".rows .ticket-subject").nth(12).click()
    page.wait_for_url(re.compile(r"/tickets/\d+/"))
    expect(page.locator(".rows [aria-current=page]")).to_be_in_viewport()
    assert page.locator(".rows").evaluate("one => one.scrollTop") > 500
