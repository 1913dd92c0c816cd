"""Every page of ours as a browser shows it: wide and narrow, light and dark, and what axe finds."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from helpdesk.models import Comment, Ticket
from tests.browser.watching import Watch

pytestmark = pytest.mark.browser
WIDTHS = (1440, 1024, 390)
AXE_WIDTHS = (1440, 390)
AXE = Axe()
EVERYTHING = {"preload": False, "resultTypes": ["violations"]}
COLOURS = EVERYTHING | {"runOnly": ["color-contrast"]}


def talked_about() -> Ticket:
    """The ticket of the demo with the longest conversation."""
    notes = Comment.objects.filter(public=False).values("ticket")
    return Ticket.objects.filter(pk__in=notes).earliest("pk")


def ticket_path(rest: str = "") -> Callable[[], str]:
    return lambda: f"/tickets/{talked_about().pk}/{rest}"


PAGES: dict[str, str | Callable[[], str]] = {
    "list": "/tickets/",
    "list with a filter": "/tickets/?status=open&sort=-priority",
    "empty list": "/tickets/?search=nothingiscalledthis",
    "wrong filter": "/tickets/?status=nonsense&colour=red",
    "filters": "/tickets/filters/",
    "columns": "/tickets/columns/",
    "ticket": ticket_path(),
    "ticket, properties": ticket_path("?edit=1"),
    "ticket, links": ticket_path("links/"),
    "ticket, history": ticket_path("history/"),
    "ticket, deletion": ticket_path("deletion/"),
    "ticket, description": ticket_path("description/"),
    "new ticket": "/tickets/new/",
    "preferences": "/preferences/",
    "trash": "/tickets/trash/",
    "not found": "/tickets/999999999/",
}

REFUSED = {"not found": [404], "wrong filter": [422]}


def examine(page: Page, watch: Watch) -> list[str]:
    """What is wrong with the page that is shown, at every width, light and dark."""
    found = structure(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += overflow(page, width)
    for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        for width in AXE_WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            with watch.deaf():  # axe tries inline styles, which our policy refuses
                found += [f"{scheme} at {width}: {words}" for words in violations(page, rules)]
    return found


def violations(page: Page, options: dict, impacts: tuple = ()) -> list[str]:
    """What axe finds, as lines of rule, element and words."""
    lines = []
    for rule in AXE.run(page, options=options).response["violations"]:
        if impacts and rule["impact"] not in impacts:
            continue
        for node in rule["nodes"]:
            words = " ".join(node["failureSummary"].split())[:300]
            lines.append(f"{rule['id']}: {' '.join(map(str, node['target']))}: {words}")
    return lines


def overflow(page: Page, width: int) -> list[str]:
    """Whether the page can be scrolled sideways, and by what."""
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.body.querySelectorAll('*')]
          .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
          .slice(0, 5).map(one => one.tagName + '.' + one.className)"""
    )
    return [f"wider than {width}: {', '.join(wide)}"] if wide else []


def structure(page: Page) -> list[str]:
    """One heading of the first rank, one main landmark, and the way to skip to it comes first."""
    found = []
    for selector in ("h1", "main"):
        if (count := page.locator(f"{selector}:visible").count()) != 1:
            found.append(f"{count} {selector}")
    if not page.title().strip():
        found.append("no title")
    if page.locator("a.skip").count():
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.matches('a.skip')"):
            found.append("the first stop is not the way to skip to the content")
    elif page.locator("nav:visible").count():
        found.append("no way to skip the navigation")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_workspace_is_whole(name, admin_page, watch):
    path = PAGES[name]
    watch.expect(*REFUSED.get(name, ()))
    admin_page.goto(path if isinstance(path, str) else path())
    found = examine(admin_page, watch)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_a_page_before_sign_in_is_whole(path, visit, watch):
    page = visit()
    page.goto(path)
    found = examine(page, watch)
    assert not found, "\n".join(found)
