"""What somebody types while a request is on its way is there when its answer has come."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from helpdesk import actions
from helpdesk.models import Macro, Status, Ticket
from tests.factories import actor_of, make_queue, make_ticket, make_user

pytestmark = pytest.mark.browser
TABLE = "Ticket ID,Ticket Subject,Customer Email,Ticket Status\nk1,It hums,ke@example.com,Pending\n"
FILE = {"name": "kept.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}


class Held:
    """The first request that fits waits until the block ends; then its answer is drawn."""

    def __init__(self, page: Page, fits: Callable):
        self.page, self.fits, self.routes = page, fits, []

    def __enter__(self) -> None:
        self.page.route("**/*", self.look)

    def look(self, route: Route) -> None:
        if not self.routes and self.fits(route.request):
            self.routes.append(route)
        else:
            route.continue_()

    def __exit__(self, *error) -> None:
        if error[0]:
            return
        for _ in range(100):
            if self.routes:
                break
            self.page.wait_for_timeout(50)
        ready = """() => addEventListener("htmx:afterSettle", () => (window.drawn = true))"""
        self.page.evaluate(ready)
        self.routes[0].continue_()
        self.page.wait_for_function("() => window.drawn")
        self.page.evaluate("() => (window.drawn = false)")
        self.page.unroute("**/*", self.look)


def posts(path: str) -> Callable:
    return lambda request: request.method == "POST" and request.url.endswith(path)


def gets(words: str) -> Callable:
    return lambda request: request.method == "GET" and words in request.url


@pytest.fixture
def ticket(admin) -> Ticket:
    requester = make_user("Leila Kept")
    fields = {"queue": make_queue(), "requester": requester}
    return make_ticket("Words are kept", by=actor_of(admin), **fields)


@pytest.fixture
def page(admin_page, ticket) -> Page:
    admin_page.goto(f"/tickets/{ticket.pk}/")
    return admin_page


def panel(page: Page, name: str) -> Locator:
    page.locator(".side summary").filter(has_text=name).first.click()
    return page.locator(".side")


def press(control: Locator) -> None:
    """A click that does not wait for what it asked for."""
    control.evaluate("one => one.click()")


def type_on(field: Locator, words: str) -> None:
    """Into the field that has the hand, as fast as the answer may come."""
    field.focus()
    field.page.keyboard.press("End")
    field.page.keyboard.type(words)


def is_kept(field: Locator, words: str) -> None:
    expect(field).to_have_value(words)
    expect(field).to_be_focused()
    field.page.keyboard.type("!")
    expect(field).to_have_value(f"{words}!")


def test_a_step_is_written_while_another_is_ticked_or_added(page, ticket, admin):
    actions.add_step(ticket, text="Ask", by=actor_of(admin))
    side = panel(page, "Tasks")
    box = side.locator("#step-text")
    box.fill("Begun before")
    with Held(page, lambda request: "/checklist/" in request.url and request.method == "POST"):
        side.locator(".tick").first.click()
        type_on(box, ", and on")
    is_kept(box, "Begun before, and on")
    with Held(page, posts("/checklist/")):
        box.press("Enter")
        type_on(box, " Next")
    expect(side.locator(".step-text")).to_contain_text(["Ask", "Begun before, and on!"])
    is_kept(box, "Next")


def test_time_is_written_while_other_time_is_taken_away(page, ticket, admin):
    actions.note_time(ticket, by=actor_of(admin), minutes=7)
    side = panel(page, "Time spent")
    note = side.locator("#time-spent [name=note]")
    with Held(page, lambda request: "/time/" in request.url and request.method == "POST"):
        side.get_by_role("button", name="Remove this time").click()
        side.locator("#time-spent [name=minutes]").fill("25")
        type_on(note, "On the phone")
    is_kept(note, "On the phone")
    expect(side.locator("#time-spent [name=minutes]")).to_have_value("25")


def test_a_link_is_written_while_another_is_taken_away(page, ticket, admin):
    other = make_ticket("The other", queue=ticket.queue)
    actions.link(ticket, other, kind="related", by=actor_of(admin))
    side = panel(page, "Links and people")
    box = side.locator(".links-list [name=other]")
    with Held(page, posts("/removal/")):
        side.get_by_role("button", name="Take away the link").click()
        type_on(box, "4711")
    is_kept(box, "4711")


SEND, FOLLOW = ".composer .split-button > button.for-reply", "[data-key=w]"


@pytest.mark.parametrize(("path", "button"), [("/following/", FOLLOW), ("/comments/", SEND)])
def test_the_subject_is_written_while_the_head_is_drawn_anew(page, path, button):
    box = page.locator("#quick-title")
    page.locator("#id_body").fill("Sent meanwhile")
    with Held(page, posts(path)):
        press(page.locator(button))
        page.locator(".subject-edit summary").click()
        box.fill("A better")
        type_on(box, " subject")
    is_kept(box, "A better subject")
    box.press("Enter")
    expect(page.locator("#ticket-top h1")).to_have_text("A better subject!")
    expect(box).to_be_hidden()


def test_the_subject_is_written_on_after_it_was_sent(page):
    box = page.locator("#quick-title")
    page.locator(".subject-edit summary").click()
    box.fill("Sent")
    with Held(page, posts("/properties/")):
        box.press("Enter")
        type_on(box, " and on")
    is_kept(box, "Sent and on")
    box.press("Enter")
    expect(page.locator("#ticket-top h1")).to_have_text("Sent and on!")


@pytest.mark.parametrize("title", ["Saved", ""])
def test_the_properties_are_written_on_after_they_were_sent(page, ticket, watch, title):
    watch.expect(422)
    page.get_by_role("link", name="Edit properties").first.click()
    box = page.locator("#properties-edit [name=title]")
    box.fill(title)
    box.evaluate("one => (one.form.noValidate = true)")
    with Held(page, posts("/properties/")):
        page.get_by_role("button", name="Save properties").click()
        type_on(box, " and on")
    expect(box).to_have_value(f"{title} and on")
    expect(page.locator("#ticket-top h1")).to_have_text(title or "Words are kept")
    page.get_by_role("button", name="Save properties").click()
    expect(page.locator("#ticket-top h1")).to_have_text(f"{title} and on".strip())
    expect(box).to_have_count(0)


def test_what_a_transition_asks_is_written_on_after_it_was_sent(page, ticket, watch):
    watch.expect(409)
    page.locator("[data-key=s]").click()
    page.locator("#status-menu .menu-item:has(.s-resolved)").click()
    box = page.locator("#status-menu textarea")
    box.fill("Done")
    waiting = Status.objects.filter(category="waiting").earliest("pk")
    actions.change_ticket(ticket, by=actor_of(make_user("Ida", role="admin")), status=waiting)
    with Held(page, lambda request: "/transitions/" in request.url):
        page.locator("#status-menu button.primary").click()
        type_on(box, " and on")
    is_kept(box, "Done and on")


def test_the_time_to_send_is_written_while_the_head_is_drawn_anew(page):
    with Held(page, posts("/following/")):
        page.keyboard.press("w")
        page.locator("#composer-send summary").click()
        page.locator("#id_send_at").fill("2031-05-06T07:08")
    expect(page.locator("#id_send_at")).to_have_value("2031-05-06T07:08")
    expect(page.locator("#id_send_at")).to_be_visible()


def test_minutes_and_people_are_written_while_a_macro_fills_the_form(page, admin):
    Macro.objects.create(name="Fills the form", body="Filled", owner=admin)
    page.locator(".composer-tools summary").first.click()
    macro = page.locator("#composer").get_by_role("button", name="Fills the form").first
    expect(macro).to_be_visible()
    with Held(page, posts("/filling/")):
        macro.click()
        page.locator("#composer [name=minutes]").fill("12")
        page.locator("#composer .recipient-more summary").click()
        type_on(page.locator("#add-cc"), "cc@example")
    expect(page.locator("#id_body")).to_have_value("Filled")
    expect(page.locator("#composer [name=minutes]")).to_have_value("12")
    is_kept(page.locator("#add-cc"), "cc@example")


@pytest.fixture
def table(admin_page) -> Page:
    admin_page.goto("/tickets/")
    return admin_page


def test_a_query_is_written_while_the_list_is_drawn_anew(table):
    box = table.locator("#search input")
    with Held(table, gets("sort=")):
        press(table.locator(".sort a.menu-item").nth(1))
        type_on(box, " printer")
    is_kept(box, "is:unresolved printer")


def test_a_filter_is_written_while_the_list_is_drawn_anew(table):
    box = table.locator(".filter-form input[type=text]").first
    with Held(table, gets("sort=")):
        press(table.locator(".sort a.menu-item").nth(1))
        table.locator("#filter").click()
        type_on(box, "printer")
    is_kept(box, "printer")


def test_a_view_is_named_while_the_list_is_drawn_anew(table):
    box = table.locator(".filter-form [name=name]")
    with Held(table, gets("sort=")):
        press(table.locator(".sort a.menu-item").nth(1))
        table.locator("#save-view").click()
        box.fill("")
        type_on(box, "By number")
    is_kept(box, "By number")
    assert "sort=" in table.locator(".filter-form").get_attribute("action")


def test_a_filter_is_written_though_its_form_comes_twice(table):
    box = table.locator(".filter-form input[type=text]").first
    asked = []
    fits = gets("/filters/")
    with Held(table, lambda request: fits(request) and (asked.append(1) or len(asked) == 2)):
        table.locator("#filter").dblclick()
        type_on(box, "printer")
    is_kept(box, "printer")


def test_a_bulk_sheet_comes_once(table):
    table.locator("#bulk [name=ticket]").first.check()
    asked = []
    table.on("request", lambda one: one.url.endswith("/bulk/") and asked.append(one))
    table.locator("#bulk button[value=note]").dblclick()
    box = table.locator("dialog #bulk_body")
    box.fill("Words")
    table.wait_for_timeout(1500)
    expect(box).to_have_value("Words")
    assert len(asked) == 1


def test_an_import_is_mapped_on_while_values_are_fetched(admin_page):
    page = admin_page
    page.goto("/imports/")
    page.locator("main input[type=file]").set_input_files(FILE)
    page.get_by_role("button", name="Upload and map columns").click()
    page.wait_for_url("**/imports/*/*")
    with Held(page, lambda request: "refresh=1" in (request.post_data or "")):
        press(page.get_by_role("button", name="Show values of the chosen fields"))
        page.get_by_label("Pending").select_option(label="Waiting")
        page.locator("[name=source]").fill("")
        type_on(page.locator("[name=source]"), "Old desk")
    is_kept(page.locator("[name=source]"), "Old desk")
    expect(page.get_by_label("Pending").locator("option:checked")).to_have_text("Waiting")
