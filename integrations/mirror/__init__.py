"""The mirror: tickets here and in other services kept the same, by what both last agreed on."""

from integrations.mirror.due import backfill, mark_due, nudge, retry
from integrations.mirror.slices import sync, with_work

__all__ = ["backfill", "mark_due", "nudge", "retry", "sync", "with_work"]
