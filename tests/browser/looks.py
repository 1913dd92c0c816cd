"""Looks at a page as a stranger with good and with bad eyes would: structure, width, axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from tests.browser.watching import Watch

WIDTHS = (1440, 1024, 390)
AXE = Axe()
RUN_AXE = """([part, options]) =>
  axe.run(part ?? document, options).then((found) => found.violations)"""
EVERYTHING = {"preload": False, "resultTypes": ["violations"]}
COLOURS = EVERYTHING | {"runOnly": ["color-contrast"]}
GRAVE = ("serious", "critical")
FOCUS_IS_SEEN = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "nothing has the focus";
  const box = one.getBoundingClientRect();
  const words = one.outerHTML.slice(0, 90);
  if (!box.width || !box.height) return `${words} has the focus and no size`;
  const isLined = (style) => style.opacity !== "0" && style.outlineStyle !== "none"
    && parseFloat(style.outlineWidth) > 0;
  const around = [one, one.closest("label"), one.closest(".composer")].filter(Boolean);
  const lined = around.some((part) => isLined(getComputedStyle(part)))
    || isLined(getComputedStyle(one, "::after")); // a link may be as large as its row
  const field = one.matches("input, textarea, select");
  const inset = field && getComputedStyle(one).boxShadow !== "none";
  return lined || inset ? "" : `${words} does not show its focus`;
}"""


def examine(page: Page, watch: Watch, *, skip_first: bool = True) -> list[str]:
    """What is wrong with the page that is shown, at every width, light and dark.

    Without `skip_first` the focus was moved by the page itself, as to a summary of errors.
    """
    return structure(page, skip_first) + at_every_width(page, watch)


def at_every_width(page: Page, watch: Watch) -> list[str]:
    """What leaves the page and what axe finds; the dark only has other colours."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += overflow(page, width)
        for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            with watch.deaf():  # axe tries inline styles, which our policy refuses
                found += [f"{scheme} at {width}: {words}" for words in violations(page, rules)]
    return found


def violations(
    page: Page, options: dict, impacts: tuple = (), part: Locator | None = None
) -> list[str]:
    """What axe finds on the page or in a part of it, as lines of rule, element and words."""
    lines = []
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.axe_script)  # half a megabyte: once a page
    for rule in page.evaluate(RUN_AXE, [part.element_handle() if part else None, options]):
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
          .filter(one => one.checkVisibility())
          .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
          .slice(0, 5).map(one => one.tagName + '.' + one.className)"""
    )
    return [f"wider than {width}: {', '.join(wide)}"] if wide else []


def outside(part: Locator, width: int) -> list[str]:
    """Whether a part leaves the window sideways."""
    box = part.bounding_box()
    is_inside = box["x"] > -1 and box["x"] + box["width"] < width + 1
    return [] if is_inside else [f"outside at {width}: {box}"]


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
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            with watch.deaf():
                lines = violations(page, rules, GRAVE)
            found += [f"{scheme} at {width}: {words}" for words in lines]
    return found
