"""Links between tickets, and who follows them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.base import locked
from helpdesk.actor import Actor
from helpdesk.models import Change, Participant, Ticket, TicketLink, User
from helpdesk.permissions import authorise


@transaction.atomic
def link(
    ticket: Ticket, other: Ticket, *, by: Actor, kind: str = TicketLink.Kind.RELATED
) -> Ticket:
    """Link a ticket to another one that the actor sees."""
    ticket = locked(ticket)
    authorise(by, "link", ticket)
    if kind not in TicketLink.Kind.values:
        names = ", ".join(TicketLink.Kind.values)
        raise ValidationError({"kind": _("Choose one of %(names)s.") % {"names": names}})
    if other.pk == ticket.pk:
        raise ValidationError({"other": _("A ticket can't be linked to itself.")})
    if not Ticket.objects.visible_to(by).filter(pk=other.pk).exists():
        raise ValidationError({"other": _("There is no such ticket.")})
    add_link(ticket, other, by=by, kind=kind)
    return ticket


@transaction.atomic
def unlink(ticket: Ticket, other: Ticket, *, by: Actor, kind: str) -> Ticket:
    ticket = locked(ticket)
    remove_link(ticket, other, by=by, kind=kind)
    return ticket


@transaction.atomic
def follow(
    ticket: Ticket, person: User, *, by: Actor, kind: str = Participant.Kind.FOLLOWER
) -> Ticket:
    """Have a person follow a ticket, or take part in it in another way."""
    ticket = locked(ticket)
    add_person(ticket, person, by=by, kind=kind)
    return ticket


@transaction.atomic
def unfollow(
    ticket: Ticket, person: User, *, by: Actor, kind: str = Participant.Kind.FOLLOWER
) -> Ticket:
    ticket = locked(ticket)
    remove_person(ticket, person, by=by, kind=kind)
    return ticket


# On a locked ticket, as what takes a change back does it too; whether anything differs ------------


def add_link(
    ticket: Ticket, other: Ticket, *, by: Actor, kind: str, undoes: Change | None = None
) -> bool:
    authorise(by, "link", ticket)
    _row, made = TicketLink.objects.get_or_create(ticket=ticket, other=other, kind=kind)
    if made:
        said = {"links": {"added": [_named(other, kind)], "removed": []}}
        _record(Change.Kind.LINKED, ticket, by, said, undoes)
    return made


def remove_link(
    ticket: Ticket, other: Ticket, *, by: Actor, kind: str, undoes: Change | None = None
) -> bool:
    authorise(by, "link", ticket)
    gone, _rows = TicketLink.objects.filter(ticket=ticket, other=other, kind=kind).delete()
    if gone:
        said = {"links": {"added": [], "removed": [_named(other, kind)]}}
        _record(Change.Kind.UNLINKED, ticket, by, said, undoes)
    return bool(gone)


def add_person(
    ticket: Ticket, person: User, *, by: Actor, kind: str, undoes: Change | None = None
) -> bool:
    _authorise_for(by, person, ticket)
    _row, made = Participant.objects.get_or_create(ticket=ticket, person=person, kind=kind)
    if made:
        said = {_set_name(kind): {"added": [_part(person, kind)], "removed": []}}
        _record(Change.Kind.FOLLOWED, ticket, by, said, undoes)
    return made


def remove_person(
    ticket: Ticket, person: User, *, by: Actor, kind: str, undoes: Change | None = None
) -> bool:
    _authorise_for(by, person, ticket)
    gone, _rows = Participant.objects.filter(ticket=ticket, person=person, kind=kind).delete()
    if gone:
        said = {_set_name(kind): {"added": [], "removed": [_part(person, kind)]}}
        _record(Change.Kind.UNFOLLOWED, ticket, by, said, undoes)
    return bool(gone)


def _authorise_for(by: Actor, person: User, ticket: Ticket) -> None:
    authorise(by, "follow" if person.pk == by.person_id else "change", ticket)


def _set_name(kind: str) -> str:
    return "recipients" if kind == Participant.Kind.CC else "participants"


def _named(other: Ticket, kind: str) -> dict:
    return {"id": other.pk, "words": other.title[:120], "kind": kind}


def _part(person: User, kind: str) -> dict:
    return {"id": person.pk, "words": str(person), "kind": kind}


def _record(kind: str, ticket: Ticket, by: Actor, said: dict, undoes: Change | None) -> None:
    ticket.save_changed({})
    changes.record(kind, ticket, by=by, said=said, undoes=undoes)
