"""What takes back links, following and steps: used where a set of changes is undone."""

from collections.abc import Callable

from helpdesk.actions.checklists import add_step, change_step, remove_step
from helpdesk.actions.relations import add_link, add_person, remove_link, remove_person
from helpdesk.actor import Actor
from helpdesk.models import Change, Participant, Ticket, TicketLink, User

Kind = Change.Kind
UNDONE = frozenset({Kind.LINKED, Kind.UNLINKED, Kind.FOLLOWED, Kind.UNFOLLOWED, Kind.PLANNED})


def undo_relation(change: Change, ticket: Ticket, *, by: Actor) -> bool:
    """Undo such a change on a locked ticket; whether anything was changed."""
    if change.kind in (Kind.LINKED, Kind.UNLINKED):
        return _undo_links(change, ticket, by)
    if change.kind == Kind.PLANNED:
        return _undo_steps(change, ticket, by)
    return _undo_people(change, ticket, by)


def _undo_links(change: Change, ticket: Ticket, by: Actor) -> bool:
    said = change.fields.get("links") or {}
    kinds, others = TicketLink.Kind.values, Ticket.objects.visible_to(by)

    def each(side: str, verb: Callable[..., bool]) -> bool:
        done = False
        for one in said.get(side) or ():
            other = others.filter(pk=one["id"]).first()
            if other is not None and one.get("kind") in kinds:
                done |= verb(ticket, other, by=by, kind=one["kind"], undoes=change)
        return done

    return each("added", remove_link) | each("removed", add_link)


def _undo_people(change: Change, ticket: Ticket, by: Actor) -> bool:
    said = change.fields.get("participants") or change.fields.get("recipients") or {}
    kinds = Participant.Kind.values

    def each(side: str, verb: Callable[..., bool]) -> bool:
        done = False
        for one in said.get(side) or ():
            person = User.objects.filter(pk=one["id"], is_active=True).first()
            if person is not None and one.get("kind") in kinds:
                done |= verb(ticket, person, by=by, kind=one["kind"], undoes=change)
        return done

    return each("added", remove_person) | each("removed", add_person)


def _undo_steps(change: Change, ticket: Ticket, by: Actor) -> bool:
    """A step that is gone comes back at the end; what was moved or reworded since stays."""
    steps = ticket.checklist.order_by("position", "pk")
    named = change.fields.get("checklist") or {}
    ticked, moved = change.fields.get("checklist_done") or {}, change.fields.get("checklist_order")
    done = False
    for one in named.get("added") or ():
        if (step := steps.filter(pk=one["id"]).first()) is not None:
            remove_step(step, by=by, undoes=change)
            done = True
    for one in named.get("removed") or ():
        add_step(ticket, by=by, text=one["words"], undoes=change)
        done = True
    if "to" in named and (step := steps.filter(text=named["to"]).first()) is not None:
        change_step(step, by=by, text=named["from"], undoes=change)
        done = True
    for side, is_done in (("added", False), ("removed", True)):
        for one in ticked.get(side) or ():
            step = steps.filter(pk=one["id"]).first()
            if step is not None and step.is_done != is_done:
                change_step(step, by=by, is_done=is_done, undoes=change)
                done = True
    if moved and not _is_planned_since(change):
        step = list(steps)[moved["to"]]
        change_step(step, by=by, position=moved["from"], undoes=change)
        done = True
    return done


def _is_planned_since(change: Change) -> bool:
    later = Change.objects.filter(ticket=change.ticket_id, kind=Kind.PLANNED)
    return later.filter(version__gt=change.version).exists()
