"""Tickets for those who count: one wide row each, names beside ids, metrics in seconds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from helpdesk.actor import STAFF, Actor
from helpdesk.models import UNRESOLVED, Comment, CustomField, Ticket, TimeSpent
from helpdesk.models.configuration import Snapshot, configuration
from helpdesk.models.custom_values import option_label
from helpdesk.reports.columns import Column, Table, moment, number, only, seconds, text, truth

WORDS, PEOPLE = "tickets:read", "people:read"  # scopes
PLAIN = (
    "id",
    "uuid",
    "title",
    "queue_id",
    "status_id",
    "type_id",
    "team_id",
    "priority",
    "channel",
    "source",
    "requester_id",
    "assignee_id",
    "resolution",
    "created_at",
    "stored_at",
    "updated_at",
    "last_activity_at",
    "last_customer_at",
    "first_response_at",
    "first_resolved_at",
    "resolved_at",
    "closed_at",
    "due_at",
    "reopened_count",
    "version",
)
BESIDE = (
    "status_category",
    "requester_name",
    "requester_as_named",
    "requester__name",
    "assignee__name",
    "organisation_id",
    "organisation__name",
    "tag_ids",
    "custom",
)
COLUMNS: tuple[Column, ...] = (
    number("id", "The number people know it by.", is_sorted=True),
    text("uuid", "Its permanent identity.", None),
    text("title", "The subject.", nullable=True, needs=WORDS),
    number("queue_id", "Its queue."),
    text("queue", "The queue's name.", "queue__name"),
    number("status_id", "Its status."),
    text("status", "The status's name.", "status__name"),
    text("category", "new, open, waiting, resolved or closed.", "status_category"),
    number("type_id", "Its type.", nullable=True),
    text("type", "The type's name.", "type__name", nullable=True),
    text("priority", "low, normal, high or urgent."),
    text("channel", "How it came: web, email, api, …"),
    text("source", "The system whose reference it bears, empty if none."),
    number("requester_id", "Who asked.", nullable=True),
    text("requester", "The requester's name.", None, nullable=True, needs=PEOPLE),
    number(
        "organisation_id", "The requester's company.", nullable=True, needs=PEOPLE, private=True
    ),
    text("organisation", "The company's name.", None, nullable=True, needs=PEOPLE),
    number("assignee_id", "Who works on it.", nullable=True),
    text("assignee", "The assignee's name.", "assignee__name", nullable=True),
    number("team_id", "Which team works on it.", nullable=True),
    text("team", "The team's name.", "team__name", nullable=True),
    text("tags", "Names of its tags, between commas.", None),
    text(
        "custom", "Its custom fields, a JSON object in one text.", None, nullable=True, needs=WORDS
    ),
    text("resolution", "fixed, cannot_resolve, cancelled, or empty."),
    moment("created_at", "When it was opened.", is_sorted=True),
    moment("stored_at", "When it came into this helpdesk.", is_sorted=True),
    moment("updated_at", "When it was last written.", is_sorted=True),
    moment("last_activity_at", "The last thing that happened.", is_sorted=True),
    moment("last_customer_at", "The requester's last word.", nullable=True),
    moment("first_response_at", "The first public reply by staff.", nullable=True),
    moment("first_resolved_at", "When it was resolved for the first time.", nullable=True),
    moment("resolved_at", "When it was resolved; empty again if reopened.", nullable=True),
    moment("closed_at", "When it was closed.", nullable=True),
    moment("due_at", "When it is due.", nullable=True),
    number("reopened_count", "How often it was resolved and reopened."),
    number("version", "Grows with each change."),
    number("first_response_seconds", "From opening to the first reply.", None, nullable=True),
    number("first_resolution_seconds", "From opening to first resolved.", None, nullable=True),
    number("resolution_seconds", "From opening to the last time resolved.", None, nullable=True),
    truth("is_unresolved", "Whether it is new, open or waiting.", None),
    truth("is_due_breached", "Resolved late, or late now; empty without due.", None, nullable=True),
    number("due_breach_seconds", "By how much, at the time of reading.", None, nullable=True),
    number("public_comments", "How many replies, the requester's included.", None),
    number("customer_comments", "How many of them are not by staff.", None),
    number("internal_notes", "How many notes.", None),
    number("minutes_spent", "How long was worked on it, as noted; 0 if nothing was.", None),
)
NAMES = tuple(column.name for column in COLUMNS)


def rows(actor: Actor) -> QuerySet:
    """Tickets that the actor sees. What was merged is counted where it went."""
    tickets = Ticket.objects.visible_to(actor).filter(merged_into=None)
    noted = TimeSpent.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket")
    minutes = Coalesce(Subquery(noted.annotate(sum=Sum("minutes")).values("sum")), 0)
    return tickets.annotate(minutes_spent=minutes).values(*PLAIN, *BESIDE, "minutes_spent")


def window(actor: Actor, since: datetime, before: datetime) -> QuerySet:
    written = Q(updated_at__gte=since) | Q(stored_at__gte=since)
    return rows(actor).filter(written, updated_at__lt=before)


def shaped(found: Sequence[Mapping], actor: Actor) -> list[dict]:
    """One statement for all: how much was said."""
    known, now = configuration(), timezone.now()
    counts = _counts([row["id"] for row in found])
    untold = dict.fromkeys(one.name for one in COLUMNS if not one.is_told_to(actor))
    return [_shape(row, known, actor, now, counts[row["id"]]) | untold for row in found]


def _shape(row: Mapping, known: Snapshot, actor: Actor, now: datetime, counts: Mapping) -> dict:
    late = _lateness(row, now)
    values = {
        **only(row, PLAIN),
        "uuid": str(row["uuid"]),
        "queue": _name(known.queues, row["queue_id"]),
        "status": _name(known.statuses, row["status_id"]),
        "category": row["status_category"],
        "type": _name(known.types, row["type_id"]),
        "team": _name(known.teams, row["team_id"]),
        "assignee": row["assignee__name"],
        **_asked_by(row, actor),
        "tags": ", ".join(_tags(known, row["tag_ids"])),
        "custom": orjson.dumps(_custom(known, row["custom"])).decode(),
        "first_response_seconds": seconds(row["created_at"], row["first_response_at"]),
        "first_resolution_seconds": seconds(row["created_at"], row["first_resolved_at"]),
        "resolution_seconds": seconds(row["created_at"], row["resolved_at"]),
        "is_unresolved": row["status_category"] in UNRESOLVED,
        "is_due_breached": None if row["due_at"] is None else late is not None,
        "due_breach_seconds": late,
        "public_comments": counts.get("replies", 0),
        "customer_comments": counts.get("customers", 0),
        "internal_notes": counts.get("notes", 0),
        "minutes_spent": row["minutes_spent"],
    }
    return {name: values[name] for name in NAMES}


def _asked_by(row: Mapping, actor: Actor) -> dict:
    """The requester, of whom a key of some queues reads no more than it said itself."""
    if row["requester_as_named"] and actor.queues is not None:
        return {
            "requester": row["requester_name"] or None,
            "organisation_id": None,
            "organisation": None,
        }
    return {
        "requester": row["requester__name"] or row["requester_name"] or None,
        "organisation_id": row["organisation_id"],
        "organisation": row["organisation__name"],
    }


def _lateness(row: Mapping, now: datetime) -> int | None:
    """Seconds beyond what was due, None if it was kept or nothing was."""
    if row["due_at"] is None:
        return None
    is_open = row["status_category"] in UNRESOLVED
    end = now if is_open else row["resolved_at"] or row["updated_at"]
    return seconds(row["due_at"], end) if end > row["due_at"] else None


def _counts(ids: list[int]) -> Mapping[int, dict]:
    staff = Q(author__role__in=STAFF) | Q(author=None)
    said = (
        Comment.objects.filter(ticket__in=ids, deleted_at=None)
        .exclude(state=Comment.State.HELD)
        .values("ticket_id")
        .order_by()
        .annotate(
            replies=Count("pk", filter=Q(public=True)),
            customers=Count("pk", filter=Q(public=True) & ~staff),
            notes=Count("pk", filter=Q(public=False)),
        )
    )
    return defaultdict(dict, {row["ticket_id"]: row for row in said})


def _name(rows: Mapping, pk: int | None) -> str | None:
    return rows[pk].name if pk in rows else None


def _tags(known: Snapshot, ids: list[int]) -> list[str]:
    kept = [known.tags[pk] for pk in ids if pk in known.tags]
    return sorted((tag.name for tag in kept if not tag.deleted_at), key=str.casefold)


def _custom(known: Snapshot, custom: Mapping) -> dict:
    """Values by key, options by label, people by id."""
    return {key: _value(known.fields[key], custom[key]) for key in custom if key in known.fields}


def _value(field: CustomField, stored):
    if not field.has_options or stored is None:
        return stored
    return [option_label(one) for one in stored] if field.is_many else option_label(stored)


TICKETS = Table(
    "tickets",
    "Tickets",
    "One row for each ticket.",
    COLUMNS,
    rows,
    shaped,
    window,
    "updated_at",
)
