"""A message is sent on to people outside: by keys alone, and without JavaScript."""

import re
from itertools import count

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect

from helpdesk import actions
from helpdesk.actions import macros
from helpdesk.actor import system
from helpdesk.models import Comment, Draft, Mailbox, Ticket, User
from tests.browser.looks import at_every_width
from tests.factories import actor_of, make_queue
from tests.mail.messages import make_mailbox

pytestmark = pytest.mark.browser
NUMBERS = count(1)
BOB = "bob@supplier.example"


@pytest.fixture
def ticket(house, agent) -> Ticket:
    """With an answer of the customer, which has a file, in a queue that mails."""
    queue = Ticket.objects.visible_to(actor_of(agent)).latest("pk").queue
    if not Mailbox.objects.filter(queue=queue).exists():
        number = next(NUMBERS)
        make_mailbox(f"Forwarding {number}", f"fwd{number}@helpdesk.example", queue=queue)
    requester = User.objects.filter(role="customer", email__isnull=False).earliest("pk")
    title = f"A message to send on {next(NUMBERS)}"
    made = actions.open_ticket(by=system("rule"), title=title, requester=requester, queue=queue)
    by = actor_of(requester)
    file = actions.keep_file(ContentFile(b"1,2", name="rows.csv"), by=by)
    actions.reply(made, by=by, body="The rows are wrong.", attachments=[file])
    return made


def words(page: Page):
    return page.locator("#composer textarea[name=body]")


def note_of(ticket: Ticket) -> Comment:
    return ticket.comments.filter(public=False).latest("pk")


def test_a_message_is_forwarded_by_keys_alone(agent_page, ticket):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator("body").press("f")
    expect(page.locator("#add-to")).to_be_focused()
    expect(page.locator("#composer[data-kind=forward]")).to_have_count(1)
    page.keyboard.type(f"{BOB},")
    expect(page.locator("#composer-send > .split-button > button").first).to_contain_text(
        "Forward to 1 person"
    )
    expect(page.locator("#add-to")).to_be_focused()
    words(page).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Bob, please look.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("Bob, please look.")
    expect(page.locator("#timeline")).to_contain_text(f"To {BOB}")
    expect(page.locator("#composer [name=kind][value=reply]")).to_be_checked()
    note = note_of(ticket)
    assert note.recipients.get().address == BOB
    assert "> The rows are wrong." in note.body
    assert len(note.extra["forward"]["files"]) == 1


def test_it_works_without_javascript(visit, agent, ticket, watch):
    watch.expect(422)
    page = visit(agent, java_script_enabled=False)
    comment = ticket.comments.get()
    page.goto(f"/tickets/{ticket.pk}/comments/{comment.uuid}/menu/")
    page.get_by_role("link", name="Forward", exact=True).click()
    page.locator("#composer .file", has_text="rows.csv").click()
    page.locator("#composer-send > .split-button > button").first.click()
    expect(page.locator("#composer [role=alert]").first).to_contain_text("To: say to whom")
    page.locator("#add-to").fill(BOB)
    page.locator("#composer-send > .split-button > button").first.click()
    expect(page.locator("#timeline")).to_contain_text(BOB)
    assert note_of(ticket).extra["forward"]["files"] == []


def test_reply_and_forward_keep_their_own_words_and_recipients(agent_page, ticket):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/")
    words(page).fill("For the customer")
    page.locator(".message-head summary").last.click()
    page.locator(".message-menu a", has_text="Forward").click()
    expect(page.locator("#add-to")).to_be_focused()
    expect(words(page)).to_have_value(re.compile("> The rows are wrong."))
    page.keyboard.type(f"{BOB},")
    expect(page.locator("#composer-recipients")).to_contain_text(BOB)
    expect(page.locator("[data-draft-state]")).to_contain_text("Saved")
    page.reload()
    expect(page.locator("#composer[data-kind=forward]")).to_contain_text(BOB)
    page.locator("#composer .tabs a", has_text="Reply").click()
    expect(words(page)).to_have_value("For the customer")
    expect(page.locator("#composer-recipients")).not_to_contain_text(BOB)
    assert {one.kind for one in Draft.objects.filter(ticket=ticket)} == {"reply", "forward"}


