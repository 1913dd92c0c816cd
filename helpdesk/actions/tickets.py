"""Changing tickets: fields, tags, trash."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes, search
from helpdesk.actions.base import latest, locked
from helpdesk.actions.conditioned import refuse_unfit
from helpdesk.actions.labels import folded_names, tags_named
from helpdesk.actions.people import person_by_address, strangers_among
from helpdesk.actor import Actor
from helpdesk.field_standings import values_of
from helpdesk.models import UNRESOLVED, Change, Lock, Status, Tag, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise, open_transitions, refuse_foreign
from helpdesk.text import one_line

SEARCHED = frozenset({"title", "body", "body_format", "requester", "requester_name"})
MAX_BODY = 200_000


@transaction.atomic
def change_ticket(
    ticket: Ticket,
    *,
    by: Actor,
    base: int | None = None,
    at: datetime | None = None,
    silent: bool = False,
    extra: dict | None = None,
    **fields,
) -> Ticket:
    """Change any editable fields; records one change, or none if nothing differs.

    `tags` is the whole new list (names or Tags), `custom` only the keys to set, `requester` a
    User or `{"email", "name"}`, `extra` by service what has no field here. `base` is the version
    the caller saw. Raises ValidationError by field, Collision, PermissionDenied, TypeError for
    unknown names.
    """
    ticket = locked(ticket)
    authorise(by, "change", ticket)
    changes.refuse_collision(ticket, base, field_names(fields))
    diff = set_checked(ticket, fields, by=by)
    kept = {**ticket.extra, **(extra or {})}
    beside = {"extra": kept} if kept != ticket.extra else {}
    if "requester" in diff:
        person = ticket.requester
        is_stranger = person is not None and bool(strangers_among([person], by))
        beside["requester_as_named"] = is_stranger
    if diff or beside:
        ticket.save_changed(diff, at=at, last_activity_at=latest(ticket, at), **beside)
        changes.record(Change.Kind.CHANGED, ticket, by=by, fields=diff, at=at, silent=silent)
        if SEARCHED & set(diff):
            search.index(ticket)
    return ticket


def change_tickets(tickets: Sequence[Ticket], *, by: Actor, **fields) -> list[Ticket]:
    """The same change to many tickets, one transaction each."""
    return [change_ticket(ticket, by=by, **fields) for ticket in tickets]


def assign(ticket: Ticket, assignee: User | None, *, by: Actor, base: int | None = None) -> Ticket:
    return change_ticket(ticket, by=by, base=base, assignee=assignee)


def set_custom(ticket: Ticket, values: dict, *, by: Actor, base: int | None = None) -> Ticket:
    """Set custom fields by key; None clears one."""
    return change_ticket(ticket, by=by, base=base, custom=values)


def set_parent(
    ticket: Ticket, parent: Ticket | None, *, by: Actor, base: int | None = None
) -> Ticket:
    return change_ticket(ticket, by=by, base=base, parent=parent)


@transaction.atomic
def tag(
    ticket: Ticket,
    *,
    by: Actor,
    add: Iterable[str | Tag] = (),
    remove: Iterable[str | Tag] = (),
    silent: bool = False,
) -> Ticket:
    """Add and remove tags by name, leaving the others as they are."""
    ticket = locked(ticket)
    kept = {one.pk: one for one in ticket.tag_list}
    for one in tags_named(add):
        kept[one.pk] = one
    gone = folded_names(remove)
    tags = [one for one in kept.values() if one.name_folded not in gone]
    return change_ticket(ticket, by=by, silent=silent, tags=tags)


@transaction.atomic
def delete_ticket(
    ticket: Ticket, *, by: Actor, base: int | None = None, silent: bool = False
) -> Ticket:
    """Move a ticket to the trash."""
    ticket = locked(ticket)
    authorise(by, "delete", ticket)
    if base is not None and base < ticket.version:
        changes.refuse_collision(ticket, base, {"status", "assignee", "queue"}, replying=True)
    if ticket.deleted_at is None:
        ticket.save_changed({}, deleted_at=timezone.now(), trashed_by_id=by.person_id)
        changes.record(Change.Kind.DELETED, ticket, by=by, silent=silent)
    return ticket


@transaction.atomic
def restore_ticket(ticket: Ticket, *, by: Actor) -> Ticket:
    """Take a ticket out of the trash."""
    ticket = locked(ticket)
    authorise(by, "restore", ticket)
    if ticket.deleted_at is not None:
        ticket.save_changed({}, deleted_at=None, trashed_by=None)
        changes.record(Change.Kind.RESTORED, ticket, by=by)
    return ticket


# What other verbs on tickets share ---------------------------------------------------------------


def field_names(fields: dict) -> set[str]:
    """The names as history keeps them."""
    names = set(fields) - {"custom"}
    return names | {f"custom.{key}" for key in fields.get("custom") or {}}


def set_checked(ticket: Ticket, fields: dict, *, by: Actor) -> dict:
    """Set fields on a locked ticket after the checks that every verb makes; returns the diff."""
    fields = dict(fields)
    if len(fields.get("body") or "") > MAX_BODY:
        raise ValidationError({"body": _("At most %(limit)s characters.") % {"limit": MAX_BODY}})
    if "title" in fields:
        fields["title"] = one_line(str(fields["title"] or ""))
        if not fields["title"]:
            raise ValidationError({"title": _("Enter a subject.")})
    if isinstance(fields.get("requester"), dict):
        person = fields["requester"]
        name = one_line(str(person.get("name") or ""))[:200]
        fields["requester"] = person_by_address(str(person.get("email") or ""), name)
        fields.setdefault("requester_name", name)
    elif "requester" in fields and getattr(fields["requester"], "pk", None) != ticket.requester_id:
        fields.setdefault("requester_name", "")
    if "tags" in fields:  # after people, as in opening: two verbs wait in the same order
        fields["tags"] = tags_named(fields["tags"])
    if "parent" in fields and _differs(ticket, "parent", fields["parent"]):
        _refuse_circle(ticket, fields["parent"])
    changed = {name: value for name, value in fields.items() if _differs(ticket, name, value)}
    refuse_foreign(by, changed)
    if (status := changed.get("status")) is not None:
        _refuse_untaken(ticket, status, fields, by)
        fields = status_fields(ticket, status, fields)
    before = values_of(ticket)
    diff = ticket.set_fields(fields)
    refuse_unfit(ticket, before, diff, by=by)
    return diff


def status_fields(ticket: Ticket, status: Status, fields: dict) -> dict:
    """What a change of status brings along: an unresolved ticket has no resolution, and a resolved
    one does not sleep."""
    if status.category in UNRESOLVED:
        return {**fields, "resolution": "", "resolution_comment": ""}
    return {**fields, "snoozed_until": None}


def _differs(ticket: Ticket, name: str, value) -> bool:
    if name in ("queue", "parent", "assignee", "status"):
        return getattr(ticket, f"{name}_id") != getattr(value, "pk", None)
    return True


def _refuse_untaken(ticket: Ticket, status: Status, fields: dict, by: Actor) -> None:
    """People and keys change a status only along a transition that they may take."""
    if by.sets_any_status:
        return
    queue = fields.get("queue")
    if queue is not None and queue.pk != ticket.queue_id:
        flow = configuration().workflow_of(queue.pk)
        if flow != configuration().workflow_of(ticket.queue_id):
            raise ValidationError(
                {"status": _("Move the ticket to its queue first, then change its status.")}
            )
    ways = open_transitions(ticket, by)
    leading = [way for way in ways if way.target_id == status.pk]
    if not leading:
        statuses = configuration().statuses
        names = ", ".join(str(statuses[way.target_id]) for way in ways) or "–"
        raise ValidationError(
            {
                "status": _("No transition leads to %(name)s from here. Open now: %(names)s.")
                % {"name": status, "names": names}
            }
        )
    transition = next((way for way in leading if not way.needs_resolution), leading[0])
    if transition.needs_resolution and not fields.get("resolution"):
        raise ValidationError({"resolution": _("Say how it was resolved.")})
    if transition.needs_comment and not fields.get("resolution_comment"):
        raise ValidationError({"resolution_comment": _("Say why.")})


def _refuse_circle(ticket: Ticket, parent: Ticket | None) -> None:
    if parent is None:
        return
    Lock.objects.bulk_create([Lock(name="parents")], ignore_conflicts=True)
    Lock.objects.select_for_update().get(name="parents")  # two at once could close a circle
    seen, above = {ticket.pk}, parent.pk
    while above is not None:
        if above in seen:
            raise ValidationError({"parent": _("A ticket can't be above itself.")})
        seen.add(above)
        above = Ticket.objects.filter(pk=above).values_list("parent_id", flat=True).first()
