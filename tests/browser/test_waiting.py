"""What is on its way: a layer that was given up, a file that is still being sent."""

import pytest
from playwright.sync_api import Page, Route, expect

from helpdesk.models import Attachment, Draft, Ticket
from tests.factories import actor_of, make_ticket

pytestmark = pytest.mark.browser
FILE = {"name": "door.txt", "mimeType": "text/plain", "buffer": b"It jams."}


def held(page: Page, path: str) -> list[Route]:
    """Requests of this path wait here until they are let go."""
    routes: list[Route] = []
    page.route(path, lambda route: routes.append(route))
    return routes


def let_go(page: Page, routes: list[Route]) -> None:
    for _ in range(100):
        if routes:
            break
        page.wait_for_timeout(50)
    for route in routes:
        with page.expect_response(route.request.url):
            route.continue_()


@pytest.mark.parametrize(
    ("key", "path", "layer"),
    [("Space", "**/peek/", "[data-peek]"), ("Control+k", "**/go/?*", "[data-palette]")],
)
def test_a_layer_that_was_given_up_before_it_came_stays_away(agent_page, key, path, layer):
    page = agent_page
    page.goto("/tickets/?view=all")
    page.keyboard.press("j")
    page.keyboard.press("x")
    routes = held(page, path)
    page.keyboard.press(key)
    page.keyboard.press("Escape")
    let_go(page, routes)
    page.wait_for_timeout(300)
    expect(page.locator(layer)).to_have_count(0)
    expect(page.locator("#bulk :checked")).to_have_count(1)
    page.unroute(path)
    page.keyboard.press(key)
    expect(page.locator(layer)).to_be_visible()


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_file_of_a_new_ticket_is_there_after_coming_back(agent_page, agent, is_saved):
    page, title = agent_page, f"The door has a file {is_saved}"
    Draft.objects.filter(person=agent).delete()
    page.goto("/tickets/new/")
    if not is_saved:
        held(page, "**/tickets/new/draft/")
    with page.expect_request("**/tickets/new/draft/") as asked:
        page.locator("#id_files").set_input_files(FILE)
    if is_saved:
        asked.value.response()
    page.goto("/home/")
    page.unroute("**/tickets/new/draft/")
    page.goto("/tickets/new/")
    expect(page.locator("[data-kept-list]")).to_contain_text("door.txt")
    page.locator("#id_title").fill(title)
    page.get_by_role("button", name="Create ticket").click()
    expect(page.locator("h1")).to_have_text(title)
    ticket = Ticket.objects.get(title=title)
    assert [one.name for one in Attachment.objects.filter(ticket=ticket)] == ["door.txt"]


def test_what_is_sent_while_its_file_is_on_its_way_waits_for_it(agent_page, agent):
    page, ticket = agent_page, make_ticket("Waits for a file", by=actor_of(agent))
    page.goto(f"/tickets/{ticket.pk}/")
    routes = held(page, "**/drafts/file/")
    page.locator("#composer [name=kind][value=note]").check(force=True)
    page.locator("#id_body").fill("See the file")
    page.locator("#composer [name=files]").set_input_files(FILE)
    page.locator("#id_body").press("Control+Enter")
    let_go(page, routes)
    expect(page.locator("#timeline")).to_contain_text("See the file")
    expect(page.locator("#timeline")).to_contain_text("door.txt")
