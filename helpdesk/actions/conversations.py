"""Many comments of a ticket at once: said, edited, deleted, each with its own change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils import timezone

from helpdesk import changes, search
from helpdesk.actions.base import latest, leading_on, locked
from helpdesk.actions.comments import (
    edited_body,
    refuse_others,
    reopened,
    speaks_as_customer,
    unsaved_comment,
)
from helpdesk.actor import Actor, Role
from helpdesk.models import Change, Comment, Ticket
from helpdesk.permissions import authorise

BATCH = 500  # rows a statement


@transaction.atomic
def add_comments(ticket: Ticket, said: Sequence[Mapping[str, Any]], *, by: Actor) -> list[Comment]:
    """Say many things publicly, in their order: all of them or none. See `reply`.

    Each of `said` holds `body` and what else `reply` takes of `format`, `at`, `author`,
    `author_name`, `silent` and identity, but neither files nor fields; `by`, where the words are
    spoken under another name of the same actor.
    """
    if not said:
        return []
    ticket = leading_on(locked(ticket), by)
    authorise(by, "reply", ticket)
    comments, recorded, metrics = [], [], {}
    for one in said:
        one = {"by": by, **one}
        speaker, at, silent = one["by"], one.get("at"), one.pop("silent", False)
        comment = unsaved_comment(ticket, public=True, **one)
        diff: dict = {}
        metrics["last_activity_at"] = ticket.last_activity_at = latest(ticket, at)
        if speaks_as_customer(speaker, one.get("author"), ticket):
            metrics["last_customer_at"] = comment.happened_at
            diff = reopened(ticket)
        elif ticket.first_response_at is None and speaker.role != Role.CUSTOMER:
            metrics["first_response_at"] = ticket.first_response_at = comment.happened_at
        if diff:
            ticket.save_changed(diff, at=at)
        else:
            ticket.version += 1
        change = changes.new_change(
            Change.Kind.REPLIED,
            ticket,
            by=speaker,
            fields=diff,
            comment=comment,
            at=at,
            silent=silent,
        )
        comments.append(comment)
        recorded.append(change)
    _store(ticket, metrics)
    comments = Comment.objects.bulk_create(comments, BATCH)
    changes.record_all(recorded)
    search.add_comments(ticket, comments)
    return comments


def edit_comments(edits: Iterable[tuple[Comment, str]], *, by: Actor) -> None:
    """Give comments other words; one that has them already stays. See `edit_comment`."""
    bodies = {comment.pk: body for comment, body in edits}

    def edit(comment: Comment) -> dict | None:
        body = edited_body(comment, bodies[comment.pk])
        if body == comment.body:
            return None
        lengths = {"from": {"length": len(comment.body)}, "to": {"length": len(body)}}
        comment.body, comment.edited_at = body, timezone.now()
        return {"comment_body": lengths}

    columns = ("body", "edited_at")
    _touch(list(bodies), edit, columns, Change.Kind.COMMENT_EDITED, by=by)


def delete_comments(comments: Iterable[Comment], *, by: Actor) -> None:
    """Delete comments; one that is deleted already stays so. See `delete_comment`."""

    def delete(comment: Comment) -> dict | None:
        if comment.deleted_at is not None:
            return None
        comment.deleted_at = timezone.now()
        return {}

    ids = [comment.pk for comment in comments]
    _touch(ids, delete, ("deleted_at",), Change.Kind.COMMENT_DELETED, by=by)


@transaction.atomic
def _touch(
    ids: list[int],
    change: Callable[[Comment], dict | None],
    columns: Sequence[str],
    kind: str,
    *,
    by: Actor,
) -> None:
    """`change` alters a comment and says what is recorded of it, None if nothing differs."""
    rows = Comment.objects.filter(pk__in=ids).select_related("ticket")
    for _ticket_id, found in groupby(rows.order_by("ticket_id", "pk"), lambda one: one.ticket_id):
        mine = list(found)
        ticket = locked(mine[0].ticket)
        authorise(by, "edit_comment", ticket)
        now = {one.pk: one for one in Comment.objects.filter(pk__in=[one.pk for one in mine])}
        touched, recorded = [], []
        for comment in (now[one.pk] for one in mine):
            refuse_others(comment, by)
            said = change(comment)
            if said is None:
                continue
            ticket.version += 1
            touched.append(comment)
            recorded.append(changes.new_change(kind, ticket, by=by, comment=comment, said=said))
        if touched:
            _store(ticket, {"last_activity_at": timezone.now()})
            Comment.objects.bulk_update(touched, columns, BATCH)
            changes.record_all(recorded)
            search.index(ticket)


def _store(ticket: Ticket, metrics: Mapping[str, Any]) -> None:
    """Save what was derived, and the version that the last of several changes has."""
    ticket.version -= 1  # `save_changed` counts one
    ticket.save_changed({}, **metrics)
