"""What compiled templates call for whole tags: constant parts, addresses, includes."""

from collections.abc import Callable
from decimal import Decimal
from html import escape
from typing import Any

from django.template.base import (
    Node,
    Template,
    VariableDoesNotExist,
    render_value_in_context,
)
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.loader_tags import IncludeNode, construct_relative_path
from django.template.smartif import TokenBase
from django.templatetags.i18n import BlockTranslateNode
from django.urls import get_script_prefix, get_urlconf
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from helpdesk.addresses import filled, pieces_of

Place = tuple[str, str | None]  # where the site is mounted, and the addresses that it has


def place() -> Place:
    return get_script_prefix(), get_urlconf()


class Constants:
    """Runs of nodes that render to the same as long as the language is the same."""

    def __init__(self) -> None:
        self.runs: list[list[Node]] = []
        self._kept: dict[tuple, list[str]] = {}

    def add(self, nodes: list[Node]) -> int:
        self.runs.append(nodes)
        return len(self.runs) - 1

    def of(self, context: Context) -> list[str]:
        """What each of the runs renders to, in their order."""
        key = (get_language(), context.autoescape, get_script_prefix())
        if (found := self._kept.get(key)) is None:
            found = ["".join([node.render(context) for node in run]) for run in self.runs]
            self._kept[key] = found
        return found


class Link:
    """A `{% url %}` of one name: values are set into what was found out once."""

    def __init__(self, node: URLNode, given: tuple) -> None:
        self.node, self.name, self.given = node, node.view_name.var, given
        self._known: dict[tuple, tuple[str, ...] | None] = {}

    def of(self, context: Context, place: Place, *values: Any) -> str:
        """The address with these values; other than numbers, uuids and words are left to Django."""
        key = (place, *map(type, values))
        try:
            pieces = self._known[key]
        except KeyError:
            kinds = map(type, values)
            places = tuple(next(kinds) if one is None else one for one in self.given)
            pieces = self._known[key] = pieces_of(self.name, places)
        if pieces is None or (url := filled(pieces, values)) is None:
            return self.node.render(context)
        if self.node.asvar:
            context[self.node.asvar] = url
            return ""
        return escape(url) if context.autoescape else url


class Phrase:
    """A `{% blocktranslate %}`, whose words are put together once."""

    def __init__(self, node: BlockTranslateNode) -> None:
        self.node = node
        self.singular, self.names = node.render_token_list(node.singular)
        if node.plural:
            self.plural, more = node.render_token_list(node.plural)
            self.names = [*self.names, *more]

    def of(self, context: Context, given: dict, *counted: Any) -> str:
        """The translated words with these values, and those of the context, in their places."""
        if counted:
            [count] = counted
            if not isinstance(count, Decimal | float | int):
                return self.node.render(context)
            given[self.node.countervar] = count
            words = ngettext(self.singular, self.plural, count)
        else:
            words = gettext(self.singular)
        try:
            return words % {name: _shown(name, given, context) for name in self.names}
        except (KeyError, ValueError):  # Django does without the translation, or complains
            return self.node.render(context)


def _shown(name: str, given: dict, context: Context) -> str:
    value = given[name] if name in given else context[name]
    if type(value) is str and context.autoescape:
        return escape(value)
    return render_value_in_context(value, context)


class Included:
    """An `{% include %}` of one name, whose template is looked for once."""

    def __init__(self, node: IncludeNode) -> None:
        self.name = construct_relative_path(node.origin.template_name, node.template.var)
        self.is_isolated = node.isolated_context
        self._template: Any = None

    def of(self, context: Context, values: dict) -> str:
        template = self._template
        if template is None:
            template = self._template = context.template.engine.get_template(self.name)
        if self.is_isolated:
            return template.render(context.new(values))
        context.dicts.append(values)
        try:
            return written(template, context)
        finally:
            context.dicts.pop()


def written(template: Any, context: Context) -> str:
    """What `template.render(context)` gives inside another template, without context managers."""
    if type(template) is not Template or context.template is None:
        return template.render(context)
    state = context.render_context
    before, state.template = state.template, template
    state.dicts.append({})
    try:
        return template._render(context)
    finally:
        state.template = before
        state.dicts.pop()


def is_met(condition: TokenBase, context: Context) -> Any:
    """What Django says of the condition of an `{% if %}`."""
    try:
        return condition.eval(context)
    except VariableDoesNotExist:
        return None


def sequence(values: Any) -> Any:
    """What a `{% for %}` goes through; it has a length."""
    if values is None:
        return ()
    return values if hasattr(values, "__len__") else list(values)


def safe_like(before: Any, found: Any) -> Any:
    """What a filter made that leaves safe what was safe."""
    return mark_safe(found) if isinstance(before, SafeData) else found


def token_field(context: Context, asked: Callable[[Context], str]) -> str:
    """`{% csrf_token %}`."""
    token = str(context.get("csrf_token") or "NOTPROVIDED")
    if token == "NOTPROVIDED":
        return asked(context)
    return SafeString(f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(token)}">')