def test_a_forward_is_taken_back(visit, agent, ticket):
    agent.preferences |= {"undo_send": 30}
    agent.save()
    page = visit(agent)
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    page.keyboard.type(f"{BOB},")
    words(page).press("Control+Home")
    words(page).press_sequentially("Too early")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Forward to 1 person is on its way.")
    page.locator(".toast button", has_text="Undo").click()
    expect(page.locator("#composer[data-kind=forward]")).to_contain_text(BOB)
    expect(words(page)).to_be_focused()
    assert not ticket.comments.filter(public=False).exists()
    agent.preferences |= {"undo_send": 0}
    agent.save()


def test_everyone_can_read_and_reach_it(agent_page, ticket, watch):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    page.keyboard.type(f"{BOB},")
    expect(page.locator("#composer-recipients")).to_contain_text(BOB)
    assert at_every_width(page, watch) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    words(page).press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text(BOB)
    assert at_every_width(page, watch) == []


def test_an_address_that_is_none_stays_in_its_line(agent_page, ticket, watch):
    watch.expect(422)
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    page.keyboard.type("bob at supplier")
    page.keyboard.press("Control+Enter")
    line = page.locator("#add-to")
    expect(line).to_have_accessible_description(re.compile("bob at supplier"))
    expect(line).to_have_value("bob at supplier")
    expect(line).to_be_focused()
    assert not ticket.comments.filter(public=False).exists()
    line.fill(BOB)
    line.press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text(BOB)


def test_a_macro_of_the_palette_goes_into_the_forward_that_is_open(agent_page, agent, ticket):
    name = f"Ask {ticket.pk}"
    macros.save_macro(
        by=actor_of(agent),
        owner_id=agent.pk,
        name=name,
        body="Which **file**?",
        sets={"priority": "high"},
    )
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    page.keyboard.type(f"{BOB},")
    expect(page.locator("#composer-recipients")).to_contain_text(BOB)
    page.keyboard.press("Control+k")
    page.locator("[data-palette] input[role=combobox]").fill(f"> {name}")
    page.locator("[data-palette] [role=option]", has_text=name).click()
    expect(words(page)).to_have_value(re.compile(r"^Which file\?\n\n> Forwarded message"))
    expect(page.locator("#composer-sets")).to_contain_text("High")
    expect(page.locator("#composer[data-kind=forward]")).to_contain_text(BOB)
    assert not ticket.comments.filter(public=False).exists()


def test_a_queue_without_a_mailbox_disables_the_send(visit, admin, ticket):
    queue = make_queue(f"Lonely {ticket.pk}")
    actions.change_ticket(ticket, by=system("rule"), queue=queue)
    page = visit(admin)
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    expect(page.locator("#stays-here")).to_contain_text("has no mailbox")
    button = page.locator("#composer-send button.primary")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(re.compile("has no mailbox"))
    page.keyboard.type(f"{BOB},")
    expect(page.locator("#composer-recipients")).to_contain_text(BOB)
    expect(button).to_be_disabled()
    words(page).press("Control+Enter")
    expect(page.locator("[data-draft-state]")).to_contain_text("Saved")
    assert not ticket.comments.filter(public=False).exists()


def test_a_quotation_finds_the_reply_while_a_forward_is_open(agent_page, ticket):
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    page.locator(".message-head summary").last.click()
    page.locator(".message-menu a", has_text="Quote in a reply").click()
    expect(words(page)).to_have_value("> The rows are wrong.\n\n")
    expect(page.locator("#composer [name=kind][value=reply]")).to_be_checked()


def test_enter_in_a_line_presses_no_button(agent_page, agent, ticket):
    other = Draft.objects.create(person=agent, ticket=ticket, kind="reply", body="Kept")
    page = agent_page
    page.goto(f"/tickets/{ticket.pk}/?forward=latest#composer")
    expect(page.locator("#composer")).to_contain_text("Another draft")
    page.locator("#composer [name=minutes]").fill("0:20")
    page.locator("#composer [name=minutes]").press("Enter")
    expect(page.locator("[data-draft-state]")).to_contain_text("Saved")
    assert Draft.objects.filter(pk=other.pk).exists()
    assert not ticket.comments.filter(public=False).exists()
