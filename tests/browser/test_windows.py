"""Windows of one person: each keeps its own words, and none of them stays in a browser alone."""

from itertools import count
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from helpdesk.actions import macros
from helpdesk.models import Draft, Queue, Ticket, User
from tests.browser.day import Hands
from tests.factories import actor_of, make_agent, make_ticket, make_user

pytestmark = pytest.mark.browser
NUMBERS = count(1)
ALL_IS_SAVED = "() => !Object.keys(localStorage).some((key) => key.startsWith('draft '))"


@pytest.fixture
def ines(house) -> User:
    return make_agent("Ines Windows", list(Queue.objects.all()))


@pytest.fixture
def ticket(ines) -> Ticket:
    title = f"Written in windows {next(NUMBERS)}"
    return make_ticket(title, by=actor_of(ines), requester=make_user("Leila"))


def body_of(page: Page):
    return page.locator("form[data-draft-url] textarea[name=body]")


def write(page: Page, words: str) -> None:
    body_of(page).fill(words)
    page.wait_for_function(ALL_IS_SAVED)


def duplicated(page: Page, watch) -> Page:
    """A second window as a browser makes it: all that a session remembers is copied."""
    name = page.evaluate("sessionStorage.writer")
    second = watch.over(page.context.new_page())
    second.add_init_script(f"sessionStorage.writer ??= '{name}'")
    second.goto(page.url)
    second.wait_for_function("name => sessionStorage.writer !== name", arg=name)
    return second


def bodies(**of) -> list[str]:
    return sorted(Draft.objects.filter(**of).values_list("body", flat=True))


def test_a_duplicated_window_has_words_of_its_own(visit, ines, ticket, watch):
    first = visit(ines)
    first.goto(f"/tickets/{ticket.pk}/")
    write(first, "Dear Leila")
    second = duplicated(first, watch)
    expect(body_of(second)).to_have_value("Dear Leila")
    write(second, "Dear Leila, from there")
    write(first, "Dear Leila, from here")
    assert bodies(ticket=ticket) == ["Dear Leila, from here", "Dear Leila, from there"]
    first.reload()
    expect(first.locator("#composer")).to_contain_text("Another draft")


def test_what_the_other_window_wrote_stays_when_this_one_sends(visit, ines, ticket, watch):
    first = visit(ines)
    first.goto(f"/tickets/{ticket.pk}/")
    write(first, "Dear Leila")
    second = duplicated(first, watch)
    write(second, "Dear Leila, from there")
    body_of(first).fill("Dear Leila, from here")
    body_of(first).press("Control+Enter")
    expect(first.locator("#timeline")).to_contain_text("from here")
    second.close()
    expect(body_of(first)).to_have_value("Dear Leila, from there")
    assert bodies(ticket=ticket) == ["Dear Leila, from there"]


def test_two_windows_of_one_new_ticket_lose_no_words(visit, ines):
    first, title = visit(ines), f"Printer {next(NUMBERS)}"
    first.goto("/tickets/new/")
    first.get_by_label("Subject").fill(title)
    write(first, "It hums")
    second = first.context.new_page()
    second.goto("/tickets/new/")
    expect(body_of(second)).to_have_value("It hums")
    write(second, "It smells")
    body_of(first).press("Control+Enter")
    expect(first.get_by_role("heading", level=1)).to_have_text(title)
    second.close()
    first.goto("/tickets/new/")
    expect(body_of(first)).to_have_value("It smells")
    expect(first.get_by_label("Subject")).to_have_value(title)
    body_of(first).press("Control+Enter")
    expect(first.get_by_role("heading", level=1)).to_have_text(title)
    opened = Ticket.objects.filter(title=title).values_list("body", flat=True)
    assert sorted(opened) == ["It hums", "It smells"]
    assert not bodies(person=ines)


def test_a_new_ticket_that_was_not_saved_is_there_again_with_all_its_fields(visit, ines, watch):
    page = visit(ines)
    page.goto("/tickets/new/")
    page.route("**/tickets/new/draft/", lambda route: route.abort())
    with watch.deaf():
        page.get_by_label("Subject").fill("Half a title")
        page.locator("[name=priority]").select_option("high")
        body_of(page).fill("Half a sentence")
        expect(page.locator("[data-draft-state]")).to_contain_text("kept in this browser")
        page.reload()
        expect(page.get_by_label("Subject")).to_have_value("Half a title")
        expect(page.locator("[name=priority]")).to_have_value("high")
        expect(body_of(page)).to_have_value("Half a sentence")
        page.unroute("**/tickets/new/draft/")
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_function(ALL_IS_SAVED)
    [draft] = Draft.objects.filter(person=ines)
    assert draft.body == "Half a sentence" and "Half+a+title" in draft.fields["form"]


