"""What a ticket can be read together with: `?expand=comments,attachments,participants`."""

from django.db.models import QuerySet
from django.urls import reverse

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.api.base import ApiView
from helpdesk.api.comment_shape import (
    comment_rows,
    comment_shapes,
    file_rows,
    file_shape,
)
from helpdesk.api.shapes import person, person_columns
from helpdesk.doors.paging import MAX_LIMIT
from helpdesk.models import Participant

MANY = MAX_LIMIT


def expanded(view: ApiView, name: str, ticket_id: int) -> dict:
    """The first rows of a list inside a ticket; `next` is the address of the whole, if longer."""
    listed, shaped, address = EXPANSIONS[name]
    found = prepared.seen_by(view.actor, ("expand", name), listed, number=ticket_id)
    more = view.url(reverse(address, args=[ticket_id])) if len(found) > MANY else None
    rows = shaped(found[:MANY], view.actor, view.url("/").rstrip("/"))
    return {"results": rows, "next": more, "previous": None}


def _comments(actor: Actor, number: int) -> QuerySet:
    return comment_rows(number, actor).order_by("happened_at", "id")[: MANY + 1]


def _attachments(actor: Actor, number: int) -> QuerySet:
    return file_rows(number, actor).order_by("id")[: MANY + 1]


def _participants(actor: Actor, number: int) -> QuerySet:
    columns = ("id", "kind", "since", *person_columns("person"))
    rows = Participant.objects.filter(ticket_id=number).values(*columns)
    return rows.order_by("id")[: MANY + 1]


def participant_shapes(rows) -> list[dict]:
    return [
        {"kind": row["kind"], "since": row["since"], "person": person(row, "person")}
        for row in rows
    ]


# Name → its rows, what they are read as, and the address of the whole list.
EXPANSIONS = {
    "comments": (_comments, comment_shapes, "api:comments"),
    "attachments": (
        _attachments,
        lambda rows, _actor, site: [file_shape(row, site) for row in rows],
        "api:attachments",
    ),
    "participants": (
        _participants,
        lambda rows, _actor, _site: participant_shapes(rows),
        "api:followers",
    ),
}
