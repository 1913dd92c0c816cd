"""Text and HTML of the StackOne wire: one content of two forms."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
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
TAG = re.compile(r"""(<[a-zA-Z/!?](?:[^<>"']|"[^"<]*"|'[^'<]*')*>)""")
TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
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
    """The words of HTML, blocks on lines of their own. Takes time by length, whatever it holds."""
    pieces: list[str] = []
    unseen = ""  # the element whose end is waited for
    for number, piece in enumerate(TAG.split(_without_comments(marked))):
        if number % 2 == 0:
            if not unseen:
                pieces.append(html.unescape(re.sub(r"\s+", " ", piece)).replace("\0", ""))
            continue
        name = TAG_NAME.match(piece)
        word, is_end = (name[2].lower(), bool(name[1])) if name else ("", False)
        if unseen:
            unseen = "" if is_end and word == unseen else unseen
        elif word in UNSEEN:
            unseen = "" if is_end else word
        elif word == "br":
            pieces.append("\n")
        elif word in BLOCKS:
            pieces.append("\0")
    lines = [" ".join(line.split()) for line in _in_blocks("".join(pieces)).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def format_of(name: str) -> str:
    """The format that the extension of a file name says."""
    found = re.search(r"\.([A-Za-z0-9]{1,12})$", name)
    return found[1].lower() if found and found[1].lower() in FORMATS else UNMAPPED


def _without_comments(marked: str) -> str:
    """An unclosed comment hides what follows it, as in browsers."""
    kept, at = [], 0
    while (start := marked.find("<!--", at)) >= 0:
        kept.append(marked[at:start])
        end = marked.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, marked[at:]])


def _in_blocks(text: str) -> str:
    """Ends of blocks as one line's end each, however many stand together."""
    blocks = [block.strip(" ") for block in text.split("\0")]
    return "\n".join(block for block in blocks if block)
