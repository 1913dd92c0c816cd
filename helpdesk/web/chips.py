"""The filters of a list in words, each with the way to remove it."""

from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.filters import CUSTOM, WITHOUT, TicketFilter
from helpdesk.models import Channel, Priority, Resolution
from helpdesk.models.configuration import configuration
from helpdesk.models.workflow import Category
from helpdesk.query import SPAN
from helpdesk.web.list_query import OWN, ListQuery

WORDS = {
    "category": {
        **dict(Category.choices),
        "unresolved": gettext_lazy("New, Open, Waiting"),
    },
    "priority": dict(Priority.choices),
    "channel": dict(Channel.choices),
    "resolution": dict(Resolution.choices),
    "assignee": {"me": gettext_lazy("Me"), "none": gettext_lazy("Nobody")},
    "requester": {"me": gettext_lazy("Me"), "none": gettext_lazy("Nobody")},
    "overdue": {"true": gettext_lazy("Yes"), "false": gettext_lazy("No")},
}
LABELS = {
    "category": gettext_lazy("Status"),
    "not_tag": gettext_lazy("Not tagged"),
    "sort": gettext_lazy("Order"),
    "cursor": gettext_lazy("Page"),
    "view": gettext_lazy("View"),
}

SIGNS = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}
SPANS = {
    "m": gettext_lazy("%(count)s min"),
    "h": gettext_lazy("%(count)s h"),
    "d": gettext_lazy("%(count)s d"),
    "w": gettext_lazy("%(count)s wk"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    remove: str
    error: str = ""
    guess: tuple[str, str] | None = None


def chips_of(query: ListQuery) -> list[Chip]:
    """One a filter; a wrong one carries its sentence, an unknown one what may have been meant."""
    return [
        Chip(
            label_of(name),
            # Of a wrong filter what was asked for: words could name a row that one may not see.
            ", ".join(values if name in query.errors else (value_words(name, v) for v in values)),
            query.address(without=name),
            _sentence(query, name),
            _guess(query, name) if name in query.filter.unknown else None,
        )
        for name, values in query.filters.items()
    ]


def other_errors(query: ListQuery) -> list[Chip]:
    """What is wrong beside the filters: an order, a page or a view that does not exist."""
    return [
        Chip(label_of(name), "", query.address(), " ".join(query.errors[name]))
        for name in OWN
        if name in query.errors and name != "q"
    ]


def wrong_words(query: ListQuery) -> dict | None:
    """A typed query that is wrong: `parts` as (text, whether it is wrong), `words` with what is
    wrong with each, `start` and `end` of the first one in UTF-16 units. None for a right one."""
    typed = query.typed
    if typed is None or not typed.troubles:
        return None
    parts, at = [], 0
    for one in typed.troubles:
        if one.end > at:
            start = max(at, one.start)
            parts += [(typed.text[at:start], False), (typed.text[start : one.end], True)]
            at = one.end
    parts.append((typed.text[at:], False))
    guesses = {typed.places.get(name): _guess(query, name) for name in query.filter.unknown}
    words = [
        {
            "word": typed.text[one.start : one.end],
            "message": one.message,
            "guess": guesses.get((one.start, one.end)),
        }
        for one in typed.troubles
    ]
    first = typed.troubles[0]
    return {
        "parts": [part for part in parts if part[0]],
        "words": words,
        "start": _units(typed.text[: first.start]),
        "end": _units(typed.text[: first.end]),
    }


def _units(text: str) -> int:
    """The length of a text as browsers count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _sentence(query: ListQuery, name: str) -> str:
    if name in query.filter.unknown:
        return _("There is no filter “%(name)s”.") % {"name": name[:60]}
    return " ".join(query.errors.get(name, []))


def _guess(query: ListQuery, name: str) -> tuple[str, str] | None:
    """The filter that an unknown name is most like, and the address with it in its place."""
    names = {known.casefold(): known for known in TicketFilter.known_names()}
    names |= {label_of(known).casefold(): known for known in names.values()}
    like = get_close_matches(name.casefold(), names, n=1)
    if not like:
        return None
    known = names[like[0]]
    return label_of(known), query.address(without=name, also={known: query.filters[name]})


def label_of(name: str) -> str:
    """A parameter's name for people; of an unknown one, as it was written."""
    if name in LABELS:
        return str(LABELS[name])
    if name.startswith(WITHOUT) and len(name) > 1:
        return _("Not: %(name)s") % {"name": label_of(name.removeprefix(WITHOUT))}
    if name.startswith(CUSTOM):
        key, _dot, lookup = name.removeprefix(CUSTOM).rpartition(".")
        field = configuration().fields.get(key or lookup)
        sign = f" {SIGNS[lookup]}" if key and lookup in SIGNS else ""
        return f"{field.name}{sign}" if field else name[:60]
    known = TicketFilter.declared_filters.get(name)
    if known is None:
        return name[:60]
    label = str(known.label)
    return label[:1].upper() + label[1:]


def value_words(name: str, value: str) -> str:
    """A parameter's value for people."""
    name = name.removeprefix(WITHOUT)
    if name.endswith(("_after", "_before")) and (found := SPAN.fullmatch(value.lstrip("+-"))):
        count, unit = int(found[1]), SPANS[found[2]]
        words = unit % {"count": count}
        return _("%(span)s ago") % {"span": words} if value.startswith("-") else words
    if name == "queue":
        named = [row.name for row in configuration().queues.values() if row.slug == value]
        return named[0] if named else value
    known = WORDS.get(name, {})
    parts = [part.strip() for part in value.split(",")]
    if known and all(part in known for part in parts):
        return ", ".join(str(known[part]) for part in parts)
    return _("none") if value == "none" else value
