"""What `$filter` of OData may say, read by a small parser with limits, as conditions on rows.

    expression := term {"or" term};  term := factor {"and" factor};  factor := ["not"] primary
    primary    := "(" expression ")" | name op literal | name "in" "(" literals ")"
                | contains(name, text) | startswith(name, text) | name of a truth

Two values, as OData has it: a comparison with nothing is false, but for `eq null`, and `ne` a
value; `not` turns it round. What OData knows beyond this is refused by name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import reduce
from operator import and_, or_

from django.db.models import F, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact, GreaterThan

from helpdesk.reports.columns import Column, Kind

MAX_LENGTH = 4_000  # characters
MAX_DEPTH = 32
MAX_TOKENS = 1_000
MAX_VALUES = 200  # of one `in`
BIGGEST = 2**63 - 1
TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[ +-]\d\d:\d\d))?)
    | (?P<number>[+-]?\d+(?![\w.]))
    | (?P<name>[A-Za-z_][A-Za-z0-9_/.]*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE | re.ASCII,
)
COMPARED = {"eq": "exact", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}
OPPOSITE = {"gt": "lte", "ge": "lt", "lt": "gte", "le": "gt"}
SEARCHED = ("contains", "startswith")
NOT_HERE = frozenset(
    """has add sub mul div divby mod any all endswith length indexof substring tolower toupper trim
    concat year month day hour minute second fractionalseconds date time totaloffsetminutes now
    mindatetime maxdatetime totalseconds round floor ceiling cast isof matchespattern case
    geo.distance geo.intersects geo.length hassubset hassubsequence""".split()
)


class Wrong(ValueError):
    """The expression can't be read."""


class NotSupported(Wrong):
    """OData knows it, this subset does not."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column against a value: `op` is of COMPARED or SEARCHED, `ne`, or `in` with a tuple."""

    column: Column
    op: str
    value: object


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Node", ...]


Node = Comparison | Not | Both | Either


def read(words: str, column_of: Callable[[str], Column]) -> Node:
    """The expression in these words. Raises Wrong or NotSupported, in words for the caller.

    `column_of` gives the column of a name that may be narrowed by, or raises one of the two.
    """
    if len(words) > MAX_LENGTH:
        raise Wrong(f"$filter has more than {MAX_LENGTH} characters.")
    if "\0" in words:
        raise Wrong("$filter holds a NUL.")
    return _Reader(_tokens(words), column_of).whole()


def condition(node: Node, *, negated: bool = False) -> Q:
    """The rows for which an expression is true (or, negated, is not)."""
    match node:
        case Not(inner):
            return condition(inner, negated=not negated)
        case Both(parts) | Either(parts):
            join = and_ if isinstance(node, Both) != negated else or_
            return reduce(join, (condition(part, negated=negated) for part in parts))
    return _untrue(node) if negated else _true(node)


def _true(one: Comparison) -> Q:
    path, value = one.column.path, one.value
    empty = Q(**{f"{path}__isnull": True})
    match one.op:
        case "in":
            found = Q(**{f"{path}__in": [each for each in value if each is not None]})
            return found | empty if None in value else found
        case "ne":
            return _untrue(Comparison(one.column, "eq", value))
        case "contains":
            return Q(GreaterThan(StrIndex(F(path), Value(value)), 0))
        case "startswith":
            return Q(Exact(StrIndex(F(path), Value(value)), 1))
        case "eq" if value is None:
            return empty
        case _ if value is None:  # greater or smaller than nothing
            return Q(pk__in=[])
    return Q(**{f"{path}__{COMPARED[one.op]}": value})


def _untrue(one: Comparison) -> Q:
    path, value = one.column.path, one.value
    empty, is_there = Q(**{f"{path}__isnull": True}), Q(**{f"{path}__isnull": False})
    match one.op:
        case "ne":
            return _true(Comparison(one.column, "eq", value))
        case "eq" if value is None:
            return is_there
        case "eq" | "in":
            values = value if one.op == "in" else (value,)
            others = is_there & ~Q(**{f"{path}__in": [one for one in values if one is not None]})
            return others if None in values else others | empty
        case "contains":
            return empty | Q(Exact(StrIndex(F(path), Value(value)), 0))
        case "startswith":
            return empty | ~Q(Exact(StrIndex(F(path), Value(value)), 1))
        case _ if value is None:
            return ~Q(pk__in=[])
    return empty | Q(**{f"{path}__{OPPOSITE[one.op]}": value})


