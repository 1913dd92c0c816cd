"""`{% kept values … %}`: a part of a page that is written once for the same values.

For what stands around every page and is the same for thousands of them. It must depend on nothing
but the values and the language; they are plain: texts, numbers, dates, lists and dictionaries.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
ALONE = (str, int, bool, type(None))
MOST = 200  # written parts of one place in one process; the one that was not used longest goes


class KeptNode(template.Node):
    def __init__(self, values: list[FilterExpression], nodelist: NodeList) -> None:
        self.values, self.nodelist = values, nodelist
        self._written: OrderedDict[Hashable, SafeString] = OrderedDict()

    def render(self, context: Context) -> SafeString:
        values = [one.resolve(context, ignore_failures=True) for one in self.values]
        return self.written(context, values)

    def written(self, context: Context, values: list[Any]) -> SafeString:
        key = (get_language(), get_script_prefix(), *map(frozen, values))
        found = self._written.pop(key, None)
        if found is None:
            found = self.nodelist.render(context)
        self._written[key] = found
        if len(self._written) > MOST:
            self._written.popitem(last=False)
        return found


def frozen(value: Any) -> Hashable:
    """A plain value so that equal ones are found again. Texts to translate count as translated."""
    if type(value) in ALONE:
        return value
    if isinstance(value, dict):
        return (tuple(value), *map(frozen, value.values()))
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return str(value) if isinstance(value, Promise) else value


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(values, nodelist)
