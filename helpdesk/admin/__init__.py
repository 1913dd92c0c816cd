"""The admin site: everything an administrator configures, one file per family of settings."""

from helpdesk.admin import desk, fields, groups, jobs, keys, labels, people, tickets, workflow

__all__ = ["desk", "fields", "groups", "jobs", "keys", "labels", "people", "tickets", "workflow"]
