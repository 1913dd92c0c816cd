"""Our records as Apideck shows them, and what its bodies name, looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from integrations import gateway
from integrations.connector import STATUSES, Fields, Maps
from integrations.remote import RemoteField, RemoteOption, RemotePerson, RemoteTicket
from integrations.services.apideck import comments, instance, wire, words
from integrations.services.apideck.listing import ListQuery

NOBODY = RemotePerson()
NAMES = {
    "title": "subject",
    "body": "description",
    "due_at": "due_date",
    "assignee": "assignees",
    "parent": "parent_id",
    "custom": "pass_through",
}


# Tickets -----------------------------------------------------------------------------------------


def maps_of(caller: gateway.Caller) -> Maps:
    """Every custom field of the queue under its key, options by their labels."""
    return {
        "custom": {
            field.key: {
                "id": field.key,
                "type": str(field.kind),
                "multiple": field.is_many,
                "kind": str(field.kind),
                "options": {str(one.uuid): one.label for one in gateway.options_of(field)},
            }
            for field in gateway.custom_fields(caller)
        }
    }


def ticket_items(caller: gateway.Caller, rows: Sequence[Any]) -> list[dict[str, Any]]:
    maps, tag_ids = maps_of(caller), gateway.tag_ids()
    parents = gateway.parents(caller, rows)
    read = gateway.read_all(caller, rows, html=True)
    return [
        wire.write_ticket(_with_ids(caller, one, row, tag_ids, parents), maps)
        for one, row in zip(read, rows, strict=True)
    ]


def ours(caller: gateway.Caller, rows: Sequence[Any]) -> list[Fields]:
    """The same in our own words, for `raw`."""
    return [{"number": one.number, **one.fields} for one in gateway.read_all(caller, rows)]


def wanted_in(query: ListQuery) -> gateway.Wanted:
    return gateway.Wanted(
        statuses=query.statuses,
        assignee=query.assignee_id,
        between={"updated_at": (query.since, None)} if query.since else {},
        order=query.order or "created_at",
        descending=query.descending,
        limit=query.limit,
        token=query.cursor,
    )


def create(caller: gateway.Caller, body: dict[str, Any]) -> Any:
    fields, kept = _looked_up(caller, wire.read_ticket_body(body, maps_of(caller)))
    asked = fields.pop("status", "")
    if not asked:
        return gateway.create(caller, fields, user=NOBODY, kept=kept)
    if status_id := _status_named(caller, asked):
        fields["status_id"] = status_id
        return gateway.create(caller, fields, user=NOBODY, kept=kept)
    return _first_that_works(
        _targets(_word(asked, "new")),
        lambda word: gateway.create(caller, {**fields, "status": word}, user=NOBODY, kept=kept),
    )


@transaction.atomic
def change(caller: gateway.Caller, ticket: Any, body: dict[str, Any]) -> None:
    """All of it or nothing."""
    fields, kept = _looked_up(caller, wire.read_ticket_body(body, maps_of(caller)), ticket)
    asked = fields.pop("status", "")
    ticket = gateway.change(caller, ticket, fields, user=NOBODY, kept=kept)
    if asked:
        _set_status(caller, ticket, asked)


def _with_ids(
    caller: gateway.Caller,
    read: RemoteTicket,
    row: Any,
    tag_ids: dict[str, str],
    parents: dict[int, str],
) -> RemoteTicket:
    extra = read.extra
    maker, requester = extra.get("created_by"), read.fields.get("requester") or {}
    is_html = read.fields["body_format"] == "html"
    extra |= {
        "collection_id": str(caller.queue.uuid),
        "parent_id": parents.get(row.parent_id),
        "tag_ids": tag_ids,
        "created_by": (maker.id if maker else "") or requester.get("id"),
        "completed_at": extra.get("resolved_at"),
        "type": extra["kept"].get("type"),
        "body": extra["body_html"] if is_html else words.write_text(read.fields["body"]),
    }
    return read


def _looked_up(
    caller: gateway.Caller, fields: Fields, ticket: Any = None
) -> tuple[Fields, dict[str, Any]]:
    """Ids become what they name. A type that is none of ours is kept, and given back."""
    kept: dict[str, Any] = {}
    if "assignee_ids" in fields:
        ids = fields.pop("assignee_ids")
        fields["assignee"] = _assignee(caller, ids[0], ticket) if ids else None
    if "tag_ids" in fields:
        fields["tags"] = gateway.tag_names(fields.pop("tag_ids"))
    if "parent_id" in fields:
        fields["parent"] = _parent(caller, fields.pop("parent_id"))
    if "type" in fields:
        names = {words.folded(name): name for name in gateway.type_names()}
        known = names.get(words.folded(fields["type"]), "")
        kept["type"] = "" if known else fields["type"][:200]
        fields["type"] = known
    return fields, kept


def _assignee(caller: gateway.Caller, identity: str, ticket: Any) -> dict[str, str]:
    if ticket is not None and ticket.assignee_id and str(ticket.assignee.uuid) == identity.lower():
        return {"id": identity.lower(), "name": "", "email": ""}  # whoever it is now stays
    return gateway.assignee(caller, identity).as_field()


def _parent(caller: gateway.Caller, identity: str) -> Any:
    if not identity:
        return None
    try:
        return gateway.ticket(caller, identity)
    except Http404:
        said = {"id": identity[:60]}
        raise ValidationError({"parent": _("There is no ticket “%(id)s”.") % said}) from None


# Statuses ----------------------------------------------------------------------------------------


def _set_status(caller: gateway.Caller, ticket: Any, asked: str) -> None:
    """Into a status by its own name or a word; one that is shown by the word already stays."""
    if status_id := _status_named(caller, asked):
        gateway.set_status(caller, ticket, {}, user=NOBODY, status_id=status_id)
        return
    now = gateway.read(caller, ticket).fields["status"]
    _first_that_works(
        _targets(_word(asked, now)),
        lambda word: gateway.set_status(caller, ticket, {"status": word}, user=NOBODY),
    )


def _targets(word: str) -> tuple[str, ...]:
    """Where a workflow has no way to closed, resolved is closed too."""
    return ("closed", "resolved") if word == "closed" else (word,)


def _first_that_works(targets: Sequence[str], act: Callable[[str], Any]) -> Any:
    *others, last = targets
    for word in others:
        try:
            return act(word)
        except ValidationError as error:
            if "status" not in getattr(error, "error_dict", {}):
                raise
    return act(last)


def _word(asked: str, now: str) -> str:
    """One of `connector.STATUSES`: what is shown by the same word as now stays as it is."""
    said = words.folded(asked)
    if words.folded(words.STATUS.out[now]) == said or now == said:
        return now
    found = said if said in STATUSES else words.read_status(asked, {})
    if found is None:
        text = _("“%(word)s” is no status here. Use open, in_progress or closed.")
        raise ValidationError({"status": text % {"word": asked[:60]}})
    return found


def _status_named(caller: gateway.Caller, asked: str) -> str:
    """The uuid of a status of ours by its name, "" if the name is one of the service's words."""
    said = words.folded(asked)
    if said in map(words.folded, words.STATUS.back):
        return ""
    for status, _ways in gateway.statuses(caller):
        if words.folded(status.name) == said:
            return str(status.uuid)
    return ""