def test_words_of_a_window_that_is_gone_reach_the_server_from_any_page(visit, ines, ticket):
    page, about = visit(ines), f"{ines.pk}:{ticket.pk}"
    record = {"url": f"/tickets/{ticket.pk}/draft/", "uuid": str(uuid4()), "revision": 0}
    record |= {"body": "Left behind", "rest": [["minutes", "0:20"]], "at": 0}
    page.goto("/home/")
    page.evaluate(
        "([name, record]) => { localStorage[name] = JSON.stringify(record) }",
        [f"draft {about} note gone", record],
    )
    page.reload()
    page.wait_for_function(ALL_IS_SAVED)
    [draft] = Draft.objects.filter(ticket=ticket)
    assert (draft.body, draft.kind, draft.person) == ("Left behind", "note", ines)


def test_what_was_typed_shortly_before_an_undo_becomes_a_draft_beside_it(visit, ines, ticket):
    ines.preferences = {"undo_send": 30}
    ines.save()
    page = visit(ines)
    page.goto(f"/tickets/{ticket.pk}/")
    body_of(page).fill("Too early")
    body_of(page).press("Control+Enter")
    expect(page.locator("#queued")).to_contain_text("Too early")
    body_of(page).fill("And another thing")
    page.locator("#queued form button").press("Enter")
    expect(body_of(page)).to_have_value("Too early")
    expect(page.locator("#composer")).to_contain_text("And another thing")
    assert bodies(ticket=ticket) == ["And another thing", "Too early"]


def test_a_macro_of_the_palette_joins_words_that_the_server_does_not_have_yet(
    visit, ines, ticket, watch
):
    name = f"Escalate {next(NUMBERS)}"
    macros.save_macro(
        by=actor_of(ines), owner_id=ines.pk, name=name, body="We look at it.", says="reply", sets={}
    )
    page = visit(ines)
    page.goto(f"/tickets/{ticket.pk}/")
    page.route("**/draft/", lambda route: route.abort())
    with watch.deaf():
        body_of(page).fill("Dear Leila,")
        Hands(page).command(f">{name}", "Apply macro")
        expect(body_of(page)).to_have_value("Dear Leila,\n\nWe look at it.")
        page.unroute("**/draft/")
    page.wait_for_function(ALL_IS_SAVED)
    assert bodies(ticket=ticket) == ["Dear Leila,\n\nWe look at it."]


def test_recipients_changes_and_time_that_were_not_saved_are_there_again(
    visit, ines, ticket, watch
):
    name = f"Escalate {next(NUMBERS)}"
    macros.save_macro(
        by=actor_of(ines),
        owner_id=ines.pk,
        name=name,
        body="",
        says="reply",
        sets={"priority": "high"},
    )
    page = visit(ines)
    page.goto(f"/tickets/{ticket.pk}/")
    cc, sets = page.locator("#composer [name=cc]"), page.locator("#composer-sets")
    page.route("**/draft/", lambda route: route.abort())
    with watch.deaf():
        body_of(page).fill("Dear all,")
        page.locator("#composer summary", has_text="Cc").press("Enter")
        page.locator("#add-cc").fill("boss@example.com")
        page.locator("#add-cc").press("Enter")
        expect(cc).to_have_value("boss@example.com")
        page.locator("#composer [name=to]").press("Space")
        expect(page.locator("#composer [name=to]:checked")).to_have_count(0)
        Hands(page).command(f">{name}", "Apply macro")
        expect(sets).to_contain_text("High")
        page.locator("#composer [name=minutes]").fill("0:25")
        expect(page.locator("[data-draft-state]")).to_contain_text("kept in this browser")
        page.reload()
        expect(body_of(page)).to_have_value("Dear all,")
        page.unroute("**/draft/")
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(sets).to_contain_text("High")
    shown = page.locator("#composer label.recipient", has_text="boss@example.com")
    expect(shown.locator("[name=cc]")).to_be_checked()
    expect(page.locator("#composer [name=to]:checked")).to_have_count(0)
    expect(page.locator("#composer [name=minutes]")).to_have_value("0:25")
    page.wait_for_function(ALL_IS_SAVED)
    [draft] = Draft.objects.filter(ticket=ticket)
    assert draft.recipients == [{"kind": "cc", "address": "boss@example.com", "name": ""}]
    assert draft.fields == {"sets": {"priority": "high"}, "minutes": 25}
    page.reload()
    expect(page.locator("#composer [name=minutes]")).to_have_value("25")


def test_words_that_are_typed_before_the_script_is_there_are_kept_beside_those_from_before(
    visit, ines, ticket, watch
):
    page, waiting = visit(ines), []
    page.goto(f"/tickets/{ticket.pk}/")
    page.route("**/draft/", lambda route: route.abort())
    with watch.deaf():
        body_of(page).fill("From before")
        expect(page.locator("[data-draft-state]")).to_contain_text("kept in this browser")
        page.unroute("**/draft/")
        page.route("**/drafts*.js", lambda route: waiting.append(route))
        with page.expect_request("**/drafts*.js"):
            page.goto(f"/tickets/{ticket.pk}/", wait_until="commit")
        body_of(page).fill("Typed early")
        [script] = waiting
        script.continue_()
        page.wait_for_function(
            "() => document.querySelector('[data-draft-state]').matches('[data-saved]')"
        )
    page.wait_for_function(ALL_IS_SAVED)
    expect(body_of(page)).to_have_value("Typed early")
    assert bodies(ticket=ticket) == ["From before", "Typed early"]
