"""Which scope each address takes: one table, asked at the door before anything is looked up."""

from rest_framework.permissions import SAFE_METHODS

from helpdesk.doors.errors import MissingScope
from helpdesk.models.scopes import MANAGE, ORDINARY, READ, SCOPES, WRITE

ROOT = "api/v1/"
FREE = ("me/",)
UNKNOWN = "?"
TICKET = "tickets/<str:ref>/"
# What a key sets up that names `configuration:manage`.
MANAGED = (
    "statuses/",
    "types/",
    "teams/",
    "queues/",
    "custom-fields/",
    "workflows/",
    "field-rules/",
    "field-orders/",
    "setting-changes/",
    "mailboxes/",
    "mail/senders/",
    "mail/templates/",
)
# Of these, what it takes to be read.
MANAGED_EVEN_TO_READ = ("setting-changes/", "mailboxes/", "mail/senders/", "mail/templates/")
# Beginnings of addresses, the longest first where one begins with another.
TABLE = {
    f"{TICKET}comments/": "comments",
    f"{TICKET}forward/": "comments",
    f"{TICKET}attachments/": "attachments",
    "tickets/": "tickets",
    "comments/": "comments",
    "sandbox/": "tickets",
    "attachments/": "attachments",
    "users/<str:ref>/erase/": "people:erase",
    "users/": "people",
    "organisations/": "people",
    "tags/": "configuration",
    "tag-categories/": "configuration",
    **dict.fromkeys(MANAGED, "configuration"),
    "mail/": "mail",
    "instance/": "configuration",
    "views/<str:ref>/tickets/": "tickets",
    "views/": "views",
    "canned-replies/": "replies",
    "macros/": "replies",
    "jobs/": "tickets",
    "change-sets/": "tickets",
    "imports/": "imports",
    "webhooks/": "webhooks",
    "deliveries/": "webhooks",
    "reporting/": "reports:read",
    "odata/": "reports:read",
    "connections/": "connections",
    "keys/": "keys",
}


def scope_of_route(route: str, *, is_read: bool) -> str | None:
    """The scope that an address takes; None if it takes none. An address that is not in the table
    takes one that nobody can have, so that only keys without named scopes pass."""
    path = route.removeprefix(ROOT)
    if path.startswith(FREE):
        return None
    found = next((noun for start, noun in TABLE.items() if path.startswith(start)), None)
    if found is None:
        return f"{UNKNOWN}{path}"
    if found in SCOPES:
        return found
    if path.startswith(MANAGED) and (not is_read or path.startswith(MANAGED_EVEN_TO_READ)):
        return MANAGE
    return found + (READ if is_read else WRITE)


def refuse_unscoped(request) -> None:
    """Raise MissingScope unless the key may do what this address does."""
    match = request.resolver_match
    if match is None or not match.route.startswith(ROOT):
        return
    scope = scope_of_route(match.route, is_read=request.method in SAFE_METHODS)
    if scope is not None:
        refuse_without(request.user, scope)


def refuse_without(actor, scope: str) -> None:
    if scope.startswith(UNKNOWN) and actor.scopes == ORDINARY:
        return
    if scope not in actor.scopes:
        raise MissingScope(scope)
