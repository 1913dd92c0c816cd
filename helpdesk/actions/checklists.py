"""A ticket's checklist: steps that are added, ticked off, put in order and taken away."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.base import locked
from helpdesk.actor import Actor
from helpdesk.models import Change, ChecklistItem, Ticket
from helpdesk.permissions import authorise
from helpdesk.text import one_line

MAX_TEXT = 300
MAX_STEPS = 100


@transaction.atomic
def add_step(
    ticket: Ticket, *, by: Actor, text: str, undoes: Change | None = None
) -> ChecklistItem:
    """Add a step at the end. Raises ValidationError under `text`."""
    ticket = locked(ticket)
    authorise(by, "change", ticket)
    text = _checked(text)
    steps = list(ticket.checklist.order_by("position", "pk"))
    if len(steps) >= MAX_STEPS:
        raise ValidationError({"text": _("At most %(limit)s steps.") % {"limit": MAX_STEPS}})
    position = steps[-1].position + 1 if steps else 0
    step = ChecklistItem.objects.create(ticket=ticket, text=text, position=position)
    _record(ticket, by, {"checklist": {"added": [_named(step)], "removed": []}}, undoes)
    return step


@transaction.atomic
def change_step(
    step: ChecklistItem,
    *,
    by: Actor,
    text: str | None = None,
    is_done: bool | None = None,
    position: int | None = None,
    undoes: Change | None = None,
) -> ChecklistItem:
    """Reword a step, tick it off or put it at a place counted from 0; one change records it."""
    ticket = locked(step.ticket)
    authorise(by, "change", ticket)
    step = ChecklistItem.objects.get(pk=step.pk, ticket=ticket)
    said: dict = {}
    if text is not None and (text := _checked(text)) != step.text:
        said["checklist"] = {"from": step.text, "to": text}
        step.text = text
    if is_done is not None and is_done != step.is_done:
        step.done_at = timezone.now() if is_done else None
        step.done_by_id = by.person_id if is_done else None
        ticked, unticked = ([_named(step)], []) if is_done else ([], [_named(step)])
        said["checklist_done"] = {"added": ticked, "removed": unticked}
    if said:
        step.save(update_fields=["text", "done_at", "done_by"])
    if position is not None and (moved := _moved(step, position)):
        said["checklist_order"] = moved
    if said:
        _record(ticket, by, said, undoes)
    return step


@transaction.atomic
def remove_step(step: ChecklistItem, *, by: Actor, undoes: Change | None = None) -> None:
    """Take a step away. One that is gone already stays so."""
    ticket = locked(step.ticket)
    authorise(by, "change", ticket)
    gone, _rows = ChecklistItem.objects.filter(pk=step.pk, ticket=ticket).delete()
    if gone:
        _record(ticket, by, {"checklist": {"added": [], "removed": [_named(step)]}}, undoes)


def _moved(step: ChecklistItem, position: int) -> dict | None:
    """Put a step at a place among the others; the two places, from 0, if they differ."""
    steps = list(ChecklistItem.objects.filter(ticket=step.ticket_id).order_by("position", "pk"))
    before = next(index for index, one in enumerate(steps) if one.pk == step.pk)
    steps.insert(max(0, min(position, len(steps) - 1)), steps.pop(before))
    after = next(index for index, one in enumerate(steps) if one.pk == step.pk)
    if before == after:
        return None
    for index, one in enumerate(steps):
        one.position = index
    ChecklistItem.objects.bulk_update(steps, ["position"])
    step.position = after
    return {"from": before, "to": after}


def _checked(text: str) -> str:
    text = one_line(text) if isinstance(text, str) else ""
    if not text:
        raise ValidationError({"text": _("Say what is to be done.")})
    if len(text) > MAX_TEXT:
        raise ValidationError({"text": _("At most %(limit)s characters.") % {"limit": MAX_TEXT}})
    return text


def _named(step: ChecklistItem) -> dict:
    return {"id": step.pk, "words": step.text}


def _record(ticket: Ticket, by: Actor, said: dict, undoes: Change | None = None) -> None:
    ticket.save_changed({})
    changes.record(Change.Kind.PLANNED, ticket, by=by, said=said, undoes=undoes)
