"""By keys alone: the focus stays where the hand was, whatever part of the page is replaced."""

from itertools import count
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk.actions import canned, drafts
from helpdesk.models import Queue, Ticket, User
from tests.browser.keyboard import Keyboard
from tests.browser.looks import FOCUS_IS_SEEN
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user

pytestmark = pytest.mark.browser
NUMBERS = count(1)


@pytest.fixture
def ines(house) -> User:
    return make_agent("Ines Keys", list(Queue.objects.all()))


@pytest.fixture
def ticket(ines) -> Ticket:
    title = f"Answered by keys {next(NUMBERS)}"
    return make_ticket(title, by=actor_of(ines), requester=make_user("Leila"))


@pytest.fixture
def page(visit, ines, ticket) -> Page:
    page = visit(ines)
    page.goto(f"/tickets/{ticket.pk}/")
    return page


def words(page: Page) -> Locator:
    return page.locator("#composer textarea[name=body]")


def has_the_hand(wanted: Locator) -> None:
    expect(wanted).to_be_focused()
    assert wanted.page.evaluate(FOCUS_IS_SEEN) == ""


def test_after_sending_by_keys_one_writes_on(page, ticket):
    words(page).fill("First")
    words(page).press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("First")
    has_the_hand(words(page))
    page.keyboard.type("Second")
    Keyboard(page).choose(page.locator("#composer .split-button > button.for-reply"))
    expect(page.locator("#timeline")).to_contain_text("Second")
    has_the_hand(words(page))


def test_a_send_that_is_held_has_the_focus_and_gives_it_back(page, ticket, watch):
    watch.expect(409)
    words(page).fill("Mine")
    make_comment(ticket, "Theirs", by=actor_of(ticket.requester))
    words(page).press("Control+Enter")
    has_the_hand(page.locator("#composer .held"))
    Keyboard(page).choose(page.get_by_role("link", name="Keep editing"))
    has_the_hand(words(page))
    Keyboard(page).choose(page.get_by_role("button", name="Send anyway"))
    expect(page.locator("#timeline")).to_contain_text("Mine")
    has_the_hand(words(page))


def test_a_held_send_is_discarded_for_good(page, ticket, watch):
    watch.expect(409)
    words(page).fill("Not to be said")
    make_comment(ticket, "Theirs", by=actor_of(ticket.requester))
    words(page).press("Control+Enter")
    expect(page.locator("#composer .held")).to_be_visible()
    Keyboard(page).choose(page.locator("#composer").get_by_role("link", name="Discard"))
    expect(page.locator("#composer .held")).to_have_count(0)
    expect(words(page)).to_have_value("")
    has_the_hand(words(page))
    page.reload()
    expect(words(page)).to_have_value("")


def test_a_reply_that_is_taken_back_is_written_on(visit, ines, ticket):
    ines.preferences = {"undo_send": 30}
    ines.save()
    page = visit(ines)
    page.goto(f"/tickets/{ticket.pk}/")
    words(page).fill("Too early")
    words(page).press("Control+Enter")
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    Keyboard(page).choose(undo)
    expect(words(page)).to_have_value("Too early")
    has_the_hand(words(page))


def test_a_canned_reply_is_chosen_and_written_on(page, ines):
    name = f"Quagga {next(NUMBERS)}"
    canned.save_reply(by=actor_of(ines), owner_id=ines.pk, name=name, body="Canned words")
    page.reload()
    words(page).fill("Before. ")
    Keyboard(page).choose(page.locator("#composer summary", has_text="Macros"))
    Keyboard(page).choose(page.get_by_role("button", name=name))
    expect(words(page)).to_have_value("Before.\n\nCanned words")
    has_the_hand(words(page))
    expect(page.locator("[data-draft-state]")).to_contain_text("Saved")
    page.reload()
    expect(words(page)).to_have_value("Before.\n\nCanned words")


def test_who_is_taken_off_the_recipients_leaves_the_focus_among_them(page):
    page.locator("#add-to").fill("boss@example.com")
    page.locator("#add-to").press("Enter")
    expect(page.locator("#composer-recipients [name=to]")).to_have_count(2)
    has_the_hand(page.locator("#add-to"))
    Keyboard(page).press("Shift+Tab")
    page.keyboard.press("Space")
    expect(page.locator("#composer-recipients [name=to]:checked")).to_have_count(1)
    has_the_hand(page.locator("#composer-recipients :focus"))


def test_what_changes_the_head_keeps_the_focus(page):
    Keyboard(page).choose(page.locator("[data-key=w]"))
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    has_the_hand(page.locator("[data-key=w]"))
    summary = page.locator("summary[data-key=p]")
    Keyboard(page).choose(summary)
    Keyboard(page).choose(page.locator("[name=priority][value=high]"))
    expect(summary.locator("xpath=..")).not_to_have_attribute("open", "")
    expect(page.locator(".toast")).to_contain_text("Undo")
    has_the_hand(summary)


def test_a_draft_that_is_opened_and_one_that_is_discarded_leave_the_hand_in_the_text(
    page, ines, ticket
):
    for number in range(3):
        body = f"Draft {number}"
        drafts.save_draft(uuid4(), by=actor_of(ines), ticket=ticket, kind="reply", body=body)
    page.reload()
    expect(words(page)).to_have_value("Draft 2")
    Keyboard(page).choose(page.get_by_role("link", name="Open", exact=True).first)
    expect(words(page)).to_have_value("Draft 1")
    has_the_hand(words(page))
    Keyboard(page).choose(page.locator("#composer").get_by_role("button", name="Discard").first)
    expect(page.locator("#composer")).to_contain_text("Another draft")
    has_the_hand(words(page))
