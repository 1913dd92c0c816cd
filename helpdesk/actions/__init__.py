"""The verbs: the only way in which tickets, comments and people change."""

from helpdesk.actions.attachments import (
    attach,
    delete_unclaimed,
    keep_file,
    keep_link,
    remove_attachment,
)
from helpdesk.actions.bulk import undo_change_set
from helpdesk.actions.comments import add_note, delete_comment, edit_comment, redact_comment, reply
from helpdesk.actions.merging import heir_of, merge, split, unmerge
from helpdesk.actions.opening import open_ticket, open_tickets
from helpdesk.actions.people import (
    change_person,
    create_person,
    erase_person,
    people_by_address,
    person_by_address,
)
from helpdesk.actions.relations import follow, link, unfollow, unlink
from helpdesk.actions.tickets import (
    assign,
    change_ticket,
    change_tickets,
    delete_ticket,
    restore_ticket,
    set_custom,
    set_parent,
    tag,
)
from helpdesk.actions.transitions import take_transition

__all__ = [
    "add_note",
    "assign",
    "attach",
    "change_person",
    "change_ticket",
    "change_tickets",
    "create_person",
    "delete_comment",
    "delete_ticket",
    "delete_unclaimed",
    "edit_comment",
    "erase_person",
    "follow",
    "heir_of",
    "keep_file",
    "keep_link",
    "link",
    "merge",
    "open_ticket",
    "open_tickets",
    "people_by_address",
    "person_by_address",
    "redact_comment",
    "remove_attachment",
    "reply",
    "restore_ticket",
    "set_custom",
    "set_parent",
    "split",
    "tag",
    "take_transition",
    "undo_change_set",
    "unfollow",
    "unlink",
    "unmerge",
]
