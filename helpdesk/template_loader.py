"""Templates whose constant parts are rendered once for each language, and addresses without asking.

A page has some hundred words to translate, icons and addresses without a variable in them. Beside
each other and with the text between them they are one string, which is kept by language.
"""

import threading
from typing import Any

from django.template.base import Node, NodeList, Template, TextNode, VariableNode
from django.template.context import Context
from django.template.defaulttags import CommentNode, CsrfTokenNode, ForNode, IfNode, LoadNode
from django.template.library import SimpleNode
from django.template.loader_tags import ExtendsNode, IncludeNode, construct_relative_path
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from helpdesk.template_nodes import Condition, Loop, Tag, TokenField
from helpdesk.template_urls import Address, can_be_address
from helpdesk.template_values import Value, finder, is_literal, make_quick
from helpdesk.templatetags import look

PURE = (look.icon, look.status_glyph)  # tags whose output depends on their arguments alone
MADE = {
    CsrfTokenNode: TokenField,
    ForNode: Loop,
    IfNode: Condition,
    SimpleNode: Tag,
    VariableNode: Value,
}
SILENT = (TextNode, CommentNode, LoadNode)  # the same in every language


class Loader(cached.Loader):
    """Django's own, which compiles a template once; what is constant in it is then joined."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._joining = threading.Lock()

    def get_template(self, template_name: str, skip: list | None = None):
        template = super().get_template(template_name, skip)
        if not getattr(template, "is_joined", False):
            with self._joining:
                if not getattr(template, "is_joined", False):
                    join(
                        template.nodelist, QuickNodeList if not template.engine.debug else NodeList
                    )
                    template.is_joined = True
        return template


class Constant(Node):
    """A run of nodes that render to the same as long as the language is the same."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.token = nodes[0].token
        self.origin = nodes[0].origin
        self._has_address = any(isinstance(one, Address) for one in nodes)
        self._kept: dict[tuple, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = (get_language(), context.autoescape, self._has_address and get_script_prefix())
        if (found := self._kept.get(key)) is None:
            found = self._kept[key] = NodeList(self.nodes).render(context)
        return found


class Included(Node):
    """An `{% include %}` of one name, whose template is looked for once."""

    child_nodelists = ()

    def __init__(self, node: IncludeNode) -> None:
        self.token, self.origin = node.token, node.origin
        self.name = construct_relative_path(node.origin.template_name, node.template.var)
        make_quick(node.extra_context)
        self.values = [(name, finder(one)) for name, one in node.extra_context.items()]
        self.is_isolated = node.isolated_context
        self._template: Any = None

    def render(self, context: Context) -> SafeString:
        template = self._template
        if template is None:
            template = self._template = context.template.engine.get_template(self.name)
        values = {name: find(context) for name, find in self.values}
        if self.is_isolated:
            return template.render(context.new(values))
        context.dicts.append(values)
        try:
            return written(template, context)
        finally:
            context.dicts.pop()


def written(template: Any, context: Context) -> SafeString:
    """What `template.render(context)` gives inside another template, without context managers."""
    if type(template) is not Template or context.template is None:
        return template.render(context)
    state = context.render_context
    before, state.template = state.template, template
    state.push()
    try:
        return template._render(context)
    finally:
        state.template = before
        state.pop()


class QuickNodeList(NodeList):
    """Nodes that render one after the other; in debugging alone it is asked in which a fault is."""

    def render(self, context: Context) -> SafeString:
        return SafeString("".join([node.render(context) for node in self]))


def join(nodes: NodeList, kind: type[NodeList] = NodeList) -> None:
    """Replace each run of constant nodes by one, here and in all that is inside."""
    for node in nodes:
        for inner in _inside(node):
            join(inner, kind)
    nodes.__class__ = kind
    if any(isinstance(node, ExtendsNode) for node in nodes):
        return  # it looks for itself among the first nodes
    joined: list[Node] = []
    run: list[Node] = []
    for node in [*map(quick, nodes), None]:
        if node is not None and is_constant(node):
            run.append(node)
            continue
        joined += _one(run)
        run = []
        if node is not None:
            joined.append(node)
    nodes[:] = joined


def quick(node: Node) -> Node:
    """A node that renders to the same sooner; itself where there is none."""
    make_quick(node)
    if can_be_address(node):
        return Address(node)
    if isinstance(node, IncludeNode) and is_literal(node.template):
        return Included(node)
    made = MADE.get(type(node))
    return made(node) if made else node


def is_constant(node: Node) -> bool:
    """Whether nothing but the language decides what a node renders to."""
    if isinstance(node, SILENT):
        return True
    if isinstance(node, TranslateNode):
        return not (node.asvar or node.message_context) and is_literal(node.filter_expression)
    if isinstance(node, Address):
        return not (node.node.asvar or node.node.args)
    if type(node) is Tag:
        given = [*node.args, *node.kwargs.values()]
        return node.func in PURE and node.target_var is None and all(map(is_literal, given))
    return isinstance(node, Value) and is_literal(node.filter_expression)


def _inside(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):
        return [nodelist for _condition, nodelist in node.conditions_nodelists]
    found = [getattr(node, name, None) for name in node.child_nodelists]
    return [nodelist for nodelist in found if isinstance(nodelist, NodeList)]


def _one(run: list[Node]) -> list[Node]:
    if all(isinstance(node, TextNode) for node in run):
        return run
    return [Constant(run)]
