"""Rows by what callers call them – id, uuid, slug, name, e-mail – within what the actor may see.

What the actor may not see is not found, exactly as what does not exist.
"""

import uuid as uuids
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from helpdesk.actor import STAFF, Actor, Role
from helpdesk.models import Membership, Organisation, Participant, Queue, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

MAX_ID = 2**63 - 1
IDENTITIES = ("id", "uuid", "key", "slug", "email", "name", "label")


def number_of(value) -> int | None:
    """An id that a database can hold, from an int or its digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not (text.isascii() and text.isdecimal() and len(text) < 20):
            return None
        value = int(text)
    return value if isinstance(value, int) and 0 < value <= MAX_ID else None


def uuid_of(value) -> uuids.UUID | None:
    if isinstance(value, uuids.UUID):
        return value
    if not isinstance(value, str) or len(value.strip()) not in (32, 36):
        return None
    try:
        return uuids.UUID(value.strip())
    except ValueError:
        return None


def exactly(ref: str) -> int | uuids.UUID | None:
    """The id or uuid of an address: one row has one address, without blanks and leading zeros."""
    number = number_of(ref)
    if number is not None:
        return number if str(number) == ref else None
    return uuid_of(ref) if ref == ref.strip() else None


def identity_in(value):
    """The most permanent name in a small object as reading answers it; other values as they are."""
    if isinstance(value, dict):
        given = (value.get(name) for name in IDENTITIES)
        return next((one for one in given if one not in (None, "")), None)
    return value


def row_called(rows: dict[int, object], value):
    """The configured row of an id, uuid, slug or name (kept rows first), or None."""
    value = identity_in(value)
    if (number := number_of(value)) is not None and number in rows:
        return rows[number]
    if (identity := uuid_of(value)) is not None:
        return next((row for row in rows.values() if row.uuid == identity), None)
    if not isinstance(value, str):
        return None
    folded = fold(value).strip()
    named = [
        row
        for row in rows.values()
        if row.name_folded == folded or getattr(row, "slug", None) == folded
    ]
    return min(named, key=lambda row: row.deleted_at is not None, default=None)


def visible_queues(actor: Actor) -> dict[int, Queue]:
    """The queues whose names the actor may know, by id, out of the snapshot."""
    known = configuration()
    queues = known.queues
    if actor.queues is None and (actor.role in (*STAFF, Role.SYSTEM) or not known.sandboxes):
        return queues
    if actor.queues is None:
        return {pk: queue for pk, queue in queues.items() if not queue.is_sandbox}
    return {pk: queue for pk, queue in queues.items() if pk in actor.queues}


def visible_people(actor: Actor) -> QuerySet[User]:
    """The people an actor may know of: staff know everybody, a key of some queues whom it meets
    there, a customer the people of an organisation that shares its tickets."""
    people = User.objects.filter(erased_at=None)
    if actor.queues is None or actor.role in STAFF:
        return people
    own = Q(pk=actor.person_id or 0)
    if actor.role == Role.CUSTOMER:
        if actor.organisation_id:
            own |= Q(organisation_id=actor.organisation_id)
        return people.filter(own)
    met = Ticket.objects.within_reach_of(actor)
    taking_part = Participant.objects.filter(person=OuterRef("pk"), ticket__in=met)
    working = Membership.objects.kept().filter(
        user=OuterRef("pk"), team__queues__in=actor.queues, team__deleted_at=None
    )
    return people.filter(
        own
        | Exists(met.filter(requester=OuterRef("pk"), requester_as_named=False))
        | Exists(met.filter(assignee=OuterRef("pk")))
        | Exists(taking_part)
        | Exists(working)
    )


def named_people(actor: Actor) -> QuerySet[User]:
    """Whom a key of some queues named on tickets that it sees: it may name them again by their
    id, and reads no more of them than it said."""
    if actor.role != Role.KEY or actor.queues is None:
        return User.objects.none()
    met = Ticket.objects.within_reach_of(actor).filter(requester=OuterRef("pk"))
    return User.objects.filter(Exists(met), erased_at=None)


def visible_organisations(actor: Actor) -> QuerySet[Organisation]:
    rows = Organisation.objects.kept()
    if actor.queues is None or actor.role in STAFF:
        return rows
    if actor.role == Role.CUSTOMER:
        return rows.filter(pk=actor.organisation_id or 0)
    met = Ticket.objects.within_reach_of(actor).filter(requester_as_named=False)
    met = met.filter(organisation=OuterRef("pk"))
    people = visible_people(actor).filter(organisation=OuterRef("pk"))
    return rows.filter(Exists(met) | Exists(people))


def people_called(values: Iterable, actor: Actor) -> dict[object, User]:
    """People by the value they were called by: id, uuid, e-mail, or a name that one alone bears.

    One statement for all, and for a key of some queues one more for those whom it named before.
    """
    values = list(values)
    found = people_seen(values, actor)
    missing = [value for value in values if value not in found]
    if missing:
        found |= _found(missing, named_people(actor), "email", lambda person: person.email)
    return found


def people_seen(values: Iterable, actor: Actor) -> dict[object, User]:
    """As `people_called`, without those whom a key has only named. One statement for all."""
    people = visible_people(actor).select_related("organisation")
    return _found(values, people, "email", lambda person: person.email, name="name_folded")


def organisations_called(values: Iterable, actor: Actor) -> dict[object, Organisation]:
    """Organisations by the value they were called by: id, uuid or name. One statement for all."""
    return _found(values, visible_organisations(actor), "name_folded", lambda row: row.name_folded)


def tickets_called(values: Iterable, actor: Actor) -> dict[object, Ticket]:
    """Visible tickets by number or uuid. One statement for all."""
    wanted = {value: str(identity_in(value)).removeprefix("#") for value in values}
    numbers = {number for text in wanted.values() if (number := number_of(text))}
    identities = {identity for text in wanted.values() if (identity := uuid_of(text))}
    if not numbers and not identities:
        return {}
    rows = Ticket.objects.visible_to(actor).filter(Q(pk__in=numbers) | Q(uuid__in=identities))
    by_any = {key: row for row in rows for key in (row.pk, row.uuid)}
    found = {
        value: by_any.get(number_of(text)) or by_any.get(uuid_of(text))
        for value, text in wanted.items()
    }
    return {value: row for value, row in found.items() if row is not None}


def _found(
    values: Iterable, rows: QuerySet, column: str, word_of, *, name: str = ""
) -> dict[object, object]:
    values = list(values)
    keys = {value: _key(value) for value in values}
    numbers = {key for key in keys.values() if isinstance(key, int)}
    identities = {key for key in keys.values() if isinstance(key, uuids.UUID)}
    words = {key for key in keys.values() if isinstance(key, str)}
    if not (numbers or identities or words):
        return {}
    condition = Q()
    names = {word for word in words if name and "@" not in word}  # an address is nobody's name
    looked_at = (("pk", numbers), ("uuid", identities), (column, words), (name, names))
    for path, wanted in looked_at:
        if wanted:
            condition |= Q(**{f"{path}__in": wanted})
    found = list(rows.filter(condition))
    by_any: dict[object, object] = _borne_by_one(found, name, names)
    for row in found:
        by_any |= {row.pk: row, row.uuid: row, word_of(row): row}
    return {value: by_any[key] for value, key in keys.items() if key in by_any}


def _borne_by_one(rows: list, attribute: str, names: set[str]) -> dict[str, object]:
    """The rows by those of the names that only one of them bears."""
    bearers: dict[str, list] = {word: [] for word in names}
    for row in rows if names else ():
        bearers.get(getattr(row, attribute), []).append(row)
    return {word: several[0] for word, several in bearers.items() if len(several) == 1}


def _key(value) -> int | uuids.UUID | str | None:
    value = identity_in(value)
    if (number := number_of(value)) is not None:
        return number
    if (identity := uuid_of(value)) is not None:
        return identity
    text = fold(value).strip() if isinstance(value, str) else ""
    return text if text and "\0" not in text else None
