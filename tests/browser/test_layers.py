"""What opens over a page: whole for axe in its place, and the focus comes back to where it was."""

from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket, User
from tests.browser.looks import (
    COLOURS,
    EVERYTHING,
    FOCUS_IS_SEEN,
    WIDTHS,
    outside,
    overflow,
    violations,
)
from tests.factories import actor_of, make_comment

pytestmark = pytest.mark.browser
NUMBERS = count(1)


@pytest.fixture
def ticket(house, agent) -> Ticket:
    requester = User.objects.filter(role="customer", email__isnull=False).earliest("pk")
    queue = Ticket.objects.visible_to(actor_of(agent)).latest("pk").queue
    by = system("rule")
    title = f"A ticket of layers {next(NUMBERS)}"
    ticket = actions.open_ticket(
        by=by, title=title, requester=requester, queue=queue, body="It hums."
    )
    actions.add_note(ticket, by=by, body="Looked at it.")
    return ticket


def whole(page: Page, watch, *widths: int) -> None:
    """The open layer at these widths (else at the one that is), light and dark."""
    found = []
    for width in widths or [page.viewport_size["width"]]:
        page.set_viewport_size({"width": width, "height": 900})
        found += overflow(page, width)
        for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            with watch.deaf():  # axe tries inline styles, which our policy refuses
                found += [f"{scheme} at {width}: {line}" for line in violations(page, rules)]
    assert not found, "\n".join(found)


def opened_by_key(page: Page, summary: Locator) -> Locator:
    """The menu behind it, opened by Enter and loaded."""
    summary.focus()
    page.keyboard.press("Enter")
    menu = summary.locator("xpath=..")
    expect(menu).to_have_attribute("open", "")
    page.wait_for_load_state("networkidle")
    return menu


TICKET_MENUS: dict[str, Callable[[Page], Locator]] = {
    "of the person": lambda page: page.locator(".me > summary"),
    "snooze": lambda page: page.locator("summary[data-key=h]"),
    "more": lambda page: page.locator(".ticket-line details.menu > summary").last,
    "subject": lambda page: page.locator(".subject-edit > summary"),
    "status": lambda page: page.locator("summary[data-key=s]"),
    "priority": lambda page: page.locator("summary[data-key=p]"),
    "assignee": lambda page: page.locator("summary[data-key=m]"),
    "team": lambda page: page.locator("summary[data-key=t]"),
    "tags": lambda page: page.locator("summary[data-key=l]"),
    "of a message": lambda page: page.locator("#timeline .message details > summary").last,
    "ways to send": lambda page: page.locator("#composer .split-button summary"),
}


@pytest.mark.parametrize("name", TICKET_MENUS)
def test_a_menu_of_the_ticket_is_whole_and_gives_the_focus_back(name, agent_page, ticket, watch):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        summary = TICKET_MENUS[name](page)
        if not summary.is_visible():
            continue  # a phone has fewer, and folds its composer
        found.append(width)
        menu = opened_by_key(page, summary)
        assert outside(menu.locator(".menu-list"), width) == []
        whole(page, watch)
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_SEEN) == ""
        page.keyboard.press("Escape")
        expect(menu).not_to_have_attribute("open", "")
        expect(summary).to_be_focused()
        assert page.evaluate(FOCUS_IS_SEEN) == ""
    assert 1440 in found


@pytest.mark.parametrize("name", ["filter", "columns", "save-view"])
def test_a_tool_of_the_list_is_whole(name, agent_page, watch):
    page = agent_page
    page.goto("/tickets/?status=open")
    page.locator(f"#{name}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#list-tools form").first).to_be_visible()
    whole(page, watch, *WIDTHS)


@pytest.mark.parametrize("action", ["status", "tags", "reply", "delete"])
def test_the_sheet_of_a_selection_is_whole_and_gives_the_focus_back(action, agent_page, watch):
    page = agent_page
    page.goto("/tickets/")
    page.locator("#bulk input[name=ticket]").first.check()
    opener = page.locator(f".bulk-bar [name=action][value={action}]")
    opener.focus()
    page.keyboard.press("Enter")
    sheet = page.locator("dialog.sheet")
    expect(sheet).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert sheet.evaluate("one => one.contains(document.activeElement)")
    whole(page, watch, *WIDTHS)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()
    expect(page.locator("#bulk input[name=ticket]").first).to_be_checked()  # one layer, not two


