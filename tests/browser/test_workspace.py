"""What a browser adds to the pages: files dropped and pasted, jumps, themes."""

import pytest
from playwright.sync_api import Page, expect

from helpdesk.models import Attachment, Ticket
from tests.factories import make_ticket

pytestmark = pytest.mark.browser
HAND_OVER = """([selector, kind, name, words]) => {
  const files = new DataTransfer();
  files.items.add(new File([words], name, { type: "text/plain" }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: files })
    : new DragEvent("drop", { ...options, dataTransfer: files });
  document.querySelector(selector).dispatchEvent(event);
}"""


@pytest.fixture
def ticket(house) -> Ticket:
    return make_ticket("The lift stands still")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_is_dropped_or_pasted_into_the_composer(agent_page, ticket, kind):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    text = "#composer textarea"
    page.evaluate(HAND_OVER, [text, kind, f"{kind}ped.txt", "words of a file"])
    page.evaluate(HAND_OVER, [text, kind, "second.txt", "more"])
    chosen = page.locator("#composer [data-kept-list]")
    expect(chosen).to_contain_text(f"{kind}ped.txt")
    expect(chosen).to_contain_text("second.txt")
    chosen.locator("[name=kept]").nth(1).uncheck(force=True)
    page.locator(text).fill("See the file")
    page.locator("#composer .split-button > button.for-reply").click()
    expect(page.locator("#timeline")).to_contain_text(f"{kind}ped.txt")
    [file] = Attachment.objects.filter(ticket=ticket)
    assert file.file.read() == b"words of a file"


@pytest.mark.parametrize("words", ["{}", "#{}", " {} "])
def test_a_number_in_the_search_box_jumps_to_its_ticket(agent_page, ticket, words):
    agent_page.goto("/tickets/")
    agent_page.locator("#search input").fill(words.format(ticket.pk))
    agent_page.locator("#search input").press("Enter")
    agent_page.wait_for_url(f"**/tickets/{ticket.pk}/**")
    expect(agent_page.locator("h1")).to_have_text(ticket.title)


def test_words_in_a_note_find_their_ticket(agent_page, ticket):
    agent_page.goto(f"/tickets/{ticket.pk}/?compose=note")
    agent_page.locator("#composer textarea").fill("The cabin is full of chrysanthemums")
    agent_page.get_by_role("button", name="Add internal note", exact=True).click()
    expect(agent_page.locator("#timeline")).to_contain_text("chrysanthemums")
    agent_page.locator("#search input").fill("chrysanthemums")
    agent_page.locator("#search input").press("Enter")
    expect(agent_page.locator("#ticket-list")).to_contain_text(ticket.title)


def brightness(page: Page) -> float:
    """Of the page's ground, from 0 (black) to 1."""
    return page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d");
          canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
          canvas.fillRect(0, 0, 1, 1);
          const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
          return (red + green + blue) / 765;
        }"""
    )


@pytest.mark.parametrize("path", ["/tickets/", "/accounts/login/", "/admin/"])
def test_a_page_is_dark_where_the_system_is(visit, admin, path):
    person = None if "login" in path else admin
    light, dark = visit(person, color_scheme="light"), visit(person, color_scheme="dark")
    for page in (light, dark):
        page.goto(path)
    assert brightness(light) > 0.85 and brightness(dark) < 0.25


def test_a_theme_that_was_chosen_stays(agent_page):
    agent_page.goto("/tickets/")
    agent_page.locator("summary[aria-label*='theme']").click()
    agent_page.get_by_role("button", name="Dark", exact=True).first.click()
    assert brightness(agent_page) < 0.25
    agent_page.goto("/preferences/")
    assert brightness(agent_page) < 0.25


def test_the_way_back_shows_a_whole_page(agent_page, ticket):
    """After a change by htmx, back and forward must never show a fragment alone."""
    page = agent_page
    page.goto("/tickets/")
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator("#composer textarea").fill("On our way")
    page.locator("#composer .split-button > button.for-reply").click()
    expect(page.locator("#timeline")).to_contain_text("On our way")
    for step in (page.go_back, page.go_forward):
        step()
        expect(page.locator("nav.nav")).to_be_visible()
        expect(page.locator("h1")).to_have_count(1)


def test_keys_go_to_pages_that_the_head_leads_to(agent_page):
    agent_page.goto("/tickets/")
    places = {"gi": "/notifications/", "gh": "/home/", "gr": "/reports/", "gt": "/tickets/"}
    for keys, path in places.items():
        agent_page.keyboard.type(keys)
        agent_page.wait_for_url(f"**{path}*")
