"""What Django does some hundred times a page, done without what is not needed here.

What is active in a thread – language, zone, script prefix – it keeps in an `asgiref.local.Local`,
each reading of which takes a lock and goes through ten functions. A context variable holds for the
same code: a thread, and what runs in its context. Its connections to the database are a thread's
own there, too, and each look at one asks whether a loop is running, which none does here. And a
word without a translation it looks up in every application's catalogue, twice; here it is looked up
once.
"""

from contextvars import ContextVar
from gettext import GNUTranslations
from threading import local
from typing import Any

from django.db import connections
from django.urls import base
from django.utils import timezone
from django.utils.translation import trans_real

UNSET = object()
KNOWN = 5_000  # words of a language that are remembered


class ActiveValue:
    """`value`, as Django's modules read, set and delete it."""

    def __init__(self, name: str) -> None:
        self._held: ContextVar[Any] = ContextVar(name, default=UNSET)

    @property
    def value(self) -> Any:
        if (found := self._held.get()) is UNSET:
            raise AttributeError("value")
        return found

    @value.setter
    def value(self, given: Any) -> None:
        self._held.set(given)

    @value.deleter
    def value(self) -> None:
        self._held.set(UNSET)


def translated(self: trans_real.DjangoTranslation, message: str) -> str:
    """`DjangoTranslation.gettext`, with a memory."""
    known = self.__dict__.setdefault("_known", {})
    if (found := known.get(message)) is None:
        found = GNUTranslations.gettext(self, message)
        if len(known) < KNOWN:
            known[message] = found
    return found


def make_quick() -> None:
    """Let Django do so from now on; active values stay as they are."""
    kept = (trans_real, "_active"), (timezone, "_active"), (base, "_prefixes"), (base, "_urlconfs")
    for module, name in kept:
        before = getattr(module, name)
        now = ActiveValue(f"{module.__name__}.{name}")
        if hasattr(before, "value"):
            now.value = before.value
        setattr(module, name, now)
    open_here = {one.alias: one for one in connections.all(initialized_only=True)}
    connections._connections = local()
    for alias, one in open_here.items():
        connections[alias] = one
    trans_real.DjangoTranslation.gettext = translated
