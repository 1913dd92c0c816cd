"""Variables, filters and conditions of templates, as expressions of Python."""

from collections.abc import Iterable
from typing import Any

from django.template.base import FilterExpression
from django.template.context import Context
from django.template.defaulttags import TemplateLiteral
from django.template.smartif import TokenBase
from django.utils.safestring import mark_safe
from django.utils.timezone import template_localtime

from helpdesk.templating import lookup, parts
from helpdesk.templating.lookup import make_quick

BUILT_IN = ("True", "False", "None")
CHANGING = ("forloop", "block", "cycle")  # other members at each look
COMPARED = ("==", "!=", ">", ">=", "<", "<=", "is", "is not", "in", "not in")


class Names:
    """What the function that is being written may call by name: constants and its own locals."""

    def __init__(self) -> None:
        called = (lookup.name_in, lookup.member, lookup.sure, lookup.sure_or_none, lookup.plain)
        called += (lookup.shown, parts.is_met, parts.sequence, parts.safe_like, parts.token_field)
        self.values: dict[str, Any] = {one.__name__: one for one in called}
        self.values |= {"Unknown": lookup.Unknown, "localtime": template_localtime}
        self._names: dict[int, str] = {}
        self._count = 0

    def of(self, value: Any, kind: str = "k") -> str:
        """A name for an object of the template."""
        if (name := self._names.get(id(value))) is None:
            name = self._names[id(value)] = self.local(kind)
            self.values[name] = value
        return name

    def local(self, kind: str = "v") -> str:
        self._count += 1
        return f"{kind}{self._count}"


