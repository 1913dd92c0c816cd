"""A ticket's conversation and changes in the order of their time, a window of fifty messages."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from helpdesk.actor import STAFF, Actor, Role
from helpdesk.models import Attachment, Change, Channel, Comment, Ticket, User
from helpdesk.permissions import can
from helpdesk.text import render
from helpdesk.web.events import event_of, grouped, other_tickets

MESSAGES = 50
CHANGES = 200
CHANNEL_ICONS = {
    Channel.EMAIL: "mail",
    Channel.API: "plug",
    Channel.IMPORT: "upload",
    Channel.MIRROR: "mirror",
    Channel.CHAT: "chat",
}
OUTSIDE = (Channel.EMAIL, Channel.MIRROR, Channel.CHAT, Channel.SOCIAL)


@dataclass
class Message:
    """A card of the timeline. `kind` is customer, reply or note."""

    anchor: str
    kind: str
    author: User | None
    author_words: str
    at: datetime
    html: SafeString
    organisation: str = ""
    via: str = ""
    icon: str = ""
    channel: str = ""
    is_redacted: bool = False
    edited_at: datetime | None = None
    state: str = "sent"
    files: list[Attachment] = field(default_factory=list)
    edit_url: str = ""
    redact_url: str = ""
    split_url: str = ""

    is_message = True


@dataclass
class Window:
    """What is shown now, and how much there is before and after it."""

    entries: list
    earlier: int
    later: int
    page: int
    has_older_changes: bool


def window(ticket: Ticket, actor: Actor, page: int = 0) -> Window:
    """The timeline's window `page` windows back from now. `ticket.comment_count` is known."""
    comments, before = _comments(ticket, actor, page)
    shown_earlier = page * MESSAGES + len(comments)
    is_oldest = shown_earlier >= ticket.comment_count
    after = None if is_oldest or not comments else comments[0].happened_at
    changes = _changes(ticket, after, before)
    has_older_changes = len(changes) > CHANGES
    changes = changes[:CHANGES]
    files = _files(ticket, comments, with_opening=is_oldest)
    doors = {change.comment_id: change for change in changes if change.comment_id}
    messages = [_message(one, ticket, actor, files, doors.get(one.pk)) for one in comments]
    if is_oldest:
        messages.insert(0, _opening(ticket, actor, files))
    readable = _readable(other_tickets(changes), actor)
    entries = _merged(messages, changes, readable, ticket)
    if has_older_changes:
        entries = [one for one in entries if one.is_message or one.at >= changes[-1].at]
    return Window(
        entries=entries,
        earlier=ticket.comment_count - shown_earlier + 1 if not is_oldest else 0,
        later=min(page * MESSAGES, ticket.comment_count),
        page=page,
        has_older_changes=has_older_changes,
    )


def _comments(ticket: Ticket, actor: Actor, page: int) -> tuple[list[Comment], datetime | None]:
    """A window of comments, oldest first, and the moment at which the next window begins."""
    rows = (
        Comment.objects.shown_to(actor)
        .filter(ticket_id=ticket.pk)
        .select_related("author__organisation")
        .order_by("-happened_at", "-pk")
    )
    start = page * MESSAGES
    found = list(rows[max(0, start - 1) : start + MESSAGES])
    before = found.pop(0).happened_at if page and found else None
    return found[::-1], before


def _changes(ticket: Ticket, after: datetime | None, before: datetime | None) -> list[Change]:
    rows = Change.objects.filter(ticket_id=ticket.pk).exclude(kind=Change.Kind.OPENED)
    if after is not None:
        rows = rows.filter(at__gte=after)
    if before is not None:
        rows = rows.filter(at__lt=before)
    return list(rows.order_by("-version")[: CHANGES + 1])


def _files(ticket: Ticket, comments: list[Comment], *, with_opening: bool) -> dict:
    """The files of the messages, by comment id; those of the ticket itself under None."""
    rows = Attachment.objects.filter(ticket_id=ticket.pk, deleted_at=None)
    shown = [comment.pk for comment in comments]
    files: dict[int | None, list[Attachment]] = {}
    for one in rows.order_by("pk"):
        if one.comment_id in shown or (one.comment_id is None and with_opening):
            files.setdefault(one.comment_id, []).append(one)
    return files


