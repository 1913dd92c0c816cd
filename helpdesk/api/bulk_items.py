"""Carrying out a part of a bulk call: one result an item, one bad item stops no other."""

from collections.abc import Sequence
from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from helpdesk import actions
from helpdesk.actions.base import RELATED
from helpdesk.actor import Actor
from helpdesk.api.bulk_input import CHANGE, CREATE, DELETE, TAG, TRANSITION, Bulk, checked, known_to
from helpdesk.api.preconditions import base_in
from helpdesk.api.transitions import transition_called
from helpdesk.doors.errors import CODES, said_of
from helpdesk.lookup import identity_in, number_of, uuid_of
from helpdesk.models import Ticket

REFUSALS = (ValidationError, PermissionDenied, Http404, APIException)


class NothingDone(ValidationError):
    """An atomic call of which an item was refused. `results` say what became of each."""

    def __init__(self, results: list[dict]):
        self.results = results
        errors: dict[str, list[ValidationError]] = {}
        for result in results:
            for one in result["errors"]:
                refusal = ValidationError(one["message"], code=one["code"])
                errors.setdefault(one["field"], []).append(refusal)
        super().__init__(errors)


def carry_out(bulk: Bulk, indexes: range, *, by: Actor, base: str) -> list[dict]:
    """Carry out these items in one transaction; returns a result for each, in their order.

    A result holds `index`, `status` and, as the single call would answer, `id`, `uuid`, `version`
    and `url` or `code`, `detail`, `errors` (and `difference`). `base` is the address of the list.
    """
    carried_out = _opened if bulk.operation == CREATE else _changed
    with transaction.atomic():
        return carried_out(bulk, indexes, by=by, base=base)


def carry_out_all(bulk: Bulk, *, by: Actor, base: str) -> list[dict]:
    """Carry out a whole call in one transaction. Raises NothingDone if it is atomic and fails."""
    with transaction.atomic():
        results = carry_out(bulk, range(len(bulk)), by=by, base=base)
        if bulk.atomic and any(is_refused(result) for result in results):
            raise NothingDone(results)
    return results


def is_refused(result: dict) -> bool:
    return result["status"] >= 400


def taken_back(result: dict) -> dict:
    """What becomes of an item that was well, when another one of an atomic call was not."""
    words = _("Not done, because another item was refused.")
    return _result(result["index"], 424, code="not_done", detail=words)


# Opening -----------------------------------------------------------------------------------------


def _opened(bulk: Bulk, indexes: range, *, by: Actor, base: str) -> list[dict]:
    known = known_to((bulk.body(index) for index in indexes), by)
    results: dict[int, dict] = {}
    rows: dict[int, dict] = {}
    for index in indexes:
        try:
            rows[index] = checked(bulk, bulk.body(index), by, known)
        except REFUSALS as error:
            results[index] = _refused(bulk, index, error)
    opened = _tickets_of(list(rows.values()), by=by, silent=bulk.silent)
    for index, one in zip(rows, opened, strict=True):
        if isinstance(one, Ticket):
            results[index] = _done(index, 200 if one.is_repeat else 201, one, base)
        else:
            results[index] = _refused(bulk, index, one)
    return [results[index] for index in indexes]


def _tickets_of(rows: list[dict], *, by: Actor, silent: bool) -> list[Ticket | Exception]:
    """The tickets of the rows, in a few statements for all; what refuses one stands for it."""
    refused: dict[int, ValidationError] = {}
    try:
        tickets = actions.open_tickets(rows, by=by, refused=refused, silent=silent)
    except REFUSALS as error:
        if len(rows) == 1:
            return [error]
        return [one for row in rows for one in _tickets_of([row], by=by, silent=silent)]
    return [refused.get(index) or ticket for index, ticket in enumerate(tickets)]


# Changing ----------------------------------------------------------------------------------------


