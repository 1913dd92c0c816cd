"""What a subscription may tell of: never more than its key could read."""

from django.db.models import QuerySet

from helpdesk import query
from helpdesk.actor import Actor, Role
from helpdesk.models import Ticket, Webhook
from helpdesk.models.scopes import ORDINARY
from helpdesk.permissions import actor_of_key

ORIGIN = "webhook"
READS = {"comment": "comments:read", "attachment": "attachments:read"}  # beside tickets


def actor_of(webhook: Webhook) -> Actor | None:
    """Whose eyes a subscription sees with; None if its key is expired or revoked.

    Without a key it is an administrator's, who sees all queues but sandboxes here. No statement
    if `key` and `key__queues` are loaded.
    """
    key = webhook.key
    if key is None:
        return Actor(role=Role.KEY, origin=ORIGIN, name=webhook.name, queues=None, scopes=ORDINARY)
    if not key.is_usable:
        return None
    return actor_of_key(key, [queue.pk for queue in key.queues.all()], ORIGIN)


def may_hear(actor: Actor, event: str) -> bool:
    """Whether the scopes of a key let it read what an event tells."""
    also = READS.get(event.partition(".")[0], "tickets:read")
    return {"tickets:read", also} <= actor.scopes


def tickets_of(webhook: Webhook, actor: Actor, rows: QuerySet | None = None) -> QuerySet:
    """The tickets of its queues, the trash included: that one went there is told too."""
    rows = Ticket.objects.all() if rows is None else rows
    rows = rows.within_reach_of(actor)
    chosen = [queue.pk for queue in webhook.queues.all()]
    return rows.filter(queue_id__in=chosen) if chosen else rows


def matching(webhook: Webhook, actor: Actor, rows: QuerySet) -> tuple[QuerySet, str]:
    """Those that its query means, and in words what is wrong with the query: then none."""
    if not webhook.query:
        return rows, ""
    asked = query.read(webhook.query)
    rows = asked.narrow(rows, actor)
    return rows, " ".join(trouble.message for trouble in asked.troubles)
