"""Taking back what was done together: every change of one set, where nothing came after it."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import changes, search
from helpdesk.actions.base import latest, locked
from helpdesk.actions.inverses import UNDONE, undo_relation
from helpdesk.actions.merging import unmerge
from helpdesk.actions.tickets import SEARCHED
from helpdesk.actor import Actor
from helpdesk.models import Change, Ticket, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.models.ticket_fields import EDITABLE
from helpdesk.permissions import authorise, refuse_foreign

Kind = Change.Kind
CUSTOM = "custom."
STAYING = {
    Kind.REPLIED: gettext_lazy("The reply stays."),
    Kind.NOTED: gettext_lazy("The note stays."),
}
PATIENCE = 20.0  # seconds after which the rest is left to the next call


@dataclass(frozen=True, slots=True)
class Skipped:
    """A field (or, without one, a change) that stays as it is, and why, in words."""

    ticket: int
    field: str | None
    reason: str


@dataclass(slots=True)
class Undone:
    """`found` changes of the set were on tickets in reach; `undone` are the tickets that were
    changed back, all as the set `change_set`; `left` changes wait for the next call."""

    change_set: UUID
    found: int = 0
    left: int = 0
    undone: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def undo_change_set(change_set: UUID, *, by: Actor, seconds: float = PATIENCE) -> Undone:
    """Give fields, tags, statuses, links, followers, merges and the trash back what they were
    before a set of changes. What was said stays.

    One transaction a ticket. What was changed since, and what history does not keep (long texts),
    is skipped and said. Calling it again goes on, and undoes nothing twice.
    """
    undone = Undone(by.change_set or uuid4())
    by = by.in_set(undone.change_set)
    reach = Ticket.objects.within_reach_of(by).values("pk")
    rows = Change.objects.filter(change_set=change_set, ticket__in=reach)
    undone.found = rows.count()
    todo: dict[int, list[int]] = {}
    for pk, ticket in rows.filter(undone_by=None).order_by("-pk").values_list("pk", "ticket_id"):
        todo.setdefault(ticket, []).append(pk)
    end = time.monotonic() + seconds
    for ticket_id in sorted(todo):
        if time.monotonic() > end:
            undone.left += len(todo[ticket_id])
            continue
        _undo_merge(ticket_id, todo[ticket_id], by, undone)
        _undo_on(ticket_id, todo[ticket_id], by, undone)
    return undone


def _undo_merge(ticket_id: int, pks: list[int], by: Actor, undone: Undone) -> None:
    """Before the ticket is locked: taking a merge back locks both tickets, in their order."""
    merges = Change.objects.filter(pk__in=pks, kind=Kind.MERGED)
    if not merges.filter(ticket__merged_into__isnull=False).exists():
        return
    try:
        unmerge(Ticket.objects.get(pk=ticket_id), by=by)
        undone.undone.append(ticket_id)
    except (PermissionDenied, ValidationError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        undone.skipped.append(Skipped(ticket_id, None, words))


@transaction.atomic
def _undo_on(ticket_id: int, pks: list[int], by: Actor, undone: Undone) -> None:
    ticket = locked(Ticket(pk=ticket_id))
    rows = Change.objects.filter(pk__in=pks, undone_by=None).order_by("-version")
    rows = rows.exclude(kind__in=(Kind.MERGED, Kind.TOOK_IN))
    has_changed = False
    for change in rows:
        try:
            with transaction.atomic():
                has_changed |= _undo(change, ticket, by, undone)
        except (PermissionDenied, ValidationError) as error:
            words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            undone.skipped.append(Skipped(ticket_id, None, words))
            ticket = locked(ticket)  # without what was set and not saved
    if has_changed:
        undone.undone.append(ticket_id)


def _undo(change: Change, ticket: Ticket, by: Actor, undone: Undone) -> bool:
    """Undo one change on a locked ticket; whether anything was changed."""
    if change.kind == Kind.DELETED:
        return _restore(change, ticket, by)
    if change.kind in UNDONE:
        return undo_relation(change, ticket, by=by)
    if change.kind in STAYING:  # what was said with it stays; its fields go back
        undone.skipped.append(Skipped(ticket.pk, None, str(STAYING[change.kind])))
    elif change.kind not in (Kind.CHANGED, Kind.TRANSITIONED):
        words = _("This is not undone: %(kind)s.") % {"kind": change.get_kind_display()}
        undone.skipped.append(Skipped(ticket.pk, None, words))
        return False
    authorise(by, "change", ticket)
    former, custom = {}, {}
    for name, said in change.fields.items():
        try:
            value = _former(ticket, name, said)
        except ValidationError as error:
            undone.skipped.append(Skipped(ticket.pk, name, " ".join(error.messages)))
            continue
        if name.startswith(CUSTOM):
            custom[name.removeprefix(CUSTOM)] = value
        else:
            former[name] = value
    refuse_foreign(by, former)
    diff = ticket.set_fields({**former, **({"custom": custom} if custom else {})})
    if not diff:
        return False
    # Whether a key only named the former requester, history does not say: then it read no more.
    closed = {"requester_as_named": ticket.requester_id is not None} if "requester" in diff else {}
    ticket.save_changed(diff, last_activity_at=latest(ticket, None), **closed)
    changes.record(Kind.CHANGED, ticket, by=by, fields=diff, undoes=change)
    if SEARCHED & set(diff):
        search.index(ticket)
    return True


def _restore(change: Change, ticket: Ticket, by: Actor) -> bool:
    authorise(by, "restore", ticket)
    if ticket.deleted_at is None:
        return False
    ticket.save_changed({}, deleted_at=None, trashed_by=None)
    changes.record(Kind.RESTORED, ticket, by=by, undoes=change)
    return True


def _former(ticket: Ticket, name: str, said: dict):
    """What a field is set to when a change of it is undone. Raises ValidationError in words."""
    if name == "tags":
        return _former_tags(ticket, said)
    if name.startswith(CUSTOM):
        return _former_custom(ticket, name.removeprefix(CUSTOM), said)
    if name not in EDITABLE:
        raise ValidationError(_("This is not undone."))
    column = ticket._meta.get_field(name)
    before, after = said["from"], said["to"]
    if column.is_relation:
        _refuse_changed(getattr(ticket, column.attname), _id_of(after))
        if before is None:
            return None
        found = column.related_model._base_manager.filter(pk=before["id"]).first()
        if found is None or getattr(found, "deleted_at", None) is not None:
            raise ValidationError(_("“%(name)s” is no longer there.") % {"name": before["words"]})
        return found
    _refuse_changed(_as_kept(getattr(ticket, name), after), after)
    if isinstance(before, dict):
        raise ValidationError(_("Its former text is not kept."))
    return column.to_python(before)


def _former_tags(ticket: Ticket, said: dict) -> list:
    known = configuration().tags
    kept = {*ticket.tag_ids} - {one["id"] for one in said["added"]}
    kept |= {one["id"] for one in said["removed"]}
    return [known[pk] for pk in kept if pk in known and known[pk].deleted_at is None]


def _former_custom(ticket: Ticket, key: str, said: dict):
    definition = configuration().fields.get(key)
    if definition is None:
        raise ValidationError(_("This field is no longer there."))
    before, after = (_stored(said[end]) for end in ("from", "to"))
    if isinstance(before, dict):
        raise ValidationError(_("Its former text is not kept."))
    now = ticket.custom.get(key)
    if isinstance(after, dict):
        _refuse_changed({"length": len(now)} if isinstance(now, str) else now, after)
    else:
        _refuse_changed(now, custom_values.clean(definition, after))
    return before


def _stored(said):
    """A custom value as it was stored, out of what history says of it."""
    if isinstance(said, list):
        return [_stored(one) for one in said]
    return said["id"] if isinstance(said, dict) and "id" in said else said


def _id_of(said: dict | None) -> int | None:
    return said["id"] if said is not None else None


def _as_kept(value, like):
    """A present value in the form in which history kept the other one."""
    if isinstance(like, dict):
        text = str(value)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return {"hash": digest, "length": len(text)}
    return value.isoformat() if isinstance(value, datetime) else value


def _refuse_changed(now, then) -> None:
    if now != then:
        raise ValidationError(_("Changed since."))
