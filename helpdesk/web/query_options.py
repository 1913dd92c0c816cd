"""What can go on at the word of a typed query that is being written: fields, and their values."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.filters import CUSTOM, SORTS, TicketFilter
from helpdesk.lookup import number_of
from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from helpdesk.query import ALIASES, MAX_LENGTH, NAMED, SHORT, STATES, TO_COME, WORD
from helpdesk.text import fold
from helpdesk.web.chips import label_of, value_words
from helpdesk.web.people_found import people_found

SHOWN = 8
PEOPLE = ("assignee", "requester")
PLAIN = "status assignee requester queue priority team type tag organisation channel".split()
PLAIN += ["resolution", "overdue"]
MOMENTS = "created_at updated_at last_activity_at due_at next_due_at snoozed_until".split()
MOMENTS += ["resolved_at", "closed_at"]
SPANS = ("<1d", "<7d", ">7d", ">30d")
LEFT = ("<2h", "<1d", "<7d", "none")


@dataclass(frozen=True)
class Option:
    """One line; `insert` takes the place of the word from `start` to `end` of the query."""

    words: str
    detail: str
    insert: str
    ends: bool = True  # a blank may follow


@require_safe
@agent
def options(request: HttpRequest) -> HttpResponse:
    """Options for the word of `q` in which the caret stands, at the `at`-th character."""
    text = request.GET.get("q", "")[:MAX_LENGTH]
    at = number_of(request.GET.get("at", "")) or 0
    start, end = word_at(text, at)
    found = options_for(text[start : min(at, end)], request.actor) if end > start else []
    context = {"options": found[:SHOWN], "start": start, "end": end}
    return render(request, "search/options.html", context)


def word_at(text: str, at: int) -> tuple[int, int]:
    """Where the word that a caret touches from behind begins and ends; nothing between words."""
    for found in WORD.finditer(text):
        if found.start() < at <= found.end():
            return found.span()
    return at, at


def options_for(word: str, actor: Actor) -> list[Option]:
    """Fields while no colon is typed, the values of the field after it."""
    named = NAMED.fullmatch(word)
    if named is None:
        return _fields(word)
    without, said, value = named[1], named[2].lower(), named[3]
    before, comma, last = value.rpartition(",")
    begun = fold(last.strip('"'))
    found = [
        Option(words, detail, f"{without}{said}:{before}{comma}{_quoted(one)}")
        for one, words, detail in _values(said, begun, actor)
    ]
    return [one for one in found if one.insert != word]


def _fields(word: str) -> list[Option]:
    without = "-" if word.startswith("-") else ""
    begun = fold(word.removeprefix("-"))
    known = [("is", _("state")), ("sort", _("order"))] if not without else [("is", _("state"))]
    known += [(name, label_of(name)) for name in PLAIN]
    if not without:
        known += [(SHORT.get(name, name), label_of(f"{name}_after")) for name in MOMENTS]
    known += [
        (f"{CUSTOM}{key}", row.name)
        for key, row in configuration().fields.items()
        if row.deleted_at is None
    ]
    if not begun:
        return []
    fitting = [
        (name, label)
        for name, label in known
        if fold(name).startswith(begun)
        or fold(name).removeprefix(CUSTOM).startswith(begun)
        or fold(label).startswith(begun)
    ]
    fitting.sort(key=lambda one: not one[0].startswith(begun))
    return [Option(f"{name}:", label, f"{without}{name}:", ends=False) for name, label in fitting]


def _values(said: str, begun: str, actor: Actor) -> list[tuple[str, str, str]]:
    """Values as (value, words, detail) that go on from what is begun."""
    name = ALIASES.get(said, said)
    if name.startswith("field."):
        name = CUSTOM + name.removeprefix("field.")
    if name in PEOPLE:
        return _people(name, begun, actor)
    known: list[tuple[str, str, str]]
    if name == "is":
        known = [(one, one, value_words(*STATES[one])) for one in STATES]
    elif name == "sort":
        known = [
            (f"{sign}{SHORT.get(one, one)}", f"{sign}{SHORT.get(one, one)}", label)
            for one in SORTS
            for sign, label in (("", _("upwards")), ("-", _("downwards")))
        ]
    elif name in MOMENTS:
        known = [(one, one, _span(name, one)) for one in (LEFT if name in TO_COME else SPANS)]
    else:
        known = [(one, one, _detail(name, one)) for one in _allowed(name, actor)]
    return [
        one for one in known if fold(one[0]).startswith(begun) or fold(one[2]).startswith(begun)
    ]


def _allowed(name: str, actor: Actor) -> list[str]:
    """What the filter itself names when it refuses; nothing of a field that there is not."""
    tried = TicketFilter({name: ["none"]}, Ticket.objects.visible_to(actor), actor=actor)
    one = tried.filters.get(name)
    return list(getattr(one, "allowed", tuple)()) if one else []


def _detail(name: str, value: str) -> str:
    words = value_words(name, value)
    return words if fold(words) != fold(value) else ""


def _people(name: str, begun: str, actor: Actor) -> list[tuple[str, str, str]]:
    known = [(one, one, _detail(name, one)) for one in ("me", "none")]
    found = [one for one in known if one[0].startswith(begun)]
    for person in people_found(actor, begun, SHOWN):
        if person.email and (name != "assignee" or person.is_agent):
            found.append((person.email_written, str(person), person.email_written))
    return found


MEANT = {
    "<": gettext_lazy("less than that ago"),
    ">": gettext_lazy("longer ago"),
    "n": gettext_lazy("not at all"),
}


def _span(name: str, value: str) -> str:
    if name in TO_COME and value.startswith("<"):
        return _("within that time")
    return str(MEANT[value[0]])


def _quoted(value: str) -> str:
    if not any(one.isspace() or one in '"\\,' for one in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
