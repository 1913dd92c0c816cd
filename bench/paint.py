"""When a page is seen and how soon it answers, in Chromium at a helpdesk that runs on loopback.

    make run                     (or manage.py up; it prints who may sign in)
    .venv/bin/python bench/paint.py http://127.0.0.1:8000 maren@helpdesk.example PASSWORD

First contentful paint of list, ticket and home, first without a cache (a new browser context) and
then with one; bytes of style sheets and scripts as they came, compressed; and what a click or a
key needs until the next frame is painted, by the browser's own event timing. Medians of `--turns`.
"""

import argparse
import os
import shutil
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PAINT_MILLIS, ANSWER_MILLIS, BYTES = 600, 100, 90_000
OBSERVE = """
  globalThis.slowest = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) slowest = Math.max(slowest, one.duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
FRAMES = "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 50)))"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--turns", type=int, default=7)
    wanted = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {wanted.turns} turns")
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        missed = measure(browser, wanted)
        browser.close()
    return 1 if missed else 0


def measure(browser: Browser, wanted: argparse.Namespace) -> list[str]:
    """Print a line for every measure; the names of those that missed."""
    signed_in = sign_in(browser, wanted)
    with_page = signed_in.new_page()
    with_page.goto("/tickets/")
    ticket = with_page.locator(".ticket-subject").first.get_attribute("href")
    state, missed = signed_in.storage_state(), []
    for name, path in {"list": "/tickets/", "ticket": ticket, "home": "/home/"}.items():
        cold, warm = [], []
        for _turn in range(wanted.turns):
            context = browser.new_context(base_url=wanted.url, storage_state=state)
            page = context.new_page()
            for times in (cold, warm):
                page.goto(path, wait_until="load")
                while not (painted := page.evaluate(PAINTED)):
                    page.wait_for_timeout(20)
                times.append(painted)
            context.close()
        for kind, times in (("cold", cold), ("warm", warm)):
            missed += tell(f"first paint, {name}, {kind}", median(times), PAINT_MILLIS, "ms")
    missed += tell("style sheets and scripts", weight(browser, wanted, state, ticket), BYTES, "B")
    page = signed_in.new_page()
    for name, millis in answers(page, ticket, wanted.turns).items():
        missed += tell(name, millis, ANSWER_MILLIS, "ms")
    return missed


def sign_in(browser: Browser, wanted: argparse.Namespace) -> BrowserContext:
    context = browser.new_context(base_url=wanted.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(wanted.email)
    page.locator("input[name=password]").fill(wanted.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.close()
    return context


def weight(browser: Browser, wanted: argparse.Namespace, state: dict, ticket: str) -> int:
    """Compressed bytes of all style sheets and scripts of list and ticket, without their headers."""
    context = browser.new_context(base_url=wanted.url, storage_state=state)
    page = context.new_page()
    session, kinds, heads, sizes = context.new_cdp_session(page), {}, {}, {}

    def received(one: dict) -> None:
        kinds[one["requestId"]] = one["type"]
        heads[one["requestId"]] = one["response"]["encodedDataLength"]

    session.on("Network.responseReceived", received)
    session.on(
        "Network.loadingFinished",
        lambda one: sizes.update({one["requestId"]: one["encodedDataLength"]}),
    )
    session.send("Network.enable")
    for path in ("/tickets/", ticket):
        page.goto(path, wait_until="networkidle")
    context.close()
    return int(
        sum(
            max(0, size - heads[key])  # one that was kept has come before
            for key, size in sizes.items()
            if kinds.get(key) in ("Stylesheet", "Script")
        )
    )


def answers(page: Page, ticket: str, turns: int) -> dict[str, float]:
    """Milliseconds from a click or key to the next painted frame; 16 is the least that is told."""
    page.add_init_script(OBSERVE)
    acts = {
        "open the menu of the status": (
            ticket,
            lambda: page.locator("summary[data-key=s]").click(),
        ),
        "turn to the note": (ticket, lambda: page.locator("#composer .tabs label").nth(1).click()),
        "type a letter": (
            ticket,
            lambda: page.locator("#composer textarea[name=body]").press("a"),
        ),
        "select a row": ("/tickets/", lambda: page.locator("#bulk [name=ticket]").first.check()),
        "go to the next row": ("/tickets/", lambda: page.keyboard.press("j")),
    }
    found = {}
    for name, (path, act) in acts.items():
        times = []
        for _turn in range(turns):
            page.goto(path, wait_until="networkidle")
            page.evaluate("slowest = 0")
            act()
            page.evaluate(FRAMES)
            times.append(max(page.evaluate("slowest"), 16))
        found[name] = median(times)
    return found


def tell(name: str, found: float, limit: float, unit: str) -> list[str]:
    is_missed = found > limit
    print(f"{name:32}{found:10,.0f} of {limit:,} {unit}{'   MISSED' if is_missed else ''}")
    return [name] if is_missed else []


if __name__ == "__main__":
    raise SystemExit(main())
