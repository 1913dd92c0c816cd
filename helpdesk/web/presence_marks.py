"""Who else is at the tickets of a list."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.models import Presence


def presence_marks(numbers: list[int], actor: Actor) -> dict[int, dict]:
    """Who else is at these tickets, as `{"mode", "words"}` by number: one statement."""
    who = {"person": actor.person_id, "now": timezone.now()}
    said = prepared.among(numbers)
    found: dict[int, dict] = {}
    for number, mode, name, email in prepared.rows("presence", _others, **who, **said):
        said = _("%(name)s is typing") if mode == Presence.Mode.TYPING else _("%(name)s is reading")
        mark = found.setdefault(number, {"mode": mode, "words": []})
        mark["words"].append(said % {"name": name or email})
        if mode == Presence.Mode.TYPING:
            mark["mode"] = mode
    return {number: mark | {"words": ", ".join(mark["words"])} for number, mark in found.items()}


def _others(person: int, now: datetime, **numbers: int) -> QuerySet:
    rows = Presence.objects.filter(ticket__in=numbers.values(), expires_at__gt=now)
    rows = rows.exclude(person_id=person).order_by("pk")
    return rows.values_list("ticket_id", "mode", "person__name", "person__email")
