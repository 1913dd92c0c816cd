"""When a custom field is shown, required or narrowed by what other fields hold. Pure.

One engine for forms, verbs and whoever renders a form of their own: rules and values in, one
`Standing` for each field out. A field that is not shown counts as empty for the rules of others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHOW, REQUIRE, RESOLVE, LIMIT = "show", "require", "resolve", "limit"
TESTS = ("is", "is_not", "is_set", "is_empty")
OWN = ("queue", "type", "priority", "tags")  # fields of every ticket that tests may name
CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Trial:
    """`field` holds one of `values`, none of them, something, or nothing."""

    field: str
    word: str
    values: frozenset[str] = frozenset()

    def holds(self, values: Mapping[str, object]) -> bool:
        held = words_of(values.get(self.field))
        match self.word:
            case "is":
                return bool(held & self.values)
            case "is_not":
                return not held & self.values
            case "is_set":
                return bool(held)
        return not held


@dataclass(frozen=True, slots=True)
class Rule:
    """What holding tests mean for the field `key`; without tests it always holds."""

    key: str
    effect: str
    tests: tuple[Trial, ...] = ()
    any_test: bool = False
    options: frozenset[str] = frozenset()

    def holds(self, values: Mapping[str, object]) -> bool:
        if not self.tests:
            return True
        found = (test.holds(values) for test in self.tests)
        return any(found) if self.any_test else all(found)

    @property
    def reads(self) -> set[str]:
        """The names of the fields that decide."""
        return {test.field for test in self.tests}


@dataclass(slots=True)
class Standing:
    """How a field stands now. `options` are those on offer, None meaning all."""

    shown: bool = True
    required: bool = False
    required_to_resolve: bool = False
    options: frozenset[str] | None = None
    reads: set[str] = field(default_factory=set)


def standings(
    fields: Iterable[tuple[str, bool, bool]], rules: Iterable[Rule], values: Mapping[str, object]
) -> dict[str, Standing]:
    """How each field stands, by key. `fields` lists (key, required, required to resolve); `values`
    holds what each name holds, custom fields as `custom.<key>`."""
    by_key: dict[str, list[Rule]] = {}
    for rule in rules:
        by_key.setdefault(rule.key, []).append(rule)
    plain = {key: (required, resolving) for key, required, resolving in fields}
    hidden: set[str] = set()
    for _round in range(len(plain) + 1):  # what is hidden may hide others; circles end here
        seen = {name: value for name, value in values.items() if name not in hidden}
        found = {f"{CUSTOM}{key}" for key in plain if not _is_shown(by_key.get(key, ()), seen)}
        if found == hidden:
            break
        hidden = found
    seen = {name: value for name, value in values.items() if name not in hidden}
    return {
        key: _standing(by_key.get(key, ()), seen, *plain[key], f"{CUSTOM}{key}" not in hidden)
        for key in plain
    }


def _is_shown(rules: Iterable[Rule], values: Mapping[str, object]) -> bool:
    showing = [rule for rule in rules if rule.effect == SHOW]
    return not showing or any(rule.holds(values) for rule in showing)


def _standing(
    rules: Iterable[Rule],
    values: Mapping[str, object],
    required: bool,
    resolving: bool,
    shown: bool,
) -> Standing:
    rules = list(rules)
    holding = [rule for rule in rules if rule.holds(values)]
    effects = {rule.effect for rule in holding}
    limits = [rule.options for rule in holding if rule.effect == LIMIT]
    return Standing(
        shown=shown,
        required=shown and (required or REQUIRE in effects),
        required_to_resolve=shown and (required or resolving or bool(effects & {REQUIRE, RESOLVE})),
        options=frozenset.intersection(*limits) if limits else None,
        reads={name for rule in rules for name in rule.reads},
    )


def words_of(value) -> frozenset[str]:
    """What a field holds, as words to compare: ids and options as text, yes and no."""
    if value is None or value in ("", [], ()):
        return frozenset()
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(word for one in value for word in words_of(one))
    return frozenset({str(value)})


def circle_in(rules: Iterable[Rule]) -> list[str]:
    """The keys of fields whose showing depends on itself, in their order; empty if none does."""
    reads: dict[str, set[str]] = {}
    for rule in rules:
        if rule.effect == SHOW:
            names = {name.removeprefix(CUSTOM) for name in rule.reads if name.startswith(CUSTOM)}
            reads.setdefault(rule.key, set()).update(names)
    for start in reads:
        path, stack = [start], [iter(reads[start])]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
                path.pop()
            elif following == start:
                return path
            elif following in reads and following not in path:
                path.append(following)
                stack.append(iter(reads[following]))
    return []
