"""The typed query: `status:open assignee:me -tag:spam updated:>7d printer`.

It is another way to say the parameters of `filters.TicketFilter`, and nothing more: a query is read
into parameters, and parameters are written as a query, so that the box where one types and the
chips that one clicks are two faces of one thing. What is wrong points at its word.

- `name:value`; several values between commas mean any of them; values with spaces in quotes.
- `-name:value` means none of them. `name:none` means empty.
- Moments: `created:2026-11-01`, `created:2026-11-01..2026-11-07`, `due:<=2026-12-24`. Spans of
  time are an age for what is past (`updated:>7d`) and the time left for what is to come
  (`due:<2h`), in minutes, hours, days or weeks (`30m`, `2h`, `7d`, `1w`).
- `custom.region:EU`, `custom.seats:>3`, `custom.seats:3..5`.
- `is:unresolved`, `is:overdue`, `is:unassigned`, `is:mine`, `is:snoozed`, `#1042`, `sort:-updated`.
- All other words are searched for.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.filters import ALIASES as SAME
from helpdesk.filters import CUSTOM, SORTS, TicketFilter, sort_keys
from helpdesk.models import Category
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

MAX_LENGTH = 2000
MAX_WORDS = 60
WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^\s"])+')
NAMED = re.compile(r"(-?)([A-Za-z_][\w.-]*):(.*)", re.DOTALL)
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?')
SPAN = re.compile(r"(\d{1,4})([mhdw])")
COMPARED = re.compile(r"(<=|>=|<|>)(.*)", re.DOTALL)

ALIASES = {
    "from": "requester",
    "org": "organisation",
    "field": "custom",
    "number": "id",
    "created": "created_at",
    "updated": "updated_at",
    "activity": "last_activity_at",
    "due": "due_at",
    "sla": "next_due_at",
    "snoozed": "snoozed_until",
    "resolved": "resolved_at",
    "closed": "closed_at",
}
SHORT = {name: alias for alias, name in ALIASES.items() if alias not in ("field", "number", "from")}
TO_COME = ("due_at", "next_due_at", "snoozed_until")
STATES = {
    **{word: ("category", word) for word in (*Category.values, "unresolved")},
    "overdue": ("overdue", "true"),
    "snoozed": ("-snoozed_until", "none"),
    "unassigned": ("assignee", "none"),
    "mine": ("assignee", "me"),
}
RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the characters from `start` to `end` of a query."""

    start: int
    end: int
    message: str


@dataclass(slots=True)
class Query:
    """A query that was read: `params` for `TicketFilter`, `sort` for `sort_keys`, troubles.

    `places` says where a parameter was written, so that what a filter refuses points at it.
    """

    text: str
    params: MultiValueDict = field(default_factory=MultiValueDict)
    sort: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def narrow(self, tickets: QuerySet, actor: Actor) -> QuerySet:
        """The tickets that it means; none while anything is wrong, which `troubles` then says."""
        narrowed = TicketFilter(self.params, tickets, actor=actor)
        self.blame(narrowed)
        return narrowed.qs if not self.troubles else tickets.none()

    def blame(self, narrowed: TicketFilter) -> None:
        """Add what a filter of these parameters refuses to the troubles, each at its word; also an
        order by what the reader does not know."""
        if self.sort:
            self._blame_sort(narrowed.actor)
        for name, errors in narrowed.errors.items():
            start, end = self.places.get(name, (0, len(self.text)))
            words = _("There is no “%(name)s” to filter by.") % {"name": name[:60]}
            said = words if name in narrowed.unknown else " ".join(errors)
            trouble = Trouble(start, end, said)
            if trouble not in self.troubles:  # one word may mean two parameters
                self.troubles.append(trouble)
        self.troubles.sort(key=lambda one: one.start)

    def _blame_sort(self, actor: Actor) -> None:
        try:
            sort_keys(self.sort, actor)
        except ValidationError as error:
            start, end = self.places.get("sort", (0, len(self.text)))
            self.sort = ""
            self.troubles.append(Trouble(start, end, " ".join(error.messages)))

    def refuse(self, name: str = "q") -> None:
        """Raise ValidationError under a parameter's name if anything is wrong."""
        if self.troubles:
            words = _("%(message)s (characters %(start)s–%(end)s)")
            raise ValidationError(
                {
                    name: [
                        words % {"message": one.message, "start": one.start, "end": one.end}
                        for one in self.troubles
                    ]
                }
            )


