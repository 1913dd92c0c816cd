"""A ticket's conversation and changes in the order of their time, a window of fifty messages."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from helpdesk import prepared
from helpdesk.actions.forwarding import writer_of
from helpdesk.actor import STAFF, Actor, Role
from helpdesk.addresses import address
from helpdesk.models import Attachment, Change, Channel, Comment, Format, Recipient, Ticket, User
from helpdesk.models.tickets import channel_words
from helpdesk.permissions import can
from helpdesk.web.deliveries import WORDS, worst_state
from helpdesk.web.events import event_of, grouped, other_tickets
from helpdesk.web.quoting import shown

MESSAGES = 50
CHANGES = 200
NAMED = 3  # to whom a message was forwarded
WHOLE = 2_000  # messages on paper
SHOWN = {  # what the chips over the timeline leave
    "": pgettext_lazy("timeline", "All"),
    "conversation": gettext_lazy("Conversation"),
    "notes": gettext_lazy("Notes"),
    "changes": gettext_lazy("Changes"),
}
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
    """A card of the timeline. `kind` is customer, reply, note or forward."""

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
    edit_url: str = ""  # of the ticket's own text
    menu_url: str = ""  # of a comment
    mail_url: str = ""  # how it came
    awaits_approval: bool = False
    delivery: str = ""  # what became of it by mail, see `helpdesk.web.deliveries`
    delivery_words: str = ""
    delivery_url: str = ""
    forwarded_to: str = ""

    is_message = True


@dataclass
class Look:
    """How a reader wants the timeline: which entries (a key of `SHOWN`), and in which order."""

    kind: str = ""
    newest_first: bool = False

    @classmethod
    def of(cls, params: QueryDict, preferences: dict) -> "Look":
        kind = params.get("show", "")
        order = preferences.get("timeline") == "newest"
        return cls(kind if kind in SHOWN else "", order)

    @property
    def has_messages(self) -> bool:
        return self.kind != "changes"

    @property
    def has_changes(self) -> bool:
        return self.kind in ("", "changes")

    def narrowed(self, comments: QuerySet) -> QuerySet:
        """The messages of this kind."""
        if self.kind in ("conversation", "notes"):
            return comments.filter(public=self.kind == "conversation")
        return comments if self.has_messages else comments.none()


@dataclass
class Window:
    """What is shown now, and how much there is before and after it."""

    entries: list
    earlier: int
    later: int
    page: int
    has_older_changes: bool
    look: Look = field(default_factory=Look)

    @cached_property
    def choices(self) -> list[tuple[str, str, bool]]:
        """The chips: a value, its words, and whether it is chosen."""
        return [(kind, str(words), kind == self.look.kind) for kind, words in SHOWN.items()]


def window(ticket: Ticket, actor: Actor, page: int = 0, look: Look | None = None) -> Window:
    """The timeline's window `page` windows back from now. `ticket.comment_count` is known."""
    look = look or Look()
    if look.kind:
        rows = Comment.objects.shown_to(actor).filter(ticket_id=ticket.pk)
        ticket.comment_count = look.narrowed(rows).count()
    comments, before = _comments(ticket, actor, page, look)
    shown_earlier = page * MESSAGES + len(comments)
    is_oldest = shown_earlier >= ticket.comment_count
    after = None if is_oldest or not comments else comments[0].happened_at
    changes = _changes(ticket, after, before) if look.has_changes else []
    has_older_changes = len(changes) > CHANGES
    changes = changes[:CHANGES]
    files = _files(ticket, comments, with_opening=is_oldest)
    name_forwarded(comments)
    doors = {change.comment_id: change for change in changes if change.comment_id}
    messages = [_message(one, ticket, actor, files, doors.get(one.pk)) for one in comments]
    if is_oldest and look.kind in ("", "conversation"):
        messages.insert(0, _opening(ticket, actor, files))
    readable = _readable(other_tickets(changes), actor)
    entries = _merged(messages, changes, readable, ticket)
    if has_older_changes:
        entries = [one for one in entries if one.is_message or one.at >= changes[-1].at]
    if look.newest_first:
        entries.reverse()
    return Window(
        entries=entries,
        earlier=ticket.comment_count - shown_earlier + 1 if not is_oldest else 0,
        later=min(page * MESSAGES, ticket.comment_count),
        page=page,
        has_older_changes=has_older_changes,
        look=look,
    )


