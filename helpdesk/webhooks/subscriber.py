"""Who is to be told of a batch of changes: rows only, in a number of statements that does not
grow with the batch."""

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.webhooks import PATIENCE, ask_for_delivery
from helpdesk.models import Change, Comment, Delivery, DeliveryAttempt, Webhook
from helpdesk.webhooks.audience import actor_of, matching, may_hear, tickets_of
from helpdesk.webhooks.events import event_id_of, event_of


def hand_on(changes: list[Change]) -> None:
    """Make a delivery for each change and subscription that wants it. Silent ones are not told."""
    _forget_redacted(changes)
    told = [change for change in changes if not change.silent]
    rows = Webhook.objects.exclude(state=Webhook.State.ENDED).select_related("key")
    webhooks = list(rows.prefetch_related("queues", "key__queues")) if told else []
    if not webhooks:
        return
    internal = _internal(told)
    deliveries = [
        delivery for webhook in webhooks for delivery in _deliveries(webhook, told, internal)
    ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        ask_for_delivery()


def _deliveries(webhook: Webhook, changes: Sequence[Change], internal: set[int]) -> list[Delivery]:
    actor = actor_of(webhook)
    if actor is None:
        return []
    wanted = [
        change
        for change in changes
        if may_hear(actor, event_of(change))
        and (not webhook.events or event_of(change) in webhook.events)
        and (webhook.with_internal or change.comment_id not in internal)
    ]
    if not wanted:
        return []
    rows, trouble = matching(webhook, actor, tickets_of(webhook, actor))
    if trouble:
        _note_trouble(webhook, trouble)
        return []
    ids = {change.ticket_id for change in wanted}
    meant = set(rows.filter(pk__in=ids).order_by().values_list("pk", flat=True))
    now = timezone.now()
    return [
        Delivery(
            webhook=webhook,
            ticket_id=change.ticket_id,
            change=change,
            version=change.version,
            event=event_of(change),
            event_id=event_id_of(change),
            created_at=now,
            due_at=now,
            give_up_at=now + PATIENCE,
        )
        for change in wanted
        if change.ticket_id in meant
    ]


def _internal(changes: Sequence[Change]) -> set[int]:
    """The comments of these changes that are notes."""
    ids = {change.comment_id for change in changes if change.comment_id}
    rows = Comment.objects.filter(pk__in=ids, public=False).order_by()
    return set(rows.values_list("pk", flat=True)) if ids else set()


def _note_trouble(webhook: Webhook, trouble: str) -> None:
    """Its query no longer means anything: a person must see that nothing is told."""
    words = _("Its query is not understood: %(trouble)s") % {"trouble": trouble}
    Webhook.objects.filter(pk=webhook.pk).update(
        failing_since=webhook.failing_since or timezone.now(),
        last_error=words[:500],
        failed=F("failed") + 1,
    )


def _forget_redacted(changes: Sequence[Change]) -> None:
    """What was said of tickets of which something was redacted leaves the log."""
    ids = {one.ticket_id for one in changes if one.kind == Change.Kind.COMMENT_REDACTED}
    if ids:
        said = DeliveryAttempt.objects.filter(delivery__ticket__in=ids)
        said.update(request="", answer="")