class Scope:
    """Which local variables hold what names of the context stand for, at a point of a function,
    and what was found in these: `ticket`, then `("ticket", "pk")`.

    `asked` are names that were looked up in the context, `assigned` those that a tag set there.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.known: dict[str | tuple[str, ...], str] = {}
        self.asked: set[str] = set()
        self.assigned: set[str] = set()
        self.is_lost = False  # a tag may have set any name

    def copy(self, known: dict | None = None) -> "Scope":
        made = Scope(self.names)
        made.known = dict(self.known if known is None else known)
        return made

    def join(self, inner: "Scope", own: Iterable[str] = ()) -> None:
        """After a part that may or may not have run, with names of its own."""
        self.asked |= inner.asked - set(own)
        self.assigned |= inner.assigned
        for name in inner.assigned:
            self.drop(name)
        if inner.is_lost:
            self.forget()

    def assign(self, name: str) -> None:
        self.assigned.add(name)
        self.drop(name)

    def hold(self, name: str, local: str) -> None:
        self.drop(name)
        self.known[name] = local

    def drop(self, name: str) -> None:
        """The name stands for something else from now on."""
        self.known.pop(name, None)
        for path in [one for one in self.known if type(one) is tuple and one[0] == name]:
            del self.known[path]

    def forget(self) -> None:
        self.known.clear()
        self.is_lost = True

    # Expressions: none of them raises for what a variable is, but says ODD or MISSING -----------

    def path(self, lookups: tuple[str, ...], *, anew: bool = False) -> str:
        """What is found once is kept, unless it is wanted `anew`."""
        first, *rest = lookups
        if not rest and first in BUILT_IN:
            return first
        anew = anew or first in CHANGING
        sizes = range(1 if anew else len(lookups), 1, -1)
        size = next((one for one in sizes if lookups[:one] in self.known), 1)
        written = self.known.get(lookups[:size] if size > 1 else first)
        if written is None:
            local = self.known[first] = self.names.local("n")
            written = f"({local} := name_in(dicts, {first!r}))"
            self.asked.add(first)
        for end in range(size + 1, len(lookups) + 1):
            written = f"member({written}, {lookups[end - 1]!r})"
            if not anew:
                local = self.known[lookups[:end]] = self.names.local("n")
                written = f"({local} := {written})"
        return written

    def value(
        self, expression: FilterExpression, *, may_be_missing: bool = False, anew: bool = False
    ) -> str:
        """A filter expression; a variable alone may be ODD or MISSING."""
        make_quick(expression)
        first = self._first(expression, anew=anew)
        if not expression.filters:
            return first
        local = self.names.local()
        known = dict(self.known)
        filtered = self._filtered(expression, local)
        self.known = known  # filters are not asked where Django is
        asked = self.names.of(expression, "e")
        missing = ", ignore_failures=True" if may_be_missing else ""
        return (
            f"({asked}.resolve(context{missing}) if isinstance(({local} := {first}), Unknown)"
            f" else {filtered})"
        )

    def sure(self, expression: FilterExpression) -> str:
        """A filter expression as Django resolves it."""
        found = self.value(expression)
        if not is_path(expression):
            return found
        return f"sure({found}, {self.names.of(expression, 'e')}, context)"

    def sure_or_none(self, expression: FilterExpression, *, anew: bool = False) -> str:
        """The same where what is missing is None. What can be gone through only once is wanted
        `anew`."""
        found = self.value(expression, may_be_missing=True, anew=anew)
        if not is_path(expression):
            return found
        return f"sure_or_none({found}, {self.names.of(expression, 'e')}, context)"

    def condition(self, token: TokenBase) -> str:
        """The condition of an `{% if %}`; it raises an error where Django must be asked."""
        if isinstance(token, TemplateLiteral):
            return self.value(token.value, may_be_missing=True)
        if token.id == "not":
            return f"(not {self.condition(token.first)})"
        if token.id in COMPARED:
            operand = self.condition if token.id in ("==", "!=") else self._operand
            first = operand(token.first)
            known = dict(self.known)
            second = operand(token.second)
            self.known = known  # the first may have raised
            return f"({first} {token.id} {second})"
        first = self.condition(token.first)
        known = dict(self.known)
        second = self.condition(token.second)
        self.known = known  # the second may not have been asked
        return f"({first} {token.id} {second})"

    def _operand(self, token: TokenBase) -> str:
        found = self.condition(token)
        is_sure = not isinstance(token, TemplateLiteral) or not is_path(token.value)
        return found if is_sure else f"plain({found})"

    def _first(self, expression: FilterExpression, *, anew: bool) -> str:
        if is_literal(expression, filtered=True):
            return self.names.of(value_of(expression))
        return self.path(expression.var.lookups, anew=anew)

    def _filtered(self, expression: FilterExpression, found: str) -> str:
        for function, given in expression.filters:
            name = self.names.of(function, "f")
            if getattr(function, "expects_localtime", False):
                found = f"localtime({found}, context.use_tz)"
            is_safe, before = getattr(function, "is_safe", False), found
            if is_safe:
                local = self.names.local()
                before, found = f"({local} := {found})", local
            options = [self._argument(*one) for one in given]
            if getattr(function, "needs_autoescape", False):
                options.append("autoescape=context.autoescape")
            if is_safe:
                found = f"safe_like({before}, {', '.join([f'{name}({found}', *options])}))"
            else:
                found = f"{', '.join([f'{name}({found}', *options])})"
        return found

    def _argument(self, is_variable: bool, value: Any) -> str:
        if not is_variable:
            return self.names.of(mark_safe(value))
        if value.lookups is None:
            return self.names.of(value.resolve(Context()))
        return f"sure({self.path(value.lookups)}, {self.names.of(value)}, context)"


def is_literal(expression: FilterExpression, *, filtered: bool = False) -> bool:
    """Whether a value stands in the template, to be translated or not, and has no filters."""
    if expression.filters and not filtered:
        return False
    return not expression.is_var or getattr(expression.var, "lookups", ()) is None


def value_of(expression: FilterExpression) -> Any:
    """The value of a literal; what is to be translated is so when it is shown."""
    return expression.var.resolve(Context()) if expression.is_var else expression.var


def is_path(expression: FilterExpression) -> bool:
    """Whether a filter expression is a variable alone, which may be unknown."""
    return not expression.filters and not is_literal(expression)


def first_of(expression: FilterExpression) -> str | None:
    """The name with which a variable begins."""
    return None if is_literal(expression, filtered=True) else expression.var.lookups[0]
