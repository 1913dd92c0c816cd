"""Ticket types of a served API."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _

from helpdesk.lookup import row_called
from helpdesk.models import TicketType
from helpdesk.models.configuration import configuration


def ticket_types() -> list[TicketType]:
    """All that a ticket may have, in order; every queue has the same."""
    return [one for one in configuration().types.values() if one.deleted_at is None]


def ticket_type(identity: str) -> TicketType:
    """One of them by its uuid or name. Anything else raises Http404."""
    found = _called(identity)
    if found is None:
        raise Http404
    return found


def type_called(identity: str, field: str = "type") -> str:
    """The name of the type that a caller names by its uuid or name, for `fields["type"]`.

    Raises ValidationError, naming `field`.
    """
    found = _called(identity)
    if found is None:
        words = _("There is no ticket type “%(id)s”.")
        raise ValidationError({field: words % {"id": identity[:60]}})
    return found.name


def _called(identity: str) -> TicketType | None:
    known = {one.pk: one for one in ticket_types()}
    return row_called(known, None if identity.isdecimal() else identity)
