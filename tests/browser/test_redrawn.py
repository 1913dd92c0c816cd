"""Forms whose fields depend on others are drawn anew while somebody writes in them."""

import pytest
from playwright.sync_api import Page, expect

from helpdesk.actions.field_rules import save_rule
from helpdesk.actor import system
from helpdesk.models import CustomField, Ticket, User
from tests.factories import make_queue, make_ticket

pytestmark = pytest.mark.browser
Kind = CustomField.Kind


def name_of(kind: str) -> str:
    return f"custom.{CustomField.objects.kept().filter(kind=kind).earliest('pk').key}"


@pytest.fixture
def admin(house) -> User:
    return User.objects.filter(role="admin").earliest("pk")


@pytest.fixture
def ticket(house) -> Ticket:
    """Of a queue in which a field is shown by what another one holds."""
    queue = make_queue()
    shown = CustomField.objects.kept().filter(kind=Kind.EMAIL).earliest("pk")
    tests = [{"field": name_of(Kind.TOGGLE), "is": "is", "values": ["true"]}]
    save_rule(shown, by=system("rule"), effect="show", tests=tests, queue=queue)
    return make_ticket(queue=queue)


@pytest.fixture
def page(visit, admin, ticket) -> Page:
    page = visit(admin)
    page.goto(f"/tickets/{ticket.pk}/")
    page.get_by_role("link", name="Edit properties").first.click()
    return page


def field(page: Page, kind: str):
    return page.locator(f'#properties-edit [name="{name_of(kind)}"]')


def hold_first(page: Page, marked: str) -> list:
    """Keep back the first request that bears these words, until it is let go."""
    held = []

    def look(route):
        if marked in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", look)
    return held


def let_go(page: Page, held: list) -> None:
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    with page.expect_response(held[0].request.url):
        held[0].continue_()


def test_what_is_typed_while_the_properties_are_drawn_anew_stays(page):
    text, number, toggle = (field(page, kind) for kind in (Kind.TEXT, Kind.NUMBER, Kind.TOGGLE))
    expect(field(page, Kind.EMAIL)).to_be_hidden()
    held = hold_first(page, "refresh")
    number.fill("42")
    toggle.check()
    text.focus()
    page.keyboard.type("Words that are ty")
    before = text.element_handle()
    let_go(page, held)
    page.wait_for_function("one => !one.isConnected", arg=before)
    page.keyboard.type("ped on")
    expect(text).to_have_value("Words that are typed on")
    expect(text).to_be_focused()
    expect(number).to_have_value("42")
    expect(toggle).to_be_checked()
    expect(field(page, Kind.EMAIL)).to_be_visible()


@pytest.mark.parametrize("button", ["Save properties", "Cancel"])
def test_the_form_closes_though_it_is_being_drawn_anew(page, ticket, button):
    side, held = page.locator("#properties-edit"), []

    def keep_back(route):  # all but the form drawn anew, which is so answered first
        if "refresh" in (route.request.post_data or "") or "presence" in route.request.url:
            route.continue_()
        else:
            held.append(route)

    field(page, Kind.NUMBER).fill("42")
    page.route(f"**/tickets/{ticket.pk}/**", keep_back)
    with page.expect_response(lambda answer: "refresh" in (answer.request.post_data or "")):
        side.get_by_text(button, exact=True).click()
    page.wait_for_timeout(100)
    held[0].continue_()
    expect(side.get_by_text(button, exact=True)).to_have_count(0)
    ticket.refresh_from_db()
    assert (42 in ticket.custom.values()) == (button != "Cancel")


def test_a_new_ticket_keeps_what_is_typed_while_its_fields_are_drawn_anew(visit, admin, ticket):
    page = visit(admin)
    page.goto("/tickets/new/")
    page.locator("[name=queue]").select_option(str(ticket.queue_id))
    text = page.locator(f'#custom-fields [name="{name_of(Kind.TEXT)}"]')
    toggle = page.locator(f'#custom-fields [name="{name_of(Kind.TOGGLE)}"]')
    expect(page.locator(f'[name="{name_of(Kind.EMAIL)}"]')).to_be_hidden()
    held = hold_first(page, "refresh")
    toggle.check()
    text.focus()
    page.keyboard.type("Words that are ty")
    before = text.element_handle()
    let_go(page, held)
    page.wait_for_function("one => !one.isConnected", arg=before)
    page.keyboard.type("ped on")
    expect(text).to_have_value("Words that are typed on")
    expect(page.locator(f'[name="{name_of(Kind.EMAIL)}"]')).to_be_visible()


def test_the_next_address_may_be_typed_while_the_first_is_taken(visit, admin, ticket):
    page = visit(admin)
    page.goto(f"/tickets/{ticket.pk}/")
    held = hold_first(page, "recipients")
    box = page.locator("#add-to")
    box.focus()
    page.keyboard.type("one@example.org,tw")
    let_go(page, held)
    expect(page.locator("#composer-recipients")).to_contain_text("one@example.org")
    page.keyboard.type("o@example.org,")
    expect(page.locator("#composer-recipients")).to_contain_text("two@example.org")
    expect(box).to_have_value("")
    expect(page.locator("#composer-recipients")).to_contain_text("one@example.org")
