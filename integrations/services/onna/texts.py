"""HTML as plain text: Onna shows a description as it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    "address article blockquote dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split()
)
UNSEEN = frozenset(("head", "script", "style", "template", "title"))
SPACES = re.compile(r"[ \t\r\f\v]+")
GAPS = re.compile(r"\n{3,}")


def plain(body: str, format: str) -> str:
    """A text as others can read it. Markdown is text already."""
    return text_of(body) if format == "html" else body


def text_of(html: str) -> str:
    """The words of HTML, blocks on lines of their own, addresses of links behind their words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (SPACES.sub(" ", line).strip() for line in "".join(reader.found).split("\n"))
    return GAPS.sub("\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[tuple[str, int]] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        elif tag == "br" or tag in BLOCKS:
            self.found.append("\n")
        if tag == "li":
            self.found.append("- ")
        if tag == "a":
            self.links.append((dict(attrs).get("href") or "", len(self.found)))

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in BLOCKS:
            self.found.append("\n")
        elif tag == "a" and self.links:
            address, begin = self.links.pop()
            words = "".join(self.found[begin:]).strip()
            if address.startswith(("http://", "https://")) and address != words:
                self.found.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.found.append(data.replace("\n", " "))
