"""A message as it is shown: what it quotes of earlier ones, at its end, is folded away."""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from helpdesk.folding import kept_folds, render_folded
from helpdesk.models import Format
from helpdesk.templatetags.look import icon
from helpdesk.text import render

_EDGE = re.compile(r"</?blockquote>")
_TAG = re.compile(r"<[^<>]*>")
_LINE_END = re.compile(r"<br>|</(?:p|div|li|tr|h[1-6])>")
_QUOTED = re.compile(r"(?:^[ \t]*>[^\n]*(?:\n|\Z)|^[ \t]*\n)+\Z", re.MULTILINE)


def shown(body: str, body_format: str, extra: dict | None = None) -> SafeString:
    """Safe HTML in which quoted text stands in a `<details>`: what was found when it came by mail
    (`extra`), else what stands at the end."""
    if body_format == Format.PLAIN:
        if folds := kept_folds(body, extra):
            return render_folded(body, folds)
        return _plain(body)
    html = render(body, body_format)
    return _folded(html) if "<blockquote>" in html else html


def _plain(body: str) -> SafeString:
    text = body.rstrip() + "\n"
    match = _QUOTED.search(text) if ">" in text else None
    if match is None or not text[: match.start()].strip() or not match[0].strip():
        return render(body, Format.PLAIN)
    own, quoted = (render(one, Format.PLAIN) for one in (text[: match.start()], match[0]))
    return own + _details(quoted, match[0].strip().count("\n") + 1)


def _folded(html: SafeString) -> SafeString:
    """Folds the last blockquote of clean HTML if nothing but its tags' ends come after it."""
    edges = list(_EDGE.finditer(html))
    last = edges[-1]
    if last[0] != "</blockquote>" or _TAG.sub("", html[last.end() :]).strip():
        return html
    depth = 0
    for edge in reversed(edges):
        depth += 1 if edge[0] == "</blockquote>" else -1
        if depth == 0:
            start = edge.start()
            break
    else:
        return html
    before, quoted, after = html[:start], html[start : last.end()], html[last.end() :]
    if not _TAG.sub("", before).strip():
        return html  # a message that says nothing else
    lines = max(1, len(_LINE_END.findall(quoted)))
    return mark_safe(before + _details(mark_safe(quoted), lines) + after)  # parts of clean HTML


def _details(quoted: SafeString, lines: int) -> SafeString:
    words = ngettext("Show quoted text, %(count)d line", "Show quoted text, %(count)d lines", lines)
    return format_html(
        '<details class="quoted"><summary>{}{}</summary>{}</details>',
        icon("chevron-right"),
        words % {"count": lines},
        quoted,
    )
