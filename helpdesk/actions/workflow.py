"""What a change of the workflow itself does to the tickets in it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import UNRESOLVED, Category, Status, Ticket
from helpdesk.permissions import authorise


@transaction.atomic
def recategorise(status: Status, category: str, *, by: Actor) -> int:
    """Give a status another category, and its tickets with it; returns how many followed.

    The tickets keep their status, so nothing is recorded in their history and nothing announced.
    Their moments follow from the new category: what counts as done now was done now, unless it
    was before; what no longer does has no such moment. Resolutions and the number of times a
    ticket was reopened stay, since nobody resolved or reopened it. Raises PermissionDenied and
    ValidationError for an unknown category.
    """
    authorise(by, "configure")
    if category not in Category.values:
        raise ValidationError({"category": _("There is no such category.")})
    status = Status.objects.select_for_update().get(pk=status.pk)
    if status.category != category:
        status.category = category
        status.save(update_fields=["category"])
    tickets = Ticket.objects.filter(status=status).exclude(status_category=category)
    return tickets.update(status_category=category, **_moments(category))


def _moments(category: str) -> dict:
    now = Value(timezone.now())
    if category in UNRESOLVED:
        return {"resolved_at": None, "closed_at": None}
    closed_at = Coalesce(F("closed_at"), now) if category == Category.CLOSED else None
    return {
        "resolved_at": Coalesce(F("resolved_at"), now),
        "first_resolved_at": Coalesce(F("first_resolved_at"), now),
        "closed_at": closed_at,
    }
