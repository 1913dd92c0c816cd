"""`{% url %}` whose variables are numbers or uuids, put together without asking the resolver."""

from html import escape
from typing import Any
from uuid import UUID

from django.template.base import Node
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.urls import NoReverseMatch, get_script_prefix, reverse

# What stands for the value in a place while the address is found; nothing else looks like it.
MARKS = {
    int: lambda place: 8_146_203_957_041 + place,
    UUID: lambda place: UUID(int=0xC2B1F0E46F0D4C5E9D0A5BE1F6F3A9D7 + place),
}
Pieces = tuple[str, ...]


class Address(Node):
    """A `{% url %}` of one name. Values other than numbers and uuids are left to Django."""

    child_nodelists = ()

    def __init__(self, node: URLNode) -> None:
        self.node, self.token, self.origin = node, node.token, node.origin
        self.name: str = node.view_name.var
        self.given = [one.resolve(Context()) if is_literal(one) else None for one in node.args]
        self.asked = [one for one in node.args if not is_literal(one)]
        self._pieces: dict[tuple, Pieces | None] = {}

    def render(self, context: Context) -> str:
        values = [one.resolve(context) for one in self.asked]
        key = (get_script_prefix(), *map(type, values))
        if key not in self._pieces:
            self._pieces[key] = self._found(values)
        pieces = self._pieces[key]
        if pieces is None or any(type(one) is int and one < 0 for one in values):
            return self.node.render(context)
        url = pieces[0]
        for value, piece in zip(values, pieces[1:], strict=True):
            url += f"{value}{piece}"
        if self.node.asvar:
            context[self.node.asvar] = url
            return ""
        return escape(url) if context.autoescape else url

    def _found(self, values: list[Any]) -> Pieces | None:
        """What stands before, between and after the values; None where Django must be asked."""
        if any(type(one) not in MARKS for one in values):
            return None
        marks = [MARKS[type(one)](place) for place, one in enumerate(values)]
        left = iter(marks)
        try:
            url = reverse(
                self.name, args=[next(left) if one is None else one for one in self.given]
            )
        except NoReverseMatch:
            return None
        pieces = []
        for mark in marks:
            before, found, url = url.partition(str(mark))
            if not found:
                return None
            pieces.append(before)
        return (*pieces, url)


def can_be_address(node: Node) -> bool:
    """Whether a node is a `{% url %}` of one name of no namespace, without keywords."""
    if not isinstance(node, URLNode) or node.kwargs or not is_literal(node.view_name):
        return False
    return isinstance(node.view_name.var, str) and ":" not in node.view_name.var


def is_literal(expression: Any) -> bool:
    """Whether a filter expression is a value that stands in the template, and not translated."""
    if expression.filters:
        return False
    return not expression.is_var or getattr(expression.var, "lookups", ()) is None
