"""HTML as plain text, for services that show a text as it is. Pure."""

from __future__ import annotations

import html
import re

BLOCKS = frozenset(
    "address article blockquote dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split()
)
UNSEEN = {
    name: re.compile(f"</{name}", re.IGNORECASE)
    for name in ("head", "script", "style", "template", "title")
}
TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
ADDRESS = re.compile(r"""href\s*=\s*["']?(https?://[^\s"'>]+)""", re.IGNORECASE)
SPACES = re.compile(r"[ \t\r\f\v]+")
GAPS = re.compile(r"\n{3,}")
LONGEST_TAG = 4000  # characters: of a longer one no address is read


def plain(body: str, format: str) -> str:
    """A text as others can read it. Markdown is text already."""
    return text_of(body) if format == "html" else body


def text_of(marked: str) -> str:
    """The words of HTML, blocks on lines of their own, addresses of links behind their words.

    Reads each character once, whatever it is given: the standard library's parser takes minutes
    for tags that nobody closes.
    """
    lines = "".join(_pieces(marked)).split("\n")
    return GAPS.sub("\n\n", "\n".join(SPACES.sub(" ", line).strip() for line in lines)).strip()


def _pieces(marked: str) -> list[str]:
    found: list[str] = []
    link, begin = "", 0
    at = 0
    while at < len(marked):
        start = marked.find("<", at)
        if start < 0:
            found.append(_words(marked[at:]))
            break
        found.append(_words(marked[at:start]))
        tag = TAG.match(marked, start)
        if tag is None:
            at = _after_other(marked, start, found)
            continue
        end = marked.find(">", tag.end())
        if end < 0:
            break  # a tag to the end: no words follow
        name, closes = tag[1].lower(), marked[start + 1] == "/"
        at = end + 1
        if name in UNSEEN and not closes:
            closing = UNSEEN[name].search(marked, at)
            at = closing.start() if closing else len(marked)
        elif name == "a" and closes:
            if link and link != "".join(found[begin:]).strip():
                found.append(f" ({link})")
            link = ""
        elif name == "a":
            said = ADDRESS.search(marked[start : min(end, start + LONGEST_TAG)])
            link, begin = html.unescape(said[1]) if said else "", len(found)
        elif name == "br" or name in BLOCKS:
            found.append("\n- " if name == "li" and not closes else "\n")
    return found


def _after_other(marked: str, start: int, found: list[str]) -> int:
    """Where it goes on after a comment or declaration, or after a sign that is only a sign."""
    if marked.startswith("<!--", start):
        end = marked.find("-->", start + 4)
        return len(marked) if end < 0 else end + 3
    if marked.startswith(("<!", "<?", "</"), start):
        end = marked.find(">", start)
        return len(marked) if end < 0 else end + 1
    found.append("<")
    return start + 1


def _words(text: str) -> str:
    return html.unescape(text).replace("\n", " ")
