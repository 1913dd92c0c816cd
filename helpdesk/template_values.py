"""Variables of templates, looked up and escaped without what seldom is needed.

Whatever is out of the ordinary – a member that is missing, a function, a list – is left to Django,
which then begins anew.
"""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

from django.conf import settings
from django.forms import BaseForm
from django.template import smartif
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.context import BaseContext, Context
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

PLAIN, MAPPING, FORM, LAZY, OTHER = range(5)
MISSING, ODD = object(), object()  # no such name; what Django must be asked for
_ways: dict[type, int] = {dict: MAPPING, SimpleLazyObject: LAZY}  # by type, how a member is found


class QuickVariable(Variable):
    __slots__ = ()

    def _resolve_lookup(self, context: Any) -> Any:
        try:
            return self.simply_found(context)
        except VariableDoesNotExist:
            raise
        except Exception:  # looked up once more, which raises what there is to raise
            return super()._resolve_lookup(context)

    def simply_found(self, context: BaseContext) -> Any:
        first, *rest = self.lookups
        for names in reversed(context.dicts):
            if first in names:
                return member_of(names[first], rest)
        raise VariableDoesNotExist("There is no %r in %r", (first, context))


def member_of(found: Any, names: list[str]) -> Any:
    """What these names lead to. Raises an error where something is out of the ordinary."""
    if callable(found):
        raise TypeError
    for name in names:
        kind = type(found)
        way = _ways.get(kind)
        if way is LAZY:
            kind = found.__class__  # from now on it stands for something
            found = found._wrapped
            way = _ways.get(kind)
        if way is None:
            way = _ways[kind] = _way(kind)
        if way is PLAIN:
            found = getattr(found, name)
        elif way is MAPPING:
            found = found[name]
        elif way is FORM:
            found = found[name] if name in found.fields else getattr(found, name)
        else:
            raise TypeError
        if callable(found):
            raise TypeError
    return found


def _way(kind: type) -> int:
    if issubclass(kind, BaseForm):
        return FORM
    return OTHER if hasattr(kind, "__getitem__") else PLAIN


def seeker(expression: FilterExpression) -> Callable[[Context], Any] | None:
    """What finds a variable alone; None for other expressions.

    It answers MISSING where no such name is known, and ODD where Django must be asked.
    """
    var = expression.var
    if expression.filters or type(var) is not QuickVariable or var.translate:
        return None
    first, *rest = var.lookups

    def seek(context: Context) -> Any:
        for names in reversed(context.dicts):
            if first in names:
                found = names[first]
                break
        else:
            return MISSING
        return ODD if callable(found) else found

    def seek_further(context: Context) -> Any:
        for names in reversed(context.dicts):
            if first in names:
                found = names[first]
                break
        else:
            return MISSING
        try:
            return member_of(found, rest)
        except Exception:  # Django begins anew, and raises what there is to raise
            return ODD

    return seek_further if rest else seek


def finder(
    expression: FilterExpression, *, may_be_missing: bool = False
) -> Callable[[Context], Any]:
    """What resolves an expression, the shortest way for a variable alone.

    What may be missing is None then; else it is what the engine says.
    """
    if is_literal(expression):
        value = expression.resolve(Context())
        return lambda _context: value
    seek = seeker(expression)
    if seek is None:
        return partial(expression.resolve, ignore_failures=may_be_missing)

    def find(context: Context) -> Any:
        found = seek(context)
        if found is MISSING and may_be_missing:
            return None
        if found is MISSING or found is ODD:
            return expression.resolve(context, ignore_failures=may_be_missing)
        return found

    return find


class Value(Node):
    """`{{ name }}`, with filters or without."""

    child_nodelists = ()

    def __init__(self, node: VariableNode) -> None:
        self.filter_expression = node.filter_expression
        self.find = finder(node.filter_expression)
        self.token, self.origin = node.token, node.origin

    def render(self, context: Context) -> str:
        try:
            found = self.find(context)
        except UnicodeDecodeError:
            return ""
        kind = type(found)
        if kind is SafeString:
            return found
        if kind is str:
            return escape(found) if context.autoescape else found
        if kind is int and not settings.USE_THOUSAND_SEPARATOR:
            return str(found)
        return render_value_in_context(found, context)


def make_quick(part: Any) -> None:
    """Make the variables of a node quick, wherever it keeps them."""
    if isinstance(part, FilterExpression):
        expressions = [part.var, *(one for _filter, given in part.filters for _is, one in given)]
        for one in expressions:
            if type(one) is Variable and one.lookups is not None:
                one.__class__ = QuickVariable
    elif isinstance(part, list | tuple) and not isinstance(part, NodeList):
        for one in part:
            make_quick(one)
    elif isinstance(part, dict):
        make_quick(list(part.values()))
    elif isinstance(part, smartif.TokenBase):
        make_quick([part.first, part.second, part.value])
    elif isinstance(part, Node):
        make_quick([one for one in vars(part).values() if not isinstance(one, Node)])


def is_literal(expression: Any) -> bool:
    """Whether a filter expression is a value that stands in the template, and not translated."""
    if expression.filters:
        return False
    return not expression.is_var or getattr(expression.var, "lookups", ()) is None
