"""What stands around tickets on a board: how much is said, by how many they are marked, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import Http404
from django.utils.translation import gettext as _

from helpdesk.models import Attachment, Comment, Ticket
from integrations.gateway.caller import Caller
from integrations.gateway.reading import tickets, uuid_or_404
from integrations.models import Record

MOST_MARKS = 10_000  # users that may mark one ticket
MARK = "mark"
STORED = {"deleted_at": None, "state": Attachment.State.STORED, "url": ""}


@dataclass(slots=True)
class Around:
    """`marks` are the ids of users, as they came; `newest` the newest comments, oldest first."""

    comments: int = 0
    marks: list[str] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    newest: list[Comment] = field(default_factory=list)


def around(caller: Caller, found: Sequence[Ticket], *, newest: int = 0) -> dict[int, Around]:
    """What stands around each ticket, by its pk, in three statements; with `newest` in four."""
    ids = [ticket.pk for ticket in found]
    all_around = {pk: Around() for pk in ids}
    said = public_comments(caller).filter(ticket__in=ids)
    for pk, count in said.order_by().values_list("ticket").annotate(Count("pk")):
        all_around[pk].comments = count
    by_uuid = {str(ticket.uuid): ticket.pk for ticket in found}
    rows = Record.objects.filter(service=caller.service, key=None, kind=MARK, name__in=by_uuid)
    for record in rows:
        all_around[by_uuid[record.name]].marks = record.content["users"]
    attached = Attachment.objects.filter(ticket__in=ids, comment=None, public=True, **STORED)
    for attachment in attached.order_by("pk"):
        all_around[attachment.ticket_id].files.append(attachment)
    if newest:
        order = (F("happened_at").desc(), F("pk").desc())
        place = Window(RowNumber(), partition_by=F("ticket"), order_by=order)
        rows = said.annotate(place=place).filter(place__lte=newest).select_related("author")
        for comment in rows.order_by("happened_at", "pk"):
            all_around[comment.ticket_id].newest.append(comment)
    return all_around


def public_comments(caller: Caller) -> QuerySet[Comment]:
    """What everybody may read of any ticket."""
    return Comment.objects.shown_to(caller.actor).filter(public=True)


def comments_between(
    caller: Caller, ticket: Ticket, *, start: int, count: int
) -> tuple[list[Comment], int]:
    """Comments of a ticket from a position on, oldest first, and how many there are."""
    rows = public_comments(caller).filter(ticket=ticket)
    ordered = rows.select_related("author").order_by("happened_at", "pk")
    return list(ordered[start : start + count]), rows.count()


def files_of_comments(comments: Iterable[Comment]) -> dict[int, list[Attachment]]:
    """The files, without links, of comments that the caller reads, by the comment's pk."""
    found: dict[int, list[Attachment]] = {comment.pk: [] for comment in comments}
    rows = Attachment.objects.filter(comment__in=list(found), **STORED) if found else ()
    for attachment in sorted(rows, key=lambda one: one.pk):
        found[attachment.comment_id].append(attachment)
    return found


def mark(caller: Caller, ticket: Ticket, user: str) -> int:
    """Mark a ticket for a user, once, and say by how many it is marked."""
    with transaction.atomic():
        row, _made = Record.objects.get_or_create(
            service=caller.service,
            key=None,
            kind=MARK,
            name=str(ticket.uuid),
            defaults={"content": {"users": []}},
        )
        row = Record.objects.select_for_update().get(pk=row.pk)
        users = row.content["users"]
        if user not in users:
            if len(users) >= MOST_MARKS:
                words = _("At most %(limit)s users mark a ticket.")
                raise ValidationError(words % {"limit": MOST_MARKS})
            row.content = {**row.content, "users": [*users, user]}
            row.save(update_fields=["content"])
    return len(row.content["users"])


def ticket_of_comment(caller: Caller, identity: str) -> Ticket:
    """The ticket of a public comment, by the comment's uuid. Anything else raises Http404."""
    found = public_comments(caller).filter(uuid=uuid_or_404(identity)).first()
    ticket = tickets(caller).filter(pk=found.ticket_id).first() if found else None
    if ticket is None:
        raise Http404
    return ticket


def shared(caller: Caller, kind: str, name: str) -> dict[str, Any]:
    """What is remembered for every key of a service, such as a setting; empty if nothing is."""
    rows = Record.objects.filter(service=caller.service, key=None, kind=kind, name=name)
    return rows.values_list("content", flat=True).first() or {}


@transaction.atomic
def share(caller: Caller, kind: str, name: str, **content: Any) -> dict[str, Any]:
    """Set some members of it, leaving the others; returns all."""
    identity = {"service": caller.service, "key": None, "kind": kind, "name": name}
    row, _made = Record.objects.get_or_create(**identity, defaults={"content": {}})
    row = Record.objects.select_for_update().get(pk=row.pk)
    row.content = {**row.content, **content}
    row.save(update_fields=["content"])
    return row.content
