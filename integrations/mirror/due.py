"""What has to be exchanged: rows only, no calls. A change is a doorbell, nothing of it is sent."""

from collections.abc import Iterable

from django.db import connection as database
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from helpdesk.models import Change, Ticket
from helpdesk.nudging import ask_for
from integrations import scope
from integrations.installation import SOURCE_PREFIX
from integrations.mirror.conversation import COMMENT
from integrations.models import AttachmentLink, CommentLink, Connection, Exchange, Link

SYNC_DUE_TASK = "integrations.sync_due"
CAME_FROM_ELSEWHERE = ("connection:", "compat:")
BACKFILL_BATCH = 500
FINISHED = (Link.State.ENDED, Link.State.ELSEWHERE)
TOUCHED = (
    Change.Kind.COMMENT_EDITED,
    Change.Kind.COMMENT_DELETED,
    Change.Kind.COMMENT_REDACTED,
)


def mark_due(changes: list[Change]) -> None:
    """Mark each link to a changed ticket, and make those of tickets that came into a scope."""
    _forget_redacted(changes)
    ticket_ids = {change.ticket_id for change in changes if not change.silent}
    connections = list(Connection.objects.exclude(direction=Connection.Direction.IN))
    if not ticket_ids or not connections:
        return
    _take_up_restored(changes, connections)
    loud = [change for change in changes if not change.silent and change.kind in TOUCHED]
    marked = _mark_linked(ticket_ids | _sent_with(loud), connections)
    marked += _link_those_in_scope(ticket_ids, connections)
    if marked:
        nudge()


def backfill(connection: Connection) -> int:
    """Mark every ticket in the scope that began here; returns how many are new."""
    rows = scope.tickets(connection).exclude(mirror_links__connection=connection).order_by("pk")
    made, last = 0, 0
    while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BACKFILL_BATCH]):
        made += _make_links(connection, born_here(ids), Link.Urgency.BACKFILL)
        last = ids[-1]
    if made:
        nudge()
    return made


def look_now(connection_id: int) -> None:
    """Do not wait for the next look."""
    Connection.objects.filter(pk=connection_id).update(poll_at=timezone.now(), resume_at=None)


def begin(connection: Connection, ticket: Ticket) -> None:
    """Mirror one ticket from now on, as a person asked."""
    if connection.sends and _make_links(connection, [ticket.pk], Link.Urgency.LIVE):
        nudge()


def settle(link: Link, field: str, side: str) -> None:
    """Decide a conflict as a person said: the value of `ours` or of `theirs` counts."""
    with transaction.atomic():
        kept = Link.objects.select_for_update().get(pk=link.pk)
        kept.decisions = {**kept.decisions, field: side}
        kept.conflicts = [one for one in kept.conflicts if one["field"] != field]
        kept.due_at, kept.must_read, kept.urgency = timezone.now(), True, Link.Urgency.LIVE
        kept.save(update_fields=["decisions", "conflicts", "due_at", "must_read", "urgency"])
    nudge()


def retry(link: Link) -> None:
    """Try a link again now, as a person asked."""
    Link.objects.filter(pk=link.pk).exclude(state__in=FINISHED).update(
        due_at=timezone.now(),
        must_read=True,
        urgency=Link.Urgency.LIVE,
        attempts=0,
        turns={},
        state=Link.State.WAITING,
    )
    link.comment_links.filter(remote_id="").update(error="")
    link.attachment_links.filter(sent_at=None).update(error="")
    if link.state == Link.State.MAYBE_CREATED:  # a person looked: it is not there
        Link.objects.filter(pk=link.pk).update(attempt_began_at=None)
        link.comment_links.filter(remote_id="").update(attempt_began_at=None)
        link.attachment_links.filter(sent_at=None, remote_id="").update(attempt_began_at=None)
    nudge()


def retry_all(links: QuerySet[Link]) -> int:
    """Try many links again; returns how many. What was maybe created is left to a person."""
    kept = links.exclude(state__in=(*FINISHED, Link.State.MAYBE_CREATED)).order_by()
    ids = list(kept.values_list("pk", flat=True))
    Link.objects.filter(pk__in=ids).update(
        due_at=timezone.now(),
        must_read=True,
        urgency=Link.Urgency.RETRY,
        attempts=0,
        turns={},
        state=Link.State.WAITING,
    )
    CommentLink.objects.filter(link__in=ids, remote_id="").update(error="")
    AttachmentLink.objects.filter(link__in=ids, sent_at=None).update(error="")
    if ids:
        nudge()
    return len(ids)


def again(link: Link) -> bool:
    """Mirror a ticket again that was unlinked here; returns whether it was."""
    rows = Link.objects.filter(pk=link.pk, state=Link.State.ENDED, ticket__deleted_at=None)
    found = rows.update(
        due_at=timezone.now(),
        must_read=bool(link.remote_id),
        urgency=Link.Urgency.LIVE,
        attempts=0,
        state=Link.State.WAITING,
        error="",
    )
    if found:
        nudge()
    return bool(found)


