"""Text of strangers: made safe to show, plain to read, and the same to search on every database.

Everything here is bounded: no input, however long or hostile, costs more than about a second.
"""

import re
import unicodedata
from collections.abc import Iterable
from html import unescape

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

PLAIN, MARKDOWN, HTML = "plain", "markdown", "html"

MARKDOWN_LIMIT = 50_000  # characters; longer text is shown as it was typed
HTML_LIMIT = 500_000  # characters; longer documents lose their layout
HTML_TAGS_LIMIT = 10_000  # parsing costs the square of their nesting
SEARCH_LIMIT = 200_000
TOKEN_LIMIT = 64
QUERY_LIMIT, QUERY_TERMS = 400, 16
MARKS_IN_A_ROW = 30  # what Unicode calls stream-safe; ordering more of them costs the square

# Showing ---------------------------------------------------------------------------------------


def render(body: str, format: str) -> SafeString:
    """A body of any of our formats as HTML that is safe to show."""
    renderers = {MARKDOWN: markdown_to_html, HTML: html_to_safe, PLAIN: plain_to_html}
    return renderers[format](body)


def plain_to_html(text: str) -> SafeString:
    """Escaped, with links made of addresses, a paragraph for each block, a break for each line."""
    blocks = re.split(r"\n[ \t]*\n\s*", text.strip("\n"))
    paragraphs = (_linked(block).replace("\n", "<br>\n") for block in blocks if block.strip())
    return mark_safe("\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))


def markdown_to_html(text: str) -> SafeString:
    """CommonMark with tables, strike-through and bare links; raw HTML is shown, never run."""
    if len(text) > MARKDOWN_LIMIT:
        return plain_to_html(text)
    return mark_safe(_MARKDOWN_CLEANER.clean(_MARKDOWN.render(text)))


def html_to_safe(html: str) -> SafeString:
    """What a stranger's HTML may show here: text, lists, tables and links, no remote picture."""
    if _is_too_large(html):
        return plain_to_html(_without_tags(html))
    return mark_safe(_CLEANER.clean(_without_images(_IMAGE_CLEANER.clean(html))))


def excerpt(text: str, length: int = 160) -> str:
    """The beginning in one line, cut between words where it can be."""
    line = " ".join(text[: length * 4].split())
    if len(line) <= length and len(text) <= length * 4:
        return line
    cut = line[:length]
    if " " in cut[length // 2 :]:
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip() + "…"


_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"'`\\^{}|]{1,2000}", re.IGNORECASE)


def _pieces(text: str) -> Iterable[tuple[str, bool]]:
    """The text cut into pieces, each told to be an address or not."""
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(".,:;!?*_~]")
        while address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1].rstrip(".,:;!?")
        yield text[end : match.start()], False
        yield address, True
        end = match.start() + len(address)
    yield text[end:], False


def _linked(text: str) -> str:
    return "".join(
        format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', piece, piece)
        if is_address
        else escape(piece)
        for piece, is_address in _pieces(text)
    )


def _link_tokens(text: str) -> list[Token]:
    tokens = []
    for piece, is_address in _pieces(text):
        words = Token("text", "", 0, content=piece)
        if is_address:
            opening = Token("link_open", "a", 1, attrs={"href": piece})
            tokens += [opening, words, Token("link_close", "a", -1)]
        elif piece:
            tokens.append(words)
    return tokens


def _link_bare_addresses(state) -> None:
    """A Markdown rule: addresses outside links become links."""
    for block in state.tokens:
        if "://" not in block.content or not block.children:
            continue
        depth, children = 0, []
        for token in block.children:
            depth += (token.type == "link_open") - (token.type == "link_close")
            bare = token.type == "text" and not depth and "://" in token.content
            children += _link_tokens(token.content) if bare else [token]
        block.children = children


def _image_as_link(renderer, tokens, index, options, env) -> str:
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env)
    return _image(str(token.attrGet("src") or ""), words, inside_link=False)


def _image(source: str, words: str, *, inside_link: bool) -> str:
    """What stands for a picture: its words, with a link to it where that is possible."""
    if inside_link or not source.lower().startswith(("http://", "https://")):
        return escape(words)
    return format_html('<a href="{}">{}</a>', source, words or _("Image"))


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})
_MARKDOWN.enable(["table", "strikethrough"])
_MARKDOWN.core.ruler.push("bare_addresses", _link_bare_addresses)
_MARKDOWN.add_render_rule("image", _image_as_link)

