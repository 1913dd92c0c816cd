"""The day of an agent without JavaScript: all that matters is reached by links and forms."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from helpdesk.models import Comment, Mention, Ticket
from helpdesk.web import bulk_running
from tests.browser.day import FILE, MANY, PASSWORD, Desk, time_passes
from tests.browser.looks import overflow

pytestmark = pytest.mark.browser


class Plain:
    """A page of links and forms."""

    def __init__(self, page: Page):
        self.page = page

    def search(self, words: str) -> None:
        self.page.locator("#search input").fill(words)
        self.page.locator("#search input").press("Enter")

    def jump(self, ticket: Ticket) -> None:
        self.search(str(ticket.pk))
        self.sees(ticket)

    def sees(self, ticket: Ticket) -> None:
        expect(self.page.locator("h1")).to_have_text(ticket.title)

    def view(self, name: str) -> None:
        self.page.locator("#nav").get_by_role("link", name=name).click()
        expect(self.page.locator("h1")).to_have_text(name)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def more(self, line: str) -> None:
        """A line of the menu of further actions."""
        self.page.locator("summary", has_text="More actions").click()
        self.page.locator("#ticket-top .menu-item", has_text=line).click()

    def note(self) -> None:
        self.page.locator("#composer .tabs label", has_text="Note").click()

    @property
    def text(self) -> Locator:
        return self.page.locator("#composer textarea[name=body]")


def test_a_day_is_done_without_javascript(house, visit):
    desk, plain = Desk(), Plain(visit(java_script_enabled=False))
    for prepare in ("new", "many", "asked", "noted", "usual"):
        getattr(desk, prepare)  # views and words are there before the pages that offer them
    sign_in(desk, plain)
    for step in (triage, reply, note, macro, snooze, merge, split, bulk, find, sign_out):
        step(desk, plain)


def test_the_menus_of_a_ticket_fit_a_phone_without_javascript(house, visit):
    desk, width = Desk(), 390
    page = visit(desk.person, java_script_enabled=False, viewport={"width": width, "height": 844})
    page.goto(f"/tickets/{desk.noted.pk}/?compose=note")
    menus = page.locator("#ticket-top details:visible")
    for at in range(menus.count()):
        menus.nth(at).locator("summary").click()
        box = menus.nth(at).locator(".menu-list").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, menus.nth(at).inner_text()
        assert overflow(page, width) == []
        menus.nth(at).locator("summary").click()
    assert menus.count() > 4


def sign_in(desk: Desk, plain: Plain) -> None:
    plain.page.goto("/accounts/login/")
    plain.page.locator("[name=login]").fill(desk.person.email)
    plain.page.locator("[name=password]").fill(PASSWORD)
    plain.button("Sign in").click()
    expect(plain.page.locator("nav.nav")).to_be_visible()


def triage(desk: Desk, plain: Plain) -> None:
    """From one ticket of the view to the next."""
    page, tickets = plain.page, desk.new[:3]
    plain.view(f"Morning {desk.word}")
    page.locator("#bulk .ticket-subject").first.click()
    for ticket in tickets:
        plain.sees(ticket)
        page.locator("summary[data-key=p]").click()
        page.locator("#ticket-top [name=priority][value=high]").click()
        expect(page.locator("summary[data-key=p]")).to_contain_text("High")
        page.locator("summary[data-key=s]").click()
        page.locator("#status-menu button", has_text="Wait").click()
        expect(page.locator("summary[data-key=s]")).to_contain_text("Waiting")
        page.locator("summary[data-key=m]").click()
        page.locator("#ticket-top details[open] a", has_text="Edit properties").click()
        page.locator("#side [name=assignee]").fill(desk.person.email)
        plain.button("Save properties").click()
        expect(page.locator("summary[data-key=m]")).to_contain_text(desk.person.name)
        plain.view(f"Morning {desk.word}")
        page.locator("#bulk .ticket-subject").nth(tickets.index(ticket)).click()
        page.get_by_role("link", name="Next ticket of the list").click()
    for ticket in tickets:
        ticket.refresh_from_db()
        assert (ticket.priority, ticket.status.name) == ("high", "Waiting")
        assert ticket.assignee == desk.person


def reply(desk: Desk, plain: Plain) -> None:
    """With canned words and a file, kept as a draft, called back, sent."""
    page, ticket = plain.page, desk.asked
    words = f"Hello {ticket.requester}, please restart it."
    plain.jump(ticket)
    page.locator("#composer summary", has_text="Macros and canned replies").click()
    plain.button("Show them").click()
    page.locator("#composer .menu-item", has_text=f"Restart {desk.word}").click()
    expect(plain.text).to_have_value(words)
    page.locator("#composer input[type=file]").set_input_files(FILE)
    plain.button("Save draft").click()
    for useless in (".toast-close", "#composer [data-markdown]"):
        expect(page.locator(useless).first).to_be_hidden()
    expect(plain.text).to_have_value(words)
    expect(page.locator("#composer [data-kept-list]")).to_contain_text(FILE["name"])
    page.locator("#composer .split-button > button.for-reply").click()
    expect(page.locator("#queued")).to_contain_text("please restart it")
    page.locator("#queued").get_by_role("button", name="Undo").click()
    expect(plain.text).to_have_value(words)
    assert not ticket.comments.exists()
    page.locator("#composer .split-button > button.for-reply").click()
    expect(page.locator("#queued")).to_contain_text("please restart it")
    time_passes(ticket)
    plain.jump(ticket)
    expect(page.locator("#timeline")).to_contain_text(FILE["name"])
    said = Comment.objects.get(ticket=ticket, public=True)
    assert said.body == words and said.attachments.get().file.read() == FILE["buffer"]


def note(desk: Desk, plain: Plain) -> None:
    ticket, colleague = desk.noted, desk.colleague
    plain.jump(ticket)
    plain.note()
    plain.text.fill(f"@{colleague} knows the smell")
    plain.button("Add internal note").click()
    expect(plain.page.locator("#timeline")).to_contain_text("knows the smell")
    assert Mention.objects.get(comment__ticket=ticket).person == colleague


def macro(desk: Desk, plain: Plain) -> None:
    page, ticket = plain.page, desk.usual
    plain.jump(ticket)
    page.locator("#composer summary", has_text="Macros and canned replies").click()
    plain.button("Show them").click()
    page.locator("#composer .menu-item", has_text=f"Escalate {desk.word}").click()
    expect(plain.text).to_have_value("We look at it today.")
    expect(page.locator("#composer-sets")).to_contain_text("High")
    page.locator("#composer .split-button > button.for-reply").click()
    time_passes(ticket)
    plain.jump(ticket)
    expect(page.locator("#timeline")).to_contain_text("We look at it today.")
    ticket.refresh_from_db()
    assert ticket.priority == "high" and ticket.assignee == desk.person


def snooze(desk: Desk, plain: Plain) -> None:
    ticket = desk.later
    plain.jump(ticket)
    plain.page.locator("summary[data-key=h]").click()
    plain.page.locator("#snooze-menu a").click()
    plain.page.get_by_role("button", name=re.compile("In two weeks")).click()
    expect(plain.page.locator("#ticket-top")).to_contain_text("Snoozed until")
    plain.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(plain.page.locator("#ticket-top")).not_to_contain_text("Snoozed until")
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    plain.page.locator(".toast").get_by_role("button", name="Undo").click()
    ticket.refresh_from_db()
    assert ticket.snoozed_until > timezone.now()


def merge(desk: Desk, plain: Plain) -> None:
    page, (first, second) = plain.page, desk.twins
    plain.jump(first)
    plain.more("Merge into another")
    page.locator("#into").fill(str(second.pk))
    plain.button("Find").click()
    plain.button(f"Merge #{first.pk} into #{second.pk}").click()
    plain.sees(second)
    expect(page.locator("#timeline")).to_contain_text("Said of the first twin")
    plain.jump(first)
    plain.button("Take the merge back").click()
    expect(page.locator("#timeline")).to_contain_text("Said of the first twin")
    first.refresh_from_db()
    assert first.merged_into_id is None


def split(desk: Desk, plain: Plain) -> None:
    page, ticket, title = plain.page, desk.double, f"The lamp {desk.word}"
    plain.jump(ticket)
    plain.more("Split")
    page.get_by_role("checkbox", name="And the lamp flickers").check()
    page.locator("[name=title]").fill(title)
    plain.button("Open the new ticket").click()
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#timeline")).to_contain_text("And the lamp flickers")


def bulk(desk: Desk, plain: Plain) -> None:
    page, ids = plain.page, [one.pk for one in desk.many]
    plain.view(f"Afternoon {desk.word}")
    page.locator("#bulk [name=ticket]").first.check()
    page.locator("#bulk [name=all]").check()
    plain.button("Assign").click()
    page.get_by_label("Assignee", exact=True).fill("me")
    plain.button("Show what will happen").click()
    plain.button(f"Change {MANY} tickets").click()
    bulk_running.run_jobs()
    page.reload()
    assert Ticket.objects.filter(pk__in=ids, assignee=desk.person).count() == MANY
    plain.button(f"Undo {MANY} changes").click()
    bulk_running.run_jobs()
    page.reload()
    expect(page.get_by_text("taken back")).to_be_visible()
    assert Ticket.objects.filter(pk__in=ids, assignee=None).count() == MANY


def find(desk: Desk, plain: Plain) -> None:
    old = desk.old
    plain.search(f"chrysanthemum{desk.word}")
    plain.page.locator("#ticket-list").get_by_role("link", name=old.title).click()
    plain.sees(old)


def sign_out(desk: Desk, plain: Plain) -> None:
    plain.page.locator("summary[aria-label*='sign out']").click()
    plain.button("Sign out").first.click()
    plain.page.wait_for_url(re.compile("/accounts/login/"))
