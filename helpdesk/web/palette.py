"""The palette: one box for tickets, people, views, pages, and what to do with a ticket.

`q` holds the words: a number jumps, `>` leaves only actions. `on` is the ticket that is open or
current, `selected` how many rows are; `recent` the numbers that the browser saw last.
"""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from helpdesk import search
from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.doors.patience import TooSlow, patience
from helpdesk.lookup import number_of
from helpdesk.models import ReadMark, Ticket
from helpdesk.templatetags.look import avatar, capped, icon, status_glyph
from helpdesk.text import fold, search_query_terms
from helpdesk.web.highlighting import marked
from helpdesk.web.palette_actions import actions_on, actions_on_selected
from helpdesk.web.people_found import address_of, people_found
from helpdesk.web.setting_pages import KINDS, is_setter
from helpdesk.web.shell import Shell

LONGEST = 200
TICKETS, PEOPLE, PAGES, ACTIONS = 6, 4, 5, 4
ALL_ACTIONS = 60
RECENT = 6


@dataclass(frozen=True)
class Item:
    """One line that leads to an address; `number` is a ticket's."""

    words: SafeString | str
    sign: SafeString | str = ""
    detail: str = ""
    url: str = ""
    number: str = ""


@dataclass
class Section:
    label: str
    items: list = field(default_factory=list)


@require_safe
@agent
def go(request: HttpRequest) -> HttpResponse:
    """The layer with `layer=1`, its list for htmx, a page of its own for everybody else."""
    typed = request.GET.get("q", "").strip()[:LONGEST]
    is_fragment = wants_fragment(request)
    ticket = _ticket(request)
    found = _jump(request, typed)
    if found and not is_fragment:
        return redirect("ticket", number=found.pk)
    sections = _sections(request, typed, ticket, found)
    context = {
        "q": typed,
        "on": ticket,
        "selected": _selected(request),
        "sections": [one for one in sections if one.items],
        "is_layer": is_fragment,
        "is_open": request.GET.get("open") == "1",
        "words": typed.removeprefix(">").strip(),
    }
    partial = ("#layer" if "layer" in request.GET else "#results") if is_fragment else ""
    response = render(request, f"palette/go.html{partial}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _sections(
    request: HttpRequest, typed: str, ticket: Ticket | None, found: Ticket | None
) -> list[Section]:
    only_actions = typed.startswith(">")
    words = typed.removeprefix(">").strip()
    if only_actions:
        return _actions(request, words, ticket, ALL_ACTIONS)
    if not words:
        recent = Section(_("Recent tickets"), [_line(one, "") for one in _recent(request)])
        return [recent, *_actions(request, "", ticket, ACTIONS), _pages(request, "")]
    if found:
        return [Section(_("Go to"), [_line(found, "")])]
    people = [
        Item(marked(str(one), words), avatar(one, 20), one.email_written, address_of(one))
        for one in people_found(request.actor, words, PEOPLE)
    ]
    return [
        Section(_("Tickets"), [_line(one, words) for one in _tickets(request, words)]),
        *_actions(request, words, ticket, ACTIONS),
        Section(_("People"), people),
        _pages(request, words),
    ]


# Tickets -----------------------------------------------------------------------------------------


def _ticket(request: HttpRequest) -> Ticket | None:
    number = number_of(request.GET.get("on", ""))
    if number is None:
        return None
    return Ticket.objects.visible_to(request.actor).filter(pk=number).first()


def _selected(request: HttpRequest) -> int:
    return min(number_of(request.GET.get("selected", "")) or 0, 1000)


def _jump(request: HttpRequest, typed: str) -> Ticket | None:
    number = search.number_in(typed)
    if number is None:
        return None
    return _shown(Ticket.objects.visible_to(request.actor).filter(pk=number)).first()


def _shown(rows):
    return rows.select_related("requester", "organisation").defer("body")


def _tickets(request: HttpRequest, words: str) -> list[Ticket]:
    """The newest that hold the words. Of what takes too long nothing: the search page says why."""
    if not search_query_terms(words):
        return []
    rows = search.matching(Ticket.objects.visible_to(request.actor), words, request.actor)
    try:
        with patience():
            return list(_shown(rows).order_by("-last_activity_at", "-pk")[:TICKETS])
    except TooSlow:
        return []


def _recent(request: HttpRequest) -> list[Ticket]:
    """As the browser remembers them; without script, those that were first read last."""
    visible = _shown(Ticket.objects.visible_to(request.actor))
    said = request.GET.get("recent", "")[:400].split(",")
    numbers = [number for one in said if (number := number_of(one))][:RECENT]
    if not numbers:
        marks = ReadMark.objects.filter(person=request.actor.person_id).order_by("-pk")
        numbers = list(marks.values_list("ticket_id", flat=True)[:RECENT])
    rows = {one.pk: one for one in visible.filter(pk__in=numbers)}
    return [rows[number] for number in dict.fromkeys(numbers) if number in rows]


def _line(ticket: Ticket, words: str) -> Item:
    who = ticket.organisation or ticket.requester or ticket.requester_name or ""
    title = marked(ticket.title, words)
    return Item(
        title,
        status_glyph(ticket.status_category),
        str(who),
        f"/tickets/{ticket.pk}/",
        f"#{ticket.pk}",
    )


# Actions and pages -------------------------------------------------------------------------------


def _actions(request: HttpRequest, words: str, ticket: Ticket | None, limit: int) -> list[Section]:
    count = _selected(request)
    if count:
        found = actions_on_selected(words)
        label = _("Actions on the selected tickets")
        return [Section(label, found[:limit])]
    if ticket is None:
        return []
    label = _("Actions on #%(number)s") % {"number": ticket.pk}
    return [Section(label, actions_on(request, ticket, words)[:limit])]


def _pages(request: HttpRequest, words: str) -> Section:
    """Views, pages and settings whose name has all of the words."""
    known = [
        (str(item["label"]), item["url"], item["icon"], item["count"])
        for section in Shell(request).sections
        for item in section["items"]
    ]
    known += [
        (_("New ticket"), "/tickets/new/", "plus", None),
        (_("Search tickets and people"), "/search/", "search", None),
        (_("Preferences"), "/preferences/", "sliders", None),
        (_("Keys"), "/preferences/keys/", "key", None),
        (_("Tour of the workspace"), "/tour/", "flag", None),
    ]
    if is_setter(request):
        place = _("Settings")
        known += [
            (f"{place}: {kind.many}", f"/settings/{kind.slug}/", kind.icon, None)
            for kind in KINDS.values()
        ]
    wanted = fold(words).split()
    fitting = [one for one in known if all(word in fold(one[0]) for word in wanted)]
    fitting.sort(key=lambda one: not fold(one[0]).startswith(tuple(wanted) or ""))
    return Section(
        _("Views and pages"),
        [
            Item(marked(label, words), icon(sign), _count_words(count), url)
            for label, url, sign, count in fitting[:PAGES]
        ],
    )


def _count_words(count: int | None) -> str:
    if not isinstance(count, int):
        return ""
    return ngettext("%(count)s ticket", "%(count)s tickets", count) % {"count": capped(count)}