def whole(ticket: Ticket, actor: Actor, *, with_notes: bool = True) -> Window:
    """All that was said, oldest first, for paper; with the changes only where notes are shown."""
    look = Look("" if with_notes else "conversation")
    rows = look.narrowed(Comment.objects.shown_to(actor).filter(ticket_id=ticket.pk))
    rows = rows.select_related("author__organisation").order_by("happened_at", "pk")
    comments = list(rows[:WHOLE])
    files = _files(ticket, comments, with_opening=True)
    name_forwarded(comments)
    messages = [_opening(ticket, actor, files)]
    messages += [_message(one, ticket, actor, files, None) for one in comments]
    changes = _changes(ticket, None, None)[:CHANGES] if with_notes else []
    entries = _merged(messages, changes, _readable(other_tickets(changes), actor), ticket)
    return Window(entries=entries, earlier=0, later=0, page=0, has_older_changes=False, look=look)


def _comments(
    ticket: Ticket, actor: Actor, page: int, look: Look
) -> tuple[list[Comment], datetime | None]:
    """A window of comments, oldest first, and the moment at which the next window begins."""
    if not look.has_messages:
        return [], None
    start = page * MESSAGES

    def asked(actor: Actor, number: int) -> QuerySet:
        return (
            look.narrowed(Comment.objects.shown_to(actor))
            .filter(ticket_id=number)
            .select_related("author__organisation")
            .annotate(delivery=worst_state())
            .order_by("-happened_at", "-pk")[max(0, start - 1) : start + MESSAGES]
        )

    found = prepared.seen_by(actor, ("comments", look.kind, page), asked, number=ticket.pk)
    before = found.pop(0).happened_at if page and found else None
    return found[::-1], before


def _changes(ticket: Ticket, after: datetime | None, before: datetime | None) -> list[Change]:
    def asked(number: int) -> QuerySet:
        rows = Change.objects.filter(ticket_id=number).exclude(kind=Change.Kind.OPENED)
        if after is not None:
            rows = rows.filter(at__gte=after)
        if before is not None:
            rows = rows.filter(at__lt=before)
        return rows.order_by("-version")[: CHANGES + 1]

    if after or before:
        return list(asked(ticket.pk))
    return prepared.rows("changes", asked, number=ticket.pk)


def _files(ticket: Ticket, comments: list[Comment], *, with_opening: bool) -> dict:
    """The files of the messages, by comment id; those of the ticket itself under None."""
    if not ticket.has_files or (not comments and not with_opening):
        return {}
    rows = prepared.rows("files", _kept_files, number=ticket.pk)
    wanted = {comment.pk for comment in comments}
    files: dict[int | None, list[Attachment]] = {}
    for one in rows:
        if one.comment_id in wanted or (one.comment_id is None and with_opening):
            files.setdefault(one.comment_id, []).append(one)
    return files


def name_forwarded(comments: list[Comment]) -> None:
    """Say of each forward to whom it went: one statement where there are any."""
    forwards = {one.pk: one for one in comments if one.is_forward}
    if not forwards:
        return
    said: dict[int, list[str]] = {}
    for row in Recipient.objects.filter(comment__in=forwards).order_by("pk"):
        said.setdefault(row.comment_id, []).append(row.address)
    for pk, addresses in said.items():
        more = len(addresses) - NAMED
        words = ", ".join(addresses[:NAMED])
        if more > 0:
            words += " " + ngettext("and %(count)s more", "and %(count)s more", more) % {
                "count": more
            }
        forwards[pk].forwarded_to = words


def _kept_files(number: int) -> QuerySet:
    return Attachment.objects.filter(ticket_id=number, deleted_at=None).order_by("pk")


