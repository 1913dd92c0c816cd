"""The list from which a ticket was opened, kept through all that is done on its page."""

from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest

from helpdesk.addresses import address

LONGEST = 4_000


def listed(request: HttpRequest) -> str:
    """The parameters of that list: the page's own `list`, else those of the page one comes from,
    which is the list itself or the ticket's page with them; empty where there was none."""
    if "list" in request.GET:
        return request.GET["list"][:LONGEST]
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.path == address("tickets"):
        return came_from.query[:LONGEST]
    return (parse_qs(came_from.query).get("list") or [""])[0][:LONGEST]


def in_list(request: HttpRequest) -> str:
    """The parameter that keeps the list, with its question mark, or nothing."""
    words = listed(request)
    return "?" + urlencode({"list": words}) if words else ""


def with_list(request: HttpRequest) -> str:
    """The address of a ticket that was opened from a table without script, with that list: the
    forms of its page come from that address. Empty where it says so already, or there is none."""
    is_split = request.user.preferences.get("layout") == "split"
    came_from = urlsplit(request.headers.get("Referer", ""))
    if is_split or "list" in request.GET or came_from.path != address("tickets"):
        return ""
    here = request.GET.copy()
    here["list"] = came_from.query[:LONGEST]
    return f"{request.path}?{here.urlencode()}" if came_from.query else ""
