"""What goes wrong in a browser while a test drives it: errors, refused content, dialogs."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request, Response

SAID_BY_ANSWERS = "Failed to load resource"  # the same is heard with its address as an answer
LEFT_EARLY = "net::ERR_ABORTED"  # the page was left before this arrived: no fault


@dataclass
class Watch:
    """Listens to pages. What is not `expected` is a fault of the product."""

    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)  # statuses of refusals that a test provokes

    @contextmanager
    def deaf(self):
        """For what a tool of the tests does to a page, not the page itself."""
        heard = len(self.faults)
        try:
            yield
        finally:
            del self.faults[heard:]

    def over(self, page: Page) -> Page:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._note(page, f"script: {error}"))
        page.on("dialog", self._opened)
        page.on("response", self._answered)
        page.on("requestfailed", self._failed)
        return page

    def expect(self, *statuses: int) -> None:
        self.expected |= set(statuses)

    def _note(self, page: Page, words: str) -> None:
        self.faults.append(f"{page.url}: {words}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and SAID_BY_ANSWERS not in message.text:
            self.faults.append(f"{message.location.get('url', '')}: console: {message.text}")

    def _opened(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT_EARLY:
            self.faults.append(f"{request.url}: {request.failure}")
