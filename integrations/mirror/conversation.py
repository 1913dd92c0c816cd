"""Comments both ways. Each is sent once per connection, notes of ours never."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.models import Comment, Ticket
from integrations.connector import Connector, ConnectorError
from integrations.installation import part_of
from integrations.mirror import files
from integrations.mirror.people import actor_of_connection, author_of, via
from integrations.models import CommentLink, Connection, Link
from integrations.remote import NewComment, RemoteComment, RemotePerson

CLOCK_SKEW = timedelta(minutes=2)
AWAY = "away"  # in place of a hash: deleted or redacted


# From there --------------------------------------------------------------------------------------


def take_over(
    connection: Connection, link: Link, ticket: Ticket, comments: list[RemoteComment]
) -> None:
    """Say here what was said there, inside the caller's transaction."""
    known = {one.remote_id: one for one in link.comment_links.select_related("comment")}
    under_way = list(link.comment_links.filter(remote_id="").exclude(attempt_began_at=None))
    for remote in comments:
        if remote.id in known:
            _take_over_edit(connection, known[remote.id], remote)
        elif (sent := _sent_one(under_way, remote)) is not None:
            under_way.remove(sent)
            _settle(sent, remote)
        else:
            _say_here(connection, link, ticket, remote)
        files.take_over(connection, link, ticket, remote)


def _say_here(connection: Connection, link: Link, ticket: Ticket, remote: RemoteComment) -> None:
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
                    source=f"{connection.service}:{connection.uuid}",
                    source_ref=_reference(link, remote),
                )
                row.ours_hash = text_hash(row.comment.body)
        except ValidationError as error:
            row.error = " ".join(error.messages)
    row.save()


def _take_over_edit(connection: Connection, row: CommentLink, remote: RemoteComment) -> None:
    theirs = text_hash(remote.body)
    if theirs == row.theirs_hash or not remote.body.strip():
        return
    comment = row.comment
    if comment is not None and comment.deleted_at is None and not comment.is_redacted:
        by = actor_of_connection(connection, remote.author.name or remote.author.email)
        comment = actions.edit_comment(comment, by=by, body=remote.body, format=remote.format)
        row.ours_hash = text_hash(comment.body)
    row.theirs_hash = theirs
    row.save(update_fields=["ours_hash", "theirs_hash"])


def _sent_one(under_way: list[CommentLink], remote: RemoteComment) -> CommentLink | None:
    """The comment of ours whose answer was lost and that this one is."""
    text = text_hash(remote.body)
    for row in under_way:
        began = row.attempt_began_at - CLOCK_SKEW
        if row.ours_hash == text and (remote.created_at is None or remote.created_at >= began):
            return row
    return None


def _reference(link: Link, remote: RemoteComment) -> str:
    """Unique on the connection, even where a service numbers comments ticket by ticket."""
    return hashlib.sha256(f"{link.remote_id}\0{remote.id}".encode()).hexdigest()


# To there ----------------------------------------------------------------------------------------


def to_send(connection: Connection, link: Link) -> QuerySet[Comment]:
    """Public comments that the other side does not have, oldest first."""
    linked = CommentLink.objects.filter(connection=connection).exclude(comment=None)
    there = linked.exclude(remote_id="") | linked.exclude(error="")
    rows = Comment.objects.filter(
        ticket_id=link.ticket_id,
        public=True,
        state=Comment.State.SENT,
        deleted_at=None,
        redacted_at=None,
    )
    rows = rows.exclude(pk__in=there.values("comment_id")).exclude(origin=connection.origin)
    return rows.exclude(body="").select_related("author").order_by("happened_at", "pk")


def send(
    connection: Connection,
    connector: Connector,
    link: Link,
    reference: str,
    keep: Callable[[], None],
) -> None:
    """Send what is missing there, if the service takes comments."""
    if not connector.capabilities.add_comments:
        return
    for comment in list(to_send(connection, link)):
        _send_one(connection, connector, link, comment, reference)
        keep()


