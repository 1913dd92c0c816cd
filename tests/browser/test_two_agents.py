"""Two people at one ticket: seen by each other, warned in time, and no word of either is lost."""

import os
import random
import time
from itertools import count

import pytest
from playwright.sync_api import Error, Page, expect

from helpdesk import actions
from helpdesk.models import Comment, Draft, Queue, Ticket, User
from tests.browser.killing import Mortal
from tests.factories import actor_of, make_agent, make_ticket, make_user

pytestmark = [pytest.mark.browser, pytest.mark.processes]
RUNS = int(os.environ.get("INTERLEAVINGS", "12"))
SEED = int(os.environ.get("SEED") or random.randrange(10**6))
STEPS, ON_ONE_TICKET = 12, 4
SOON = 5_000  # milliseconds
NUMBERS = count(1)
NOTHING_IS_HERE_ALONE = """() => {
  const isAlone = Object.keys(localStorage).some((key) => key.startsWith("draft "));
  if (isAlone) dispatchEvent(new Event("online"));
  return !isAlone;
}"""


@pytest.fixture
def both(house) -> tuple[User, User]:
    queues = list(Queue.objects.all())
    return make_agent("Ines Early", queues), make_agent("Otto Late", queues)


def opened(by: User) -> Ticket:
    return make_ticket(f"Both write {next(NUMBERS)}", by=actor_of(by), requester=make_user("Leila"))


def words(page: Page):
    return page.locator("#composer textarea[name=body]")


def test_each_sees_the_other_within_five_seconds(visit, both):
    ines, otto = both
    ticket = opened(ines)
    first, second = visit(ines), visit(otto)
    first.goto(f"/tickets/{ticket.pk}/")
    second.goto(f"/tickets/{ticket.pk}/")
    expect(first.locator("#presence")).to_contain_text(f"{otto} is reading", timeout=SOON)
    expect(second.locator("#presence")).to_contain_text(f"{ines} is reading", timeout=SOON)
    words(second).press_sequentially("Dear Leila")
    expect(first.locator("#presence")).to_contain_text(f"{otto} is typing", timeout=SOON)


def test_a_reply_is_held_with_the_difference_and_its_words_untouched(visit, both, watch):
    ines, otto = both
    ticket = opened(ines)
    page = visit(ines)
    page.goto(f"/tickets/{ticket.pk}/")
    mine = "Dear Leila,\n\n  it is *mended* & < tested\n"
    words(page).fill(mine)
    actions.reply(ticket, by=actor_of(otto), body="Mended an hour ago")
    watch.expect(409)
    words(page).press("Control+Enter")
    held = page.locator("#composer .held")
    expect(held).to_contain_text("Mended an hour ago")
    expect(held).to_contain_text(str(otto))
    expect(words(page)).to_have_value(mine)
    assert [one.body for one in ticket.comments.all()] == ["Mended an hour ago"]
    page.get_by_role("button", name="Send anyway").press("Enter")
    expect(page.locator("#timeline")).to_contain_text("it is mended & < tested")
    assert ticket.comments.count() == 2 and not Draft.objects.filter(ticket=ticket).exists()


def test_what_is_typed_while_a_reply_leaves_is_kept(visit, both):
    ines, _otto = both
    ticket = opened(ines)
    page, waiting = visit(ines), []
    page.goto(f"/tickets/{ticket.pk}/")
    page.route("**/comments/", lambda route: waiting.append(route))
    words(page).fill("First this.")
    words(page).press("Control+Enter")
    typed(page, " And more")
    [route] = waiting
    route.continue_()
    expect(page.locator("#timeline")).to_contain_text("First this.")
    expect(words(page)).to_have_value("And more")
    page.wait_for_function(NOTHING_IS_HERE_ALONE)
    page.reload()
    expect(words(page)).to_have_value("And more")
    assert [one.body for one in ticket.comments.all()] == ["First this."]


