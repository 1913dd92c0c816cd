"""The mirror: tickets here and in other services kept the same, by what both last agreed on."""

from integrations.mirror.due import backfill, mark_due, retry

__all__ = ["backfill", "mark_due", "retry"]
