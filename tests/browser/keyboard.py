"""Hands that have no mouse: what is reached with Tab, and what is typed there."""

from playwright.sync_api import Locator, Page

STOPS = 250  # more than any page of ours has


class Keyboard:
    """Works on a page by keys alone."""

    def __init__(self, page: Page):
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def reach(self, wanted: Locator) -> None:
        """Go on with Tab until this has the focus; fail if a whole round does not meet it.

        It is looked for at each stop: a form may be drawn anew on the way.
        """
        wanted.wait_for(state="attached")
        for _ in range(STOPS):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {wanted}")

    def fill(self, wanted: Locator, words: str) -> None:
        """Go there and write over what stands there."""
        self.reach(wanted)
        self.press("Control+A")
        self.type(words)

    def choose(self, wanted: Locator, *keys: str) -> None:
        """Go there and press: Enter, if nothing else is said."""
        self.reach(wanted)
        self.press(*(keys or ("Enter",)))
