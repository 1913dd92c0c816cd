"""What is active in a thread – language, zone, script prefix – kept where it is read without a lock.

Django keeps each in an `asgiref.local.Local`, whose every reading takes a lock and goes through ten
functions; a page of ours reads some four hundred. A context variable holds for the same code:
a thread, and what runs in its context.
"""

from contextvars import ContextVar
from typing import Any

from django.urls import base
from django.utils import timezone
from django.utils.translation import trans_real

UNSET = object()


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


def keep_without_locks() -> None:
    """Let Django's modules keep their active values so from now on, with those they have now."""
    kept = (trans_real, "_active"), (timezone, "_active"), (base, "_prefixes"), (base, "_urlconfs")
    for module, name in kept:
        before = getattr(module, name)
        now = ActiveValue(f"{module.__name__}.{name}")
        if hasattr(before, "value"):
            now.value = before.value
        setattr(module, name, now)
