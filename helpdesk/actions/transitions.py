"""Taking a workflow's transitions."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk import changes, search
from helpdesk.actions.base import latest, locked
from helpdesk.actions.comments import new_comment
from helpdesk.actions.conditioned import refuse_unfit
from helpdesk.actions.tickets import status_fields
from helpdesk.actor import Actor
from helpdesk.field_standings import values_of
from helpdesk.models import UNRESOLVED, Change, Resolution, Ticket, Transition
from helpdesk.models.configuration import configuration, find
from helpdesk.permissions import authorise, open_transitions


@transaction.atomic
def take_transition(
    ticket: Ticket,
    transition: Transition | str,
    *,
    by: Actor,
    base: int | None = None,
    resolution: str = "",
    comment: str = "",
    custom: dict | None = None,
    at: datetime | None = None,
    silent: bool = False,
) -> Ticket:
    """Take a transition (an instance, its name, or its target's name) from where the ticket is.

    The comment becomes the resolution's comment where the transition leads to a resolved or
    closed status, and an internal note elsewhere. `custom` holds custom fields by key, as those
    that resolving needs. One change records all of it.
    """
    ticket = locked(ticket)
    authorise(by, "transition", ticket)
    named = {f"custom.{key}" for key in custom or ()}
    changes.refuse_collision(ticket, base, {"status", "resolution", *named})
    transition = _open_one(ticket, transition, by)
    status = configuration().statuses[transition.target_id]
    resolves = status.category not in UNRESOLVED
    _refuse_incomplete(transition, resolution, comment, resolves)
    fields = status_fields(ticket, status, {"status": status})
    note = None
    if resolves:
        if resolution or transition.needs_resolution:
            fields["resolution"] = resolution
        if comment:
            fields["resolution_comment"] = comment
    elif comment:
        note = new_comment(ticket, by=by, body=comment, public=False, at=at)
    if custom:
        fields["custom"] = custom
    before = values_of(ticket)
    diff = ticket.set_fields(fields)
    refuse_unfit(ticket, before, diff, by=by)
    ticket.save_changed(diff, at=at, last_activity_at=latest(ticket, at))
    changes.record(
        Change.Kind.TRANSITIONED, ticket, by=by, fields=diff, comment=note, at=at, silent=silent
    )
    if note is not None:
        search.add_comment(ticket, note)
    return ticket


def _open_one(ticket: Ticket, wanted: Transition | str, by: Actor) -> Transition:
    ways = open_transitions(ticket, by)
    if isinstance(wanted, str):
        statuses = configuration().statuses
        by_target = {statuses[way.target_id].pk: way for way in reversed(ways)}
        target = find([statuses[pk] for pk in by_target], wanted)
        found = find(ways, wanted) or (by_target[target.pk] if target else None)
    else:
        found = next((way for way in ways if way.pk == wanted.pk), None)
        known = configuration().transitions_from(ticket.queue_id, ticket.status_id)
        if found is None and wanted.pk in {way.pk for way in known}:
            raise PermissionDenied(_("You may not take “%(name)s”.") % {"name": wanted})
    if found is None:
        names = ", ".join(str(way) for way in ways) or "–"
        raise ValidationError(
            {
                "transition": _("“%(name)s” is not open from here. Open now: %(names)s.")
                % {"name": str(wanted)[:60], "names": names}
            }
        )
    return found


def _refuse_incomplete(
    transition: Transition, resolution: str, comment: str, resolves: bool
) -> None:
    errors = {}
    if resolution and resolution not in Resolution.values:
        errors["resolution"] = _("Choose one of %(names)s.") % {
            "names": ", ".join(Resolution.values)
        }
    elif resolution and not resolves:
        errors["resolution"] = _("Only resolving or closing takes a resolution.")
    elif transition.needs_resolution and not resolution:
        errors["resolution"] = _("Say how it was resolved: %(names)s.") % {
            "names": ", ".join(Resolution.values)
        }
    if transition.needs_comment and not comment.strip():
        errors["comment"] = _("Say why.")
    if errors:
        raise ValidationError(errors)
