"""The mirror: tickets here and in other services kept the same, by what both last agreed on."""

from integrations.mirror.due import (
    again,
    backfill,
    begin,
    look_now,
    mark_due,
    nudge,
    retry,
    retry_all,
    settle,
)
from integrations.mirror.slices import sync, with_work

__all__ = [
    "again",
    "backfill",
    "begin",
    "look_now",
    "mark_due",
    "nudge",
    "retry",
    "retry_all",
    "settle",
    "sync",
    "with_work",
]
