"""What connections remember of a person: emptied when the person is erased, in that transaction."""

import json
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from helpdesk.models import User
from integrations.merge import forgotten
from integrations.models import Exchange, Link, PersonLink

BATCH = 100
HALVES = ("agreed_ours", "agreed_theirs")


def forget_person(person: User, address: str, name: str) -> None:
    """Take a person's name and address out of links, conflicts and the journal.

    What both sides agreed on is known again without them: the erasing goes to the other side, and
    what still stands there does not bring the person back.
    """
    PersonLink.objects.filter(person=person).delete()
    found = []
    for link in _links(person, address).iterator(BATCH):
        for half in HALVES:
            setattr(link, half, _scrubbed(getattr(link, half), address, name))
        link.conflicts = [one for one in link.conflicts if not _names(one, address, name)]
        found.append(link)
    Link.objects.bulk_update(found, [*HALVES, "conflicts"], batch_size=BATCH)
    _exchanges(person, address).update(request_body="", response_body="")


def _links(person: User, address: str) -> QuerySet[Link]:
    theirs = Q(ticket__requester=person) | Q(ticket__assignee=person)
    rows = Link.objects.annotate(
        said_here=Cast("agreed_ours", TextField()), said_there=Cast("agreed_theirs", TextField())
    )
    for spelling in _spellings(address):
        theirs |= Q(said_here__icontains=spelling) | Q(said_there__icontains=spelling)
    return rows.filter(theirs).only("pk", *HALVES, "conflicts").order_by("pk")


def _exchanges(person: User, address: str) -> QuerySet[Exchange]:
    named = Q(ticket__requester=person) | Q(ticket__assignee=person)
    for spelling in _spellings(address):
        named |= Q(request_body__icontains=spelling) | Q(response_body__icontains=spelling)
    return Exchange.objects.filter(named)


def _spellings(address: str) -> set[str]:
    return {address, json.dumps(address)[1:-1]} if address else set()


def _scrubbed(value: Any, address: str, name: str) -> Any:
    """A half of what is agreed, each value that is this person known by its fingerprint alone."""
    if isinstance(value, dict):
        if _is_person(value, address, name):
            return forgotten(value)
        return {key: _scrubbed(one, address, name) for key, one in value.items()}
    if isinstance(value, list):
        return [_scrubbed(one, address, name) for one in value]
    return forgotten(value) if _is_word_of(value, address, name) else value


def _is_person(value: dict, address: str, name: str) -> bool:
    if "name" not in value and "email" not in value:
        return False
    said = str(value.get("email") or "").casefold()
    return bool(said == address.casefold() if said and address else value.get("name") == name)


def _is_word_of(value: Any, address: str, name: str) -> bool:
    """A text that is the person: `Ann`, `ann@…` or `Ann <ann@…>`, and no more."""
    if not isinstance(value, str) or not value:
        return False
    whole = {name, address, f"{name} <{address}>"} - {""}
    return value.casefold() in {one.casefold() for one in whole}


def _names(conflict: dict, address: str, name: str) -> bool:
    sides = [conflict.get("ours"), conflict.get("theirs")]
    return _scrubbed(sides, address, name) != sides
