"""Typed queries, saved views, merge and split by keyboard alone, and without JavaScript."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from helpdesk.models import Comment, Ticket
from tests.browser.keyboard import Keyboard
from tests.factories import make_comment, make_ticket

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(house) -> tuple[Ticket, Ticket]:
    word = f"turnstile{uuid4().hex[:8]}"  # of this test alone
    first = make_ticket(f"{word} squeaks", body="It squeaks", priority="urgent")
    second = make_ticket(f"{word} is loud", body="It is loud")
    make_comment(first, "Oil did not help")
    make_comment(first, "And the lamp flickers")
    return first, second


def word_of(pair: tuple[Ticket, Ticket]) -> str:
    return pair[0].title.split()[0]


def typed(page: Page, words: str) -> None:
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_a_query_is_typed_mended_and_saved_as_a_view_by_keyboard(agent_page, pair, watch):
    page, keys = agent_page, Keyboard(agent_page)
    watch.expect(422)
    page.goto("/tickets/")
    expect(page.locator("#search input")).to_have_value("is:unresolved")
    word = word_of(pair)
    typed(page, f"priority:urgnt {word}")
    expect(page.locator("mark")).to_have_text("priority:urgnt")
    expect(page.locator("#search input")).to_be_focused()
    page.keyboard.type("priority:urgent")  # in the place of the wrong word, which is selected
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".ticket-subject")).to_have_text([pair[0].title])
    keys.choose(page.locator("#save-view"))
    expect(page.locator("#list-tools input[name=name]")).to_be_focused()
    page.keyboard.type("Loud turnstiles")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Loud turnstiles")
    current = page.locator("#nav [aria-current=page]")
    expect(current).to_contain_text("Loud turnstiles")
    expect(page.locator("#search input")).to_have_value(f"priority:urgent {word}")


def test_a_removed_chip_leaves_the_box_too(agent_page, pair):
    page = agent_page
    page.goto(f"/tickets/?q=priority:urgent+{word_of(pair)}")
    page.locator(".chip", has_text="Priority").get_by_role("link").click()
    expect(page.locator("#search input")).to_have_value(word_of(pair))
    expect(page.locator(".ticket-subject")).to_have_count(2)


def merged_and_back(page: Page, pair: tuple[Ticket, Ticket]) -> None:
    first, second = pair
    keys = Keyboard(page)
    page.goto(f"/tickets/{first.pk}/merging/")
    keys.fill(page.locator("#into"), str(second.pk))
    page.keyboard.press("Enter")
    expect(page.locator(".merge-preview")).to_contain_text("3 public messages move there")
    keys.choose(page.get_by_role("button", name=f"Merge #{first.pk} into #{second.pk}"))
    expect(page.locator("h1")).to_have_text(second.title)
    expect(page.locator("#timeline")).to_contain_text("Oil did not help")
    page.goto(f"/tickets/{first.pk}/")
    keys.choose(page.get_by_role("button", name="Take the merge back"))
    expect(page.locator("#timeline")).to_contain_text("Oil did not help")
    expect(page.get_by_role("button", name="Take the merge back")).to_have_count(0)


def test_a_ticket_is_merged_and_taken_back_by_keyboard(agent_page, pair):
    merged_and_back(agent_page, pair)


def test_a_ticket_is_merged_and_taken_back_without_script(plain_page, pair):
    merged_and_back(plain_page, pair)


def test_a_message_is_split_from_its_menu_by_keyboard(agent_page, pair):
    page, keys = agent_page, Keyboard(agent_page)
    comment = Comment.objects.get(ticket=pair[0], body="And the lamp flickers")
    page.goto(f"/tickets/{pair[0].pk}/")
    message = page.locator(f"#comment-{comment.uuid}")
    keys.choose(message.locator("summary"))
    keys.choose(message.get_by_role("link", name=re.compile("Split to a new ticket")))
    expect(page.locator("input[name=messages]:checked")).to_have_count(1)
    keys.fill(page.locator("input[name=title]"), "The lamp flickers")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("The lamp flickers")


def test_a_query_and_a_view_work_without_script(plain_page, pair):
    page = plain_page
    page.goto("/tickets/?view=all")
    page.locator("#search input").fill(f"{word_of(pair)} sort:title")
    page.locator("#search input").press("Enter")
    expect(page.locator(".ticket-subject")).to_have_text([pair[1].title, pair[0].title])
    page.locator("#save-view").click()
    page.locator("input[name=name]").fill("Turnstiles")
    page.get_by_role("button", name="Save the view").click()
    expect(page.locator("h1")).to_have_text("Turnstiles")
    page.goto("/views/")
    page.get_by_role("link", name="Delete “Turnstiles”").click()
    page.get_by_role("button", name="Delete the view").click()
    expect(page.get_by_role("link", name="Turnstiles", exact=True)).to_have_count(0)
