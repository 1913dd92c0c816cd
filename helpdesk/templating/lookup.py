"""Values that a template names, found and shown.

Whatever is out of the ordinary – a member that is missing, a method that asks for something, a
list – is `ODD`: Django is asked then, which begins anew.
"""

from html import escape
from types import FunctionType, MethodType, NoneType
from typing import Any

from django.conf import settings
from django.forms import BaseForm, BoundField
from django.template import smartif
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Variable,
    render_value_in_context,
)
from django.template.context import Context
from django.utils.functional import SimpleLazyObject


class Unknown:
    """No value. Whether it is true, or equal to something, is said by Django alone."""

    __hash__ = None

    def _refuse(self, *_others: Any) -> bool:
        raise LookupError

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse


class Absent(Unknown):
    """No such name in the context, which is as good as None in a condition."""

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: Any) -> bool:
        return other is MISSING or other == None  # noqa: E711 – the other may say so

    def __ne__(self, other: Any) -> bool:
        return not self == other


ODD, MISSING = Unknown(), Absent()
PLAIN, MAPPING, FORM, OTHER, SPECIAL = range(5)  # by type, how a member is found
VIEWS = {"items": dict.items, "keys": dict.keys, "values": dict.values}
METHODS = (MethodType, FunctionType)
APART = (NoneType, SimpleLazyObject, Unknown, Absent)
_ways: dict[type, int] = {dict: MAPPING, **dict.fromkeys(APART, SPECIAL)}


def name_in(dicts: list[dict], name: str) -> Any:
    """What a name stands for, in the innermost of the dictionaries that has it."""
    for names in reversed(dicts):
        if name in names:
            found = names[name]
            return ODD if callable(found) else found
    return MISSING


def member(found: Any, name: str) -> Any:
    """What `found.name` means in a template."""
    kind = type(found)
    way = _ways.get(kind)
    try:
        if way is PLAIN:
            found = getattr(found, name)
        elif way is MAPPING and name in found:
            found = found[name]
        else:
            found = _further(found, kind, name)
        return _called(found) if callable(found) else found
    except Exception:  # Django looks once more, and raises what there is to raise
        return ODD


def _further(found: Any, kind: type, name: str) -> Any:
    if kind is NoneType or kind is Absent:
        return MISSING
    if kind is SimpleLazyObject:
        kind = found.__class__  # from now on it stands for something
        return member(found._wrapped, name)
    if kind is dict:
        if name in VIEWS:
            return VIEWS[name](found)
        return ODD if name.isdigit() or hasattr(dict, name) else MISSING
    if kind is Unknown:
        return ODD
    way = _ways.get(kind)
    if way is None:
        way = _ways[kind] = _way(kind)
    if way is PLAIN:
        return getattr(found, name)
    if way is FORM:
        return found[name] if name in found.fields else getattr(found, name)
    try:
        return found[name]
    except (TypeError, AttributeError, KeyError, ValueError, IndexError):
        return getattr(found, name)


def _way(kind: type) -> int:
    if issubclass(kind, BaseForm):
        return FORM
    if issubclass(kind, BoundField):
        return PLAIN  # its parts have numbers alone
    return OTHER if hasattr(kind, "__getitem__") else PLAIN


def _called(found: Any) -> Any:
    if type(found) not in METHODS or hasattr(found, "do_not_call_in_templates"):
        return ODD
    return ODD if getattr(found, "alters_data", False) else found()


def sure(found: Any, asked: FilterExpression | Variable, context: Context) -> Any:
    """A value, or what Django says it is."""
    return asked.resolve(context) if isinstance(found, Unknown) else found


def sure_or_none(found: Any, asked: FilterExpression, context: Context) -> Any:
    """A value that may be missing, or what Django says it is."""
    if found is MISSING:
        return None
    return asked.resolve(context, ignore_failures=True) if found is ODD else found


def plain(found: Any) -> Any:
    """A value to be compared; raises where Django must be asked."""
    if found is ODD:
        raise LookupError
    return None if found is MISSING else found


def shown(found: Any, asked: FilterExpression, context: Context) -> str:
    """A value as it stands in the page."""
    kind = type(found)
    if kind is str:
        return escape(found) if context.autoescape else found
    if kind is int and not settings.USE_THOUSAND_SEPARATOR:
        return str(found)
    if kind is Unknown or kind is Absent:
        try:
            found = asked.resolve(context)
        except UnicodeDecodeError:
            return ""
    return render_value_in_context(found, context)


class QuickVariable(Variable):
    """For the nodes of Django, which resolve their variables themselves."""

    __slots__ = ()

    def _resolve_lookup(self, context: Any) -> Any:
        first, *rest = self.lookups
        found = name_in(context.dicts, first)
        for name in rest:
            found = member(found, name)
        return super()._resolve_lookup(context) if isinstance(found, Unknown) else found


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
