"""At 390 px, by touch: what is pressed is not covered, and rows can be selected."""

import pytest
from playwright.sync_api import Page, expect

from helpdesk.models import Ticket
from tests.factories import actor_of

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SAY = """() => document.dispatchEvent(new CustomEvent("toast", { detail: "Words ".repeat(12) }))"""
COVERED = """() => {
  const toast = document.querySelector(".toast").getBoundingClientRect();
  const ways = document.querySelectorAll(".bottombar, .action-bar, .form-foot, #composer-send");
  return [...ways].filter((one) => one.checkVisibility()).filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return top < toast.bottom && bottom > toast.top;
  }).map((one) => one.className || one.id);
}"""
AROUND = """(box) => {
  const { left, top, width, height } = box.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const points = [[x - 12, y - 12], [x + 12, y - 12], [x - 12, y + 12], [x + 12, y + 12]];
  return points.every(([x, y]) => document.elementFromPoint(x, y) === box);
}"""


@pytest.fixture(params=["table", "split"])
def phone(request, visit, agent) -> Page:
    agent.preferences["layout"] = request.param
    agent.save()
    yield visit(agent, **PHONE)
    del agent.preferences["layout"]
    agent.save()


@pytest.mark.parametrize(
    "path", ["/tickets/", "/tickets/{}/", "/tickets/{}/#composer", "/home/", "/tickets/new/"]
)
def test_a_toast_covers_nothing_that_is_pressed(visit, agent, path):
    page = visit(agent, **PHONE)
    ticket = Ticket.objects.visible_to(actor_of(agent)).earliest("pk")
    page.goto(path.format(ticket.pk))
    page.evaluate(SAY)
    expect(page.locator(".toast")).to_be_visible()
    assert page.evaluate(COVERED) == []


def test_rows_are_selected_by_touch(phone):
    phone.goto("/tickets/")
    boxes = phone.locator("#bulk [name=ticket]")
    assert boxes.nth(1).evaluate(AROUND)
    boxes.nth(1).tap()
    boxes.nth(5).tap()
    expect(boxes.nth(1)).to_be_checked()
    expect(phone.locator(".bulk-count")).to_have_text("2 selected")
    boxes.last.scroll_into_view_if_needed()
    expect(phone.locator(".bulk-bar")).to_be_in_viewport()
    phone.locator("#bulk button[value=status]").tap()
    expect(phone.locator("dialog[open]")).to_contain_text("2 tickets")
    phone.locator("dialog [data-sheet-close]").first.tap()
    phone.locator("[data-bulk-clear]").tap()
    expect(phone.locator(".bulk-bar")).to_be_hidden()
