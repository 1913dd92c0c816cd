"""Tags of templates that render to what Django's do, with fewer steps: `if`, `for`, simple tags."""

import operator
from collections.abc import Callable
from html import escape
from typing import Any

from django.template.base import VariableDoesNotExist
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode, ForNode, IfNode, TemplateLiteral
from django.template.library import SimpleNode
from django.template.smartif import TokenBase
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from helpdesk.template_values import finder

Test = Callable[[Context], Any]


class Condition(IfNode):
    """An `{% if %}` whose conditions are functions."""

    def __init__(self, node: IfNode) -> None:
        super().__init__(node.conditions_nodelists)
        self.token, self.origin = node.token, node.origin
        self.ways = [
            (condition and test_of(condition), nodelist.render)
            for condition, nodelist in node.conditions_nodelists
        ]

    def render(self, context: Context) -> str:
        for test, render in self.ways:
            try:
                is_met = test is None or test(context)
            except VariableDoesNotExist:
                continue
            if is_met:
                return render(context)
        return ""


def test_of(token: TokenBase) -> Test:
    """What `token.eval` does, in fewer steps. What goes wrong in an operator is False."""
    if isinstance(token, TemplateLiteral):
        return finder(token.value, may_be_missing=True)
    first = test_of(token.first)
    if token.id == "not":
        return _not(first)
    second = test_of(token.second)
    if token.id in COMPARED:
        return _compared(COMPARED[token.id], first, second)
    return _and(first, second) if token.id == "and" else _or(first, second)


def _not(first: Test) -> Test:
    def test(context: Context) -> bool:
        try:
            return not first(context)
        except Exception:
            return False

    return test


def _and(first: Test, second: Test) -> Test:
    def test(context: Context) -> Any:
        try:
            return first(context) and second(context)
        except Exception:
            return False

    return test


def _or(first: Test, second: Test) -> Test:
    def test(context: Context) -> Any:
        try:
            return first(context) or second(context)
        except Exception:
            return False

    return test


def _compared(compare: Callable[[Any, Any], Any], first: Test, second: Test) -> Test:
    def test(context: Context) -> Any:
        try:
            return compare(first(context), second(context))
        except Exception:
            return False

    return test


COMPARED = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda one, many: one in many,
    "not in": lambda one, many: one not in many,
}


class Loop(ForNode):
    """A `{% for %}` that renders its nodes together."""

    def __init__(self, node: ForNode) -> None:
        super().__init__(
            node.loopvars, node.sequence, node.is_reversed, node.nodelist_loop, node.nodelist_empty
        )
        self.token, self.origin = node.token, node.origin
        self.find = finder(node.sequence, may_be_missing=True)

    def render(self, context: Context) -> SafeString:
        values = self.find(context)
        if values is None:
            values = ()
        elif not hasattr(values, "__len__"):
            values = list(values)
        if not len(values):
            return self.nodelist_empty.render(context)
        parent, depth = context.get("forloop", {}), len(context.dicts)
        context.dicts.append({})
        try:
            return self._written(context, values, parent)
        finally:
            del context.dicts[depth:]

    def _written(self, context: Context, values: Any, parent: dict) -> SafeString:
        scope, render, names = context.dicts[-1], self.nodelist_loop.render, self.loopvars
        loop = scope["forloop"] = {"parentloop": parent}
        count, written = len(values), []
        for place, one in enumerate(reversed(values) if self.is_reversed else values):
            loop["counter0"], loop["counter"] = place, place + 1
            loop["revcounter"], loop["revcounter0"] = count - place, count - place - 1
            loop["first"], loop["last"] = place == 0, place == count - 1
            if len(names) == 1:
                scope[names[0]] = one
                written.append(render(context))
                continue
            context.dicts.append(dict(zip(names, one, strict=True)))
            written.append(render(context))
            context.dicts.pop()
        return mark_safe("".join(written))


class Tag(SimpleNode):
    """A tag that is a function."""

    def __init__(self, node: SimpleNode) -> None:
        super().__init__(node.func, node.takes_context, node.args, node.kwargs, node.target_var)
        self.token, self.origin = node.token, node.origin
        self.asked = [finder(one) for one in node.args]
        self.named = [(name, finder(one)) for name, one in node.kwargs.items()]

    def render(self, context: Context) -> str:
        given = [find(context) for find in self.asked]
        if self.takes_context:
            given.insert(0, context)
        found = self.func(*given, **{name: find(context) for name, find in self.named})
        if self.target_var is not None:
            context[self.target_var] = found
            return ""
        if type(found) is SafeString or not context.autoescape:
            return found
        return conditional_escape(found)


class TokenField(CsrfTokenNode):
    """`{% csrf_token %}`."""

    def __init__(self, node: CsrfTokenNode) -> None:
        self.token, self.origin = node.token, node.origin

    def render(self, context: Context) -> SafeString:
        token = str(context.get("csrf_token") or "NOTPROVIDED")
        if token == "NOTPROVIDED":
            return super().render(context)
        return mark_safe(
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(token)}">'
        )
