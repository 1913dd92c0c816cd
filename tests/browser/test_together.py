"""Two people at one ticket, and one person's way back, in two windows."""

import re

import pytest
from playwright.sync_api import expect

from helpdesk import actions
from helpdesk.models import User
from tests.factories import actor_of, make_ticket

pytestmark = pytest.mark.browser


@pytest.fixture
def ada(house) -> User:
    return User.objects.filter(role="admin").earliest("pk")


@pytest.fixture
def maren(house) -> User:
    return User.objects.filter(role="agent").earliest("pk")


def open_ticket(maren: User, title: str):
    return make_ticket(title, by=actor_of(maren))


def test_one_sees_who_reads_and_who_types_and_the_head_drawn_anew_forgets_neither(
    visit, ada, maren
):
    ticket = open_ticket(maren, "Both of us")
    mine, hers = visit(ada), visit(maren)
    mine.goto(f"/tickets/{ticket.pk}/")
    hers.goto(f"/tickets/{ticket.pk}/")
    expect(mine.locator("#presence")).to_contain_text(f"{maren} is reading")
    hers.locator(".composer textarea").fill("I write")
    expect(mine.locator("#presence")).to_contain_text(f"{maren} is typing")
    mine.keyboard.press("w")
    expect(mine.get_by_role("button", name="Following")).to_be_visible()
    expect(mine.locator("#presence")).to_contain_text(f"{maren} is typing")
    hers.goto("/preferences/")
    expect(mine.locator("#presence")).not_to_contain_text(str(maren))


def test_what_others_did_is_announced_though_the_head_is_drawn_anew_meanwhile(visit, ada, maren):
    ticket = open_ticket(maren, "Asked, and drawn anew")
    page, held = visit(ada), []
    page.goto(f"/tickets/{ticket.pk}/")
    page.route("**/presence/", lambda route: held.append(route))
    page.wait_for_function("() => document.querySelector('#presence.htmx-request')")
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    actions.add_note(ticket, by=actor_of(maren), body="Something new here")
    held.pop(0).continue_()
    expect(page.locator("#ticket-news")).to_contain_text("Somebody changed this ticket")
    page.unroute("**/presence/")
    for route in held:
        route.continue_()


def test_what_others_did_is_announced_and_shown_when_asked_for(visit, ada, maren):
    ticket = open_ticket(maren, "Moves on")
    page = visit(ada)
    page.goto(f"/tickets/{ticket.pk}/")
    actions.add_note(ticket, by=actor_of(maren), body="Something new here")
    news = page.locator("#ticket-news")
    expect(news).to_contain_text("Somebody changed this ticket")
    expect(page.locator("#timeline")).not_to_contain_text("Something new here")
    news.get_by_role("link", name="Show").click()
    expect(page.locator("#timeline")).to_contain_text("Something new here")
    expect(news).to_be_empty()


def test_snoozing_and_its_undoing_by_keys_alone(visit, ada, maren):
    ticket = open_ticket(maren, "Later")
    page = visit(ada)
    page.goto(f"/tickets/{ticket.pk}/")
    page.keyboard.press("h")
    preset = page.get_by_role("button", name=re.compile("In two weeks"))
    expect(preset).to_be_visible()
    preset.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("or until the customer writes")).to_be_visible()
    page.locator("body").press("z")
    expect(page.get_by_text("or until the customer writes")).to_have_count(0)
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None


def test_the_menus_of_the_head_change_and_undo(visit, ada, maren):
    ticket = open_ticket(maren, "First title")
    page = visit(ada)
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator("summary", has_text="Change the subject").click()
    field = page.get_by_label("Subject", exact=True)
    expect(field).to_be_focused()
    field.fill("Second title")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second title")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("First title")


def test_steps_are_added_and_ticked_off_in_their_panel(visit, ada, maren):
    ticket = open_ticket(maren, "Steps")
    page = visit(ada)
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator(".side summary", has_text="Tasks").click()
    page.get_by_label("New step").fill("Order desks")
    page.get_by_label("New step").press("Enter")
    page.get_by_role("button", name="Order desks").click()
    expect(page.locator("#steps-count")).to_have_text("1 of 1")
    assert ticket.checklist.get().is_done


def test_a_message_is_quoted_into_the_reply(visit, ada, maren):
    ticket = open_ticket(maren, "Quote")
    actions.reply(ticket, by=actor_of(maren), body="These very words")
    page = visit(ada)
    page.goto(f"/tickets/{ticket.pk}/")
    page.locator(".message summary", has_text="Message actions").last.click()
    page.get_by_role("link", name="Quote in a reply").click()
    expect(page.locator(".composer textarea")).to_have_value("> These very words\n\n")
