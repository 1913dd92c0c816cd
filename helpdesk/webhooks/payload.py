"""What is told of an event: the ticket as the API reads it, as the subscription may see it now."""

import orjson
from django.conf import settings
from django.urls import reverse

from helpdesk.actor import Actor
from helpdesk.api.activities import activity_shapes, readable
from helpdesk.api.base import JSON, in_utc
from helpdesk.api.comment_shape import COMMENTS, comment_shapes
from helpdesk.api.ticket_shape import TICKETS, ticket_shapes
from helpdesk.models import Attachment, Change, Delivery, Webhook
from helpdesk.webhooks.audience import READS, actor_of, may_hear, tickets_of

Kind = Change.Kind
OF_FILES = (Kind.ATTACHED, Kind.DETACHED)


class NotToBeTold(Exception):
    """What happened lies out of the subscription's sight by now. Words say why."""


def body_of(delivery: Delivery) -> bytes:
    """The JSON body of a delivery, as things are now. Raises NotToBeTold."""
    webhook = delivery.webhook
    actor = actor_of(webhook)
    if actor is None:
        raise NotToBeTold("The key of this webhook is expired or revoked.")
    body = {
        "event": delivery.event,
        "event_id": delivery.event_id,
        "at": in_utc(delivery.created_at),
        "webhook": {"id": webhook.pk, "uuid": webhook.uuid, "name": webhook.name},
        "ticket": None,
        "change": None,
        "comment": None,
    }
    if delivery.change_id is not None:
        if not may_hear(actor, delivery.event):
            raise NotToBeTold("The scopes of the key do not reach it.")
        body |= _what_happened(delivery, webhook, actor)
    return orjson.dumps(body, default=str, option=JSON)


def _what_happened(delivery: Delivery, webhook: Webhook, actor: Actor) -> dict:
    row = tickets_of(webhook, actor, TICKETS).filter(pk=delivery.ticket_id).first()
    if row is None:
        raise NotToBeTold("The ticket is no longer within reach.")
    change = readable(Change.objects.filter(pk=delivery.change_id)).select_related("comment").get()
    if not webhook.with_internal:
        _leave_out_internal(change)
    [ticket] = ticket_shapes([row], actor, settings.PUBLIC_URL + reverse("api:tickets"))
    [activity] = activity_shapes([change], actor)
    return {
        "at": in_utc(change.at),
        "ticket": ticket,
        "change": activity,
        "comment": _comment(change, webhook, actor),
    }


def _leave_out_internal(change: Change) -> None:
    """Notes are not told at all; internal files are taken out of a change, which may be empty then.

    Files whose rows are gone cannot be told apart any more, and are taken for internal.
    """
    if change.comment is not None and not change.comment.public:
        raise NotToBeTold("It is an internal note.")
    if change.kind not in OF_FILES:
        return
    sides = change.fields.get("attachments", {})
    ids = [one["id"] for side in sides.values() for one in side]
    rows = Attachment.objects.filter(uuid__in=ids, public=True)
    public = {str(identity) for identity in rows.values_list("uuid", flat=True)}
    if not public:
        raise NotToBeTold("They are internal files.")
    change.fields["attachments"] = {
        name: [one for one in side if one["id"] in public] for name, side in sides.items()
    }


def _comment(change: Change, webhook: Webhook, actor: Actor) -> dict | None:
    """The comment as it is now; None if there is none, or it is not to be read any more."""
    if change.comment_id is None:
        return None
    rows = COMMENTS.filter(pk=change.comment_id, ticket_id=change.ticket_id).shown_to(actor)
    rows = rows if webhook.with_internal else rows.filter(public=True)
    shapes = comment_shapes(rows, actor, settings.PUBLIC_URL)
    if not shapes:
        return None
    [shape] = shapes
    if READS["attachment"] not in actor.scopes:
        shape["attachments"] = []
    if not webhook.with_internal:
        shape["attachments"] = [file for file in shape["attachments"] if file["public"]]
    return shape