_TAGS = set(
    "a abbr b blockquote br caption cite code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li"
    " mark ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr u ul"
    " var".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_SILENCED = set(
    "script style title template svg math iframe object embed noscript noembed noframes applet xmp"
    " audio video canvas select head".split()
)
_SCHEMES = {"http", "https", "mailto", "tel"}


def _plain_value(tag: str, name: str, value: str) -> str:
    """Attribute values without the characters that delimit tags, so that tags can be matched."""
    delimiters = '"<>'
    return value.translate(
        str.maketrans(delimiters, "'‹›")
        if name in ("alt", "title")
        else {ord(character): f"%{ord(character):X}" for character in delimiters}
    )


def _cleaner(**options) -> nh3.Cleaner:
    common = {
        "clean_content_tags": _SILENCED,
        "url_schemes": _SCHEMES,
        "url_relative": "deny",
        "link_rel": "noopener noreferrer nofollow",
    }
    return nh3.Cleaner(**common | options)


_CLEANER = _MARKDOWN_CLEANER = _cleaner(tags=_TAGS, attributes=_ATTRIBUTES)
_IMAGE_CLEANER = _cleaner(
    tags=_TAGS | {"img"},
    attributes=_ATTRIBUTES | {"img": {"src", "alt", "width", "height"}},
    attribute_filter=_plain_value,
)
_TEXT_CLEANER = _cleaner(
    tags=_TAGS, attributes={"a": {"href"}}, attribute_filter=_plain_value, link_rel=None
)
_START_TAG = re.compile(r"<[a-z]", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_LINK_OR_IMAGE = re.compile(r"<a[ >]|</a>|<img(?: [^<>]*)?>")
_ATTRIBUTE = re.compile(r'(src|alt|width|height)="([^"]*)"')


def _is_too_large(html: str) -> bool:
    return len(html) > HTML_LIMIT or len(_START_TAG.findall(html)) > HTML_TAGS_LIMIT


def _without_tags(html: str) -> str:
    return unescape(_ANY_TAG.sub(" ", html[: HTML_LIMIT * 2]))


def _without_images(html: str) -> str:
    """Pictures of clean HTML replaced by words and links; tracking pixels by nothing."""
    depth = 0

    def replaced(match: re.Match) -> str:
        nonlocal depth
        if not match[0].startswith("<img"):
            depth += -1 if match[0] == "</a>" else 1
            return match[0]
        values = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[0])}
        if values.get("width") in ("0", "1") or values.get("height") in ("0", "1"):
            return ""
        return _image(values.get("src", ""), values.get("alt", ""), inside_link=depth > 0)

    return _LINK_OR_IMAGE.sub(replaced, html)


# Reading as plain text -------------------------------------------------------------------------


def to_text(body: str, format: str) -> str:
    """A body of any of our formats as plain text."""
    if format == PLAIN:
        return body
    return html_to_text(markdown_to_html(body) if format == MARKDOWN else body)


def html_to_text(html: str) -> str:
    """The words with line breaks, list marks and link targets."""
    if _is_too_large(html):
        return _tidy(_without_tags(html))
    text = re.sub(r"\s+", " ", _TEXT_CLEANER.clean(_without_images(_IMAGE_CLEANER.clean(html))))
    text = _LINK.sub(_link_as_text, text)
    text = re.sub(r"<li[^<>]*>", "\n- ", text)
    text = re.sub(r"<br>|</?(?:div|tr|dt|dd|li|caption|hr)(?: [^<>]*)?>", "\n", text)
    text = re.sub(r"</?(?:p|h[1-6]|blockquote|pre|table|ul|ol|dl)(?: [^<>]*)?>", "\n\n", text)
    text = re.sub(r"</t[dh]>", "\t", text)
    return _tidy(unescape(_ANY_TAG.sub("", text)))


_LINK = re.compile(r'<a href="([^"<>]*)">((?:(?!<a[ >]|</a>).)*)</a>')


def _link_as_text(match: re.Match) -> str:
    target, words = unescape(match[1]), match[2]
    shown = unescape(_ANY_TAG.sub("", words)).strip()
    if not shown:
        return escape(target)
    is_said = shown.rstrip("/") in (target.rstrip("/"), target.removeprefix("mailto:"))
    return words if is_said else f"{words} ({escape(target)})"


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \xa0]+", " ", line).strip(" ").rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# Storing ---------------------------------------------------------------------------------------


def normalise(text: str) -> str:
    """Text as it is stored: composed (NFC), no NUL, no half surrogates, line ends as \\n."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _stream_safe(_SURROGATE.sub("\ufffd", text)))


def one_line(text: str) -> str:
    """A name or title: normalised, in one line, without marks that turn writing about."""
    return " ".join(_INVISIBLE.sub("", normalise(text)).split())


def fold(text: str) -> str:
    """The form by which text is compared and sorted, whatever the database."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _stream_safe(text)).casefold()
    return unicodedata.normalize("NFKC", text)


_SURROGATE = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def _stream_safe(text: str) -> str:
    """No more than MARKS_IN_A_ROW combining marks in a row; the rest of them are dropped."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


# Searching -------------------------------------------------------------------------------------


def search_tokens(text: str, limit: int = SEARCH_LIMIT) -> str:
    """The words of a text for a full-text index, joined by blanks, at most `limit` characters.

    Folded, without accents, letters and digits only: every index splits them alike. Writing
    without blanks between words (Chinese, Japanese, Korean, Thai …) is one token a character.
    """
    if len(text) > limit:
        text = "".join(text[: limit + 1].rsplit(None, 1)[:1])
    joined = " ".join(_tokens(text))
    if len(joined) <= limit:
        return joined
    return joined[: limit + 1].rpartition(" ")[0]


def search_query_terms(text: str) -> list[list[str]]:
    """What a person types, as terms to be found all; each a list of tokens in that order.

    A quoted phrase is one term, as is a word that `search_tokens` would split.
    """
    terms = []
    for quoted, bare in _QUERY_PART.findall(text[:QUERY_LIMIT]):
        tokens = _tokens(quoted or bare)
        if tokens and tokens not in terms:
            terms.append(tokens)
    return terms[:QUERY_TERMS]


_QUERY_PART = re.compile(r"[\"“”„«»]([^\"“”„«»]*)[\"“”„«»]?|([^\s\"“”„«»]+)")
_SOLID = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_SOLID += "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(f"[{_SOLID}]|[^\\W_{_SOLID}]+")


def _tokens(text: str) -> list[str]:
    if not text.isascii():
        text = _without_accents(_without_accents(_stream_safe(text)).casefold())
    return [token[:TOKEN_LIMIT] for token in _TOKEN.findall(text.lower())]


def _without_accents(text: str) -> str:
    split = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in split if unicodedata.category(character)[0] != "M")
    return unicodedata.normalize("NFC", bare)