def left_out(connection: Connection, connector: Connector, link: Link) -> list[str]:
    """Words of what was not sent."""
    can = connector.capabilities
    words = [row.error for row in link.comment_links.exclude(error="")]
    if not can.add_comments and to_send(connection, link).exists():
        words.append(_("replies"))
    changed = [_ours_now(row.comment) for row in touched(link)]
    if not can.edit_comments and any(now != AWAY for now in changed):
        words.append(_("an edited reply"))
    if not (can.edit_comments or can.delete_comments) and AWAY in changed:
        words.append(_("a removed reply, which can still be read there"))
    return words


def _send_one(
    connection: Connection, connector: Connector, link: Link, comment: Comment, reference: str
) -> None:
    """The attempt is on record before the call, so that a lost answer is looked for."""
    new = NewComment(
        body=comment.body,
        format=comment.format,
        public=comment.public,
        author=RemotePerson(
            name=comment.author_words, email=(comment.author and comment.author.email) or ""
        ),
    )
    reference = part_of(reference, comment.uuid)
    row, made = CommentLink.objects.get_or_create(
        connection=connection,
        comment=comment,
        defaults={
            "link": link,
            "ours_hash": text_hash(comment.body),
            "attempt_began_at": timezone.now(),
        },
    )
    if not made and row.attempt_began_at is not None:
        taken = set(link.comment_links.values_list("remote_id", flat=True))
        found = connector.find_comment(
            link.remote_id, new, since=row.attempt_began_at, reference=reference
        )
        for remote in found:
            if remote.id not in taken:
                return _settle(row, remote)
    row.attempt_began_at, row.ours_hash = timezone.now(), text_hash(comment.body)
    row.save(update_fields=["attempt_began_at", "ours_hash"])
    try:
        remote = connector.add_comment(link.remote_id, new, reference=reference)
    except ConnectorError as error:
        if not error.maybe_done:
            row.attempt_began_at = None
        if error.permanent and error.scope == "ticket" and not error.gone:
            row.error = error.message
        row.save(update_fields=["attempt_began_at", "error"])
        if not row.error:
            raise
        return None
    return _settle(row, remote)


def _settle(row: CommentLink, remote: RemoteComment) -> None:
    row.remote_id, row.theirs_hash = remote.id[:200], text_hash(remote.body)
    row.attempt_began_at, row.error = None, ""
    row.save(update_fields=["remote_id", "theirs_hash", "attempt_began_at", "error"])


# Edits, deletions, redactions --------------------------------------------------------------------


def touched(link: Link) -> list[CommentLink]:
    """Links whose comment here is no longer what was agreed."""
    rows = link.comment_links.exclude(remote_id="").exclude(comment=None).select_related("comment")
    return [row for row in rows if _ours_now(row.comment) != row.ours_hash]


def send_touched(
    connector: Connector, link: Link, reference: str, keep: Callable[[], None]
) -> None:
    """Carry edits, deletions and redactions over, where the service can."""
    can = connector.capabilities
    for row in touched(link):
        comment = row.comment
        is_away = comment.deleted_at is not None or comment.is_redacted
        if is_away and can.delete_comments:
            connector.delete_comment(link.remote_id, row.remote_id, reference=reference)
        elif can.edit_comments:
            body = _("[removed]") if is_away else comment.body
            new = NewComment(body=body, format=comment.format, public=comment.public)
            remote = connector.edit_comment(link.remote_id, row.remote_id, new, reference=reference)
            row.theirs_hash = text_hash(remote.body)
        else:
            continue
        row.ours_hash = _ours_now(comment)
        row.save(update_fields=["ours_hash", "theirs_hash"])
        keep()


def _ours_now(comment: Comment) -> str:
    is_away = comment.deleted_at is not None or comment.is_redacted
    return AWAY if is_away else text_hash(comment.body)


def text_hash(text: str) -> str:
    """Of the words alone: services differ in what they do to white space."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()