def _tokens(words: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while words[place:].strip():
        match = TOKEN.match(words, place)
        if match is None:
            raise Wrong(f"$filter can't be read at “{words[place : place + 20].strip()}”.")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
        if len(found) > MAX_TOKENS:
            raise Wrong(f"$filter has more than {MAX_TOKENS} words.")
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], column_of: Callable[[str], Column]):
        self.tokens, self.column_of, self.place, self.depth = tokens, column_of, 0, 0

    def whole(self) -> Node:
        found = self._either()
        if self.place < len(self.tokens):
            raise self._unexpected()
        return found

    def _either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Wrong(f"$filter is nested more than {MAX_DEPTH} deep.")
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._factor()]
        while self._took("and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _factor(self) -> Node:
        turns = 0
        while self._took("not"):
            turns += 1
        found = self._primary()
        return Not(found) if turns % 2 else found

    def _primary(self) -> Node:
        if self._took("("):
            found = self._either()
            self._expect(")")
            return found
        kind, word = self._next()
        if kind in ("text", "moment", "number") or word in ("null", "true", "false"):
            raise NotSupported("$filter: write the property first, then what it is compared with.")
        if kind != "name":
            self.place -= 1
            raise self._unexpected()
        if self._peek() == "(" and word != "in":
            return self._called(word)
        return self._compared(self.column_of(word))

    def _called(self, name: str) -> Node:
        if name not in SEARCHED:
            if name in NOT_HERE:
                raise NotSupported(f"$filter: the function {name} is not supported.")
            raise Wrong(f"$filter: there is no function {name[:40]}.")
        self._expect("(")
        kind, word = self._next()
        if kind != "name" or self._peek() == "(":
            raise NotSupported(f"$filter: {name} takes a property and a text.")
        column = self.column_of(word)
        self._expect(",")
        kind, word = self._next()
        self._expect(")")
        if kind != "text" or column.kind != Kind.TEXT:
            raise Wrong(f"$filter: {name} takes a property that is text, and a text.")
        return Comparison(column, name, _unquoted(word))

    def _compared(self, column: Column) -> Node:
        op = self._peek()
        if op in (None, ")", "and", "or") and column.kind == Kind.TRUTH:
            return Comparison(column, "eq", True)
        if op is None:
            raise Wrong(f"$filter ends after {column.name}.")
        self.place += 1
        if op == "in":
            return Comparison(column, "in", self._values(column))
        if op in NOT_HERE:
            raise NotSupported(f"$filter: the operator {op} is not supported.")
        if op not in COMPARED and op != "ne":
            self.place -= 1
            raise self._unexpected()
        if op in OPPOSITE and column.kind in (Kind.TEXT, Kind.TRUTH):
            raise NotSupported(f"$filter: {column.name} is compared by eq, ne and in alone.")
        return Comparison(column, op, self._value(column))

    def _values(self, column: Column) -> tuple:
        self._expect("(")
        values = [self._value(column)]
        while self._took(","):
            values.append(self._value(column))
        self._expect(")")
        if len(values) > MAX_VALUES:
            raise Wrong(f"$filter: in takes at most {MAX_VALUES} values.")
        return tuple(values)

    def _value(self, column: Column) -> object:
        kind, word = self._next()
        if word == "null":
            return None
        match column.kind, kind:
            case Kind.TEXT, "text":
                return _unquoted(word)
            case Kind.NUMBER, "number" if len(word) < 21 and abs(int(word)) <= BIGGEST:
                return int(word)
            case Kind.TRUTH, "name" if word in ("true", "false"):
                return word == "true"
            case (Kind.MOMENT, "moment") | (Kind.DAY, "moment"):
                return _time(word, column.kind)
            case _, "name" if self._peek() == "(" or "/" in word:
                raise NotSupported(f"$filter: “{word[:40]}” stands where only a value may.")
        words = f"$filter: {column.name} is a {column.kind}; “{word[:40]}” is none."
        raise Wrong(words)

    def _peek(self) -> str | None:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else None

    def _next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise Wrong("$filter ends too early.")
        self.place += 1
        return self.tokens[self.place - 1]

    def _took(self, word: str) -> bool:
        is_there = self._peek() == word
        self.place += is_there
        return is_there

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise self._unexpected(word)

    def _unexpected(self, wanted: str = "") -> Wrong:
        found = self._peek()
        where = f"at “{found[:40]}”" if found is not None else "at its end"
        return Wrong(f"$filter can't be read {where}{f': {wanted} is missing' if wanted else ''}.")


def _unquoted(word: str) -> str:
    return word[1:-1].replace("''", "'")


def _time(word: str, kind: Kind) -> datetime | date:
    """A day, or a moment in UTC; a day stands for its beginning in UTC."""
    try:
        if kind == Kind.DAY:
            return date.fromisoformat(word)
        if "T" not in word:
            return datetime.combine(date.fromisoformat(word), datetime.min.time(), UTC)
        return _moment(word)
    except (ValueError, OverflowError) as error:
        raise Wrong(f"$filter: “{word[:40]}” is not a time.") from error


def _moment(word: str) -> datetime:
    clock, zone = (word[:-1], "Z") if word.endswith("Z") else (word[:-6], word[-6:])
    clock, _dot, fraction = clock.partition(".")
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    plain = datetime.strptime(f"{clock}.{(fraction or '0')[:6]}", "%Y-%m-%dT%H:%M:%S.%f")
    offset = timedelta()
    if zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        offset = -offset if zone[0] == "-" else offset  # an address turns a plus into a space
    moment = plain.replace(tzinfo=timezone(offset)).astimezone(UTC)
    if not 1 < moment.year < 9999:  # what every database keeps
        raise ValueError(word)
    return moment