def _changed(bulk: Bulk, indexes: range, *, by: Actor, base: str) -> list[dict]:
    numbers, tickets = _held([bulk.named(index) for index in indexes], by)
    if bulk.is_of_one_set:
        shared = checked(bulk, bulk.fields, by)
        known = None
    else:
        shared, known = {}, known_to((bulk.body(index) for index in indexes), by)
    verb = partial(VERBS[bulk.operation], by=by, **({"silent": True} if bulk.silent else {}))
    results = []
    for number, index in zip(numbers, indexes, strict=True):
        try:
            ticket = _one_of(tickets, number, bulk, index)
            with transaction.atomic():
                fields = checked(bulk, bulk.body(index), by, known) if known else {**shared}
                ticket = verb(ticket, fields)
        except REFUSALS as error:
            results.append(_refused(bulk, index, error))
            continue
        tickets[ticket.pk] = None if bulk.operation == DELETE else ticket
        results.append(_done(index, 204 if bulk.operation == DELETE else 200, ticket, base))
    return results


def _held(named: Sequence, by: Actor) -> tuple[list[int | None], dict[int | None, Ticket | None]]:
    """The numbers of what is called so, and the visible tickets among them, by number.

    All are locked in one order: two calls for the same tickets wait for each other here, and
    nowhere in between.
    """
    words = [identity_in(one) for one in named]
    numbers = [number_of(word) for word in words]
    identities = [
        uuid_of(word) if number is None else None
        for word, number in zip(words, numbers, strict=True)
    ]
    wanted = Q(pk__in={one for one in numbers if one}) | Q(
        uuid__in={one for one in identities if one}
    )
    rows = Ticket.objects.visible_to(by).filter(wanted).select_related(*RELATED).order_by("pk")
    tickets = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
    by_uuid = {row.uuid: row.pk for row in tickets.values()}
    named_by = zip(numbers, identities, strict=True)
    return [number or by_uuid.get(identity) for number, identity in named_by], tickets


def _one_of(tickets: dict, number: int | None, bulk: Bulk, index: int) -> Ticket:
    if bulk.named(index) is None:
        raise ValidationError({"id": _("Say which ticket: its number or uuid.")})
    if (ticket := tickets.get(number)) is None:
        raise Http404
    return ticket


def _change(ticket: Ticket, fields: dict, *, by: Actor, silent: bool = False) -> Ticket:
    base = base_in(fields, ticket)
    return actions.change_ticket(ticket, by=by, base=base, silent=silent, **fields)


def _transition(ticket: Ticket, fields: dict, *, by: Actor, silent: bool = False) -> Ticket:
    base = base_in(fields, ticket)
    transition = transition_called(fields.pop("transition"), ticket)
    return actions.take_transition(ticket, transition, by=by, base=base, silent=silent, **fields)


def _tag(ticket: Ticket, fields: dict, *, by: Actor, silent: bool = False) -> Ticket:
    return actions.tag(ticket, by=by, silent=silent, **fields)


def _delete(ticket: Ticket, fields: dict, *, by: Actor, silent: bool = False) -> Ticket:
    return actions.delete_ticket(ticket, by=by, base=base_in(fields, ticket), silent=silent)


VERBS = {CHANGE: _change, TRANSITION: _transition, TAG: _tag, DELETE: _delete}


# Results -----------------------------------------------------------------------------------------


def _done(index: int, status: int, ticket: Ticket, base: str) -> dict:
    url = f"{base}{ticket.pk}/"
    identity = {"id": ticket.pk, "uuid": str(ticket.uuid), "version": ticket.version, "url": url}
    return _result(index, status, **identity)


def _refused(bulk: Bulk, index: int, error: Exception) -> dict:
    said = said_of(error)
    if said is None:
        raise error
    detail, status = str(said["detail"]), said["status"]
    code = said.get("code") or CODES[status]
    errors = list(said.get("errors", ())) or [{"field": None, "code": code, "message": detail}]
    told = [{**one, "field": bulk.path(index, one["field"])} for one in errors]
    more = {"difference": said["difference"]} if "difference" in said else {}
    return _result(index, status, code=code, detail=detail, errors=told, **more)


def _result(index: int, status: int, **more) -> dict:
    blank = dict.fromkeys(("id", "uuid", "version", "url", "code", "detail"))
    return {"index": index, "status": status, **blank, "errors": [], **more}