def _opening(ticket: Ticket, actor: Actor, files: dict) -> Message:
    """The ticket's own text as the first message."""
    person = ticket.requester
    is_staff = person is not None and person.role in STAFF
    may_change = can(actor, "change", ticket) and not ticket.is_deleted
    return Message(
        anchor="opening",
        kind="reply" if is_staff else "customer",
        author=person,
        author_words=ticket.requester_words or _("Nobody"),
        at=ticket.created_at,
        html=render(ticket.body, ticket.body_format),
        organisation=str(ticket.organisation or "") if ticket.organisation_id else "",
        icon=CHANNEL_ICONS.get(ticket.channel, ""),
        channel=ticket.get_channel_display(),
        files=files.get(None, []),
        edit_url=reverse("ticket-description", args=[ticket.pk]) if may_change else "",
    )


def _message(
    comment: Comment, ticket: Ticket, actor: Actor, files: dict, change: Change | None
) -> Message:
    author = comment.author
    organisation = author.organisation if author and author.role == Role.CUSTOMER else None
    return Message(
        anchor=f"comment-{comment.uuid}",
        kind=_kind(comment, ticket),
        author=author,
        author_words=comment.author_words or _("Unknown"),
        at=comment.happened_at,
        html=render(comment.body, comment.format),
        organisation=str(organisation or ""),
        via=_via(comment, change),
        icon=CHANNEL_ICONS.get(comment.channel, ""),
        channel=comment.get_channel_display(),
        is_redacted=comment.is_redacted,
        edited_at=comment.edited_at,
        state=comment.state,
        files=files.get(comment.pk, []),
        **_ways(comment, ticket, actor),
    )


def _ways(comment: Comment, ticket: Ticket, actor: Actor) -> dict[str, str]:
    """What the reader may do with a comment, as addresses."""
    if comment.is_redacted or ticket.is_deleted:
        return {}
    arguments = [ticket.pk, comment.uuid]
    ways = {}
    owns = comment.author_id == actor.person_id or actor.role == Role.ADMIN
    if owns and can(actor, "edit_comment", ticket):
        ways["edit_url"] = reverse("comment-edit", args=arguments)
    if comment.state == Comment.State.SENT and can(actor, "split", ticket):
        split = reverse("ticket-split", args=[ticket.pk])
        ways["split_url"] = f"{split}?message={comment.uuid}"
    if can(actor, "redact_comment", ticket):
        ways["redact_url"] = reverse("comment-redact", args=arguments)
    return ways


def _kind(comment: Comment, ticket: Ticket) -> str:
    if not comment.public:
        return "note"
    if comment.author_id is None:
        return "customer" if comment.channel in OUTSIDE else "reply"
    return "reply" if comment.author.role in STAFF else "customer"


def _via(comment: Comment, change: Change | None) -> str:
    """The connection or key that brought a comment for its author."""
    if change is None or comment.origin in ("", "web"):
        return ""
    return change.person_name if change.person_name != comment.author_words else ""


def _readable(numbers: set[int], actor: Actor) -> set[int]:
    if not numbers:
        return set()
    rows = Ticket.objects.visible_to(actor).filter(pk__in=numbers)
    return set(rows.values_list("pk", flat=True))


def _merged(messages: list[Message], changes: list[Change], readable: set, ticket: Ticket) -> list:
    ordered: list[tuple] = [(one.at, 0, index, one) for index, one in enumerate(messages)]
    for change in changes:
        event = event_of(change, readable)
        if event is not None:
            event.resolution_comment = _resolution_comment(change, ticket)
            ordered.append((event.at, 1, change.version, event))
    ordered.sort(key=lambda entry: entry[:3])
    return grouped([entry[3] for entry in ordered])


def _resolution_comment(change: Change, ticket: Ticket) -> str:
    """The words of a resolution, where they are still those that the change set."""
    said = (change.fields.get("resolution_comment") or {}).get("to")
    if isinstance(said, str):
        return said
    if not said or not ticket.resolution_comment:
        return ""
    digest = sha256(ticket.resolution_comment.encode()).hexdigest()[:16]
    return ticket.resolution_comment if said.get("hash") == digest else ""
