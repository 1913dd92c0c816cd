"""Comments from there: said here, once, whatever was edited on which side."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from helpdesk import actions
from helpdesk.actions.merging import heir_of
from helpdesk.models import Comment, Ticket
from integrations.connector import Capabilities
from integrations.merge import Conflict
from integrations.mirror import files
from integrations.mirror.claims import NotYet
from integrations.mirror.conversation import (
    AWAY,
    COMMENT,
    SENT_WITH,
    ours_now,
    settle,
    text_hash,
)
from integrations.mirror.people import actor_of_connection, author_of, via
from integrations.models import CommentLink, Connection, Link
from integrations.remote import RemoteComment

CLOCK_SKEW = timedelta(minutes=2)


def take_over(
    connection: Connection,
    link: Link,
    ticket: Ticket,
    comments: list[RemoteComment],
    *,
    can: Capabilities,
    winner: Callable[[str], str] = lambda name: "theirs",
) -> list[Conflict]:
    """Say here what was said there, inside the caller's transaction; returns where both edited.

    `winner` decides by `comment.<our id>` whose words of a comment count that both edited.
    """
    rows = list(link.comment_links.select_related("comment"))
    known = {one.remote_id: one for one in rows if one.remote_id}
    under_way = [one for one in rows if _is_without_id(one)]
    before = _said_before(connection, link, [one for one in comments if one.id not in known])
    conflicts: list[Conflict] = []
    for remote in comments:
        if not remote.id:
            pass  # the files of the ticket itself
        elif remote.id in known:
            conflict = _take_over_edit(connection, known[remote.id], remote, winner)
            conflicts += [conflict] if conflict else []
        elif (sent := _sent_one(under_way, remote)) is not None:
            under_way.remove(sent)
            settle(sent, remote)
        elif (said := _same_of(before, link, ticket, remote)) is not None:
            _know_again(connection, link, remote, said)
        else:
            is_elsewhere = _reference(link, remote) in before
            _say_here(connection, link, ticket, remote, is_elsewhere=is_elsewhere)
        files.take_over(connection, link, ticket, remote, can=can)
    return conflicts


def _say_here(
    connection: Connection,
    link: Link,
    ticket: Ticket,
    remote: RemoteComment,
    *,
    is_elsewhere: bool,
) -> None:
    row = CommentLink(link=link, connection=connection, remote_id=remote.id[:200])
    row.theirs_hash = text_hash(remote.body)
    if remote.body.strip():
        author = author_of(connection, remote.author, ticket.requester)
        name = remote.author.name or remote.author.email
        verb = actions.reply if remote.public else actions.add_note
        try:
            with transaction.atomic():
                row.comment = verb(
                    ticket,
                    by=actor_of_connection(connection, name),
                    body=remote.body,
                    format=remote.format,
                    at=remote.created_at,
                    author=author,
                    author_name=via(connection, name),
                    source=_source(connection),
                    source_ref=_reference(link, remote, is_elsewhere=is_elsewhere),
                )
                row.ours_hash = text_hash(row.comment.body)
        except (ValidationError, PermissionDenied) as error:
            if Ticket.objects.filter(pk=ticket.pk).exclude(deleted_at=None).exists():
                raise NotYet from error  # it was trashed just now: said if it is restored
            row.error = " ".join(getattr(error, "messages", [str(error)]))
    row.save()


def _said_before(
    connection: Connection, link: Link, remotes: list[RemoteComment]
) -> dict[str, Comment]:
    """Comments that came here from that ticket before, by their reference: it was linked anew."""
    named = [remote for remote in remotes if remote.id]
    if not named:
        return {}
    wanted = [_reference(link, one, is_elsewhere=say) for one in named for say in (False, True)]
    rows = Comment.objects.filter(source=_source(connection), source_ref__in=wanted)
    return {one.source_ref: one for one in rows}


def _same_of(
    before: dict[str, Comment], link: Link, ticket: Ticket, remote: RemoteComment
) -> Comment | None:
    """The comment, if it stands on this ticket, or was redacted or deleted wherever it stood."""
    both = (before.get(_reference(link, remote, is_elsewhere=say)) for say in (True, False))
    for comment in filter(None, both):
        if comment.ticket_id == heir_of(ticket).pk or ours_now(comment) == AWAY:
            return comment
    return None


def _know_again(
    connection: Connection, link: Link, remote: RemoteComment, comment: Comment
) -> None:
    """It is not said again; what was redacted or deleted here meanwhile goes from there too."""
    theirs, is_away = text_hash(remote.body), ours_now(comment) == AWAY
    CommentLink.objects.update_or_create(
        connection=connection,
        comment=comment,
        defaults={
            "link": link,
            "remote_id": remote.id[:200],
            "theirs_hash": theirs,
            "ours_hash": theirs if is_away else text_hash(comment.body),
        },
    )


def _take_over_edit(
    connection: Connection,
    row: CommentLink,
    remote: RemoteComment,
    winner: Callable[[str], str],
) -> Conflict | None:
    theirs = text_hash(remote.body)
    if theirs == row.theirs_hash or not remote.body.strip():
        return None
    comment, conflict = row.comment, None
    is_here = comment is not None and comment.deleted_at is None and not comment.is_redacted
    if is_here and text_hash(comment.body) not in (row.ours_hash, theirs):
        name = f"{COMMENT}{comment.pk}"
        decided = winner(name)
        conflict = Conflict(name, comment.body, remote.body, None, decided)
        if decided == "ask":
            return conflict
        is_here = decided == "theirs"
    if is_here:
        by = actor_of_connection(connection, remote.author.name or remote.author.email)
        comment = actions.edit_comment(comment, by=by, body=remote.body, format=remote.format)
        row.ours_hash = text_hash(comment.body)
    row.theirs_hash = theirs
    row.save(update_fields=["ours_hash", "theirs_hash"])
    return conflict


def _is_without_id(row: CommentLink) -> bool:
    """Whether it was sent, or may have been, and the service has not said what it became."""
    return row.remote_id.startswith(SENT_WITH) or bool(
        not row.remote_id and row.attempt_began_at is not None
    )


def _sent_one(under_way: list[CommentLink], remote: RemoteComment) -> CommentLink | None:
    """The comment of ours whose answer was lost or told no id, and that this one is."""
    text = text_hash(remote.body)
    for row in under_way:
        began = row.attempt_began_at and row.attempt_began_at - CLOCK_SKEW
        is_old = bool(began and remote.created_at and remote.created_at < began)
        if row.ours_hash == text and (row.remote_id or not is_old):
            return row
    return None


def _source(connection: Connection) -> str:
    return f"{connection.service}:{connection.uuid}"


def _reference(link: Link, remote: RemoteComment, *, is_elsewhere: bool = False) -> str:
    """Unique on the connection, even where a service numbers comments ticket by ticket.

    `is_elsewhere`: it was said on another ticket here, with which that one was linked before.
    """
    said = f"{link.remote_id}\0{remote.id}" + (f"\0{link.pk}" if is_elsewhere else "")
    return hashlib.sha256(said.encode()).hexdigest()
