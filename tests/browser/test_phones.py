"""At 390 px, by touch: what is pressed is not covered, and rows can be selected."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import actor_of, make_comment, make_ticket, make_user

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


def test_a_toast_covers_no_field_of_an_open_composer(visit, agent):
    page, by = visit(agent, **PHONE), actor_of(agent)
    ticket = make_ticket("Answered at once", by=by, requester=make_user("Leila"))
    page.goto(f"/tickets/{ticket.pk}/#composer")
    page.evaluate(SAY)
    expect(page.locator(".toast")).to_be_visible()
    toast = page.locator(".toast").bounding_box()
    for part in page.locator("#composer :is(input, textarea, button, summary, label)").all():
        box = part.bounding_box() if part.is_visible() else None
        assert box is None or box["y"] >= toast["y"] + toast["height"], part.evaluate(
            "x => x.outerHTML"
        )
    page.locator(".toast").evaluate("one => one.remove()")
    assert page.locator("#composer .tabs").bounding_box()["y"] < 20


def test_a_toast_covers_nothing_that_is_pressed(visit, agent, watch):
    watch.expect(409)
    page, by = visit(agent, **PHONE), actor_of(agent)
    ticket = make_ticket("Answered on the way", by=by, requester=make_user("Leila"))
    page.goto(f"/tickets/{ticket.pk}/#composer")
    page.locator("#id_body").fill("Held, with three ways on")
    make_comment(ticket, "Theirs", by=actor_of(ticket.requester))
    page.locator("#composer-send button.for-reply").first.tap()
    expect(page.locator("#composer .held")).to_be_visible()
    page.evaluate(SAY)
    expect(page.locator(".toast")).to_be_visible()
    page.locator("#composer-send").scroll_into_view_if_needed()
    assert page.evaluate(COVERED) == []
    lower_half = page.viewport_size["height"] / 2
    for path in ("/tickets/", f"/tickets/{ticket.pk}/"):
        page.goto(path)
        page.evaluate(SAY)
        box = page.locator(".toast").bounding_box()
        assert box["y"] + box["height"] < lower_half


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
