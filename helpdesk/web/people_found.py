"""People by the beginning of a name or an address, and the tickets of one."""

from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from helpdesk.actor import Actor
from helpdesk.lookup import visible_people
from helpdesk.models import User
from helpdesk.text import fold

SHORTEST = 2  # letters that are worth a look
STAFF_SHOWN = 6


def people_found(actor: Actor, words: str, limit: int) -> list[User]:
    """Whom the actor may know of and whose name or address begins so, by name."""
    if len(fold(words).strip()) < SHORTEST:
        return []
    rows = _called(visible_people(actor).filter(is_active=True), words)
    return list(rows.select_related("organisation").order_by("name_folded", "pk")[:limit])


def staff_found(words: str) -> list[User]:
    """Those who could work on a ticket."""
    rows = _called(User.objects.staff().exclude(email=None), words)
    return list(rows.order_by("name_folded", "pk")[:STAFF_SHOWN])


def _called(rows: QuerySet[User], words: str) -> QuerySet[User]:
    wanted = fold(words).strip()[:200]
    return rows.filter(
        Q(name_folded__startswith=wanted)
        | Q(name_folded__contains=f" {wanted}")
        | Q(email__startswith=wanted)
    )


def address_of(person: User) -> str:
    """The list of the tickets that they asked for, or for staff, that they work on."""
    name = "assignee" if person.is_agent else "requester"
    return f"{reverse('tickets')}?{urlencode({name: person.email or person.pk})}"