def read(text: str) -> Query:
    """Read a query. What is wrong becomes a trouble; it never raises."""
    query = Query(text)
    if len(text) > MAX_LENGTH:
        words = _("At most %(limit)s characters.") % {"limit": MAX_LENGTH}
        query.troubles.append(Trouble(MAX_LENGTH, len(text), words))
        return query
    searched: list[str] = []
    for number, found in enumerate(WORD.finditer(text)):
        start, end = found.span()
        if number == MAX_WORDS:
            words = _("At most %(limit)s words.") % {"limit": MAX_WORDS}
            query.troubles.append(Trouble(start, len(text), words))
            break
        try:
            said = _meant_by(found[0], query)
        except ValidationError as error:
            query.troubles.append(Trouble(start, end, " ".join(error.messages)))
            continue
        if query.sort:
            query.places.setdefault("sort", (start, end))
        if said is None:
            searched.append(found[0])
            query.places.setdefault("search", (start, end))
            query.places["search"] = (query.places["search"][0], end)
        for name, value in said or ():
            query.params.appendlist(name, value)
            query.places[name] = query.places[SAME.get(name, name)] = (start, end)
    if searched:
        query.params["search"] = " ".join(searched)
    return query


def write(params: Mapping, sort: str = "") -> str:
    """Parameters of `TicketFilter` as a query that reads back into the same."""
    words = []
    lists = params.lists() if hasattr(params, "lists") else params.items()
    for name, values in lists:
        values = list(values) if isinstance(values, list | tuple) else [values]
        if name == "search":
            words += [_searched(str(value)) for value in values]
        else:
            words += [_written(name, str(value)) for value in values]
    if sort:
        words.append(f"sort:{sort}")
    return " ".join(word for word in words if word)


# Reading -----------------------------------------------------------------------------------------


def _meant_by(word: str, query: Query) -> list[tuple[str, str]] | None:
    """The parameters that a word means; None for one that is searched for."""
    found = NAMED.fullmatch(word)
    if found is None:
        is_number = re.fullmatch(r"#\d{1,18}", word)
        return [("id", word[1:])] if is_number else None
    without, name, value = found[1], found[2].lower(), found[3]
    if "://" in word and not without:
        return None  # an address
    name = ALIASES.get(name, name)
    if name.startswith("field."):
        name = CUSTOM + name.removeprefix("field.")
    if not value.strip('" '):
        raise ValidationError(_("Give a value after the colon."))
    if name == "sort":
        return _sorted(value, without, query)
    if name == "is":
        return _states(value, without)
    if name == "status":
        return _statuses(value, without)
    if _is_moment(name):
        return _moments(name, value, without)
    if name.startswith(CUSTOM) and (said := _range(name, value)) is not None:
        if without:
            raise ValidationError(_("A range cannot be turned round. Write the other range."))
        return said
    return [(f"{without}{name}", ",".join(_values(value)))]


def _values(text: str) -> Iterator[str]:
    """The values between commas, without their quotes."""
    for part in re.findall(r'(?:"(?:[^"\\]|\\.)*"?|[^,"])+', text):
        plain = QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found[1]), part).strip()
        if plain:
            yield plain


def _sorted(value: str, without: str, query: Query) -> list:
    if without:
        raise ValidationError(_("Write “sort:-name” for the other direction."))
    names = []
    for part in _values(value):
        turned, name = part[:1] == "-", part.removeprefix("-").lower()
        known = name if name in SORTS else ALIASES.get(name, name)
        if known.startswith("field."):
            known = CUSTOM + known.removeprefix("field.")
        names.append(f"-{known}" if turned else known)
    query.sort = ",".join(names)
    plain = [name for name in names if not name.removeprefix("-").startswith(CUSTOM)]
    try:  # by whom the fields are seen is not known here: `blame` says it
        sort_keys(",".join(plain) or "id")
    except ValidationError as error:
        query.sort = ""
        raise ValidationError(error.messages) from error
    return []


def _states(value: str, without: str) -> list[tuple[str, str]]:
    said = []
    for word in _values(value):
        if word.casefold() not in STATES:
            known = {"value": word[:60], "names": ", ".join(STATES)}
            raise ValidationError(_("There is no “is:%(value)s”. Known: %(names)s.") % known)
        name, meant = STATES[word.casefold()]
        if without and name == "overdue":
            meant = "false"
        turned = name == "overdue" or (without and name.startswith("-"))
        said.append((name.removeprefix("-") if turned else f"{without}{name}", meant))
    if len({name for name, _meant in said}) < len(said):
        raise ValidationError(_("Give one state, or several with “category:”."))
    return said


def _statuses(value: str, without: str) -> list[tuple[str, str]]:
    """A status by its name; the name of a category means all of its statuses."""
    names = {fold(one.name) for one in configuration().statuses.values() if not one.deleted_at}
    wanted = list(_values(value))
    categories = {*Category.values, "unresolved"}
    if all(one.casefold() in categories and fold(one) not in names for one in wanted):
        return [(f"{without}category", ",".join(one.casefold() for one in wanted))]
    return [(f"{without}status", ",".join(wanted))]


