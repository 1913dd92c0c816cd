"""The day of an agent at a server that dies: nothing is lost that was typed two seconds before.

A sample is drawn by DAY_SEED; DAY_KILLS=all kills at each request of each step.
"""

import os
import random
import re
from itertools import count

import pytest
from playwright.sync_api import Error, Page, Request, Route, expect

from helpdesk.models import Ticket
from tests.browser import day
from tests.browser.conftest import PATIENCE
from tests.browser.day import Desk, Hands
from tests.browser.killing import Mortal
from tests.browser.test_killed import until

pytestmark = [pytest.mark.browser, pytest.mark.processes]
ALL = os.environ.get("DAY_KILLS") == "all"
CHANCE = random.Random(os.environ.get("DAY_SEED", "4"))
TYPED = (day.reply, day.note, day.macro)  # what has words of the agent in it
SHORT = (day.snooze, day.merge, day.split, day.find)
BETWEEN = day.STEPS if ALL else [*TYPED, CHANCE.choice(SHORT)]
AWAY = day.STEPS if ALL else [CHANCE.choice(TYPED)]
SHARE = 1 if ALL else 0.3  # of the requests before which the server dies
FIRST = CHANCE.randrange(3, 12)  # the request that meets no server
LOADING = 15_000  # milliseconds until a page without a server is given up
FRESH = 4  # tickets in the morning: the requests of those after them are the same once more
IN_VAIN = 4_000  # milliseconds until what is waited for without a server is given up


class Fate:
    """Asked about each request of a page before it goes its way; files of the program are not
    counted."""

    def __init__(self, page: Page, server: Mortal):
        self.page, self.server, self.passed, self.deaths = page, server, 0, 0
        self.under_way: set[Request] = set()  # redirections included
        page.on("request", self._began)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.route("**/*", self._ask)

    def _ask(self, route: Route) -> None:
        if "/static/" not in route.request.url:
            self.passed += 1
            self.decide(route.request)
        route.continue_()

    def _began(self, request: Request) -> None:
        self.under_way.add(request)

    def _ended(self, request: Request) -> None:
        self.under_way.discard(request)

    def decide(self, request: Request) -> None:
        raise NotImplementedError


class Between(Fate):
    """Another server answers than the one before, and none dies while it answers."""

    def decide(self, request: Request) -> None:
        is_drawn = CHANCE.random() < SHARE or (self.passed > 3 and not self.deaths)
        if is_drawn and not self.under_way - {request}:
            self.server.kill()
            self.server.start()
            self.deaths += 1


class Away(Fate):
    """One request meets no server, nor do those after it, until somebody starts it."""

    wanted = 0

    def decide(self, request: Request) -> None:
        if self.passed == self.wanted:
            self.server.kill()
            self.deaths += 1
            self.page.set_default_timeout(IN_VAIN)
            expect.set_options(timeout=IN_VAIN)


class Wary(Hands):
    """Rests after writing until the words are safe, and expects to find them again."""

    words = ""

    def wrote(self, words: str) -> None:
        super().wrote(words)
        said = re.compile("Saved|kept in this browser")
        expect(self.page.locator("[data-draft-state]")).to_contain_text(said)
        self.words = words

    def begin(self, key: str) -> None:
        super().begin(key)
        if self.words:
            expect(self.text).to_have_value(self.words)


@pytest.fixture
def server(house):
    server = Mortal("serve")
    server.start()
    yield server
    server.end()


@pytest.fixture
def at_work(server, visit):  # in this order: pages close before their server ends
    """Begins a page of somebody: `at_work(desk, step)`. Views are made before, for a server looks
    only now and then whether there are new ones."""

    def begin(desk: Desk, step) -> Page:
        page = visit(desk.person, base_url=server.url)
        page.set_default_navigation_timeout(LOADING)
        view = desk.begun(step)
        until(lambda: come_back(page) and view in page.locator("#nav").inner_text())
        return page

    return begin


def come_back(page: Page) -> bool:
    """As who loads the page anew. An address that failed may still be on its way."""
    try:
        page.goto("/home/")
    except Error as error:
        assert "interrupted" in error.message, error
        return False
    return True


@pytest.mark.parametrize("step", BETWEEN, ids=lambda step: step.__name__)
def test_the_day_goes_on_though_servers_die_between_its_requests(step, at_work, server, watch):
    desk = Desk()
    page = at_work(desk, step)
    fate = Between(page, server)
    step(desk, Wary(page))
    assert fate.deaths, "None died."


@pytest.mark.parametrize("step", AWAY, ids=lambda step: step.__name__)
def test_words_are_found_again_after_a_request_met_no_server(step, at_work, server, watch):
    with watch.deaf():
        for wanted in count(1) if ALL else [FIRST]:
            fate = meet_none(step, wanted, at_work, server)
            if not fate.deaths and not ALL:
                fate = meet_none(step, 1 + wanted % fate.passed, at_work, server)
                assert fate.deaths, "The server did not die."
            if not fate.deaths:
                print(f"{step.__name__}: {wanted - 1} requests")
                return


def meet_none(step, wanted: int, at_work, server: Mortal) -> Away:
    """The step, in which this request and those after it fail; then somebody starts the server
    and the agent comes back."""
    desk = Desk(FRESH)
    page = at_work(desk, step)
    fate, hands = Away(page, server), Wary(page)
    fate.wanted = wanted
    try:
        step(desk, hands)
    except (AssertionError, Error):
        if not fate.deaths:
            raise
    finally:
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
    if fate.deaths:
        server.start()
        until(lambda: come_back(page))
        step(desk, hands)
    page.close()
    return fate


def test_words_of_a_page_of_its_own_arrive_when_it_is_loaded_again(at_work, server, watch):
    """The browser keeps what a form sent, and sends it anew."""
    desk, title = Desk(), "Words of a split that met no server"
    page = at_work(desk, day.split)
    page.goto(f"/tickets/{desk.double.pk}/splitting/")
    hands = Hands(page)
    hands.choose(page.get_by_role("checkbox", name="And the lamp flickers"), "Space")
    hands.fill(page.locator("[name=title]"), title)
    with watch.deaf():
        server.kill()
        with page.expect_event("framenavigated", lambda frame: "chrome-error:" in frame.url):
            hands.press("Enter")
        server.start()
        page.reload()
    hands.arrives(title)
    assert Ticket.objects.filter(title=title).count() == 1


def test_words_in_a_menu_stay_there_until_a_server_takes_them(at_work, server, watch):
    desk = Desk()
    page, ticket = at_work(desk, day.snooze), desk.later
    hands = Hands(page)
    hands.jump(ticket)
    hands.pick("s", "Resolve")
    form = page.locator("#status-menu .transition-form")
    hands.reach(form.locator("[name=resolution]"))
    hands.type("Fixed")
    hands.fill(form.locator("[name=comment]"), "Words in a menu that met no server")
    with watch.deaf():
        server.kill()
        with page.expect_event("requestfailed", lambda request: "/transitions/" in request.url):
            hands.choose(form.get_by_role("button", name="Set Resolved"))
        server.start()
    expect(form.locator("[name=comment]")).to_have_value("Words in a menu that met no server")
    hands.choose(form.get_by_role("button", name="Set Resolved"))
    expect(page.locator("#timeline")).to_contain_text("Words in a menu that met no server")
    ticket.refresh_from_db()
    assert ticket.status_category == "resolved"
