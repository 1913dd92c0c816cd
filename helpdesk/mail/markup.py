"""HTML of a message as text, what it repeats of earlier ones told apart by the marks of clients."""

import re

from helpdesk.folding import QUOTE, SIGNATURE, Fold, folds_in
from helpdesk.text import html_to_text

READ = 500_000  # characters
# Where a client begins what it repeats. Those in `_TO_THE_END` have nothing of the sender below.
_QUOTES = re.compile(
    r"<(?:div|blockquote|span|section)\b[^<>]{0,300}?(?:class|type|id)\s*=\s*[\"']?"
    r"(?:gmail_quote|gmail_extra|cite\b|moz-cite-prefix|yahoo_quoted|protonmail_quote|zmail_extra"
    r"|moz-forward-container|tutanota_quote|ydp[0-9a-f]{1,12}yahoo_quoted)[^<>]{0,300}>",
    re.IGNORECASE,
)
_TO_THE_END = re.compile(
    r"<(?:div|hr|table|p|a)\b[^<>]{0,300}?(?:"
    r"(?:id|name)\s*=\s*[\"']?(?:x_)?(?:divRplyFwdMsg|appendonsend|_MailOriginal|isReplyContent"
    r"|mail-editor-reference-message-container|ms-outlook-mobile-body-separator-line"
    r"|origbody|stopSpelling|zwchr|reply-intro)"
    r"|class\s*=\s*[\"']?(?:x_)?(?:OutlookMessageHeader|ms-outlook-mobile-reference-message)"
    r"|style\s*=\s*[\"'][^\"'<>]{0,200}border-top:\s?solid #(?:E1E1E1|B5C4DF) 1)[^<>]{0,300}>",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"<(?:div|span|pre|table)\b[^<>]{0,300}?(?:class|id)\s*=\s*[\"']?(?:x_)?"
    r"(?:gmail_signature|moz-signature|Signature\b|ms-outlook-mobile-signature"
    r"|protonmail_signature_block|AppleMailSignature)[^<>]{0,300}>",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"<(/?)blockquote\b[^<>]{0,400}>", re.IGNORECASE)


def text_of_html(html: str) -> tuple[str, list[Fold]]:
    """The words, and which of them are quotes or a signature."""
    pieces = _pieces(html[:READ])
    if len(pieces) == 1:
        text = html_to_text(html)
        return text, folds_in(text)
    text, folds = "", []
    for piece, kind in pieces:
        said = html_to_text(piece)
        if not said:
            continue
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{said}" if text else said
        if kind:
            folds.append(Fold(start, len(text), kind))
    shown = sum(one.end - one.start for one in folds) < len(text.strip())
    return text, folds if shown else []


def _pieces(html: str) -> list[tuple[str, str]]:
    """The document cut where the sender's words end and begin again: `(html, kind or "")`."""
    quote, rest = _QUOTES.search(html), _TO_THE_END.search(html)
    ends = [one.start() for one in (quote, rest) if one is not None]
    own = html[: min(ends)] if ends else html
    pieces = _signed(own)
    if not ends:
        return pieces
    if rest is not None and rest.start() == min(ends):
        return [*pieces, (html[rest.start() :], QUOTE)]
    depth, at = 0, quote.start()
    for tag in _BLOCK.finditer(html, quote.start()):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth == 0 and tag[1]:
            pieces.append((html[at : tag.end()], QUOTE))
            at = tag.end()
            following = _BLOCK.search(html, at)
            if following is not None and not following[1]:
                pieces += _signed(html[at : following.start()])
                at = following.start()
    if at == quote.start() or depth:
        return [*pieces, (html[at:], QUOTE)]
    return [*pieces, *_signed(html[at:])]


def _signed(html: str) -> list[tuple[str, str]]:
    mark = _SIGNED.search(html)
    if mark is None:
        return [(html, "")]
    return [(html[: mark.start()], ""), (html[mark.start() :], SIGNATURE)]
