"""Comments to there. Each is sent once per connection, notes of ours never."""

import hashlib
from collections.abc import Callable

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import Comment
from integrations.connector import Connector, ConnectorError
from integrations.installation import part_of
from integrations.mirror.attempts import is_helpdesk
from integrations.models import AttachmentLink, CommentLink, Connection, Link
from integrations.remote import NewComment, RemoteComment, RemotePerson

AWAY = "away"  # in place of a hash: deleted or redacted
COMMENT = "comment."  # before the id of ours, where a field would be named
SENT_WITH = "with:"  # in place of an id that the service does not say


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
    rows = list(link.comment_links.select_related("comment"))
    words = [row.error for row in rows if row.error]
    if can.replaces and can.comments_with_create:
        return words
    if not can.add_comments and to_send(connection, link).exists():
        words.append(_("replies"))
    changed = [ours_now(row.comment) for row in rows if _is_touched(row)]
    if not can.edit_comments and any(now != AWAY for now in changed):
        words.append(_("an edited reply"))
    if not (can.edit_comments or can.delete_comments) and AWAY in changed:
        words.append(_("a removed reply, which can still be read there"))
    return words


def _send_one(
    connection: Connection, connector: Connector, link: Link, comment: Comment, reference: str
) -> None:
    """The attempt is on record before the call, so that a lost answer is looked for."""
    new = as_new(comment)
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
        if not connector.capabilities.can_find_comments:
            if not is_helpdesk(connector):
                row.error = _(
                    "The answer to a reply was lost and this service cannot be searched. Look"
                    " there: if the reply is missing, press Retry to send it again."
                )
                row.save(update_fields=["error"])
                return None
        elif (found := _found(connector, link, row, new, reference)) is not None:
            return settle(row, found)
    row.attempt_began_at, row.ours_hash = timezone.now(), text_hash(comment.body)
    row.save(update_fields=["attempt_began_at", "ours_hash"])
    writes = connector.writes
    try:
        remote = connector.add_comment(link.remote_id, new, reference=reference)
    except Exception as error:
        if not note_failure(row, error, nothing_left=connector.writes == writes):
            raise
        return None
    return settle(row, remote)


def note_failure(
    row: CommentLink | AttachmentLink, error: Exception, *, nothing_left: bool
) -> bool:
    """Keep what a failed call means for a comment or file; returns whether only it is parked."""
    changes: dict[str, object] = {}
    is_answer = isinstance(error, ConnectorError)
    if nothing_left or (is_answer and not error.maybe_done):
        changes["attempt_began_at"] = None
    if is_answer and error.permanent and error.scope == "ticket" and not error.gone:
        changes["error"] = error.message
    if changes:  # another worker may have begun anew
        rows = type(row).objects.filter(pk=row.pk, attempt_began_at=row.attempt_began_at)
        rows.update(**changes)
    return "error" in changes


def _found(
    connector: Connector, link: Link, row: CommentLink, new: NewComment, reference: str
) -> RemoteComment | None:
    """What the attempt without an answer has made."""
    taken = set(link.comment_links.values_list("remote_id", flat=True))
    found = connector.find_comment(
        link.remote_id, new, since=row.attempt_began_at, reference=reference
    )
    return next((remote for remote in found if remote.id not in taken), None)


def as_new(comment: Comment) -> NewComment:
    author = comment.author
    return NewComment(
        body=comment.body,
        format=comment.format,
        public=comment.public,
        author=RemotePerson(name=comment.author_words, email=(author and author.email) or ""),
        created_at=comment.happened_at,
    )


def settle(row: CommentLink, remote: RemoteComment) -> None:
    row.remote_id, row.theirs_hash = remote.id[:200], text_hash(remote.body)
    row.attempt_began_at, row.error = None, ""
    row.save(update_fields=["remote_id", "theirs_hash", "attempt_began_at", "error"])


# Edits, deletions, redactions --------------------------------------------------------------------


def touched(link: Link) -> list[CommentLink]:
    """Links whose comment here is no longer what was agreed."""
    rows = link.comment_links.exclude(remote_id="").exclude(comment=None).select_related("comment")
    return [row for row in rows if _is_touched(row)]


def _is_touched(row: CommentLink) -> bool:
    is_there = row.remote_id and row.comment is not None
    return bool(is_there) and ours_now(row.comment) != row.ours_hash


def send_touched(
    connector: Connector, link: Link, reference: str, keep: Callable[[], None]
) -> None:
    """Carry edits, deletions and redactions over, where the service can."""
    can = connector.capabilities
    undecided = {one["field"] for one in link.conflicts if one["winner"] == "ask"}
    for row in touched(link):
        comment = row.comment
        if f"{COMMENT}{comment.pk}" in undecided:
            continue
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
        row.ours_hash = ours_now(comment)
        row.save(update_fields=["ours_hash", "theirs_hash"])
        keep()


def ours_now(comment: Comment) -> str:
    is_away = comment.deleted_at is not None or comment.is_redacted
    return AWAY if is_away else text_hash(comment.body)


def text_hash(text: str) -> str:
    """Of the words alone: services differ in what they do to white space."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()
