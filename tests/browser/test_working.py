"""The day's work on an imported ticket: by keyboard alone, and without JavaScript."""

from itertools import count

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from helpdesk.models import CustomField, Queue, Ticket, User
from tests.browser.fields import enter_by_keyboard, enter_by_mouse, entries, unsaid
from tests.browser.keyboard import Keyboard

NUMBERS = count(1)
pytestmark = pytest.mark.browser
PASSWORD = "a long and quiet word"
REPLY, NOTE = "We found the cause and mend it today", "The export job runs out of memory"
FILE = {"name": "trace.txt", "mimeType": "text/plain", "buffer": b"line 1\nline 2\n"}
RESOLVED = "Larger exports are cut into parts"


@pytest.fixture
def imported(house, tmp_path) -> Ticket:
    """A ticket that came from a file, with words that nothing else has."""
    word = f"turquoise{next(NUMBERS)}"
    path = tmp_path / "old.csv"
    path.write_text(
        "Ticket ID,Ticket Subject,Ticket Description,Customer Email,Customer Name\n"
        f"{word},The {word} export stops,It stops half way,lea@example.net,Lea Haddad\n"
    )
    queue = Queue.objects.get(is_default=True)
    call_command("import_tickets", path, queue=queue.slug, source="old desk", verbosity=0)
    ticket = Ticket.objects.get(source_ref=word)
    ticket.word = word
    return ticket


@pytest.fixture
def agent_with_password(agent) -> User:
    agent.set_password(PASSWORD)
    agent.save()
    return agent


def test_the_demo_has_a_field_of_every_kind(house):
    kinds = set(CustomField.objects.kept().values_list("kind", flat=True))
    assert kinds == set(CustomField.Kind.values) == {entry.kind for entry in entries()}


def test_a_ticket_is_worked_on_by_keyboard_alone(visit, agent_with_password, imported):
    page = visit()
    page.on("filechooser", lambda chooser: None)  # from the beginning, or the first one is missed
    hands = Keyboard(page)
    sign_in(page, hands, agent_with_password)
    find(page, hands, imported)
    timeline = page.locator("#timeline")

    hands.fill(composer(page), REPLY)
    hands.choose(page.locator("#composer .split-button > button.for-reply"))
    expect(timeline).to_contain_text(REPLY)

    choose_note(page, hands)
    hands.fill(composer(page), NOTE)
    hands.choose(page.get_by_role("button", name="Add internal note", exact=True))
    expect(timeline).to_contain_text(NOTE)

    hands.choose(page.locator("summary[title='Change the status']"))
    hands.choose(page.locator("#status-menu").get_by_text("Resolve").locator("xpath=ancestor::a"))
    form = page.locator(".transition-form")
    hands.reach(form.locator("[name=resolution]"))
    hands.type("Fixed")
    hands.fill(form.locator("[name=comment]"), RESOLVED)
    hands.choose(form.get_by_role("button", name="Set Resolved"))
    expect(timeline).to_contain_text(RESOLVED)

    hands.choose(page.get_by_role("link", name="Edit properties").first)
    side = page.locator("#side form").filter(has=page.locator('[name="title"]'))
    for entry in entries():
        enter_by_keyboard(hands, side, entry)
    hands.choose(side.get_by_role("button", name="Save properties"))
    expect(timeline).to_contain_text("PO-7781")

    attach_by_keyboard(page, hands)
    expect(timeline).to_contain_text(FILE["name"])
    check_all_is_told(page, imported)


def sign_in(page: Page, hands: Keyboard, person: User) -> None:
    page.goto("/accounts/login/")
    hands.fill(page.locator("[name=login]"), person.email)
    hands.fill(page.locator("[name=password]"), PASSWORD)
    hands.press("Enter")
    page.wait_for_url(lambda url: "/accounts/" not in url)


def find(page: Page, hands: Keyboard, ticket: Ticket) -> None:
    """By a word of its subject, from the search box to its page."""
    hands.press("/")
    expect(page.locator("#search input")).to_be_focused()
    hands.type(ticket.word)
    hands.press("Enter")
    page.wait_for_url("**q=**")
    row = page.locator("#ticket-list").get_by_role("link", name=ticket.title).first
    hands.choose(row)
    page.wait_for_url(f"**/tickets/{ticket.pk}/**")


def composer(page: Page):
    return page.locator("#composer textarea")


def choose_note(page: Page, hands: Keyboard) -> None:
    """It stays with a note once one was written."""
    note = page.locator("#composer [name=kind][value=note]")
    hands.reach(page.locator("#composer [name=kind]:checked"))
    if not note.is_checked():
        hands.press("ArrowRight")
    expect(note).to_be_checked()


def attach_by_keyboard(page: Page, hands: Keyboard) -> None:
    choose_note(page, hands)
    hands.reach(page.locator("#composer input[type=file]"))
    with page.expect_file_chooser() as chooser:
        hands.press("Space")
    chooser.value.set_files(FILE)
    expect(page.locator("#composer [data-kept-list]")).to_contain_text(FILE["name"])
    hands.choose(page.get_by_role("button", name="Add internal note", exact=True))


def check_all_is_told(page: Page, ticket: Ticket) -> None:
    """On a page that is loaded anew, and in what is stored."""
    page.goto(f"/tickets/{ticket.pk}/")
    told = [REPLY, NOTE, RESOLVED, "Resolved", FILE["name"]]
    told += [entry.said for entry in entries()] + [entry.field.name for entry in entries()]
    assert unsaid(page, told) == []
    ticket.refresh_from_db()
    assert ticket.status_category == "resolved" and ticket.resolution == "fixed"
    assert {entry.field.key for entry in entries()} <= set(ticket.custom)
    shown = list(ticket.comments.order_by("pk").values_list("public", flat=True))
    assert shown[:2] == [True, False]


def test_a_ticket_is_worked_on_without_javascript(visit, agent_with_password, imported):
    page = visit(java_script_enabled=False)
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(agent_with_password.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#search input").fill(imported.word)
    page.locator("#search input").press("Enter")
    page.locator("#ticket-list").get_by_role("link", name=imported.title).first.click()

    composer(page).fill(REPLY)
    page.locator("#composer .split-button > button.for-reply").click()
    page.locator("#composer").get_by_text("Note", exact=True).first.click()
    composer(page).fill(NOTE)
    page.get_by_role("button", name="Add internal note", exact=True).click()

    page.locator("summary[title='Change the status']").click()
    page.locator("#status-menu a", has_text="Resolve").click()
    page.locator("[name=resolution]").select_option("fixed")
    page.locator("[name=comment]").fill(RESOLVED)
    page.get_by_role("button", name="Set Resolved").click()

    page.get_by_role("link", name="Edit properties").first.click()
    side = page.locator("#side form").filter(has=page.locator('[name="title"]'))
    for entry in entries():
        enter_by_mouse(side, entry)
    side.get_by_role("button", name="Save properties").click()

    page.locator("#composer").get_by_text("Note", exact=True).first.click()
    page.locator("#composer input[type=file]").set_input_files(FILE)
    page.get_by_role("button", name="Add internal note", exact=True).click()
    check_all_is_told(page, imported)
