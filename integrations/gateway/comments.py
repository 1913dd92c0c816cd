"""Public comments of a ticket one by one: listed, read, edited and deleted by a caller."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.dateparse import parse_datetime

from helpdesk import actions
from helpdesk.models import Comment, Ticket
from integrations.gateway.caller import Caller
from integrations.gateway.lists import Page, read_token, write_token, wrong_token
from integrations.gateway.reading import uuid_or_404
from integrations.remote import NewComment

ORDERS = ("created_at", "updated_at")


def comments_page(
    caller: Caller,
    ticket: Ticket,
    *,
    order: str = "created_at",
    descending: bool = False,
    limit: int,
    token: str = "",
) -> Page:
    """A page of comments, each with `place`, the moment it goes by. Raises ValidationError.

    A token wins over the order. What is said meanwhile moves nothing to another page.
    """
    rows = _public(caller, ticket)
    total = rows.count()
    if token:
        identity, order, descending, after = read_token(token, 3)
        if identity != str(ticket.uuid) or order not in ORDERS or not isinstance(descending, bool):
            raise wrong_token()
        moment, pk = after
    column = F("happened_at") if order == "created_at" else Coalesce("edited_at", "happened_at")
    rows = rows.annotate(place=column)
    if token:
        side = "lt" if descending else "gt"
        place = parse_datetime(moment)
        rows = rows.filter(Q(**{f"place__{side}": place}) | Q(place=place, **{f"pk__{side}": pk}))
    sign = "-" if descending else ""
    found = list(rows.order_by(f"{sign}place", f"{sign}pk")[: limit + 1])
    if len(found) <= limit:
        return Page(found, total, "")
    found.pop()
    place = [found[-1].place.isoformat(), found[-1].pk]
    return Page(found, total, write_token([str(ticket.uuid), order, descending, *place]))


def comment_of(caller: Caller, ticket: Ticket, identity: str) -> Comment:
    """A public comment of the ticket by its uuid. Anything else raises Http404."""
    found = _public(caller, ticket).filter(uuid=uuid_or_404(identity)).first()
    if found is None:
        raise Http404
    return found


def edit_comment(caller: Caller, comment: Comment, new: NewComment) -> Comment:
    """Raises PermissionDenied, and ValidationError where there are no words to edit."""
    return actions.edit_comment(comment, by=caller.actor, body=new.body, format=new.format)


def delete_comment(caller: Caller, comment: Comment) -> None:
    """Raises PermissionDenied."""
    actions.delete_comment(comment, by=caller.actor)


def edited_at(comment: Comment) -> datetime:
    """When a comment was last touched."""
    return comment.edited_at or comment.happened_at


def _public(caller: Caller, ticket: Ticket) -> QuerySet[Comment]:
    rows = ticket.comments.shown_to(caller.actor).filter(public=True)
    return rows.select_related("author", "ticket")
