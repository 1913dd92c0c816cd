"""The mirror: tickets here and in other services kept the same, by what both last agreed on."""

from integrations.mirror.due import backfill, begin, look_now, mark_due, nudge, retry, settle
from integrations.mirror.slices import sync, with_work

__all__ = [
    "backfill",
    "begin",
    "look_now",
    "mark_due",
    "nudge",
    "retry",
    "settle",
    "sync",
    "with_work",
]
