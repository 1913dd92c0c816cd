"""Looks at a page as a stranger with good and with bad eyes would: structure, width, axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.watching import Watch

WIDTHS = (1440, 1024, 390)
AXE_WIDTHS = (1440, 390)
AXE = Axe()
EVERYTHING = {"preload": False, "resultTypes": ["violations"]}
COLOURS = EVERYTHING | {"runOnly": ["color-contrast"]}
GRAVE = ("serious", "critical")


def examine(page: Page, watch: Watch, *, skip_first: bool = True) -> list[str]:
    """What is wrong with the page that is shown, at every width, light and dark.

    Without `skip_first` the focus was moved by the page itself, as to a summary of errors.
    """
    found = structure(page, skip_first)
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


def structure(page: Page, skip_first: bool) -> list[str]:
    """One heading of the first rank, one main landmark, and the way to skip to it comes first."""
    found = []
    for selector in ("h1", "main"):
        if (count := page.locator(f"{selector}:visible").count()) != 1:
            found.append(f"{count} {selector}")
    if not page.title().strip():
        found.append("no title")
    if page.locator("a.skip").count() and skip_first:
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.matches('a.skip')"):
            found.append("the first stop is not the way to skip to the content")
    elif skip_first and page.locator("nav:visible").count():
        found.append("no way to skip the navigation")
    return found


def grave(page: Page, watch: Watch) -> list[str]:
    """What is serious or critical on a page that others made: the administration, the API's."""
    found = []
    for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        for width in AXE_WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            with watch.deaf():
                lines = violations(page, rules, GRAVE)
            found += [f"{scheme} at {width}: {words}" for words in lines]
    return found
