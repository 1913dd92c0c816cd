"""The named scopes of API keys: what a key may do beyond reading and writing at all.

A key without any named scope may do all but `ONLY_NAMED`. One that names some does what they say
and nothing else. `x:write` includes `x:read`, `configuration:manage` both. A scope never goes
beyond the key's own *read* or *read and write*, nor beyond its queues.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

SCOPES = {
    "tickets:read": _("read tickets"),
    "tickets:write": _("open and change tickets"),
    "comments:read": _("read comments"),
    "comments:write": _("write comments"),
    "attachments:read": _("read files"),
    "attachments:write": _("upload and remove files"),
    "people:read": _("read people and organisations"),
    "people:write": _("write people and organisations"),
    "people:erase": _("erase people"),
    "configuration:read": _("read queues, statuses, fields, tags"),
    "configuration:write": _("write tags and their categories"),
    "configuration:manage": _(
        "set up queues, statuses, workflows, types, fields, teams and mailboxes"
    ),
    "views:read": _("read saved views"),
    "views:write": _("write saved views"),
    "replies:read": _("read canned replies and macros"),
    "replies:write": _("write canned replies and macros"),
    "mail:read": _("read mail that came in, with its original"),
    "mail:write": _("release, retry, discard and approve mail"),
    "reports:read": _("read reports"),
    "imports": _("import and follow jobs"),
    "webhooks": _("manage webhooks"),
    "connections:read": _("see connections and their state"),
    "connections:write": _("pause, resume and retry connections"),
    "keys": _("manage keys, with no more rights than its own"),
}
READ, WRITE = ":read", ":write"
MANAGE = "configuration:manage"  # includes writing
ONLY_NAMED = frozenset(
    {"people:erase", "connections:read", "connections:write", "keys", "configuration:manage"}
)
ORDINARY = frozenset(SCOPES) - ONLY_NAMED
READING = frozenset(name for name in SCOPES if name.endswith(READ))
# What a compatible endpoint shows and writes cannot be told apart there.
SERVED = frozenset(
    f"{noun}:read" for noun in ("tickets", "comments", "attachments", "people", "configuration")
)
SERVED_WRITES = frozenset(f"{noun}:write" for noun in ("tickets", "comments", "attachments"))


def granted(named: Iterable[str]) -> frozenset[str]:
    """Everything that a key of these named scopes may do."""
    named = frozenset(named)
    if not named:
        return ORDINARY
    if MANAGE in named:
        named |= {"configuration:write"}
    return named | {one.removesuffix(WRITE) + READ for one in named if one.endswith(WRITE)}


def for_reading(named: Iterable[str]) -> list[str]:
    """What is left of named scopes for a key that only reads."""
    return sorted(one for one in granted(named) if one in READING) if named else []
