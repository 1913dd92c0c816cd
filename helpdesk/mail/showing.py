"""A message as it may be shown: its original as text, and its own HTML, cleaned each time, with
pictures from elsewhere only if asked."""

import re
from collections.abc import Mapping
from html import unescape

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from helpdesk.mail import parsing
from helpdesk.mail.store import raw_of
from helpdesk.models import StoredMessage
from helpdesk.text import HTML_LIMIT, HTML_TAGS_LIMIT, plain_to_html, to_text

TOO_SLOW = "too slow"  # why a message is held back, see `story.REASONS`
SOURCE_LIMIT = 2 * 1024 * 1024  # bytes of an original that are shown
TAGS = set(
    "a abbr b blockquote br caption center cite code col colgroup dd del div dl dt em font h1 h2 h3"
    " h4 h5 h6 hr i img ins kbd li mark ol p pre q s small span strike strong sub sup table tbody"
    " td tfoot th thead tr u ul var".split()
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
    "*": {"dir", "lang"},
}
SILENCED = set(
    "script style title template svg math iframe object embed noscript noembed noframes applet xmp"
    " audio video canvas select textarea head".split()
)
_NAMELESS = re.compile(r"<img(?![^<>]*\balt=)")  # in clean HTML
_SPELT = r"\s*".join("script")  # browsers overlook blanks within it
_LEADS = rf"=\s*[\"']?\s*(?:j\s*a\s*v\s*a|v\s*b)\s*{_SPELT}\s*:"
_WAYS_TO_RUN = rf"<script\b|<[^<>]{{1,2000}}\son[a-z]{{3,20}}\s*=|{_LEADS}"
_ELSEWHERE = r"<img\b[^<>]{0,2000}?\ssrc\s*=\s*[\"']?\s*https?:"
CLEANED = {  # what is never shown, or not at once, by what it looks like
    "scripts": re.compile(_WAYS_TO_RUN, re.IGNORECASE),
    "forms": re.compile(r"<(?:form|input|button|select|textarea)\b", re.IGNORECASE),
    "embedded": re.compile(
        r"<(?:i?frame|object|embed|applet|svg|math|audio|video|canvas)\b", re.IGNORECASE
    ),
    "styles": re.compile(r"<(?:style|link)\b|\sstyle\s*=", re.IGNORECASE),
    "pictures": re.compile(_ELSEWHERE, re.IGNORECASE),
}
INLINE = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,")


def source_of(message: StoredMessage) -> str | None:
    """The original as text, cut where it is long; None once it is no longer kept."""
    raw = raw_of(message)
    if not raw:
        return None
    words = raw[:SOURCE_LIMIT].decode("utf-8", "replace").replace("\0", "\ufffd")
    if len(raw) > SOURCE_LIMIT:
        words += "\n\n" + _("… and %(more)s bytes more.") % {"more": len(raw) - SOURCE_LIMIT}
    return words


def read_again(message: StoredMessage, raw: bytes) -> parsing.Mail | None:
    """What a message says, unless it is no longer kept, or reading it took too long before."""
    if not raw or (message.story or {}).get("reason") == TOO_SLOW:
        return None
    return parsing.read(raw, message.came_at)


def cleaned_away(html: str) -> dict[str, int]:
    """What `shown` leaves out of a document, by the names of CLEANED, and how often it is there."""
    if not html:
        return {}
    plain = re.sub(r"[\t\r\n\0]", " ", unescape(html[:HTML_LIMIT]))
    found = {name: len(pattern.findall(plain)) for name, pattern in CLEANED.items()}
    return {name: number for name, number in found.items() if number}


def shown(html: str, pictures: Mapping[str, str], *, with_remote: bool) -> tuple[SafeString, int]:
    """The cleaned document, and how many pictures from elsewhere were held back.

    `pictures` maps a Content-ID to the address of the file here.
    """
    if len(html) > HTML_LIMIT or html.count("<") > HTML_TAGS_LIMIT:
        return plain_to_html(to_text(html, "html")), 0
    held_back = 0

    def attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal held_back
        if (tag, name) != ("img", "src"):
            return value
        source = value.strip()
        if source.lower().startswith("cid:"):
            return pictures.get(source[4:].strip("<>"))
        if source.lower().startswith(INLINE):
            return source
        if source.lower().startswith(("https://", "http://")):
            held_back += not with_remote
            return source if with_remote else None
        return None

    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=SILENCED,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    described = _NAMELESS.sub('<img alt=""', clean)
    return mark_safe(described), held_back
