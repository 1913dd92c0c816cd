"""Search: tickets with the lines in which the words stand, and people, by one box.

The box takes the typed query of the lists. Filters alone are a list, so they lead there.
"""

from django.db.models import F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Greatest, Lower, StrIndex, Substr
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk import search
from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.doors.paging import page_at
from helpdesk.doors.patience import TooSlow, patience
from helpdesk.models import Comment, Ticket
from helpdesk.templatetags.look import grouped
from helpdesk.text import excerpt, search_query_terms, to_text
from helpdesk.web.chips import other_errors, wrong_words
from helpdesk.web.counts import total
from helpdesk.web.highlighting import marked, snippet
from helpdesk.web.list_query import ListQuery
from helpdesk.web.people_found import address_of, people_found
from helpdesk.web.rows import FIELDS, JOINED, Writer

SHOWN = 20
PEOPLE = 6
COUNTED = 1_000
BEFORE, WINDOW = 200, 1_200  # characters around the first word that are fetched of a text
COMMENTS = 100  # looked at for all the tickets that are shown


@require_safe
@agent
def search_page(request: HttpRequest) -> HttpResponse:
    query = ListQuery(request.GET, request.actor)
    typed = request.GET.get("q", "").strip()
    if typed and not query.errors:
        if (number := search.number_in(typed)) and _is_visible(number, request.actor):
            return redirect("ticket", number=number)
        if not query.search:
            return redirect(query.address())
    wrong = wrong_words(query)
    context = {
        "query": query,
        "q": typed,
        "wrong": wrong,
        "mistakes": other_errors(query),
        "address": query.address() if typed else "",
        **(_found(request, query) if typed and not query.errors else {}),
    }
    return render(request, "search/page.html", context, status=422 if query.errors else 200)


def _is_visible(number: int, actor: Actor) -> bool:
    return Ticket.objects.visible_to(actor).filter(pk=number).exists()


def _found(request: HttpRequest, query: ListQuery) -> dict:
    """`tickets` as lines, `people`, `count` in words; `stopped` says why there are no tickets."""
    actor, words = request.actor, query.search
    is_words_alone = set(query.filters) == {"search"}
    people = people_found(actor, words, PEOPLE) if is_words_alone else []
    found: dict = {
        "people": [
            {"person": one, "words": marked(str(one), words), "url": address_of(one)}
            for one in people
        ]
    }
    rows = query.tickets.values(*FIELDS, **JOINED)
    try:
        with patience():
            tickets, has_more = page_at(rows, query.keys, offset=0, limit=SHOWN)
            lines = _lines(tickets, words, actor)
    except TooSlow as error:
        return found | {"stopped": str(error)}
    number = len(tickets)
    if has_more:
        number = total(actor.person_id, query.words(), lambda: query.tickets, COUNTED)
    return found | {"tickets": lines, "count": _counted(number)}


def _counted(number: int | None) -> str:
    if number is None:
        return _("many")
    return f"{grouped(COUNTED)}+" if number > COUNTED else grouped(number)


def _lines(rows: list[dict], words: str, actor: Actor) -> list[dict]:
    writer = Writer({})
    said = snippets_of([row["id"] for row in rows], words, actor)
    return [
        {
            "number": row["id"],
            "title": marked(row["title"], words),
            "requester": mark_safe(writer.requester(row)),
            "status": mark_safe(writer.status(row)),
            "age": mark_safe(writer.last_activity(row)),
            "said": said.get(row["id"]),
        }
        for row in rows
    ]


# Snippets ----------------------------------------------------------------------------------------


def snippets_of(numbers: list[int], words: str, actor: Actor) -> dict[int, SafeString]:
    """A line of each ticket, of what the actor may read: where the words stand in it, else how
    it begins. Two statements for all."""
    tokens = [token for term in search_query_terms(words) for token in term]
    if not numbers or not tokens:
        return {}
    needle = max(tokens, key=len)
    found: dict[int, SafeString] = {}
    begins: dict[int, str] = {}
    bodies = Ticket.objects.filter(pk__in=numbers).order_by()
    for pk, text in _windows(bodies, needle, "pk", "body_format"):
        begins[pk] = text
        if line := snippet(text, words):
            found[pk] = line
    wanted = Q()
    for token in tokens:
        wanted |= Q(body__icontains=token)
    missing = [number for number in numbers if number not in found]
    comments = Comment.objects.shown_to(actor).filter(wanted, ticket__in=missing)
    recent = comments.order_by("-happened_at", "-pk")
    for pk, text in _windows(recent, needle, "ticket_id", "format") if missing else ():
        if pk not in found and (line := snippet(text, words)):
            found[pk] = line
    return {pk: found.get(pk) or marked(excerpt(text), words) for pk, text in begins.items()}


def _windows(rows: QuerySet, needle: str, key: str, form: str) -> list[tuple[int, str]]:
    """The key and the plain text around the needle, so that long texts stay where they are."""
    place = StrIndex(Lower("body"), Value(needle))
    start = Greatest(place - BEFORE, Value(1), output_field=IntegerField())
    cut = rows.annotate(cut_from=start).annotate(cut=Substr("body", F("cut_from"), WINDOW))
    found = cut.values_list(key, "cut", "cut_from", form)[:COMMENTS]
    return [(pk, _plain(text or "", at, kind)) for pk, text, at, kind in found]


def _plain(text: str, at: int, kind: str) -> str:
    """The words of a piece of a body; half a tag at its beginning is none of them."""
    if kind == "html" and at > 1:
        first, last = text.find("<"), text.find(">")
        if last >= 0 and (first < 0 or last < first):
            text = text[last + 1 :]
    return to_text(text, kind)
