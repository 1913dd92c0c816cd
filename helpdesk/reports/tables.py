"""The tables beside the tickets' own: stays in statuses, comments, counts of days."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length

from helpdesk.actor import STAFF, Actor, Role
from helpdesk.models import Attachment, Comment, DailyCount, StatusInterval, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.reports.columns import (
    Column,
    Table,
    day,
    moment,
    number,
    only,
    seconds,
    text,
    truth,
    within,
)
from helpdesk.reports.ticket_table import TICKETS

INTERVAL_COLUMNS: tuple[Column, ...] = (
    number("id", "The interval.", is_sorted=True),
    number("ticket_id", "Its ticket."),
    number("queue_id", "The ticket's queue now.", "ticket__queue_id"),
    text("queue", "The queue's name.", "ticket__queue__name"),
    number("status_id", "The status."),
    text("status", "The status's name.", "status__name"),
    text("category", "new, open, waiting, resolved or closed.", "status__category"),
    moment("entered_at", "When it began."),
    moment("left_at", "When it ended; empty while it lasts.", nullable=True),
    number("seconds", "How long it lasted; empty while it lasts.", None, nullable=True),
    truth("is_current", "Whether it still lasts.", None),
    moment("updated_at", "When this row was last written.", "written_at", is_sorted=True),
)
COMMENT_COLUMNS: tuple[Column, ...] = (
    number("id", "The comment.", is_sorted=True),
    number("ticket_id", "Its ticket."),
    number("queue_id", "The ticket's queue now.", "ticket__queue_id"),
    text("queue", "The queue's name.", "ticket__queue__name"),
    truth("is_public", "A reply that the customer reads.", "public"),
    truth("is_note", "An internal note.", None),
    text("author_role", "admin, agent, light or customer; empty for none.", None, nullable=True),
    number("author_id", "Who wrote it, of staff alone.", None, nullable=True),
    text("channel", "How it came: web, email, api, …"),
    number("characters", "How long it is.", None),
    number("attachments", "How many files it has.", None),
    moment("happened_at", "When it was said."),
    moment("created_at", "When it came into this helpdesk."),
    moment("edited_at", "When it was last edited.", nullable=True),
    moment("redacted_at", "When its words were taken away.", nullable=True),
    moment("deleted_at", "When it was deleted: only in windows.", None, nullable=True),
    moment("updated_at", "When its ticket was last written.", "ticket__updated_at"),
)
DAILY_COLUMNS: tuple[Column, ...] = (
    number("id", "The row.", is_sorted=True),
    day("day", "The day that ended.", is_sorted=True),
    number("queue_id", "The queue."),
    text("queue", "The queue's name.", "queue__name"),
    number("status_id", "The status."),
    text("status", "The status's name.", "status__name"),
    text("category", "new, open, waiting, resolved or closed.", "status__category"),
    text("priority", "low, normal, high or urgent."),
    number("tickets", "How many tickets the day ended with."),
    number("overdue", "How many of them were unresolved and late."),
    number("unassigned", "How many of them had no assignee."),
    truth("rebuilt", "Counted later than the day after, from history."),
    moment("updated_at", "When it was counted.", "counted_at", is_sorted=True),
)


def _of_tickets(model, actor: Actor) -> QuerySet:
    """Rows of the tickets that the actor sees, by a join that indexes serve."""
    if actor.role != Role.KEY:
        seen = Ticket.objects.visible_to(actor).filter(merged_into=None)
        return model.objects.filter(ticket__in=seen.values("pk"))
    rows = model.objects.filter(ticket__deleted_at=None, ticket__merged_into=None)
    if actor.queues is not None:
        return rows.filter(ticket__queue_id__in=actor.queues)
    sandboxes = configuration().sandboxes
    return rows.exclude(ticket__queue_id__in=sandboxes) if sandboxes else rows


def _placed(row: Mapping, queue: str, status: str = "") -> dict:
    """Ids and names of the queue and the status of a row."""
    known = configuration()
    found = known.queues.get(row[queue])
    values = {"queue_id": row[queue], "queue": found.name if found else None}
    if status:
        one = known.statuses.get(row[status])
        values["status"], values["category"] = (one.name, one.category) if one else (None, None)
    return values


def interval_rows(actor: Actor) -> QuerySet:
    columns = ("id", "ticket_id", "status_id", "entered_at", "left_at", "written_at")
    return _of_tickets(StatusInterval, actor).values(*columns, "ticket__queue_id")


def intervals_written(actor: Actor, since: datetime, before: datetime) -> QuerySet:
    return interval_rows(actor).filter(within("written_at", since, before))


def shaped_intervals(found: Sequence[Mapping], actor: Actor) -> list[dict]:
    return [
        _in_order(
            INTERVAL_COLUMNS,
            {
                **only(row, ("id", "ticket_id", "status_id", "entered_at", "left_at")),
                **_placed(row, "ticket__queue_id", "status_id"),
                "seconds": seconds(row["entered_at"], row["left_at"]),
                "is_current": row["left_at"] is None,
                "updated_at": row["written_at"],
            },
        )
        for row in found
    ]


def _comments(actor: Actor) -> QuerySet:
    said = _of_tickets(Comment, actor).exclude(state=Comment.State.HELD)
    return said.values(
        "id",
        "ticket_id",
        "ticket__queue_id",
        "ticket__updated_at",
        "public",
        "author_id",
        "author__role",
        "channel",
        "happened_at",
        "created_at",
        "edited_at",
        "redacted_at",
        "deleted_at",
        characters=Length("body"),
    )


def comment_rows(actor: Actor) -> QuerySet:
    return _comments(actor).filter(deleted_at=None)


def comments_written(actor: Actor, since: datetime, before: datetime) -> QuerySet:
    """All comments of the tickets that were written in the window, deleted ones too."""
    written = Q(ticket__updated_at__gte=since) | Q(ticket__stored_at__gte=since)
    return _comments(actor).filter(written, ticket__updated_at__lt=before)


def shaped_comments(found: Sequence[Mapping], actor: Actor) -> list[dict]:
    """One statement for all: how many files there are."""
    files = Attachment.objects.filter(comment__in=[row["id"] for row in found], deleted_at=None)
    counted = files.values("comment_id").order_by().annotate(count=Count("pk"))
    counts = {row["comment_id"]: row["count"] for row in counted}
    same = ("id", "ticket_id", "channel", "characters", "happened_at", "created_at", "edited_at")
    return [
        _in_order(
            COMMENT_COLUMNS,
            {
                **only(row, (*same, "redacted_at", "deleted_at")),
                **_placed(row, "ticket__queue_id"),
                "is_public": row["public"],
                "is_note": not row["public"],
                "author_role": row["author__role"],
                "author_id": row["author_id"] if row["author__role"] in STAFF else None,
                "attachments": counts.get(row["id"], 0),
                "updated_at": row["ticket__updated_at"],
            },
        )
        for row in found
    ]


def daily_rows(actor: Actor) -> QuerySet:
    rows = DailyCount.objects.all()
    if actor.queues is not None:
        rows = rows.filter(queue_id__in=actor.queues)
    columns = ("id", "day", "queue_id", "status_id", "priority", "tickets", "overdue")
    return rows.values(*columns, "unassigned", "rebuilt", "counted_at")


def days_counted(actor: Actor, since: datetime, before: datetime) -> QuerySet:
    return daily_rows(actor).filter(within("counted_at", since, before))


def shaped_days(found: Sequence[Mapping], actor: Actor) -> list[dict]:
    return [
        _in_order(
            DAILY_COLUMNS,
            {
                **row,
                **_placed(row, "queue_id", "status_id"),
                "updated_at": row["counted_at"],
            },
        )
        for row in found
    ]


def _in_order(columns: tuple[Column, ...], values: Mapping) -> dict:
    return {column.name: values[column.name] for column in columns}


STATUS_INTERVALS = Table(
    "status-intervals",
    "StatusIntervals",
    "One row for each stay of a ticket in a status.",
    INTERVAL_COLUMNS,
    interval_rows,
    shaped_intervals,
    intervals_written,
    "written_at",
)
COMMENTS = Table(
    "comments",
    "Comments",
    "One row for each reply and note, never its words.",
    COMMENT_COLUMNS,
    comment_rows,
    shaped_comments,
    comments_written,
    "ticket__updated_at",
)
DAILY = Table(
    "daily",
    "Daily",
    "How many tickets each day ended with, by queue, status and priority.",
    DAILY_COLUMNS,
    daily_rows,
    shaped_days,
    days_counted,
    "counted_at",
)
TABLES = {table.name: table for table in (TICKETS, STATUS_INTERVALS, COMMENTS, DAILY)}
ENTITIES = {table.entity: table for table in TABLES.values()}
