"""A function of Python for each list of nodes that Django's parser made of a template."""

import linecache
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from itertools import count

from django.template.base import Node, NodeList, TextNode, VariableNode
from django.template.context import Context
from django.template.defaulttags import (
    CommentNode,
    CsrfTokenNode,
    ForNode,
    IfNode,
    LoadNode,
    URLNode,
    WithNode,
)
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from helpdesk.templatetags import look
from helpdesk.templatetags.kept import KeptNode
from helpdesk.templating.expressions import Names, Scope, first_of, is_literal, value_of
from helpdesk.templating.lookup import ODD, make_quick
from helpdesk.templating.parts import Constants, Included, Link, Phrase, place

PURE = (look.icon, look.status_glyph)  # tags whose output depends on their arguments alone
SILENT = (TextNode, CommentNode, LoadNode)  # the same in every language
KEEPING = (BlockNode, ExtendsNode, IncludeNode, KeptNode)  # what they set, they take back
_numbers = count(1)


class Compiled(NodeList):
    """Nodes that one function renders, which is written when they are rendered first."""

    def render(self, context: Context) -> SafeString:
        self.render = compiled(self)  # in place of this method
        return self.render(context)

    def write_now(self) -> None:
        """Do so for these nodes and those inside of them before they are rendered."""
        self.render = compiled(self)
        for node in self:
            for nodes in inside(node):
                nodes.write_now()

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        """Asked for its blocks by each page that extends this one; they do not change."""
        known = self.__dict__.setdefault("_by_type", {})
        if nodetype not in known:
            known[nodetype] = super().get_nodes_by_type(nodetype)
        return known[nodetype]


def compile_nodes(nodes: NodeList) -> None:
    """Let these nodes, and those inside of them, be rendered by functions."""
    nodes.__class__ = Compiled
    for node in nodes:
        for inner in inside(node):
            compile_nodes(inner)


def inside(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):
        return [nodelist for _condition, nodelist in node.conditions_nodelists]
    found = [getattr(node, name, None) for name in node.child_nodelists]
    return [nodelist for nodelist in found if isinstance(nodelist, NodeList)]


def compiled(nodes: Iterable[Node]) -> Callable[[Context], SafeString]:
    names = Names()
    source = Function(names).written(nodes)
    origin = next((node.origin for node in nodes if getattr(node, "origin", None)), None)
    title = f"<template {getattr(origin, 'template_name', None) or '?'} {next(_numbers)}>"
    exec(compile(source, title, "exec"), names.values)  # noqa: S102 – written here
    linecache.cache[title] = (len(source), None, source.splitlines(True), title)
    return names.values["render"]


