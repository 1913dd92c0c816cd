"""The composer in Chromium: words are kept, replies are taken back, a list opens as one types."""

import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from helpdesk import actions
from helpdesk.actions import canned, macros, sending
from helpdesk.actor import system
from helpdesk.models import Draft, Ticket, User
from tests.factories import actor_of

pytestmark = pytest.mark.browser
NUMBERS = count(1)


@pytest.fixture
def ticket(house, agent) -> Ticket:
    title = f"A ticket to write on {next(NUMBERS)}"
    requester = User.objects.filter(role="customer", email__isnull=False).earliest("pk")
    by = system("rule")
    queue = Ticket.objects.visible_to(actor_of(agent)).latest("pk").queue
    return actions.open_ticket(by=by, title=title, requester=requester, queue=queue)


@pytest.fixture
def patient(agent):
    """The agent, whose replies can be taken back for half a minute."""
    agent.preferences |= {"undo_send": 30}
    agent.save()
    yield agent
    agent.preferences |= {"undo_send": 0}
    agent.save()


def open_at(page: Page, ticket: Ticket) -> Page:
    page.goto(f"/tickets/{ticket.pk}/")
    return page


def words(page: Page):
    return page.locator("#composer textarea[name=body]")


def saved(page: Page) -> None:
    expect(page.locator("[data-draft-state]")).to_contain_text("Saved")


def test_words_are_there_again_after_a_reload(agent_page, ticket):
    page = open_at(agent_page, ticket)
    words(page).fill("Half a sentence")
    saved(page)
    page.reload()
    expect(words(page)).to_have_value("Half a sentence")


@pytest.mark.parametrize("was_saved", [False, True])
def test_what_is_typed_while_a_reply_is_taken_back_stays(visit, patient, ticket, was_saved):
    page, held = open_at(visit(patient), ticket), []
    words(page).fill("The first answer")
    saved(page)
    words(page).press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Undo")
    words(page).click()
    if was_saved:
        page.keyboard.type("More")
        saved(page)
    page.route(re.compile("/drafts/.+/undo/"), lambda route: held.append(route))
    page.locator(".toast button", has_text="Undo").click()
    for _ in range(100):
        page.wait_for_timeout(50)
        if held:
            break
    words(page).click()
    page.keyboard.type(" typed meanwhile")
    with page.expect_response(held[0].request.url):
        held[0].continue_()
    expect(words(page)).to_have_value(re.compile("The first answer"))
    saved(page)
    page.wait_for_timeout(1500)
    page.reload()
    kept = list(Draft.objects.filter(ticket=ticket).values_list("body", flat=True))
    assert any("The first answer" in one for one in kept), kept
    assert any("typed meanwhile" in one for one in kept), kept
    if not was_saved:
        expect(words(page)).to_have_value("The first answer\n\n typed meanwhile")


def test_words_of_the_last_moment_survive_a_reload(agent_page, ticket):
    page = open_at(agent_page, ticket)
    words(page).fill("Not saved anywhere yet")
    page.reload()
    expect(words(page)).to_have_value("Not saved anywhere yet")
    saved(page)


def test_words_stay_in_the_browser_while_the_server_is_away(visit, agent, ticket, watch):
    page = open_at(visit(agent), ticket)
    with watch.deaf():
        page.context.set_offline(True)
        words(page).fill("Written offline")
        expect(page.locator("[data-draft-state]")).to_contain_text("kept in this browser")
        page.context.set_offline(False)
        saved(page)
    assert Draft.objects.get(ticket=ticket).body == "Written offline"


def test_reply_and_note_keep_their_own_words(agent_page, ticket):
    page = open_at(agent_page, ticket)
    words(page).fill("To the customer")
    page.locator("#composer .tabs label", has_text="Note").click()
    expect(words(page)).to_have_value("")
    words(page).fill("Among us")
    page.locator("#composer .tabs label", has_text="Reply").click()
    expect(words(page)).to_have_value("To the customer")
    saved(page)
    page.reload()
    page.locator("#composer .tabs label", has_text="Note").click()
    expect(words(page)).to_have_value("Among us")


