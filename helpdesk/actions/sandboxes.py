"""Emptying a sandbox: the one place where tickets are removed and not only put into the trash."""

import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from helpdesk import search
from helpdesk.actions.attachments import forget_content
from helpdesk.actor import Actor, Role
from helpdesk.models import ApiKey, Attachment, Change, Job, RequestKey, Ticket
from helpdesk.permissions import authorise

BATCH = 50  # tickets a transaction
PATIENCE = 20.0  # seconds after which the rest is left to the next call


@dataclass(frozen=True, slots=True)
class Emptied:
    """How many tickets are gone, and how many of those that were there are left."""

    removed: int
    left: int


def reset_sandbox(key: ApiKey, *, by: Actor, seconds: float = PATIENCE) -> Emptied:
    """Remove the tickets of a key's sandbox and what is kept for the key, in small transactions.

    Stops when the time is over: what is left, the next call removes. Tickets that are opened
    meanwhile stay. People and tags stay, since others may know them by now.
    """
    first = key.primary_id or key.pk
    pair = list(ApiKey.objects.filter(Q(pk=first) | Q(primary=first)))
    [key] = [one for one in pair if one.pk == first]
    _authorise(key, by)
    rows = Ticket.objects.filter(queue_id=key.sandbox_id, queue__is_sandbox=True)
    newest = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows, removed, end = rows.filter(pk__lte=newest), 0, time.monotonic() + seconds
    _remove(pair, [])
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        if removed and time.monotonic() > end:
            return Emptied(removed, rows.count())
        removed += _remove(pair, ids)
    return Emptied(removed, 0)


@cache
def resets() -> tuple:
    """What else forgets the tickets of a sandbox: functions of keys and tickets."""
    return tuple(import_string(name) for name in settings.SANDBOX_RESETS)


def _authorise(key: ApiKey, by: Actor) -> None:
    if by.role == Role.KEY:
        if by.key_id != key.pk or not key.is_sandbox or not by.can_write:
            raise PermissionDenied(_("Only a sandbox key that writes resets its sandbox."))
    else:
        authorise(by, "manage_keys")


@transaction.atomic
def _remove(pair: list[ApiKey], ids: list[int]) -> int:
    tickets = list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=ids))
    for reset in resets():
        reset(pair, tickets)
    waiting = Q(ticket=None, uploaded_with__in=pair)
    for attachment in Attachment.objects.filter(Q(ticket__in=tickets) | waiting):
        forget_content(attachment)
    Attachment.objects.filter(waiting).delete()
    Job.objects.filter(key__in=pair, kind=Job.Kind.BULK).delete()
    RequestKey.objects.filter(key__in=pair).exclude(status=0).delete()  # not what is under way
    Ticket.objects.filter(merged_into__in=tickets).update(merged_into=None)
    Change.objects.filter(ticket__in=tickets).delete()
    search.forget(tickets)
    Ticket.objects.filter(pk__in=[one.pk for one in tickets]).delete()
    return len(tickets)
