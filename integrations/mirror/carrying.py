"""The conversation that goes with a ticket as a whole: with its create, or when it is made anew."""

from typing import Any

from django.utils import timezone

from helpdesk.models import Comment
from integrations.mirror.conversation import SENT_WITH, as_new, ours_now, text_hash, to_send
from integrations.models import CommentLink, Connection, Link
from integrations.remote import NewComment


def whole(link: Link) -> list[Comment]:
    """Everything public that was said and can still be read, oldest first."""
    rows = Comment.objects.filter(
        ticket_id=link.ticket_id,
        public=True,
        state=Comment.State.SENT,
        deleted_at=None,
        redacted_at=None,
    )
    elsewhere = CommentLink.objects.filter(connection_id=link.connection_id)
    elsewhere = elsewhere.exclude(link=link).exclude(remote_id="").values("comment_id")
    rows = rows.exclude(body="").exclude(pk__in=elsewhere).select_related("author")
    return list(rows.order_by("happened_at", "pk"))


def on_the_way(connection: Connection, link: Link) -> list[NewComment]:
    """What goes with the new ticket, each on record as being sent."""
    comments = list(to_send(connection, link))
    known = CommentLink.objects.filter(connection=connection, comment__in=comments)
    known.update(attempt_began_at=timezone.now())
    CommentLink.objects.bulk_create(
        [_row_of(link, one, attempt_began_at=timezone.now()) for one in comments],
        ignore_conflicts=True,
    )
    return [as_new(one) for one in comments]


def not_sent(link: Link) -> None:
    """The call that was to carry them did nothing."""
    link.comment_links.filter(remote_id="").update(attempt_began_at=None)


def settle_sent(link: Link) -> None:
    """What went with the new ticket is there, whatever its id."""
    for row in link.comment_links.filter(remote_id="").exclude(attempt_began_at=None):
        row.remote_id, row.attempt_began_at, row.error = f"{SENT_WITH}{row.pk}", None, ""
        row.save(update_fields=["remote_id", "attempt_began_at", "error"])


def settle_whole(link: Link, sent: list[Comment]) -> None:
    """All of the conversation stands there anew, as `sent`; nothing else of it does any more."""
    rows = {row.comment_id: row for row in link.comment_links.select_related("comment")}
    for comment in sent:
        row = rows.pop(comment.pk, None) or _row_of(link, comment)
        row.remote_id, row.ours_hash = f"{SENT_WITH}{comment.uuid}", text_hash(comment.body)
        row.theirs_hash, row.attempt_began_at, row.error = row.ours_hash, None, ""
        row.save()
    for row in rows.values():
        if row.comment is not None:
            row.ours_hash = ours_now(row.comment)
            row.save(update_fields=["ours_hash"])


def _row_of(link: Link, comment: Comment, **fields: Any) -> CommentLink:
    return CommentLink(
        link=link,
        connection_id=link.connection_id,
        comment=comment,
        ours_hash=text_hash(comment.body),
        **fields,
    )
