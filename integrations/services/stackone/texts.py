"""Text and HTML of the StackOne wire: one content of two forms."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from integrations.services.stackone.words import UNMAPPED

BLOCKS = frozenset(
    "address article blockquote div dl dt dd fieldset footer form h1 h2 h3 h4 h5 h6 header hr li"
    " ol p pre section table tr ul".split()
)
# The usual ones among the many that the vendor lists.
FORMATS = frozenset(
    "7z avi bin bmp csv doc docx eml gif gz htm html ics jpeg jpg json log md mov mp3 mp4 msg odp"
    " ods odt ogg pdf png ppt pptx rar rtf svg tar tif tiff tsv txt vcf wav webm webp xls xlsx xml"
    " yaml zip".split()
)
UNSEEN = frozenset(("script", "style", "head", "title", "template"))
PLAIN_TAGS = re.compile(r"<(?!/?(?:p|br|div|span)\s*/?>)[a-z!/?]", re.IGNORECASE)


def write_content(body: str, body_format: str) -> list[dict[str, str]]:
    """A text in both forms. HTML goes as it is; of a plain text only the breaks are marked."""
    if not body:
        return []
    if body_format == "html":
        return [{"plain": text_of_html(body), "html": body}]
    return [{"plain": body, "html": html_of_text(body)}]


def read_content(content: Any) -> tuple[str, str] | None:
    """Body and format of what a reader is shown; None if nothing is said. Plain text wins."""
    if not isinstance(content, list):
        return None
    parts = [part for part in content if isinstance(part, Mapping)]
    plain = [str(part["plain"]) for part in parts if isinstance(part.get("plain"), str)]
    if any(one.strip() for one in plain):
        return "\n\n".join(one for one in plain if one), "plain"
    marked = [part["html"] for part in parts if isinstance(part.get("html"), str)]
    if any(one.strip() for one in marked):
        return "\n".join(one for one in marked if one), "html"
    return "", "plain"


def shown_text(body: str, body_format: str) -> str:
    """What a read shows in `plain` of a text that was written."""
    return text_of_html(body) if body_format == "html" else body


def repeats_text(plain: str, marked: str) -> bool:
    """Whether HTML says nothing beyond the plain text that comes with it."""
    return not PLAIN_TAGS.search(marked) and text_of_html(marked).split() == plain.split()


def html_of_text(text: str) -> str:
    paragraphs = re.split(r"\n{2,}", text.replace("\r\n", "\n"))
    return "".join(f"<p>{html.escape(one).replace(chr(10), '<br>')}</p>" for one in paragraphs)


def text_of_html(marked: str) -> str:
    """The words of HTML, blocks on lines of their own."""
    reader = _Words()
    reader.feed(marked)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def format_of(name: str) -> str:
    """The format that the extension of a file name says."""
    found = re.search(r"\.([A-Za-z0-9]{1,12})$", name)
    return found[1].lower() if found and found[1].lower() in FORMATS else UNMAPPED


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS:
            self._break()

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        if tag == "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _break(self) -> None:
        said = "".join(self.pieces[-3:])
        if said.strip() and not said.endswith("\n"):
            self.pieces.append("\n")
