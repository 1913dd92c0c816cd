"""Connections as the REST API shows and steers them: `settings.API_CONNECTIONS` names this."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from integrations import console
from integrations.models import Connection, Link
from integrations.operations import failures


def connections(actor: Actor) -> QuerySet[Connection]:
    """The connections of the actor's queues, with their figures."""
    rows = console.connections()
    return rows if actor.queues is None else rows.filter(queue__in=actor.queues)


def shape(row: Connection) -> dict[str, Any]:
    """A connection that comes from `connections`; nothing of its setup or credentials."""
    return {
        "id": row.pk,
        "uuid": row.uuid,
        "name": row.name,
        "service": row.service,
        "queue": {
            "id": row.queue.pk,
            "uuid": row.queue.uuid,
            "name": row.queue.name,
            "slug": row.queue.slug,
        },
        "direction": row.direction,
        "state": row.state,
        "words": console.state_of(row).words,
        "error": row.error,
        "mirrored": row.mirrored,
        "waiting": row.waiting,
        "problems": row.problems,
        "oldest_due_at": row.oldest_due,
        "calls_last_hour": row.calls,
        "failed_calls_last_hour": row.failed_calls,
        "resumes_at": row.resume_at,
        "last_success_at": row.last_success_at,
        "created_at": row.created_at,
    }


def links(row: Connection, actor: Actor) -> QuerySet[Link]:
    """Its links that are not in step, of tickets that the actor sees."""
    return failures.listing(row, actor)


def link_shape(link: Link) -> dict[str, Any]:
    ticket = link.ticket
    return {
        "id": link.pk,
        "ticket": {"id": ticket.pk, "uuid": ticket.uuid, "title": ticket.title} if ticket else None,
        "remote_id": link.remote_id,
        "remote_number": link.remote_number,
        "remote_url": link.remote_url,
        "state": link.state,
        "words": link.get_state_display(),
        "error": link.error,
        "attempts": link.attempts,
        "due_at": link.due_at,
        "last_exchange_at": link.last_exchange_at,
    }


def pause(row: Connection, actor: Actor) -> None:
    _authorise(actor)
    console.pause(row)


def resume(row: Connection, actor: Actor) -> None:
    _authorise(actor)
    console.resume(row)


def retry(row: Connection, actor: Actor, link: Link | None = None) -> int:
    """Try a link again, or those that failed last; returns how many."""
    _authorise(actor)
    found = links(row, actor)
    return failures.retry_all(found.filter(pk=link.pk) if link is not None else found)


def _authorise(actor: Actor) -> None:
    if not actor.can_write or "connections:write" not in actor.scopes:
        raise PermissionDenied(_("You may not do this here."))