def test_two_windows_lose_no_words(visit, agent, ticket):
    first, second = open_at(visit(agent), ticket), open_at(visit(agent), ticket)
    words(first).fill("In the first window")
    saved(first)
    words(second).fill("In the second window")
    saved(second)
    words(first).fill("In the first window, on")
    expect(first.locator("[data-draft-state]")).to_contain_text("Saved")
    first.reload()
    texts = {one.body for one in Draft.objects.filter(ticket=ticket)}
    assert "In the second window" in texts and any(one.startswith("In the first") for one in texts)
    expect(first.locator("#composer")).to_contain_text("Another draft")


def test_a_reply_is_taken_back_by_a_key(visit, patient, ticket):
    page = open_at(visit(patient), ticket)
    words(page).fill("Too early")
    words(page).press("Control+Enter")
    expect(page.locator("#queued")).to_contain_text("Sending in")
    expect(page.locator(".toast")).to_contain_text("on its way")
    expect(words(page)).to_have_value("")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(words(page)).to_have_value("Too early")
    expect(page.locator("#queued article")).to_have_count(0)
    assert not ticket.comments.exists()


def test_a_reply_that_waits_is_taken_back_by_a_key_on_a_page_without_the_toast(
    visit, patient, ticket
):
    page = open_at(visit(patient), ticket)
    words(page).fill("Too early")
    words(page).press("Control+Enter")
    expect(page.locator("#queued")).to_contain_text("Sending in")
    page.reload()
    page.keyboard.press("z")
    expect(words(page)).to_have_value("Too early")
    expect(page.locator("#queued article")).to_have_count(0)


def test_what_waits_is_shown_as_sent_when_it_has_left(visit, patient, ticket):
    page = open_at(visit(patient), ticket)
    words(page).fill("On its way")
    words(page).press("Control+Enter")
    expect(page.locator("#queued")).to_contain_text("Sending in")
    Draft.objects.filter(ticket=ticket).update(send_after="2020-01-01T00:00:00Z")
    assert sending.send_due() == 1
    page.locator("[data-countdown]").dispatch_event("due")
    expect(page.locator("#timeline")).to_contain_text("On its way")
    expect(page.locator("#queued article")).to_have_count(0)


def test_a_canned_reply_is_typed(visit, agent, ticket):
    canned.save_reply(
        by=actor_of(agent), owner_id=agent.pk, name=f"Zebra {ticket.pk}", body="Hello {{order.ref}}"
    )
    page = open_at(visit(agent), ticket)
    words(page).press_sequentially("/zebra")
    option = page.locator("#composer-options [role=option]").first
    expect(option).to_contain_text("order.ref is empty here")
    assert words(page).get_attribute("aria-activedescendant") == option.get_attribute("id")
    words(page).press("Enter")
    expect(words(page)).to_have_value("Hello {{order.ref}}")


def test_a_missing_value_blocks_the_send(visit, agent, ticket, watch):
    watch.expect(422)
    page = open_at(visit(agent), ticket)
    words(page).fill("Hello {{order.ref}}")
    words(page).press("Control+Enter")
    expect(page.locator("#id_body_error")).to_contain_text("order.ref")
    expect(words(page)).to_have_value("Hello {{order.ref}}")


def test_files_are_uploaded_as_they_are_chosen(visit, agent, ticket):
    page = open_at(visit(agent), ticket)
    upload = {"name": "rows.csv", "mimeType": "text/csv", "buffer": b"1,2\n"}
    page.locator("#composer input[type=file]").set_input_files(upload)
    expect(page.locator("[data-kept-list] [name=kept]")).to_have_count(1)
    saved(page)
    page.reload()
    expect(page.locator("[data-kept-list]")).to_contain_text("rows.csv")


