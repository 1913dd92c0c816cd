"""How long was worked on a ticket: noted, corrected, taken away."""

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.base import locked
from helpdesk.actor import Actor, Role
from helpdesk.models import Change, Comment, Ticket, TimeSpent
from helpdesk.permissions import authorise
from helpdesk.text import one_line

MOST = 7 * 24 * 60  # minutes in one entry
MAX_NOTE = 300


@transaction.atomic
def note_time(
    ticket: Ticket,
    *,
    by: Actor,
    minutes: int,
    note: str = "",
    comment: Comment | None = None,
    worked_on: date | None = None,
) -> TimeSpent:
    """Note minutes that the actor worked, for one message if `comment` names it.

    `worked_on` is today if it isn't given. Raises ValidationError by field, PermissionDenied.
    """
    ticket = locked(ticket)
    authorise(by, "change", ticket)
    if comment is not None and comment.ticket_id != ticket.pk:
        raise ValidationError({"comment": _("There is no such message here.")})
    row = TimeSpent.objects.create(
        ticket=ticket,
        comment=comment,
        person_id=by.person_id,
        person_name=by.name[:200],
        minutes=_checked_minutes(minutes),
        note=_checked_note(note),
        worked_on=_checked_day(worked_on or timezone.localdate()),
    )
    _record(ticket, by, {"time_spent": {"added": [named(row)], "removed": []}})
    return row


@transaction.atomic
def change_time(
    row: TimeSpent,
    *,
    by: Actor,
    minutes: int | None = None,
    note: str | None = None,
    worked_on: date | None = None,
) -> TimeSpent:
    """Correct an entry: one's own, or any as administrator or key."""
    ticket = locked(row.ticket)
    authorise(by, "change", ticket)
    row = TimeSpent.objects.get(pk=row.pk, ticket=ticket)
    _refuse_others(row, by)
    before = named(row)
    was = (row.minutes, row.note, row.worked_on)
    row.minutes = row.minutes if minutes is None else _checked_minutes(minutes)
    row.note = row.note if note is None else _checked_note(note)
    row.worked_on = row.worked_on if worked_on is None else _checked_day(worked_on)
    if was != (row.minutes, row.note, row.worked_on):
        row.save(update_fields=["minutes", "note", "worked_on"])
        _record(ticket, by, {"time_spent": {"from": before, "to": named(row)}})
    return row


@transaction.atomic
def remove_time(row: TimeSpent, *, by: Actor) -> None:
    """Take an entry away: one's own, or any as administrator or key."""
    ticket = locked(row.ticket)
    authorise(by, "change", ticket)
    _refuse_others(row, by)
    gone, _rows = TimeSpent.objects.filter(pk=row.pk, ticket=ticket).delete()
    if gone:
        _record(ticket, by, {"time_spent": {"added": [], "removed": [named(row)]}})


def named(row: TimeSpent) -> dict:
    """An entry as history keeps it."""
    return {"id": row.pk, "words": f"{row.minutes} min", "minutes": row.minutes}


def _refuse_others(row: TimeSpent, by: Actor) -> None:
    if by.role not in (Role.ADMIN, Role.SYSTEM, Role.KEY) and row.person_id != by.person_id:
        raise PermissionDenied(_("Only who noted this time or an administrator changes it."))


def _checked_minutes(minutes: int) -> int:
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= MOST:
        words = _("Give whole minutes, from 1 to %(limit)s.")
        raise ValidationError({"minutes": words % {"limit": MOST}})
    return minutes


def _checked_note(note: str) -> str:
    note = one_line(note or "")
    if len(note) > MAX_NOTE:
        raise ValidationError({"note": _("At most %(limit)s characters.") % {"limit": MAX_NOTE}})
    return note


def _checked_day(day: date) -> date:
    if day > timezone.localdate() + timedelta(days=1):  # somewhere it is tomorrow already
        raise ValidationError({"worked_on": _("That day is still to come.")})
    if day < date(2000, 1, 1):
        raise ValidationError({"worked_on": _("That day is too long ago.")})
    return day


def _record(ticket: Ticket, by: Actor, said: dict) -> None:
    ticket.save_changed({})
    changes.record(Change.Kind.TIMED, ticket, by=by, said=said)