def test_the_list_behind_a_sign_is_whole_and_escape_keeps_the_words(agent_page, ticket, watch):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    words = page.locator("#composer textarea[name=body]")
    words.press_sequentially("For @a")
    expect(page.locator("#composer-options [role=option]").first).to_be_visible()
    whole(page, watch)
    page.keyboard.press("Escape")
    expect(page.locator("#composer-options")).to_be_hidden()
    expect(words).to_be_focused()
    expect(words).to_have_value("For @a")


def test_copies_and_a_toast_are_whole(agent_page, ticket, watch):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator(".recipient-more summary").click()
    page.locator("#add-cc").fill(f"{'long' * 12}@example.com")
    page.locator("#add-cc").press("Enter")
    expect(page.locator("#composer-recipients")).to_contain_text("longlong")
    whole(page, watch)
    page.locator("summary[data-key=p]").click()
    page.locator("[name=priority][value=high]").click()
    expect(page.locator(".toast")).to_be_visible()
    page.locator(".toast button").first.focus()  # what is being read stays
    whole(page, watch, *WIDTHS)
    assert page.evaluate(FOCUS_IS_SEEN) == ""


def test_a_summary_of_errors_is_whole_and_has_the_focus(agent_page, watch):
    watch.expect(422)
    page = agent_page
    page.goto("/tickets/new/")
    page.locator("main form").first.evaluate("form => { form.noValidate = true }")
    page.locator("main form button.primary").first.click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    assert page.evaluate(FOCUS_IS_SEEN) == ""
    whole(page, watch, *WIDTHS)


def test_a_send_that_is_held_is_whole(agent_page, ticket, watch):
    watch.expect(409, 422)
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator("#composer textarea[name=body]").fill("An answer to what was")
    make_comment(ticket, f"It burns! {'x' * 60} {'نص ' * 20}", by=actor_of(ticket.requester))
    page.locator("#composer textarea[name=body]").press("Control+Enter")
    expect(page.locator(".held")).to_contain_text("It burns!")
    expect(page.locator("#composer textarea[name=body]")).to_have_value("An answer to what was")
    whole(page, watch, *WIDTHS)


@pytest.mark.parametrize(("width", "opener"), [(1024, "a[href='#side']"), (1024, "a[href='#nav']")])
def test_a_drawer_is_whole_and_escape_closes_it(width, opener, agent_page, ticket, watch):
    page = agent_page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/tickets/{ticket.pk}/")
    way = page.locator(f"{opener}:visible").first
    way.focus()
    page.keyboard.press("Enter")
    drawer = page.locator("[data-drawer]:target")
    expect(drawer).to_be_visible()
    assert drawer.evaluate("one => one.contains(document.activeElement)")
    assert page.evaluate(FOCUS_IS_SEEN) == ""
    whole(page, watch)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(way).to_be_focused()


def test_a_look_at_a_row_leaves_it_unread_and_goes_on_to_the_next(agent_page, ticket, watch):
    page = agent_page
    page.goto("/tickets/?view=all&sort=-created_at")
    rows = page.locator("#bulk tbody tr")
    assert page.locator("[data-unread]").count() > 1
    unread, names = page.locator("[data-unread]").count(), rows.locator(".ticket-subject")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    layer = page.locator("[data-peek]")
    expect(layer).to_contain_text(names.nth(0).text_content())
    expect(layer.locator(".sheet-body")).to_be_focused()
    page.keyboard.press("j")
    expect(layer).to_contain_text(names.nth(1).text_content())
    page.keyboard.press("k")
    expect(layer).to_contain_text(names.nth(0).text_content())
    assert page.evaluate(FOCUS_IS_SEEN) == ""
    page.keyboard.press("Space")
    expect(layer).to_have_count(0)
    expect(names.nth(0)).to_be_focused()
    page.reload()
    assert page.locator("[data-unread]").count() == unread
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(layer).to_be_visible()
    page.keyboard.press("Escape")
    expect(layer).to_have_count(0)
    page.keyboard.press("x")
    expect(page.locator("#bulk input[name=ticket]").first).to_be_checked()
    names.nth(0).press("Space")
    layer.get_by_role("link", name="Open").press("Enter")
    page.wait_for_url("**/tickets/*/**")
