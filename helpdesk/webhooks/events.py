"""The names under which changes are told. They are stable: receivers compare them."""

import uuid

from helpdesk.models import Change

Kind = Change.Kind
TEST = "webhook.test"
EVENT_OF = {
    Kind.OPENED: "ticket.opened",
    Kind.CHANGED: "ticket.changed",
    Kind.TRANSITIONED: "ticket.transitioned",
    Kind.REPLIED: "comment.created",
    Kind.NOTED: "comment.created",
    Kind.COMMENT_EDITED: "comment.edited",
    Kind.COMMENT_REDACTED: "comment.redacted",
    Kind.COMMENT_DELETED: "comment.deleted",
    Kind.ATTACHED: "attachment.added",
    Kind.DETACHED: "attachment.removed",
    Kind.LINKED: "ticket.linked",
    Kind.UNLINKED: "ticket.unlinked",
    Kind.FOLLOWED: "ticket.followed",
    Kind.UNFOLLOWED: "ticket.unfollowed",
    Kind.DELETED: "ticket.deleted",
    Kind.RESTORED: "ticket.restored",
    Kind.MERGED: "ticket.merged",
    Kind.TOOK_IN: "ticket.took_in",
    Kind.UNMERGED: "ticket.unmerged",
    Kind.GAVE_BACK: "ticket.gave_back",
    Kind.SPLIT: "ticket.split",
    Kind.MOVED: "comment.moved",
    Kind.GOT: "comment.arrived",
    Kind.PLANNED: "checklist.changed",
    Kind.TIMED: "time.changed",
}
EVENTS = tuple(dict.fromkeys(EVENT_OF.values()))


def event_of(change: Change) -> str:
    return EVENT_OF[Kind(change.kind)]


def event_id_of(change: Change) -> uuid.UUID:
    """The same for every subscription, try and replay, and for nothing else anywhere."""
    return uuid.uuid5(change.ticket.uuid, f"webhook event {change.version}")
