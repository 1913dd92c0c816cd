"""Comments and files as they are read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.addresses import address
from helpdesk.api.shapes import person, person_columns
from helpdesk.models import Attachment, Comment, Ticket

PLAIN = (
    "id",
    "uuid",
    "public",
    "body",
    "format",
    "author_name",
    "channel",
    "state",
    "happened_at",
    "created_at",
    "edited_at",
    "redacted_at",
    "source",
    "source_ref",
)
COMMENT_COLUMNS = (
    *PLAIN,
    "ticket_id",
    "in_reply_to__uuid",
    "extra__forward",
    *person_columns("author"),
)
FILE_PLAIN = ("id", "uuid", "name", "content_type", "size", "sha256", "public", "created_at")
FILE_COLUMNS = (*FILE_PLAIN, "url", "ticket_id", "comment_id", "comment__uuid", "state")


COMMENTS = Comment.objects.values(*COMMENT_COLUMNS)  # joined once: every reading narrows these
FILES = Attachment.objects.values(*FILE_COLUMNS)


def comments_of(ticket_id: int, actor: Actor) -> QuerySet:
    return Comment.objects.filter(ticket_id=ticket_id).shown_to(actor)


def comment_rows(ticket_id: int, actor: Actor) -> QuerySet:
    return COMMENTS.filter(ticket_id=ticket_id).shown_to(actor)


def visible_comments(actor: Actor) -> QuerySet:
    """What the actor may read of all tickets that it sees."""
    return COMMENTS.filter(ticket__in=Ticket.objects.visible_to(actor)).shown_to(actor)


def file_rows(ticket_id: int, actor: Actor) -> QuerySet:
    return shown_files(actor, FILES).filter(ticket_id=ticket_id)


def shown_files(actor: Actor, files: QuerySet | None = None) -> QuerySet:
    """Files of visible tickets that stand alone or with a comment that the actor may read."""
    rows = _kept_files(actor, Attachment.objects.all() if files is None else files)
    shown = Comment.objects.shown_to(actor).filter(pk=OuterRef("comment_id"))
    return rows.filter(Q(comment=None) | Exists(shown))  # `__in` would read every comment


def _kept_files(actor: Actor, files: QuerySet) -> QuerySet:
    rows = files.filter(deleted_at=None).exclude(state=Attachment.State.REDACTED)
    return rows if actor.sees_internal else rows.filter(public=True)


def comment_shapes(rows: Iterable[Mapping], actor: Actor, site: str) -> list[dict]:
    """Rows of `values(*COMMENT_COLUMNS)` that the actor may read, as they are read, with their
    files: one statement."""
    rows = list(rows)
    files = defaultdict(list)
    for file in _files_with(rows, actor) if rows else ():
        files[file["comment_id"]].append(file_shape(file, site))
    return [_comment_shape(row, files[row["id"]], site) for row in rows]


def _files_with(rows: list[Mapping], actor: Actor) -> list[Mapping]:
    """The files of some comments: of one ticket all from the first to the last of them."""
    ids = [row["id"] for row in rows]
    if len({row["ticket_id"] for row in rows}) > 1:
        return prepared.seen_by(actor, "files with comments", _files_among, **prepared.among(ids))
    span = {"ticket": rows[0]["ticket_id"], "first": min(ids), "last": max(ids)}
    return prepared.seen_by(actor, "files of comments", _files_of, **span)


def _files_among(actor: Actor, **numbers: int) -> QuerySet:
    return _kept_files(actor, FILES).filter(comment_id__in=numbers.values()).order_by("id")


def _files_of(actor: Actor, ticket: int, first: int, last: int) -> QuerySet:
    rows = shown_files(actor, FILES).filter(ticket_id=ticket)
    return rows.filter(comment_id__gte=first, comment_id__lte=last).order_by("id")


def file_shape(row: Mapping, site: str) -> dict:
    shape = {name: row[name] for name in FILE_PLAIN}
    shape["comment"] = row["comment__uuid"]
    shape["ticket"] = row["ticket_id"]
    shape["link"] = row["url"] or None
    shape["url"] = site + address("api:attachment", row["uuid"])
    return shape


def _comment_shape(row: Mapping, files: list[dict], site: str) -> dict:
    shape = {name: row[name] for name in PLAIN}
    shape["ticket"] = row["ticket_id"]
    shape["author"] = person(row, "author")
    shape["in_reply_to"] = row["in_reply_to__uuid"]
    shape["forward"] = row["extra__forward"] is not None
    shape["attachments"] = files
    shape["url"] = site + address("api:comment", row["ticket_id"], row["uuid"])
    return shape
