"""What opens over a page, opened as a person opens it and looked at once: at every width, light and
dark. What test_layers.py opens is not in the table."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import pytest
from django.test import override_settings
from playwright.sync_api import Locator, Page, expect

from helpdesk import actions
from helpdesk.actions.canned import save_reply
from helpdesk.actions.macros import save_macro
from helpdesk.actions.sending import take_back_answered
from helpdesk.actor import system
from helpdesk.models import Change, Queue, Ticket, User
from tests.browser.looks import COLOURS, EVERYTHING, WIDTHS, outside, overflow, violations
from tests.browser.watching import Watch
from tests.factories import actor_of, make_agent, make_comment, make_user

pytestmark = pytest.mark.browser
NUMBERS = count(1)
WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenanträge"
ARABIC = "تتوقف عملية التصدير الليلية دون رسالة خطأ"
GAP = "{{order.ref}}"


@dataclass
class Desk:
    """A window of an agent, and the ticket that is worked on."""

    page: Page
    ticket: Ticket
    visit: Callable[..., Page]
    watch: Watch

    def go(self, rest: str = "") -> Page:
        self.page.goto(f"/tickets/{self.ticket.pk}/{rest}")
        return self.page

    def write(self, words: str) -> Locator:
        """In the composer, which on a phone fills the screen then."""
        area = self.go("#composer").locator("#composer textarea[name=body]")
        area.press_sequentially(words)
        return area

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def answered_by_the_customer(self) -> None:
        words = f"It burns! {WORD} {ARABIC}"
        make_comment(self.ticket, words, by=actor_of(self.ticket.requester))


@pytest.fixture
def desk(house, visit, watch) -> Desk:
    queues, by = list(Queue.objects.all()), system("rule")
    agent = User.objects.filter(name=f"Maren {WORD}").first()
    if agent is None:
        own = {"undo_send": 30, "tour": "done"}
        agent = make_agent(f"Maren {WORD}", queues, preferences=own, email="maren@acme.example")
        body = f"{ARABIC} {WORD} {GAP}"
        save_reply(by=by, name=f"Layer {WORD}", body=body)
        save_macro(by=by, name=f"Layer {ARABIC}", body=body, sets={"priority": "high"})
    requester = make_user(f"{ARABIC[:30]} {WORD}", email=f"{'long' * 12}{next(NUMBERS)}@a.example")
    title = f"{WORD} {ARABIC} {next(NUMBERS)}"
    ticket = actions.open_ticket(
        by=by, title=title, requester=requester, queue=queues[0], body=f"{WORD} {ARABIC}"
    )
    return Desk(visit(agent), ticket, visit, watch)


# How each is opened ------------------------------------------------------------------------------


def palette(desk: Desk, words: str = "", there: str = ".go-item") -> Locator:
    page = desk.go()
    desk.press("Control+k")
    page.locator("[data-palette] [role=combobox]").press_sequentially(words)
    expect(page.locator(there).first).to_be_visible()
    return page.locator("[data-palette]")


def sheet_of_keys(desk: Desk) -> Locator:
    desk.go()
    desk.press("?")
    return desk.page.locator("[data-keys-sheet]")


def look_at_a_row(desk: Desk) -> Locator:
    desk.answered_by_the_customer()
    desk.page.goto("/tickets/?view=all&sort=-created_at")
    desk.press("j", "Space")
    return desk.page.locator("[data-peek]")


def orders(desk: Desk) -> Locator:
    desk.page.goto("/tickets/")
    desk.page.locator("#ticket-list summary[aria-label^=Order]").press("Enter")
    return desk.page.locator("#ticket-list details[open] .menu-list")


def query_options(desk: Desk) -> Locator:
    desk.page.goto("/tickets/#search")
    desk.page.locator("#search input").press_sequentially("is:")
    return desk.page.locator(".query-options")


def merge_of_one(desk: Desk) -> Locator:
    desk.watch.expect(422)
    desk.page.goto("/tickets/")
    desk.page.locator("#bulk input[name=ticket]").first.check()
    desk.page.locator(".bulk-bar [value=merge]").press("Enter")
    return desk.page.locator("dialog.sheet")


def offline(desk: Desk) -> Locator:
    desk.page.goto("/tickets/")
    desk.page.wait_for_load_state("networkidle")
    with desk.watch.deaf():
        desk.page.context.set_offline(True)
        expect(desk.page.locator(".offline")).to_be_visible()
    return desk.page.locator(".offline")


def news_of_the_list(desk: Desk) -> Locator:
    desk.page.goto("/tickets/?view=all")
    desk.page.wait_for_load_state("networkidle")
    with desk.watch.deaf():
        desk.page.context.set_offline(True)
        actions.open_ticket(by=system("rule"), title=WORD, queue=desk.ticket.queue)
        desk.page.context.set_offline(False)
    return desk.page.locator(".new-bar")


def news_of_the_ticket(desk: Desk) -> Locator:
    desk.go()
    desk.answered_by_the_customer()
    return desk.page.locator("#ticket-news .banner")


def somebody_there(desk: Desk) -> Locator:
    other = make_agent(f"{ARABIC[:20]} {WORD}", [desk.ticket.queue])
    desk.visit(other).goto(f"/tickets/{desk.ticket.pk}/")
    desk.go()
    return desk.page.locator(".presence-pill")


def asked_before_resolving(desk: Desk) -> Locator:
    desk.go()
    desk.press("s")
    desk.page.locator("#status-menu a.menu-item[hx-get*=transitions]").first.press("Enter")
    return desk.page.locator("#status-menu .transition-form")


def side(desk: Desk) -> Locator:
    """With every panel open, a step to tick off and its menu."""
    page = desk.go("#side")
    for name in ("Tasks", "Time spent", "Links and people", "History"):
        page.locator("#side details.panel > summary", has_text=name).press("Enter")
    page.locator("#step-text").fill(f"{WORD} {ARABIC}")
    page.locator("#step-text").press("Enter")
    page.locator("#checklist .step summary").press("Enter")
    return page.locator("#side")


def navigation(desk: Desk) -> Locator:
    desk.page.goto("/tickets/#nav")
    return desk.page.locator("#nav")


def behind(sign: str) -> Callable[[Desk], Locator]:
    def typed(desk: Desk) -> Locator:
        desk.write(sign)
        return desk.page.locator("#composer-options :is([role=option], .option-none)").first

    return typed


def bolt(desk: Desk) -> Locator:
    page = desk.go("#composer")
    page.locator("#composer summary:has-text('Macros')").press("Enter")
    expect(page.locator("#composer details[open] [name=macro]").first).to_be_visible()
    return page.locator("#composer details[open] .menu-list")


def macro(desk: Desk) -> Locator:
    bolt(desk).locator("[name=macro]", has_text="Layer").press("Enter")
    return desk.page.locator("#composer-sets label")


def preview(desk: Desk) -> Locator:
    desk.write(f"# {WORD} {ARABIC} {GAP}")
    desk.page.get_by_role("button", name="Preview").press("Enter")
    return desk.page.locator("#composer-preview .message-body")


def copies(desk: Desk) -> Locator:
    page = desk.go("#composer")
    page.locator(".recipient-more summary").press("Enter")
    page.locator("#add-bcc").fill(f"{'long' * 15}@example.com")
    page.locator("#add-bcc").press("Enter")
    return page.locator(".recipient-copies .recipient")


def ways_to_send(desk: Desk) -> Locator:
    desk.write("Words")
    desk.page.locator("#composer .split-button summary").press("Enter")
    return desk.page.locator("#composer .split-button .menu-list")


def dropped(desk: Desk) -> Locator:
    """One file that is kept, and one that is refused."""
    page = desk.go("#composer")
    kept = {"name": f"{WORD}.txt", "mimeType": "text/plain", "buffer": b"words"}
    chosen = page.locator("#composer input[type=file]")
    chosen.set_input_files([kept])
    expect(page.locator("#composer [name=kept]")).to_have_count(1)
    desk.watch.expect(422)
    with override_settings(MAX_UPLOAD_MB=0):
        chosen.set_input_files([kept])
        expect(page.locator("#composer [data-state=refused]")).to_be_visible()
    return page.locator("#composer .files:has(.file)").first


def dragged_over(desk: Desk) -> Locator:
    desk.write("Words").evaluate("""area => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["words"], "a.txt"));
      area.dispatchEvent(new DragEvent("dragover", { bubbles: true, dataTransfer }));
    }""")
    return desk.page.locator("#composer[data-over]")


def waiting_reply(desk: Desk) -> Locator:
    desk.write(f"{WORD} {ARABIC}").press("Control+Enter")
    return desk.page.locator("#queued article")


def reply_for_later(desk: Desk) -> Locator:
    ways_to_send(desk).locator("[name=later]").first.press("Enter")
    return desk.page.locator("#queued article")


def restored_draft(desk: Desk) -> Locator:
    """A reply for later that did not leave, since the customer wrote first."""
    expect(reply_for_later(desk)).to_be_visible()
    desk.answered_by_the_customer()
    take_back_answered(list(Change.objects.filter(ticket=desk.ticket)))
    desk.page.reload()
    return desk.page.locator("#composer p.held")


def two_drafts(desk: Desk) -> Locator:
    """Two windows, each with words of its own."""
    second = replace(desk, page=desk.watch.over(desk.page.context.new_page()))
    for window in (desk, second):
        window.go("#composer")
    for window in (desk, second):
        window.page.locator("#composer textarea[name=body]").fill(f"{WORD} {ARABIC}")
        expect(window.page.locator("[data-draft-state]")).to_contain_text("Saved")
    desk.page.reload()
    return desk.page.locator("#composer .draft-words")


def tour(desk: Desk) -> Locator:
    desk.page = desk.visit(make_agent("Newcomer", [desk.ticket.queue]))
    desk.page.goto("/home/")
    return desk.page.locator(".tour")


LAYERS: dict[str, Callable[[Desk], Locator]] = {
    "palette": palette,
    "palette, actions": lambda desk: palette(desk, ">", "#go-1:has-text('Actions')"),
    "palette, found": lambda desk: palette(desk, "Maren", "mark"),
    "palette, nothing": lambda desk: palette(desk, "nothingiscalledthis", ".go-none"),
    "keys": sheet_of_keys,
    "look at a row": look_at_a_row,
    "orders of a list": orders,
    "options of the search": query_options,
    "merge of one": merge_of_one,
    "no network": offline,
    "news of a list": news_of_the_list,
    "news of a ticket": news_of_the_ticket,
    "somebody is there": somebody_there,
    "asked before resolving": asked_before_resolving,
    "side": side,
    "navigation": navigation,
    "canned replies": behind("/Layer"),
    "canned replies, none": behind("/nothingiscalledthis"),
    "people": behind("@Maren"),
    "tickets": behind("#Donau"),
    "macros": bolt,
    "macro": macro,
    "preview": preview,
    "copies": copies,
    "ways to send": ways_to_send,
    "files": dropped,
    "file over the composer": dragged_over,
    "reply that can be undone": waiting_reply,
    "reply for later": reply_for_later,
    "restored draft": restored_draft,
    "two drafts": two_drafts,
    "tour": tour,
}
MISSING: dict[str, tuple[int, ...]] = {}  # widths at which something is not offered


@pytest.mark.parametrize("name", LAYERS)
def test_what_opens_is_whole_at_every_width(name, desk):
    layer = LAYERS[name](desk).first
    expect(layer).to_be_visible()
    page, found, seen = desk.page, [], []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if not layer.is_visible():
            continue
        seen.append(width)
        found += overflow(page, width) + outside(layer, width)
        around = None if width == WIDTHS[0] else layer  # what is around it, test_pages.py looks at
        for scheme, rules, part in (("light", EVERYTHING, around), ("dark", COLOURS, layer)):
            page.emulate_media(color_scheme=scheme)
            with desk.watch.deaf():  # axe tries inline styles, which our policy refuses
                lines = violations(page, rules, part=part)
            found += [f"{scheme} at {width}: {line}" for line in lines]
    assert not found, "\n".join(found)
    assert seen == [width for width in WIDTHS if width not in MISSING.get(name, ())]
