"""What a ticket can be read together with: `?expand=comments,attachments,participants`."""

from django.urls import reverse

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
    rows, order, shaped, address = EXPANSIONS[name](view, ticket_id)
    found = list(rows.order_by(*order)[: MANY + 1])
    more = view.url(reverse(address, args=[ticket_id])) if len(found) > MANY else None
    return {"results": shaped(found[:MANY]), "next": more, "previous": None}


def _comments(view: ApiView, ticket_id: int):
    site = view.url("/").rstrip("/")
    return (
        comment_rows(ticket_id, view.actor),
        ("happened_at", "id"),
        lambda rows: comment_shapes(rows, view.actor, site),
        "api:comments",
    )


def _attachments(view: ApiView, ticket_id: int):
    site = view.url("/").rstrip("/")
    return (
        file_rows(ticket_id, view.actor),
        ("id",),
        lambda rows: [file_shape(row, site) for row in rows],
        "api:attachments",
    )


def _participants(view: ApiView, ticket_id: int):
    return (
        Participant.objects.filter(ticket_id=ticket_id).values(
            "id", "kind", "since", *person_columns("person")
        ),
        ("id",),
        participant_shapes,
        "api:followers",
    )


def participant_shapes(rows) -> list[dict]:
    return [
        {"kind": row["kind"], "since": row["since"], "person": person(row, "person")}
        for row in rows
    ]


EXPANSIONS = {
    "comments": _comments,
    "attachments": _attachments,
    "participants": _participants,
}
