"""A message as it was sent, with its own layout: in a frame that may do nothing.

The document has an address and a policy of its own: no script, no form, no address that a
sandboxed frame could share, no picture from elsewhere until the reader asks. It is cleaned before,
so that what would lead the frame away (a refresh, a base) is not there either.
"""

from functools import cache

import nh3
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent
from helpdesk.models import Comment, Format, Ticket
from helpdesk.text import HTML_LIMIT, html_to_text
from helpdesk.web.ticket_page import ticket_or_404

NONE, SELF = "'none'", "'self'"
POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
REMOTE = ["data:", "https:", "http:"]
HEAD = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    "<style>body{margin:12px;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}pre{white-space:pre-wrap}</style>"
)


def original_of(comment: Comment) -> str | None:
    """The HTML of a message as it came, or None. Where else originals are kept, ask here."""
    if comment.is_redacted or comment.format != Format.HTML:
        return None
    return comment.body


@require_safe
@agent
def original(request: HttpRequest, number: int, uuid: str) -> HttpResponse:
    """The page around the frame; `?images=1` fetches its pictures."""
    ticket, comment, html = _found(request, number, uuid)
    context = {
        "ticket": ticket,
        "comment": comment,
        "with_images": request.GET.get("images") == "1",
        "has_images": "<img" in html.lower(),
    }
    return render(request, "tickets/original.html", context)


@require_safe
@agent
@xframe_options_sameorigin
@csp_replace(POLICY)
def document(request: HttpRequest, number: int, uuid: str) -> HttpResponse:
    """What stands in the frame."""
    _ticket, _comment, html = _found(request, number, uuid)
    response = HttpResponse(HEAD + _cleaned(html))
    if request.GET.get("images") == "1":
        response._csp_update = {"img-src": REMOTE}
    response["Referrer-Policy"] = "no-referrer"
    return response


def _found(request: HttpRequest, number: int, uuid: str) -> tuple[Ticket, Comment, str]:
    ticket = ticket_or_404(request, number)
    rows = Comment.objects.shown_to(request.actor).filter(ticket=ticket)
    comment = get_object_or_404(rows.select_related("author"), uuid=uuid)
    html = original_of(comment)
    if html is None:
        raise Http404
    return ticket, comment, html


def _cleaned(html: str) -> str:
    if len(html) > HTML_LIMIT:
        return f"<pre>{escape(html_to_text(html))}</pre>"
    return _cleaner().clean(html)


@cache
def _cleaner() -> nh3.Cleaner:
    """Layout, pictures and inline style; nothing that runs, frames, sends or leads away."""
    attributes = {name: set(kept) for name, kept in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = {"style", "class", "dir", "lang", "align", "valign", "width", "height"}
    attributes["*"] |= {"bgcolor", "border", "cellpadding", "cellspacing", "color"}
    attributes["a"] = {"href", "title"}
    attributes["img"] = {"src", "alt", "title", "width", "height"}
    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | {"font", "center"},
        clean_content_tags={"script", "style", "title", "template", "noscript", "svg", "math"},
        attributes=attributes,
        attribute_filter=_opened_apart,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _opened_apart(tag: str, name: str, value: str) -> str | None:
    """Data addresses are for pictures alone."""
    is_data = value.strip().lower().startswith("data:")
    return None if is_data and not (tag == "img" and name == "src") else value
