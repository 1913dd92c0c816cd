"""What a ticket of a served API belongs to, and who takes part in it: found, read, written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actor import Actor, Role
from helpdesk.lookup import (
    named_people,
    organisations_called,
    tickets_called,
    visible_people,
)
from helpdesk.models import Organisation, Participant, Status, Team, Ticket, TicketType, User
from helpdesk.models.configuration import configuration
from helpdesk.text import fold
from integrations.gateway import people
from integrations.gateway.caller import Caller
from integrations.gateway.reading import is_uuid, tickets, uuid_or_404
from integrations.gateway.writing import change, create, set_status
from integrations.ours import status_word
from integrations.remote import Fields, RemotePerson

REPORTER, CO_ASSIGNEE = Participant.Kind.REPORTER, Participant.Kind.CO_ASSIGNEE
Parts = Mapping[str, Sequence[User]]  # who takes part beside requester and assignee, by kind


@dataclass(slots=True)
class Related:
    """What one ticket belongs to; `parent` is the uuid of a ticket that the caller sees.

    `is_stranger`: the requester is nobody the caller knew, only an address that it named.
    """

    status: Status
    is_stranger: bool = False
    type: TicketType | None = None
    organisation: Organisation | None = None
    parent: str = ""
    team: Team | None = None
    parts: dict[str, list[User]] = field(default_factory=dict)


# People ------------------------------------------------------------------------------------------


def people_of(caller: Caller) -> QuerySet[User]:
    """Whom the caller may know of: those it meets in the queue, and who may be assigned there."""
    met = visible_people(caller.actor)
    return met | User.objects.filter(role=Role.ADMIN, is_active=True, erased_at=None)


def people_named(caller: Caller, ids: Iterable[str], name: str) -> list[User]:
    """People by uuid or address; an unknown address is made a customer.

    Raises ValidationError, naming `name`, for an id of nobody the caller may know of.
    """
    wanted = list(dict.fromkeys(ids))
    by_uuid = {identity for identity in wanted if is_uuid(identity)}
    found = {str(one.uuid): one for one in people_of(caller).filter(uuid__in=by_uuid)}
    if by_uuid - found.keys():
        again = named_people(caller.actor).filter(uuid__in=by_uuid - found.keys())
        found |= {str(one.uuid): one for one in again}
    for identity in wanted:
        if "@" not in identity and identity.lower() not in found:
            words = _("There is no user “%(id)s”.")
            raise ValidationError({name: words % {"id": identity[:60]}})
    addresses = [one for one in wanted if "@" in one]
    persons = [{"id": "", "name": "", "email": one} for one in addresses]
    made = people.found_or_made(persons, name)
    return [found[one.lower()] if "@" not in one else made[fold(one)] for one in wanted]


def creator_named(caller: Caller, identity: str, name: str) -> tuple[User, RemotePerson]:
    """A person, and what may be said of who acts: of a stranger no more than the caller said."""
    [person] = people_named(caller, [identity], name)
    if people_of(caller).filter(pk=person.pk).exists():
        return person, people.as_remote(person)
    return person, RemotePerson(id=identity, email=person.email_written or person.email or "")


def known_named(caller: Caller, ids: Iterable[str], name: str) -> list[User | str]:
    """People by uuid or address; an address of nobody the caller knows stays an address, since
    who takes part can be read of."""
    named: list[User | str] = []
    for identity in dict.fromkeys(ids):
        if "@" in identity:
            found = people_of(caller).filter(email=fold(identity).strip()).first()
            named.append(found or identity)
        else:
            named += people_named(caller, [identity], name)
    return named


def agents_named(caller: Caller, ids: Iterable[str], name: str) -> list[User | str]:
    """Agents by uuid or address; an address of nobody who may be assigned stays an address."""
    named: list[User | str] = []
    for identity in dict.fromkeys(ids):
        if "@" in identity:
            named.append(people.agent_at(identity) or identity)
        else:
            named += people_named(caller, [identity], name)
    return named


def person_of(caller: Caller, identity: str) -> User:
    """One whom the caller may know of, by uuid. Anyone else raises Http404."""
    found = people_of(caller).filter(uuid=uuid_or_404(identity)).first()
    if found is None:
        raise Http404
    return found


# What a ticket belongs to ------------------------------------------------------------------------


def organisation_named(caller: Caller, identity: str, name: str) -> Organisation:
    found = organisations_called([identity], caller.actor).get(identity)
    return _there(found, name, _("There is no organisation “%(id)s”."), identity)


def parent_named(caller: Caller, identity: str, name: str) -> Ticket:
    found = tickets_called([identity], caller.actor).get(identity)
    return _there(found, name, _("There is no ticket “%(id)s”."), identity)


def teams_of(caller: Caller) -> list[Team]:
    """The teams that work on the home queue."""
    known = configuration()
    rows = [known.teams.get(pk) for pk in known.queue_teams[caller.queue.pk]]
    kept = [team for team in rows if team is not None and team.deleted_at is None]
    return sorted(kept, key=lambda team: (team.name_folded, team.pk))


def team_named(caller: Caller, identity: str, name: str) -> Team:
    found = next((team for team in teams_of(caller) if str(team.uuid) == identity.lower()), None)
    return _there(found, name, _("There is no component “%(id)s”."), identity)


def related(caller: Caller, rows: Sequence[Ticket]) -> dict[int, Related]:
    """By ticket id, in three statements at most."""
    known = configuration()
    found = {
        row.pk: Related(
            status=known.statuses[row.status_id],
            is_stranger=row.requester_as_named,
            type=known.types.get(row.type_id),
            team=known.teams.get(row.team_id),
        )
        for row in rows
    }
    wanted = {row.organisation_id for row in rows if row.organisation_id}
    organisations = Organisation.objects.in_bulk(wanted) if wanted else {}
    above = {row.parent_id for row in rows if row.parent_id}
    parents = dict(tickets(caller).filter(pk__in=above).values_list("pk", "uuid")) if above else {}
    for row in rows:
        found[row.pk].organisation = organisations.get(row.organisation_id)
        found[row.pk].parent = str(parents.get(row.parent_id, ""))
    taking = Participant.objects.filter(ticket__in=found, kind__in=(REPORTER, CO_ASSIGNEE))
    for one in taking.select_related("person").order_by("pk"):
        found[one.ticket_id].parts.setdefault(str(one.kind), []).append(one.person)
    return found


def address_of(ticket: Ticket, request: HttpRequest) -> str:
    """The page of a ticket, for agents."""
    return request.build_absolute_uri(reverse("ticket", args=[ticket.pk]))


def word_of(status: Status, caller: Caller) -> str:
    """The word of `connector.STATUSES` that a status of ours is."""
    return status_word(status, caller.queue.pk)


# One write ---------------------------------------------------------------------------------------


def together() -> transaction.Atomic:
    """For `with`: all that is written within is written, or nothing."""
    return transaction.atomic()


@transaction.atomic
def create_whole(
    caller: Caller, fields: Fields, *, user: RemotePerson, parts: Parts, kept: Mapping[str, Any]
) -> Ticket:
    """Open a ticket with those who take part. A repeated origin answers the first ticket."""
    ticket = create(caller, fields, user=user, kept=kept)
    if ticket.version == 1:  # else it is the first one of a repeated call, and went on since
        take_part(caller, ticket, parts, by=caller.speaking_for(user.name or user.email))
    return ticket


@transaction.atomic
def change_whole(
    caller: Caller,
    ticket: Ticket,
    fields: Fields,
    *,
    parts: Parts,
    kept: Mapping[str, Any],
    status: str = "",
    status_id: str = "",
) -> Ticket:
    """Set fields, who takes part and the status (a word of ours, or one of ours by uuid)."""
    nobody = RemotePerson()
    ticket = change(caller, ticket, fields, user=nobody, kept=kept)
    take_part(caller, ticket, parts, by=caller.actor)
    if status or status_id:
        wanted = {"status": status}
        ticket = set_status(caller, ticket, wanted, user=nobody, status_id=status_id)
    return ticket


def take_part(caller: Caller, ticket: Ticket, parts: Parts, *, by: Actor) -> None:
    """Have these and no others take part, of the kinds that are named."""
    now = related(caller, [ticket])[ticket.pk].parts
    for kind, wanted in parts.items():
        before = {person.pk: person for person in now.get(str(kind), [])}
        after = {person.pk: person for person in wanted}
        for pk in after.keys() - before.keys():
            actions.follow(ticket, after[pk], by=by, kind=kind)
        for pk in before.keys() - after.keys():
            actions.unfollow(ticket, before[pk], by=by, kind=kind)


def _there(found: Any, name: str, words: str, identity: str) -> Any:
    if found is None:
        raise ValidationError({name: words % {"id": identity[:60]}})
    return found
