"""Pages of lists other than tickets, by where the last page ended, and what is changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from helpdesk.models import Attachment, Comment, Ticket, User
from integrations.gateway import files
from integrations.gateway.caller import Caller
from integrations.gateway.lists import read_token, write_token, wrong_token
from integrations.gateway.relations import people_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of a list is asked for. A token wins over the offset."""

    limit: int
    offset: int = 0
    token: str = ""
    since: datetime | None = None


class Listed(NamedTuple):
    """`next` is the token of the page after it, "" on the last."""

    rows: list[Any]
    next: str


def public_comments(caller: Caller, ticket: Ticket, span: Span) -> Listed:
    """What everybody may read, in the order in which it came here."""
    rows: QuerySet[Comment] = files.comments_shown(caller, ticket).filter(public=True)
    if span.since:
        changed = Coalesce("edited_at", "happened_at")
        rows = rows.annotate(changed=changed).filter(changed__gte=span.since)
    return page_of_rows(rows.select_related("author"), f"comments {ticket.uuid}", span)


def files_page(caller: Caller, ticket: Ticket, span: Span) -> Listed:
    rows: QuerySet[Attachment] = files.shown(caller, ticket).filter(public=True)
    if span.since:
        rows = rows.filter(created_at__gte=span.since)
    return page_of_rows(rows, f"files {ticket.uuid}", span)


def people_page(caller: Caller, span: Span) -> Listed:
    """Whom the caller may know of, see `people_of`."""
    rows: QuerySet[User] = people_of(caller)
    if span.since:
        rows = rows.filter(created_at__gte=span.since)
    return page_of_rows(rows, "people", span)


def page_of_rows(rows: QuerySet, name: str, span: Span) -> Listed:
    """A page of rows, oldest first. `name` tells lists apart: a token is good for its own."""
    offset = span.offset
    if span.token:
        rows, offset = rows.filter(pk__gt=_place(span.token, name)), 0
    found = list(rows.order_by("pk")[offset : offset + span.limit + 1])
    if len(found) <= span.limit:
        return Listed(found, "")
    found.pop()
    return Listed(found, write_token([name, found[-1].pk]))


def page_of_list(listed: Sequence[Any], name: str, span: Span) -> Listed:
    """A page of what is known in whole, such as configuration; it has no moments."""
    offset = _place(span.token, name) if span.token else span.offset
    end = offset + span.limit
    following = write_token([name, end]) if end < len(listed) else ""
    return Listed(list(listed[offset:end]), following)


def _place(token: str, name: str) -> int:
    named, place = read_token(token, 1)
    if named != name or len(place) != 1 or not isinstance(place[0], int):
        raise wrong_token()
    return place[0]
