"""`{% url %}` whose variables are numbers or uuids, put together without asking the resolver."""

from html import escape

from django.template.base import Node
from django.template.context import Context
from django.template.defaulttags import URLNode

from helpdesk.addresses import put_together
from helpdesk.template_values import finder, is_literal


class Address(Node):
    """A `{% url %}` of one name. Values other than numbers and uuids are left to Django."""

    child_nodelists = ()

    def __init__(self, node: URLNode) -> None:
        self.node, self.token, self.origin = node, node.token, node.origin
        self.name: str = node.view_name.var
        self.given = [one.resolve(Context()) if is_literal(one) else None for one in node.args]
        self.asked = [finder(one) for one in node.args if not is_literal(one)]

    def render(self, context: Context) -> str:
        values = [find(context) for find in self.asked]
        kinds = map(type, values)
        places = tuple([next(kinds) if one is None else one for one in self.given])
        url = put_together(self.name, places, values)
        if url is None:
            return self.node.render(context)
        if self.node.asvar:
            context[self.node.asvar] = url
            return ""
        return escape(url) if context.autoescape else url


def can_be_address(node: Node) -> bool:
    """Whether a node is a `{% url %}` of one name of no namespace, without keywords."""
    if not isinstance(node, URLNode) or node.kwargs or not is_literal(node.view_name):
        return False
    return isinstance(node.view_name.var, str) and ":" not in node.view_name.var