# Comments ----------------------------------------------------------------------------------------


def comment_item(caller: gateway.Caller, comment: Any) -> dict[str, Any]:
    return comments.write_comment(gateway.read_comment(caller, comment), gateway.edited_at(comment))


# Users, tags, collections ------------------------------------------------------------------------


def user_item(person: RemotePerson) -> dict[str, Any]:
    first, _space, last = person.name.strip().rpartition(" ")
    return {
        "id": person.id,
        "name": person.name or None,
        "first_name": first or last or None,
        "last_name": last if first else None,
        "email": person.email or None,
        "photo_url": None,
        "custom_mappings": None,
    }


def tag_item(identity: str, name: str) -> dict[str, Any]:
    return {"id": identity, "name": name, "custom_mappings": None}


def collection_item(caller: gateway.Caller, queue: Any) -> dict[str, Any]:
    """A queue; its custom fields and types are said among the mappings, for other helpdesks."""
    within = gateway.in_queue(caller, str(queue.uuid))
    return {
        "id": str(queue.uuid),
        "parent_id": None,
        "type": "queue",
        "name": queue.name,
        "description": queue.description or None,
        "created_at": None,
        "updated_at": None,
        "custom_mappings": {
            instance.FIELDS_KEY: [
                instance.write_field(_field(field)) for field in gateway.custom_fields(within)
            ],
            instance.TYPES_KEY: gateway.type_names(),
        },
    }


def _field(field: Any) -> RemoteField:
    options = gateway.options_of(field)
    return RemoteField(
        id=field.key,
        title=field.name,
        type=str(field.kind),
        required=field.required,
        options=tuple(RemoteOption(key=one.label, text=one.label) for one in options),
    )


# Short lists -------------------------------------------------------------------------------------


def page_of_short(
    name: str,
    rows: Sequence[Any],
    query: ListQuery,
    place: Callable[[Any], list[Any]],
) -> gateway.Page:
    """A page of a list that is in memory, by where the last page ended. Raises ValidationError.

    `place`: what a row is sorted by, its id last, as JSON.
    """
    ordered = sorted(rows, key=lambda row: _comparable(place(row)), reverse=query.descending)
    if query.cursor:
        list_name, order, descending, after = gateway.read_token(query.cursor, 3)
        if [list_name, order, descending] != [name, query.order, query.descending]:
            raise gateway.wrong_token()
        end = _comparable(after)
        ordered = [
            row
            for row in ordered
            if (_comparable(place(row)) < end if descending else _comparable(place(row)) > end)
        ]
    shown = ordered[: query.limit]
    if len(ordered) == len(shown):
        return gateway.Page(shown, len(rows), "")
    token = gateway.write_token([name, query.order, query.descending, *place(shown[-1])])
    return gateway.Page(shown, len(rows), token)


def _comparable(parts: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(part) for part in parts)