class Desk:
    """A window of somebody on a ticket, at a server that comes and goes."""

    def __init__(self, page: Page, person: User, server: Mortal):
        self.page, self.person, self.server = page, person, server

    def sit_down(self, ticket: Ticket) -> None:
        self.ticket, self.said = ticket, []
        self.load()

    def load(self) -> None:
        self._go(f"/tickets/{self.ticket.pk}/")

    def leave(self) -> None:
        self._go("/preferences/")

    def type(self) -> None:
        word = f"w{next(NUMBERS)}w"
        if self._do("""
            area.focus();
            area.setSelectionRange(area.value.length, area.value.length);
            document.execCommand("insertText", false, ` ${word}`);
            return area.value.includes(word);
        """, word):  # fmt: skip
            self.said.append(word)

    def save(self) -> None:
        self._do("dispatchEvent(new Event('online'))")

    def send(self) -> None:
        self._do("""
            const keys = { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true };
            area.dispatchEvent(new KeyboardEvent("keydown", keys));
        """)

    def turn(self) -> None:
        self._do("area.form.querySelector('[name=kind]:not(:checked)').click()")

    def undo(self) -> None:
        self._do("document.querySelector('#queued form button')?.click()")

    def edit(self) -> None:
        ticket = Ticket.objects.get(pk=self.ticket.pk)
        priority = {"high": "low"}.get(ticket.priority, "high")
        actions.change_ticket(ticket, by=actor_of(self.person), priority=priority)

    def come_back(self) -> None:
        """What only this browser has is brought to the server, on the ticket's page."""
        if not self._do("return true"):
            self.load()
        self.page.wait_for_load_state()  # its script sees what was typed before it was there
        self.page.wait_for_function(NOTHING_IS_HERE_ALONE, polling=50, timeout=6 * SOON)

    def _do(self, script: str, word: str = ""):
        """Run this in the composer, if the window shows it; nothing else comes between."""
        area = "document.querySelector('#composer textarea[name=body]')"
        whole = f"word => {{ const area = {area}; if (area) {{ {script} }} }}"
        try:
            return self.page.evaluate(whole, word)
        except Error as error:
            if "navigation" not in error.message:  # the window was just leaving
                raise

    def _go(self, path: str) -> None:
        try:
            self.page.goto(path, wait_until="domcontentloaded")
        except Error as error:
            if any(word in error.message for word in GIVEN_UP):
                self._go(path)
            elif self.server.is_alive:
                raise


GIVEN_UP = ("interrupted", "ERR_ABORTED")  # by the browser, which tries anew what failed
STEPS_OF_A_DESK = {"type": 8, "send": 4, "save": 4, "load": 2, "leave": 1, "turn": 1, "undo": 1}
STEPS_OF_A_DESK["edit"] = 2


def typed(page: Page, new: str) -> None:
    area = words(page)
    area.focus()
    area.evaluate("one => one.setSelectionRange(one.value.length, one.value.length)")
    page.keyboard.insert_text(new)


@pytest.fixture
def mortal(house):
    server = Mortal("serve")
    yield server
    server.end()


def test_no_word_is_lost_however_two_people_write_and_the_server_dies(visit, both, mortal, watch):
    """Words are those of a browser that goes on living. One of the two has two windows open, and
    the other can take back what was sent. INTERLEAVINGS=200 runs that many, SEED=… those again;
    each took four seconds on two cores that others kept busy."""
    both[1].preferences = {"undo_send": 30}
    both[1].save()
    chance, times = random.Random(SEED), []
    print(f"SEED={SEED}")
    with watch.deaf():
        mortal.start()
        desks = [Desk(visit(one, base_url=mortal.url), one, mortal) for one in both]
        second = watch.over(desks[0].page.context.new_page())
        desks.append(Desk(second, both[0], mortal))
        for number in range(RUNS):
            began = time.monotonic()
            if number % ON_ONE_TICKET == 0:
                ticket, told = opened(both[0]), []
                for desk in desks:
                    desk.sit_down(ticket)
            told += interleave(chance, desks, mortal)
            lost = unsaid(desks, ticket)
            assert not lost, f"SEED={SEED}, number {number}: {lost} after {' '.join(told)}"
            times.append(time.monotonic() - began)
        for desk in desks:
            desk.page.goto("about:blank")
    print(f"{RUNS} in {sum(times):.0f} s, the longest {max(times):.1f} s")


def interleave(chance: random.Random, desks: list[Desk], server: Mortal) -> list[str]:
    """Random steps, then all come back to a server that lives; returns what was done."""
    told = []
    for _ in range(STEPS):
        at, name = chance.randrange(len(desks)), "kill" if server.is_alive else "start"
        if chance.random() < 0.85:
            [name] = chance.choices([*STEPS_OF_A_DESK], [*STEPS_OF_A_DESK.values()])
        told.append(f"{name}{at}" if name in STEPS_OF_A_DESK else name)
        getattr(desks[at] if name in STEPS_OF_A_DESK else server, name)()
        if chance.random() < 0.3:
            desks[0].page.wait_for_timeout(chance.choice([5, 30, 120]))
    server.start()
    for desk in desks:
        if chance.random() < 0.3:
            desk.load()
        desk.come_back()
    return [*told, "–"]


def unsaid(desks: list[Desk], ticket: Ticket) -> list[str]:
    """Words that are neither said nor a draft of their author, and replies that are there twice."""
    lost = []
    for person in {desk.person for desk in desks}:
        drafts = Draft.objects.filter(ticket=ticket, person=person).values_list("body", flat=True)
        said = Comment.objects.filter(ticket=ticket, author=person).values_list("body", flat=True)
        drafts, said = list(drafts), list(said)
        lost += [f"{body} (twice)" for body in {*said} if said.count(body) > 1]
        there = " ".join([*said, *drafts])
        typed_by = [word for desk in desks if desk.person == person for word in desk.said]
        lost += [word for word in typed_by if word not in there]
    return lost
