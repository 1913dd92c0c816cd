"""How long the log is kept, what is forgotten earlier, and which subscriptions need a person."""

import json
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.models import Delivery, DeliveryAttempt, User, Webhook

KEPT_FOR = timedelta(days=14)
PATIENT_FOR = timedelta(minutes=15)  # with a failing receiver, before a person is told
BATCH = 1000
State = Delivery.State


def clean() -> int:
    """Drop deliveries that ended long ago, and what waits as long for a paused subscription."""
    late = timezone.now() - KEPT_FOR
    count = _remove(Delivery.objects.filter(ended_at__lt=late))
    waiting = Delivery.objects.filter(state=State.WAITING, created_at__lt=late, give_up_at__lt=late)
    return count + _remove(waiting.exclude(webhook__state=Webhook.State.ACTIVE))


def forget_person(person: User, address: str, name: str) -> None:
    """Take what was said of a person out of the log."""
    theirs = Q(delivery__ticket__requester=person) | Q(delivery__ticket__assignee=person)
    for spelling in {address, json.dumps(address)[1:-1]} - {""}:
        theirs |= Q(request__icontains=spelling) | Q(answer__icontains=spelling)
    ids = DeliveryAttempt.objects.filter(theirs).values("pk")
    DeliveryAttempt.objects.filter(pk__in=ids).update(request="", answer="")


def check_webhooks() -> tuple[bool, str]:
    """Whether every active subscription's receiver takes what it is told, and words."""
    late = timezone.now() - PATIENT_FOR
    rows = Webhook.objects.exclude(state=Webhook.State.PAUSED).filter(failing_since__lt=late)
    failing = rows.count()
    if not failing:
        return True, _("none needs a person")
    words = ngettext(
        "%(count)s receiver keeps failing. Look under Webhooks.",
        "%(count)s receivers keep failing. Look under Webhooks.",
        failing,
    )
    return False, words % {"count": failing}


def _remove(rows) -> int:
    count = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        DeliveryAttempt.objects.filter(delivery__in=ids).delete()
        Delivery.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count
