"""Which deliveries are tried now: the first one of each ticket, a few at a time, by one worker."""

import random
import uuid
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from helpdesk.models import Delivery, Webhook

LEASE = timedelta(seconds=40)  # longer than a try can take
SLOTS = 12  # tries at once, of all workers together
OF_ONE = 4  # of one subscription
OF_A_FAILING_ONE = 1
State = Delivery.State


def claim(room: int) -> list[Delivery]:
    """At most `room` deliveries to be tried now, leased to the caller. An idle look writes nothing.

    A lease that ran out was of a worker that died: its delivery is tried again.
    """
    now = timezone.now()
    webhooks = list(_with_work(now))
    if not webhooks or room <= 0:
        return []
    busy = _busy(now)
    room = min(room, SLOTS - sum(busy.values()))
    random.shuffle(webhooks)
    found: list[Delivery] = []
    for webhook in webhooks:
        most = OF_A_FAILING_ONE if webhook.failing_since else OF_ONE
        number = min(most - busy.get(webhook.pk, 0), room - len(found))
        if number > 0:
            found += _claimed(webhook, number, now)
    return found


def has_work() -> bool:
    return _with_work(timezone.now()).exists()


def _with_work(now: datetime) -> QuerySet[Webhook]:
    rows = Webhook.objects.filter(Q(wait_until=None) | Q(wait_until__lte=now))
    rows = rows.filter(Exists(_due(now).filter(webhook=OuterRef("pk"))))
    return rows.filter(state=Webhook.State.ACTIVE)


def _due(now: datetime) -> QuerySet[Delivery]:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return Delivery.objects.filter(free, state=State.WAITING, due_at__lte=now)


def _heads(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Those before which none of the same ticket waits."""
    earlier = Delivery.objects.filter(
        webhook=OuterRef("webhook"),
        ticket=OuterRef("ticket"),
        version__lt=OuterRef("version"),
        state=State.WAITING,
    )
    return rows.filter(~Exists(earlier))


def _busy(now: datetime) -> dict[int, int]:
    leased = Delivery.objects.filter(state=State.WAITING, leased_until__gt=now).order_by()
    return dict(leased.values_list("webhook").annotate(Count("pk")))


def _claimed(webhook: Webhook, number: int, now: datetime) -> list[Delivery]:
    rows = _heads(_due(now).filter(webhook=webhook)).order_by("due_at", "pk")
    found = []
    for pk in list(rows.values_list("pk", flat=True)[:number]):
        lease = uuid.uuid4()
        mine = _heads(_due(now).filter(pk=pk)).update(
            lease=lease,
            leased_until=timezone.now() + LEASE,
            attempts=F("attempts") + 1,
            tries=F("tries") + 1,
        )
        if mine:
            claimed = Delivery.objects.select_related("webhook__key").filter(pk=pk, lease=lease)
            found += claimed
    return found