def born_here(ticket_ids: Iterable[int]) -> list[int]:
    """Those that neither a connection nor a compatible endpoint made."""
    opened = Change.objects.filter(ticket_id__in=list(ticket_ids), kind=Change.Kind.OPENED)
    rows = opened.values_list("ticket_id", "origin", "ticket__source")
    return [
        ticket_id
        for ticket_id, origin, source in rows
        if not origin.startswith(CAME_FROM_ELSEWHERE) and not source.startswith(SOURCE_PREFIX)
    ]


def nudge() -> None:
    """Ask for `sync_due` once the transaction commits; lost, it runs by the clock anyway."""
    if all(run is not _send_nudge for _sids, run, *_rest in database.run_on_commit):
        transaction.on_commit(_send_nudge, robust=True)


def _send_nudge() -> None:
    ask_for(SYNC_DUE_TASK)


def _forget_redacted(changes: list[Change]) -> None:
    """What was redacted leaves the journal too."""
    redacted = [one for one in changes if one.kind == Change.Kind.COMMENT_REDACTED]
    ids = {one.ticket_id for one in redacted} | _sent_with(redacted)
    if not ids:
        return
    Exchange.objects.filter(ticket_id__in=ids).update(request_body="", response_body="")
    for link in Link.objects.filter(ticket_id__in=ids).exclude(conflicts=[]):
        kept = [one for one in link.conflicts if not one["field"].startswith(COMMENT)]
        Link.objects.filter(pk=link.pk).update(conflicts=kept)


def _sent_with(changes: list[Change]) -> set[int]:
    """The tickets with which changed comments were sent: since a merge or split not their own."""
    ids = [one.comment_id for one in changes if one.comment_id]
    if not ids:
        return set()
    rows = CommentLink.objects.filter(comment__in=ids).exclude(link__ticket=None)
    return set(rows.values_list("link__ticket_id", flat=True))


def _take_up_restored(changes: list[Change], connections: list[Connection]) -> None:
    ids = [one.ticket_id for one in changes if one.kind == Change.Kind.RESTORED]
    if ids:
        links = Link.objects.filter(ticket_id__in=ids, connection__in=connections)
        links.filter(state=Link.State.ENDED).exclude(remote_id="").update(
            state=Link.State.WAITING, must_read=True
        )


def _mark_linked(ticket_ids: set[int], connections: list[Connection]) -> int:
    links = Link.objects.filter(ticket_id__in=ticket_ids, connection__in=connections)
    return links.exclude(state__in=FINISHED).update(
        due_at=timezone.now(), urgency=Link.Urgency.LIVE
    )


def _link_those_in_scope(ticket_ids: set[int], connections: list[Connection]) -> int:
    by_queue: dict[int, list[Connection]] = {}
    asking: list[Connection] = []
    for connection in connections:
        if connection.scope == Connection.Scope.BORN_HERE:
            if connection.query:
                asking.append(connection)
            else:
                by_queue.setdefault(connection.queue_id, []).append(connection)
    made = sum(_link_found(connection, ticket_ids) for connection in asking)
    return made + _link_of_queues(ticket_ids, by_queue)


def _link_found(connection: Connection, ticket_ids: set[int]) -> int:
    """Link those that the connection's query finds."""
    found = scope.among(connection, ticket_ids)
    ids = born_here(found) if found else []
    return _make_links(connection, ids, Link.Urgency.LIVE) if ids else 0


def _link_of_queues(ticket_ids: set[int], by_queue: dict[int, list[Connection]]) -> int:
    """Link the tickets of a queue to the connections that mirror all of it."""
    if not by_queue:
        return 0
    here = Ticket.objects.filter(
        Q(pk__in=ticket_ids), queue_id__in=by_queue, deleted_at=None, merged_into=None
    )
    queue_of = dict(here.values_list("pk", "queue_id"))
    born = born_here(queue_of) if queue_of else []
    made = 0
    for queue_id, served in by_queue.items():
        ids = [pk for pk in born if queue_of[pk] == queue_id]
        for connection in served:
            made += _make_links(connection, ids, Link.Urgency.LIVE) if ids else 0
    return made


def _make_links(connection: Connection, ticket_ids: list[int], urgency: int) -> int:
    known = Link.objects.filter(connection=connection, ticket_id__in=ticket_ids)
    missing = set(ticket_ids) - set(known.values_list("ticket_id", flat=True))
    now = timezone.now()
    Link.objects.bulk_create(
        [
            Link(connection=connection, ticket_id=pk, due_at=now, urgency=urgency)
            for pk in sorted(missing)
        ],
        ignore_conflicts=True,
    )
    return len(missing)