class Function:
    """The lines of a function, as they are written."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.names.values |= {"SafeString": SafeString, "conditional_escape": conditional_escape}
        self.names.values |= {"ODD": ODD, "place": place}
        self.constants = Constants()
        self.lines: list[str] = []
        self.depth = 1
        self.is_shared = False  # something is called that sees the whole context
        self.has_links = False

    def written(self, nodes: Iterable[Node]) -> str:
        self.nodes(nodes, Scope(self.names))
        head = ["def render(context):", " dicts = context.dicts", " out = []", " add = out.append"]
        if self.constants.runs:
            head.append(f" constants = {self.names.of(self.constants)}.of(context)")
        if self.has_links:
            head.append(" here = place()")
        return "\n".join([*head, *self.lines, " return SafeString(''.join(out))"]) + "\n"

    def line(self, words: str) -> None:
        self.lines.append(" " * self.depth + words)

    @contextmanager
    def block(self, words: str):
        self.line(words)
        self.depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.line("pass")
        self.depth -= 1

    # Nodes --------------------------------------------------------------------------------------

    def nodes(self, nodes: Iterable[Node], scope: Scope) -> None:
        run: list[Node] = []
        for node in nodes:
            if is_constant(node):
                run.append(node)
                continue
            self._constant(run)
            run = []
            self._node(node, scope)
        self._constant(run)

    def _constant(self, run: list[Node]) -> None:
        if all(isinstance(node, SILENT) for node in run):
            if text := "".join(node.s for node in run if isinstance(node, TextNode)):
                self.line(f"add({text!r})")
        else:
            for node in run:
                make_quick(node)
            self.line(f"add(constants[{self.constants.add(run)}])")

    def _node(self, node: Node, scope: Scope) -> None:
        if type(node) in WAYS:
            return WAYS[type(node)](self, node, scope)
        if can_be_included(node):
            return self._include(node, scope)
        return self._any(node, scope)

    def _any(self, node: Node, scope: Scope) -> None:
        """A node that Django renders; it may set any name, unless it is known that it does not."""
        make_quick(node)
        self.is_shared = True
        self.line(f"add({self.names.of(node)}.render(context))")
        is_word = isinstance(node, TranslateNode | BlockTranslateNode) and not node.asvar
        if not (is_word or isinstance(node, KEEPING)):
            scope.forget()

    def _value(self, node: VariableNode, scope: Scope) -> None:
        expression, local = node.filter_expression, self.names.local()
        found, asked = scope.value(expression), self.names.of(expression, "e")
        self.line(
            f"add({local} if type({local} := {found}) is SafeString"
            f" else shown({local}, {asked}, context))"
        )

    def _if(self, node: IfNode, scope: Scope) -> None:
        depth, current, inner = self.depth, scope, []
        for condition, nodes in node.conditions_nodelists:
            if condition is None:
                inner.append(self._inner(nodes, current))
                continue
            make_quick(condition)
            local, token = self.names.local("c"), self.names.of(condition, "t")
            with self.block("try:"):
                self.line(f"{local} = True if {current.condition(condition)} else False")
            with self.block("except Exception:"):
                self.line(f"{local} = is_met({token}, context)")
            with self.block(f"if {local}:"):
                inner.append(self._inner(nodes, current))
            self.line("else:")
            self.depth += 1
            current = current.copy()  # what comes now is not always asked
            inner.append(current)
        self.line("pass")
        self.depth = depth
        for one in inner:
            scope.join(one)

    def _inner(self, nodes: NodeList, scope: Scope) -> Scope:
        inner = scope.copy()
        self.nodes(nodes, inner)
        return inner

    def _for(self, node: ForNode, scope: Scope) -> None:
        values = self.names.local()
        self.line(f"{values} = sequence({scope.sure_or_none(node.sequence, anew=True)})")
        trial = Function(Names())
        tried = Scope(trial.names)
        tried.known = dict.fromkeys(node.loopvars, "_")
        trial.nodes(node.nodelist_loop, tried)
        with self.block(f"if len({values}):"):
            inner = scope.copy({} if tried.is_lost else None)
            for name in tried.assigned:
                inner.drop(name)
            for name in sorted(tried.asked - tried.assigned - {"forloop"} - inner.known.keys()):
                if not tried.is_lost:
                    self.line(inner.path((name,)))
            has_count = trial.is_shared or "forloop" in tried.asked
            self._rounds(node, values, inner, has_count=has_count)
        with self.block("else:"):
            empty = self._inner(node.nodelist_empty, scope)
        scope.join(inner, {*node.loopvars, "forloop"})
        scope.join(empty)

    def _rounds(self, node: ForNode, values: str, inner: Scope, *, has_count: bool) -> None:
        own, depth, place, item = (self.names.local() for _name in range(4))
        self.line(f"{own} = {{}}")
        if has_count:
            loop, size = self.names.local(), self.names.local()
            inner.hold("forloop", loop)
            self.is_shared = True  # the loop around it is asked for its own
            self.line(f"{own}['forloop'] = {loop} = {{'parentloop': context.get('forloop', {{}})}}")
            self.line(f"{size} = len({values})")
        self.line(f"{depth} = len(dicts)")
        self.line(f"dicts.append({own})")
        order = f"reversed({values})" if node.is_reversed else values
        with self.block("try:"), self.block(f"for {place}, {item} in enumerate({order}):"):
            if has_count:
                self.line(f"{loop}['counter0'] = {place}; {loop}['counter'] = {place} + 1")
                self.line(f"{loop}['revcounter'] = {size} - {place}")
                self.line(f"{loop}['revcounter0'] = {size} - {place} - 1")
                self.line(f"{loop}['first'] = {place} == 0")
                self.line(f"{loop}['last'] = {place} == {size} - 1")
            held = [self.names.local() for _name in node.loopvars]
            is_one = len(held) == 1
            self.line(f"{held[0]} = {item}" if is_one else f"{', '.join(held)} = {item}")
            given = list(zip(node.loopvars, held, strict=True))
            if is_one:
                self.line(f"{own}[{node.loopvars[0]!r}] = {held[0]}")
            else:
                self.line(f"dicts.append({{{', '.join(f'{n!r}: {v}' for n, v in given)}}})")
            self._hold(given, inner)
            self.nodes(node.nodelist_loop, inner)
            if not is_one:
                self.line("dicts.pop()")
        with self.block("finally:"):
            self.line(f"del dicts[{depth}:]")

    def _hold(self, given: Iterable[tuple[str, str]], scope: Scope) -> None:
        """Names of the context that local variables stand for; Django calls what can be called."""
        for name, local in given:
            self.line(f"if callable({local}): {local} = ODD")
            scope.hold(name, local)

    def _with(self, node: WithNode, scope: Scope) -> None:
        given = []
        for name, expression in node.extra_context.items():
            local = self.names.local()
            self.line(f"{local} = {scope.sure(expression)}")
            given.append((name, local))
        self.line(f"dicts.append({{{', '.join(f'{n!r}: {v}' for n, v in given)}}})")
        inner = scope.copy()
        with self.block("try:"):
            self._hold(given, inner)
            self.nodes(node.nodelist, inner)
        with self.block("finally:"):
            self.line("dicts.pop()")
        inner.assigned.clear()  # what was set there is gone
        scope.join(inner, node.extra_context)

    def _include(self, node: IncludeNode, scope: Scope) -> None:
        given = [f"{name!r}: {scope.sure(one)}" for name, one in node.extra_context.items()]
        self.is_shared = True
        self.line(f"add({self.names.of(Included(node), 'i')}.of(context, {{{', '.join(given)}}}))")

    def _tag(self, node: SimpleNode, scope: Scope) -> None:
        given = ["context"] if node.takes_context else []
        given += [scope.sure(one) for one in node.args]
        given += [f"{name}={scope.sure(one)}" for name, one in node.kwargs.items()]
        self.is_shared = self.is_shared or node.takes_context
        local = self.names.local()
        self.line(f"{local} = {self.names.of(node.func, 'f')}({', '.join(given)})")
        if node.target_var is not None:
            self.line(f"context[{node.target_var!r}] = {local}")
            scope.assign(node.target_var)
            return
        self.line(
            f"add({local} if type({local}) is SafeString or not context.autoescape"
            f" else conditional_escape({local}))"
        )

    def _url(self, node: URLNode, scope: Scope) -> None:
        make_quick(node)
        if not can_be_link(node):
            self.line(f"add({self.names.of(node)}.render(context))")
        else:
            given = tuple(value_of(one) if is_literal(one) else None for one in node.args)
            asked = [scope.sure(one) for one in node.args if not is_literal(one)]
            link = self.names.of(Link(node, given), "u")
            self.has_links = True
            self.line(f"add({link}.of({', '.join(['context', 'here', *asked])}))")
        if node.asvar:
            scope.assign(node.asvar)

    def _phrase(self, node: BlockTranslateNode, scope: Scope) -> None:
        is_counted = bool(node.plural and node.countervar and node.counter)
        counts_own = is_counted and first_of(node.counter) in node.extra_context
        if node.message_context or node.asvar or counts_own:
            return self._any(node, scope)
        given = [f"{name!r}: {scope.sure(one)}" for name, one in node.extra_context.items()]
        asked = ["context", f"{{{', '.join(given)}}}"]
        if is_counted:
            asked.append(scope.sure(node.counter))
        self.line(f"add({self.names.of(Phrase(node), 'p')}.of({', '.join(asked)}))")
        return None

    def _kept(self, node: KeptNode, scope: Scope) -> None:
        """Its values are asked for here: Django takes long to say that one is missing."""
        make_quick(node)
        self.is_shared = True
        values = [scope.sure_or_none(one) for one in node.values]
        self.line(f"add({self.names.of(node)}.written(context, [{', '.join(values)}]))")

    def _token(self, node: CsrfTokenNode, scope: Scope) -> None:
        self.line(f"add(token_field(context, {self.names.of(node)}.render))")


WAYS = {
    VariableNode: Function._value,
    IfNode: Function._if,
    ForNode: Function._for,
    WithNode: Function._with,
    SimpleNode: Function._tag,
    URLNode: Function._url,
    CsrfTokenNode: Function._token,
    BlockTranslateNode: Function._phrase,
    KeptNode: Function._kept,
}


def can_be_included(node: Node) -> bool:
    return isinstance(node, IncludeNode) and is_literal(node.template)


def can_be_link(node: URLNode) -> bool:
    """Whether a node is a `{% url %}` of one name of no namespace, without keywords."""
    if node.kwargs or not is_literal(node.view_name):
        return False
    return isinstance(node.view_name.var, str) and ":" not in node.view_name.var


def is_constant(node: Node) -> bool:
    """Whether nothing but the language decides what a node renders to."""
    if isinstance(node, SILENT):
        return True
    if isinstance(node, TranslateNode):
        return not (node.asvar or node.message_context) and is_literal(node.filter_expression)
    if isinstance(node, StaticNode):
        return node.varname is None and is_literal(node.path)
    if isinstance(node, URLNode):
        return not (node.asvar or node.args) and can_be_link(node)
    if type(node) is SimpleNode:
        given = [*node.args, *node.kwargs.values()]
        return node.func in PURE and node.target_var is None and all(map(is_literal, given))
    return isinstance(node, VariableNode) and is_literal(node.filter_expression)
