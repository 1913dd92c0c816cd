"""Where the words of a search stand in a text: marked, and cut out with what is around them."""

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from helpdesk.text import search_query_terms, search_tokens

LONGEST = 20_000  # characters of a text that are looked through


def marked(text: str, words: str) -> SafeString:
    """The text, safe to show, with `<mark>` around the beginnings of words that were searched."""
    return _with_marks(text, _places(text, words))


def snippet(text: str, words: str, length: int = 160) -> SafeString | None:
    """A line around the first of the words, or None where none of them stands."""
    line = " ".join(text[:LONGEST].split())
    places = _places(line, words)
    if not places:
        return None
    start = max(0, places[0][0] - length // 3)
    if start:
        start = line.find(" ", start, places[0][0]) + 1 or start
    end = min(len(line), start + length)
    inside = [(first - start, last - start) for first, last in places if start <= first < end]
    body = _with_marks(line[start:end], inside)
    before, after = "…" if start else "", "…" if end < len(line) else ""
    return format_html("{}{}{}", before, body, after)


def _places(text: str, words: str) -> list[tuple[int, int]]:
    """Start and end of what was found, in order. Compared as the index compares: without case
    and accents; a phrase by each of its words."""
    wanted = [token for term in search_query_terms(words) for token in term]
    if not wanted:
        return []
    found, at = [], 0
    for word in _words(text[:LONGEST]):
        start = text.index(word, at)
        at = start + len(word)
        plain = search_tokens(word).replace(" ", "")
        fitting = [len(one) for one in wanted if plain.startswith(one)]
        if fitting:
            is_even = len(plain) == len(word)
            found.append((start, start + max(fitting) if is_even else at))
    return found


def _words(text: str) -> list[str]:
    """Runs of letters and digits; every other sign parts them."""
    return "".join(one if one.isalnum() or _is_mark(one) else " " for one in text).split()


def _is_mark(character: str) -> bool:
    return "\u0300" <= character <= "\u036f"


def _with_marks(text: str, places: list[tuple[int, int]]) -> SafeString:
    parts, at = [], 0
    for start, end in places:
        parts.append((conditional_escape(text[at:start]), text[start:end]))
        at = end
    marks = format_html_join("", "{}<mark>{}</mark>", parts)
    return format_html("{}{}", marks, text[at:])
