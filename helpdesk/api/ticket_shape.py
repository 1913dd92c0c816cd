"""The ticket as it is read: one shape, out of one statement or out of what a verb returned."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter, itemgetter

from django.conf import settings

from helpdesk.actor import Actor
from helpdesk.api.base import in_utc
from helpdesk.api.shapes import (
    custom_people_in,
    custom_shape,
    people_named,
    person,
    person_columns,
    small_objects,
)
from helpdesk.models import Ticket
from helpdesk.models.configuration import Snapshot, configuration

PLAIN = (
    "id",
    "uuid",
    "title",
    "body",
    "body_format",
    "priority",
    "requester_name",
    "channel",
    "due_at",
    "snoozed_until",
    "resolution",
    "resolution_comment",
    "source",
    "source_ref",
    "source_url",
    "version",
    "created_at",
    "stored_at",
    "updated_at",
    "last_activity_at",
    "last_customer_at",
    "first_response_at",
    "first_resolved_at",
    "resolved_at",
    "closed_at",
    "next_due_at",
    "reopened_count",
)
RELATED = ("parent", "merged_into")
OTHER = ("id", "uuid", "title", "queue_id")
COLUMNS = (
    *PLAIN,
    "requester_as_named",
    "queue_id",
    "status_id",
    "type_id",
    "team_id",
    "tag_ids",
    "custom",
    *person_columns("requester"),
    *person_columns("assignee"),
    "organisation__id",
    "organisation__uuid",
    "organisation__name",
    *(f"{one}_id" for one in RELATED),
)
OWN = tuple(path for path in COLUMNS if "__" not in path)
JOINED = tuple(tuple(path.split("__")) for path in COLUMNS if "__" in path)
_plain_of = itemgetter(*PLAIN)
_own_of = attrgetter(*OWN)
TICKETS = Ticket.objects.values(*COLUMNS)  # joined once: every list and reading narrows this


def ticket_shapes(rows: Iterable[Mapping], actor: Actor, base: str) -> list[dict]:
    """Rows of `values(*COLUMNS)` as they are read; `base` is the address of the list.

    At most two statements, for the people in custom fields and the tickets that are named. (To
    join those as well would cost the planner more than all the rest of the list.)
    """
    rows, known = list(rows), configuration()
    people = people_named(custom_people_in(row["custom"] for row in rows))
    others = _others_named(rows, actor)
    small, page = small_objects(known), f"{settings.PUBLIC_URL}/tickets/"
    return [_shape(row, known, small, actor, people, others, base, page) for row in rows]


def ticket_shape(ticket: Ticket, actor: Actor, base: str) -> dict:
    """A ticket that a verb returned, in the shape in which it would be read."""
    [shape] = ticket_shapes([_row_of(ticket)], actor, base)
    return shape


def _shape(
    row: Mapping,
    known: Snapshot,
    small: Mapping[str, dict[int, dict]],
    actor: Actor,
    people: Mapping[int, dict],
    others: Mapping[int, dict],
    base: str,
    page: str,
) -> dict:
    shape = dict(zip(PLAIN, _plain_of(row), strict=True))
    shape["queue"] = small["queues"].get(row["queue_id"])
    shape["status"] = small["statuses"].get(row["status_id"])
    shape["type"] = small["types"].get(row["type_id"])
    shape["team"] = small["teams"].get(row["team_id"])
    is_stranger = row["requester_as_named"] and actor.queues is not None
    shape["requester"] = _as_named(row) if is_stranger else person(row, "requester")
    shape["assignee"] = person(row, "assignee")
    shape["organisation"] = None if is_stranger else _organisation(row)
    shape["tags"] = _tag_names(known, row["tag_ids"])
    shape["custom"] = custom_shape(known, row, people)
    for name in RELATED:
        shape[name] = others.get(row[f"{name}_id"])
    shape["url"] = f"{base}{row['id']}/"
    shape["web_url"] = f"{page}{row['id']}/"
    return shape


def _as_named(row: Mapping) -> dict | None:
    """A requester of whom the key reads no more than it said itself."""
    shape = person(row, "requester")
    return shape and {**shape, "name": row["requester_name"] or shape["email"]}


def _organisation(row: Mapping) -> dict | None:
    if row["organisation__id"] is None:
        return None
    return {name: row[f"organisation__{name}"] for name in ("id", "uuid", "name")}


def _others_named(rows: Iterable[Mapping], actor: Actor) -> dict[int, dict]:
    """Tickets that these name, by id and by their title, unless they lie where the key sees none.

    One statement, none if there are no such tickets.
    """
    ids = {row[f"{name}_id"] for row in rows for name in RELATED} - {None}
    found = Ticket.objects.filter(pk__in=ids, deleted_at=None).values(*OTHER) if ids else ()
    return {
        one["id"]: {name: one[name] for name in ("id", "uuid", "title")}
        for one in found
        if actor.queues is None or one["queue_id"] in actor.queues
    }


def _tag_names(known: Snapshot, ids: list[int]) -> list[str]:
    """The names of kept tags in their order, which is that of the snapshot."""
    if not ids:
        return []
    names = known.cache.get("api.tags")
    if names is None:
        kept = (tag for tag in known.tags.values() if tag.deleted_at is None)
        names = known.cache["api.tags"] = {
            tag.pk: (place, tag.name) for place, tag in enumerate(kept)
        }
    return [name for _place, name in sorted(names[pk] for pk in ids if pk in names)]


def _row_of(ticket: Ticket) -> dict:
    row = dict(zip(OWN, _own_of(ticket), strict=True))
    for name, value in row.items():
        if type(value) is datetime:
            row[name] = in_utc(value)
    for relation, name in JOINED:
        other = getattr(ticket, relation)
        row[f"{relation}__{name}"] = None if other is None else getattr(other, name)
    return row