def _is_moment(name: str) -> bool:
    return f"{name}_after" in TicketFilter.declared_filters


def _moments(name: str, value: str, without: str) -> list[tuple[str, str]]:
    [value, *more] = list(_values(value)) or [""]
    if more:
        raise ValidationError(_("Give one time, or a range such as 2026-11-01..2026-11-07."))
    if value.casefold() == "none":
        return [(f"{without}{name}", "none")]
    if without:
        raise ValidationError(_("A time cannot be turned round. Write the other range."))
    after, before = f"{name}_after", f"{name}_before"
    first, dots, last = value.partition("..")
    if dots:
        ends = [(after, _moment(name, first, 0))] if first else []
        return ends + ([(before, _moment(name, last, 1))] if last else [])
    compared = COMPARED.fullmatch(value)
    sign, rest = (compared[1], compared[2]) if compared else ("", value)
    if SPAN.fullmatch(rest):
        is_more = sign.startswith(">")
        if not sign:
            raise ValidationError(_("Say whether more or less: >7d or <7d."))
        # More than a week old is before a week ago; more than a week left is after a week.
        later = is_more if name in TO_COME else not is_more
        return [(after if later else before, _moment(name, rest, 0))]
    match sign:
        case ">":
            return [(after, _moment(name, rest, 1))]
        case ">=":
            return [(after, _moment(name, rest, 0))]
        case "<":
            return [(before, _moment(name, rest, 0))]
        case "<=":
            return [(before, _moment(name, rest, 1))]
    return [(after, _moment(name, rest, 0)), (before, _moment(name, rest, 1))]


def _moment(name: str, text: str, days: int) -> str:
    """A moment as a parameter; `days` to add where a whole day is meant."""
    if SPAN.fullmatch(text):
        return text if name in TO_COME else f"-{text}"
    try:
        day = parse_date(text)
        return (day + timedelta(days=days)).isoformat() if day and days else text
    except (ValueError, OverflowError):
        return text  # the filter says what is wrong with it


def _range(name: str, value: str) -> list[tuple[str, str]] | None:
    """A comparison of a custom field that has an order; None for plain values."""
    custom = configuration().fields.get(name.removeprefix(CUSTOM))
    if custom is None or not custom.has_order:
        return None
    first, dots, last = value.strip('"').partition("..")
    if dots:
        ends = [(f"{name}.gte", first)] if first else []
        return ends + ([(f"{name}.lte", last)] if last else [])
    compared = COMPARED.fullmatch(value)
    return [(f"{name}.{RANGES[compared[1]]}", compared[2].strip('"'))] if compared else None


# Writing -----------------------------------------------------------------------------------------


def _searched(text: str) -> str:
    """Words to search for; those that would mean something else stand in quotes."""
    words = []
    for found in WORD.finditer(text):
        try:
            is_plain = _meant_by(found[0], Query(text)) is None
        except ValidationError:
            is_plain = False
        escaped = re.sub(r'(["\\])', r"\\\1", found[0])
        words.append(found[0] if is_plain else f'"{escaped}"')
    return " ".join(words)


def _written(name: str, value: str) -> str:
    without = "-" if name.startswith("-") else ""
    plain = name.removeprefix("-")
    if plain == "snoozed_until" and value == "none":
        return "is:snoozed" if without else "-is:snoozed"
    if plain == "not_tag":
        without, plain = "-", "tag"
    if plain == "category" and "," not in value:
        plain = "is"
    for lookup, sign in (("_after", ">="), ("_before", "<")):
        base = plain.removesuffix(lookup)
        if base != plain and _is_moment(base):
            return f"{SHORT.get(base, base)}:{_written_moment(base, sign, value)}"
    for sign, lookup in RANGES.items():
        if plain.startswith(CUSTOM) and plain.endswith(f".{lookup}"):
            return f"{plain.removesuffix(f'.{lookup}')}:{sign}{_quoted(value)}"
    return f"{without}{SHORT.get(plain, plain)}:{_quoted(value)}"


def _written_moment(name: str, sign: str, value: str) -> str:
    is_span = SPAN.fullmatch(value.removeprefix("-"))
    if not is_span:
        return f"{sign}{_quoted(value)}"
    later = sign == ">="
    is_more = later if name in TO_COME else not later
    return f"{'>' if is_more else '<'}{value.removeprefix('-')}"


def _quoted(value: str) -> str:
    """A value so that it reads back as it is: commas part values, so they stand free."""
    if not re.search(r'[\s"\\]', value):
        return value
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'
