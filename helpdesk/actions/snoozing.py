"""Putting a ticket aside until a moment, and taking it up again."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.base import locked
from helpdesk.actions.tickets import change_ticket
from helpdesk.actor import Actor, system
from helpdesk.models import Ticket
from helpdesk.permissions import authorise

LONGEST = timedelta(days=3 * 366)
BATCH = 200


@transaction.atomic
def snooze(ticket: Ticket, *, by: Actor, until: datetime, base: int | None = None) -> Ticket:
    """Put an unresolved ticket aside. It wakes at `until`, or when the customer writes.

    Raises ValidationError under `until`, Collision, PermissionDenied.
    """
    ticket = locked(ticket)
    authorise(by, "change", ticket)
    if not ticket.is_unresolved:
        raise ValidationError({"until": _("Only a ticket that is not resolved can be snoozed.")})
    if timezone.is_naive(until):
        raise ValidationError({"until": _("Say the time zone.")})
    now = timezone.now()
    if until <= now:
        raise ValidationError({"until": _("Choose a time that is to come.")})
    if until > now + LONGEST:
        raise ValidationError({"until": _("Choose a time within three years.")})
    return change_ticket(ticket, by=by, base=base, snoozed_until=until)


def wake(ticket: Ticket, *, by: Actor, base: int | None = None) -> Ticket:
    """Take a snoozed ticket up again, before its time."""
    return change_ticket(ticket, by=by, base=base, snoozed_until=None)


def wake_due() -> int:
    """Wake the tickets whose time has come, one transaction each; returns how many."""
    due = Ticket.objects.filter(snoozed_until__lte=timezone.now())
    numbers = list(due.order_by("snoozed_until", "pk").values_list("pk", flat=True)[:BATCH])
    return sum(_wake_if_due(number) for number in numbers)


@transaction.atomic
def _wake_if_due(number: int) -> bool:
    """Under lock: somebody may have put it off again meanwhile."""
    ticket = locked(Ticket(pk=number))
    if ticket.snoozed_until is None or ticket.snoozed_until > timezone.now():
        return False
    wake(ticket, by=system("rule"))
    return True
