"""Speed of hand: the palette, the keys, the box that goes on with a word, the tour."""

import re

import pytest
from playwright.sync_api import expect

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Queue
from tests.factories import make_agent

pytestmark = pytest.mark.browser


def made(title: str):
    return actions.open_ticket(by=system("rule"), title=title)


@pytest.fixture
def someone(house):
    return make_agent("Quick Quinn", list(Queue.objects.all()))


def test_escape_closes_the_palette_and_gives_the_focus_back(visit, someone):
    page = visit(someone)
    page.goto("/home/")
    link = page.get_by_role("link", name="Commands")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()


def test_fast_hands_wait_for_neither_the_palette_nor_its_list(visit, someone):
    ticket = made("For fast hands")
    page = visit(someone)
    page.goto(f"/tickets/{ticket.pk}/")
    held, is_open = [], []
    page.route("**/go/?*", lambda route: route.continue_() if is_open else held.append(route))
    page.keyboard.press("Control+k")
    page.keyboard.type(">urg")
    held.pop().continue_()
    expect(page.get_by_role("combobox", name="Search tickets")).to_have_value(">urg")
    page.keyboard.type("ent")
    page.keyboard.press("Enter")
    is_open.append(True)
    for route in held:
        route.continue_()
    expect(page.locator("summary[data-key=p]")).to_contain_text("Urgent")
    expect(page.get_by_role("dialog")).to_have_count(0)
    ticket.refresh_from_db()
    assert ticket.priority == "urgent" and ticket.assignee_id is None


def test_a_change_shows_although_the_head_was_drawn_anew_meanwhile(visit, someone):
    ticket = made("Drawn anew")
    page, held = visit(someone), []
    page.goto(f"/tickets/{ticket.pk}/")
    page.route("**/properties/", lambda route: held.append(route))
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    held.pop().continue_()
    expect(page.locator("summary[data-key=p]")).to_contain_text("Low")


def test_the_focus_stays_on_a_menu_of_the_head_and_escape_leaves_the_words(visit, someone):
    ticket = made("Focus stays")
    page = visit(someone)
    page.goto(f"/tickets/{ticket.pk}/")
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("summary[data-key=p]")).to_contain_text("Low")
    expect(page.locator("summary[data-key=p]")).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.type("Not yet")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    expect(page.locator("#composer textarea")).to_have_value("Not yet")
    page.locator("#composer input[type=file]").focus()  # where nothing is written
    page.keyboard.press("p")
    expect(page.locator("details[open] [data-key=p]")).to_be_visible()


def test_the_next_ticket_is_the_next_of_the_table_that_was_left(visit, someone):
    first, second = made("Zimmerlinde one"), made("Zimmerlinde two")
    page = visit(someone)
    page.goto("/tickets/?q=Zimmerlinde&sort=title")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text(first.title)
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text(second.title)
    page.wait_for_load_state()  # a key is heard once the page is there
    page.keyboard.press("u")
    expect(page.locator("#bulk .ticket-subject")).to_have_count(2)


def test_keys_work_on_the_ticket_and_never_while_writing(visit, someone):
    ticket = made("Keys for a ticket")
    page = visit(someone)
    page.goto(f"/tickets/{ticket.pk}/")
    page.keyboard.press("c")
    text = page.locator("#composer textarea")
    expect(text).to_be_focused()
    page.keyboard.type("n g h ?")
    expect(text).to_have_value("n g h ?")
    assert page.url.endswith(f"/tickets/{ticket.pk}/#composer")
    text.fill("")
    text.blur()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/home/")


def test_a_changed_key_works_and_the_usual_one_no_longer(visit, house):
    ticket = made("Own keys")
    keys = {"own": {"n": "b", "j": "n"}, "off": False}
    page = visit(make_agent("Own Ona", list(Queue.objects.all()), preferences={"keys": keys}))
    page.goto("/tickets/?q=Own+keys")
    page.keyboard.press("j")
    expect(page.locator("#bulk [aria-current=true]")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#bulk [aria-current=true]")).to_contain_text(ticket.title)
    page.keyboard.press("b")
    page.wait_for_url("**/tickets/new/")


def test_keys_that_are_off_do_nothing_and_the_palette_still_opens(visit, house):
    page = visit(
        make_agent("Off Olaf", list(Queue.objects.all()), preferences={"keys": {"off": True}})
    )
    page.goto("/home/")
    page.keyboard.press("?")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()
    assert page.url.endswith("/home/")


def test_on_a_list_a_key_acts_on_the_current_row(visit, someone):
    made("Grobnik of the list")
    page = visit(someone)
    page.goto("/tickets/?q=Grobnik")
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.get_by_role("dialog", name="Set the priority")).to_be_visible()


def test_the_search_box_goes_on_with_a_word(visit, someone):
    page = visit(someone)
    page.goto("/home/")
    page.keyboard.press("/")
    page.keyboard.type("prio")
    expect(page.get_by_role("option", name=re.compile("^priority:"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name=re.compile("^urgent"))).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    box = page.locator("#search input")
    expect(box).to_have_value(re.compile("^priority:[a-z]+ $"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tickets/\?"))


def test_the_tour_is_walked_through_and_skipped_by_keyboard(visit, someone):
    page = visit(someone)
    page.goto("/home/")
    page.get_by_role("button", name="Next").press("Enter")
    expect(page.get_by_text("Tour, 2 of 5")).to_be_visible()
    expect(page.locator("#tour-title")).to_be_focused()  # and takes no key from a button any more
    page.get_by_role("button", name="Skip the tour").press("Enter")
    expect(page.locator("#tour")).to_have_count(0)
    page.reload()
    expect(page.locator("#tour")).to_have_count(0)


def test_without_script_the_palette_is_a_page(plain_page):
    ticket = made("Plainly found snorkelfish")
    page = plain_page
    page.goto("/home/")
    page.get_by_role("link", name="Commands").click()
    page.get_by_role("searchbox", name="Search tickets, people, views and actions").fill("snorkel")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=f"#{ticket.pk}").click()
    expect(page.get_by_role("heading", name="Plainly found snorkelfish")).to_be_visible()
