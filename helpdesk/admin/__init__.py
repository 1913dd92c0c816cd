"""The admin site: everything an administrator configures, one file per family of settings."""

from helpdesk.admin import (
    canned,
    desk,
    fields,
    groups,
    jobs,
    keys,
    labels,
    people,
    tickets,
    webhooks,
    workflow,
)

__all__ = [
    "canned",
    "desk",
    "fields",
    "groups",
    "jobs",
    "keys",
    "labels",
    "people",
    "tickets",
    "webhooks",
    "workflow",
]
