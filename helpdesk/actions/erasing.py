"""What remembers a person by name or address, beside the person: emptied when they are erased."""

from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from helpdesk import search
from helpdesk.models import Change, Comment, CustomField, Draft, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

BATCH = 100
PEOPLE = ("requester", "assignee", "participants", "recipients")


def forget(person: User, address: str) -> None:
    """Empty the copies of an erased person's name and former address, in the verb's transaction.

    Nothing is recorded: history itself loses the name.
    """
    person.requested_tickets.update(requester_name="")
    person.comments.update(author_name="")
    Change.objects.filter(person=person).update(person_name=str(person))
    _forget_in_history(person)
    for rows in (person.requested_tickets, person.comments):
        _forget_as_it_came(rows.exclude(extra={}), address)
    _forget_in_drafts(address)
    _index_anew(person)


def _forget_in_drafts(address: str) -> None:
    """Nobody's draft is addressed to them any more, nor what waits to be sent."""
    if not address:
        return
    found = []
    drafts = Draft.objects.select_for_update(of=("self",)).exclude(recipients=None)
    texts = drafts.annotate(text=Cast("recipients", TextField())).filter(text__icontains=address)
    for draft in texts.only("recipients"):
        kept = [one for one in draft.recipients if fold(one.get("address", "")) != address]
        if kept != draft.recipients:
            draft.recipients = kept
            found.append(draft)
    Draft.objects.bulk_update(found, ["recipients"], batch_size=BATCH)


def _forget_in_history(person: User) -> None:
    texts = Change.objects.annotate(text=Cast("fields", TextField()))
    named = texts.filter(Q(text__contains=f'"id": {person.pk}') | Q(ticket__requester=person))
    people = {field.key for field in configuration().fields.values() if _is_people(field)}
    names = {*PEOPLE, *(f"custom.{key}" for key in people)}
    found = []
    for change in named.only("ticket_id", "fields").select_related("ticket").iterator(BATCH):
        if _without_words(change, person.pk, names):
            found.append(change)
    Change.objects.bulk_update(found, ["fields"], batch_size=BATCH)


def _is_people(field: CustomField) -> bool:
    return field.kind == CustomField.Kind.PEOPLE


def _without_words(change: Change, pk: int, names: set[str]) -> bool:
    """Empty the words that stand for this person in a change; whether there were any."""
    is_found = False
    for name in names & change.fields.keys():
        for side, said in change.fields[name].items():
            for one in said if isinstance(said, list) else [said]:
                if isinstance(one, dict) and one.get("id") == pk:
                    one["words"] = ""
                    is_found = True
                    if name == "requester" and "requester_name" in change.fields:
                        change.fields["requester_name"][side] = ""
    if change.ticket.requester_id == pk and "requester_name" in change.fields:
        change.fields["requester_name"] = {"from": "", "to": ""}
        is_found = True
    return is_found


def _forget_as_it_came(rows: Any, address: str) -> None:
    """What services said of the person and is kept beside our fields."""
    if not address:
        return
    found: list[Ticket | Comment] = []
    for row in rows.only("extra").iterator(BATCH):
        extra = _without_address(row.extra, address)
        if extra != row.extra:
            row.extra = extra
            found.append(row)
    rows.model.objects.bulk_update(found, ["extra"], batch_size=BATCH)


def _without_address(said: Any, address: str) -> Any:
    if isinstance(said, list):
        return [_without_address(one, address) for one in said]
    if not isinstance(said, dict):
        return said
    if any(isinstance(one, str) and fold(one).strip() == address for one in said.values()):
        return {key: "" if isinstance(one, str) else one for key, one in said.items()}
    kept = {key: one for key, one in said.items() if fold(key).strip() != address}
    return {key: _without_address(one, address) for key, one in kept.items()}


def _index_anew(person: User) -> None:
    last = 0
    rows = person.requested_tickets.select_related("requester").order_by("pk")
    while tickets := list(rows.filter(pk__gt=last)[:BATCH]):
        search.index_all(tickets)
        last = tickets[-1].pk