def _opening(ticket: Ticket, actor: Actor, files: dict) -> Message:
    """The ticket's own text as the first message."""
    person = ticket.requester
    is_staff = person is not None and person.role in STAFF
    may_change = can(actor, "change", ticket) and not ticket.is_deleted
    delivery = getattr(ticket, "opening_delivery", None) or ""
    return Message(
        anchor="opening",
        kind="reply" if is_staff else "customer",
        author=person,
        author_words=ticket.requester_words or _("Nobody"),
        at=ticket.created_at,
        html=shown(ticket.body, ticket.body_format, ticket.extra),
        mail_url=mail_url(ticket.extra),
        organisation=str(ticket.organisation or "") if ticket.organisation_id else "",
        icon=CHANNEL_ICONS.get(ticket.channel, ""),
        channel=channel_words(ticket.channel),
        files=files.get(None, []),
        delivery=delivery,
        delivery_words=str(WORDS[delivery]) if delivery else "",
        delivery_url=address("opening-deliveries", ticket.pk) if delivery else "",
        edit_url=address("ticket-description", ticket.pk) if may_change else "",
    )


def _message(
    comment: Comment, ticket: Ticket, actor: Actor, files: dict, change: Change | None
) -> Message:
    author, delivery = comment.author, getattr(comment, "delivery", None) or ""
    organisation = author.organisation if author and author.role == Role.CUSTOMER else None
    return Message(
        anchor=f"comment-{comment.uuid}",
        kind=_kind(comment, ticket),
        author=author,
        author_words=comment.author_words or _("Unknown"),
        at=comment.happened_at,
        html=shown(comment.body, comment.format, comment.extra),
        mail_url=mail_url(comment.extra),
        awaits_approval="awaits" in (comment.extra.get("mail") or {}),
        organisation=str(organisation or ""),
        via=_via(comment, change),
        icon=CHANNEL_ICONS.get(comment.channel, ""),
        channel=channel_words(comment.channel),
        is_redacted=comment.is_redacted,
        edited_at=comment.edited_at,
        state=comment.state,
        files=files.get(comment.pk, []) + _enclosed(comment, files),
        forwarded_to=getattr(comment, "forwarded_to", ""),
        menu_url=address("comment-menu", ticket.pk, comment.uuid),
        delivery=delivery,
        delivery_words=str(WORDS[delivery]) if delivery else "",
        delivery_url=address("comment-deliveries", ticket.pk, comment.uuid) if delivery else "",
    )


def _enclosed(comment: Comment, files: dict) -> list[Attachment]:
    """The files of the message that went along, where it is in this window."""
    if not comment.is_forward:
        return []
    names = comment.extra["forward"]["files"]
    return [one for one in files.get(comment.in_reply_to_id, []) if str(one.uuid) in names]


def ways_of(comment: Comment, ticket: Ticket, actor: Actor) -> dict[str, str]:
    """What the reader may do with a comment, as addresses."""
    if comment.is_redacted or ticket.is_deleted:
        return {}
    arguments = [ticket.pk, comment.uuid]
    ways = {}
    owns = comment.author_id == actor.person_id or actor.role == Role.ADMIN
    if owns and can(actor, "edit_comment", ticket):
        ways["edit_url"] = address("comment-edit", *arguments)
    if comment.state == Comment.State.SENT and can(actor, "split", ticket):
        split = address("ticket-split", ticket.pk)
        ways["split_url"] = f"{split}?message={comment.uuid}"
        ways["move_url"] = address("comment-move", *arguments)
    if comment.state == Comment.State.SENT and can(actor, "forward", ticket):
        forward = address("ticket", ticket.pk) + f"?forward={comment.uuid}#composer"
        if comment.public:
            ways["forward_url"] = forward
        elif comment.in_reply_to_id and (writer := writer_of(comment)):
            ways |= {"answer_url": forward, "writer": writer["name"] or writer["address"]}
    if comment.format == Format.HTML:
        ways["original_url"] = address("comment-original", *arguments)
    if can(actor, "change", ticket):
        ways["time_url"] = address("ticket-time", ticket.pk) + f"?message={comment.uuid}"
    if can(actor, "redact_comment", ticket):
        ways["redact_url"] = address("comment-redact", *arguments)
    return ways


def mail_url(extra: dict) -> str:
    """The story of the mail that brought a text, if one did."""
    uuid = (extra.get("mail") or {}).get("message")
    return address("mail-message", uuid) if uuid else ""


def _kind(comment: Comment, ticket: Ticket) -> str:
    if not comment.public:
        return "forward" if comment.is_forward else "note"
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
