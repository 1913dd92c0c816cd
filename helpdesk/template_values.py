"""Variables of templates, looked up and escaped without what seldom is needed.

Whatever is out of the ordinary – a member that is missing, a function, a list – is left to Django,
which then begins anew.
"""

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
from django.utils.safestring import SafeString


class QuickVariable(Variable):
    __slots__ = ()

    def _resolve_lookup(self, context: Any) -> Any:
        try:
            return self._simply_found(context)
        except VariableDoesNotExist:
            raise
        except Exception:  # looked up once more, which raises what there is to raise
            return super()._resolve_lookup(context)

    def _simply_found(self, context: Any) -> Any:
        first, *others = self.lookups
        try:
            found = context[first]
        except KeyError:
            if isinstance(context, BaseContext):
                raise VariableDoesNotExist("There is no %r in %r", (first, context)) from None
            raise
        if callable(found):
            raise TypeError
        for name in others:
            kind = found.__class__  # of what a lazy object stands for
            if kind is dict:
                found = found[name]
            elif isinstance(found, BaseForm):
                found = found[name] if name in found.fields else getattr(found, name)
            elif hasattr(kind, "__getitem__"):
                raise TypeError
            else:
                found = getattr(found, name)
            if callable(found):
                raise TypeError
        return found


class Value(Node):
    """`{{ name }}`, with filters or without."""

    child_nodelists = ()

    def __init__(self, node: VariableNode) -> None:
        self.filter_expression = node.filter_expression
        self.token, self.origin = node.token, node.origin

    def render(self, context: Context) -> str:
        try:
            found = self.filter_expression.resolve(context)
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