def test_recipients_are_counted_on_the_button(visit, agent, ticket):
    page = open_at(visit(agent), ticket)
    page.locator(".recipient-more summary").click()
    page.locator("#add-cc").fill("boss@example.com")
    page.locator("#add-cc").press("Enter")
    button = page.locator("#composer .split-button > button.for-reply")
    expect(button).to_have_text(re.compile("Send reply to 2 people"))
    page.locator("#composer-recipients label", has_text="boss@example.com").click()
    expect(button).to_have_text(re.compile("Send reply to 1 person"))


def refused_recipient(page: Page, kind: str, words_there: str) -> None:
    line = page.locator(f"#add-{kind}")
    expect(line).to_have_value(words_there)
    expect(line).to_be_focused()
    expect(line).to_have_accessible_description(re.compile(re.escape(words_there)))


def test_a_recipient_that_is_none_stays_and_is_mended(visit, agent, ticket, watch):
    watch.expect(422)
    page = open_at(visit(agent), ticket)
    words(page).fill("Hello")
    page.locator(".recipient-more summary").click()
    page.locator("#add-cc").focus()
    page.keyboard.type("bob(at)supplier")
    page.keyboard.press("Control+Enter")
    refused_recipient(page, "cc", "bob(at)supplier")
    assert not ticket.comments.exists()
    saved(page)
    page.reload()
    expect(page.locator("#add-cc")).to_have_value("bob(at)supplier")
    page.locator("#add-cc").fill("bob@supplier.example")
    page.locator("#add-cc").press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("Hello")
    assert ticket.comments.get().recipients.filter(kind="cc").get().address.startswith("bob@")


def test_a_line_that_is_left_with_a_wrong_recipient_does_not_take_the_focus_back(
    visit, agent, ticket
):
    page = open_at(visit(agent), ticket)
    page.locator("#add-to").press_sequentially("bob@")
    with page.expect_response(re.compile("/recipients/")):
        page.locator("#composer textarea").click()
    page.keyboard.type("Hello")
    expect(page.locator("#recipient-errors")).to_contain_text("bob@")
    expect(page.locator("#add-to")).to_have_value("bob@")
    expect(words(page)).to_have_value("Hello")


def test_a_recipient_that_is_none_stays_without_javascript(visit, agent, ticket, watch):
    watch.expect(422)
    page = open_at(visit(agent, java_script_enabled=False), ticket)
    words(page).fill("Hello")
    page.locator("#add-to").fill("bob(at)supplier")
    page.locator("#composer .split-button > button.for-reply").click()
    refused_recipient(page, "to", "bob(at)supplier")
    expect(words(page)).to_have_value("Hello")
    page.locator("#add-to").fill("")
    page.locator("#composer .split-button > button.for-reply").click()
    expect(page.locator("#timeline")).to_contain_text("Hello")


def test_a_comma_behind_a_wrong_recipient_divides_it_from_the_next(visit, agent, ticket):
    page = open_at(visit(agent), ticket)
    page.locator("#add-to").focus()
    with page.expect_response(re.compile("/recipients/")):
        page.keyboard.type("bob@,")
    expect(page.locator("#recipient-errors")).to_contain_text("bob@")
    page.keyboard.type("boss@example.com,")
    expect(page.locator("#composer-recipients")).to_contain_text("boss@example.com")
    expect(page.locator("#add-to")).to_have_value("bob@, ")


def test_a_macro_that_writes_a_note_opens_it_beside_the_reply(visit, agent, ticket):
    macro = f"Log {ticket.pk}"
    macros.save_macro(by=actor_of(agent), owner_id=agent.pk, name=macro, body="Asked", says="note")
    page = open_at(visit(agent), ticket)
    words(page).fill("Half a reply")
    saved(page)
    page.locator("#composer .composer-tools > details > summary").click()
    page.locator("#composer .menu-item", has_text=macro).click()
    expect(words(page)).to_have_value("Asked")
    expect(page.locator("#composer [name=kind][value=note]")).to_be_checked()
    saved(page)
    page.locator("#composer .tabs label", has_text="Reply").click()
    expect(words(page)).to_have_value("Half a reply")
