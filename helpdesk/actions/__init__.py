"""The verbs: the only way in which tickets, comments and people change."""

from helpdesk.actions.attachments import (
    attach,
    delete_unclaimed,
    keep_file,
    keep_link,
    remove_attachment,
)
from helpdesk.actions.bulk import undo_change_set
from helpdesk.actions.checklists import add_step, change_step, remove_step
from helpdesk.actions.comments import add_note, delete_comment, edit_comment, redact_comment, reply
from helpdesk.actions.forwarding import forward
from helpdesk.actions.mail_grants import remove_grant, set_grant
from helpdesk.actions.mailboxes import (
    change_mailbox,
    forget_rule,
    make_mailbox,
    pause_mailbox,
    remove_mailbox,
    renew_door,
    resume_mailbox,
    rule_sender,
    speak,
)
from helpdesk.actions.merging import heir_of, merge, split, unmerge
from helpdesk.actions.moving import move_comments
from helpdesk.actions.opening import open_ticket, open_tickets
from helpdesk.actions.outgoing import resend_mail
from helpdesk.actions.people import (
    change_person,
    create_person,
    erase_person,
    people_by_address,
    person_by_address,
)
from helpdesk.actions.relations import follow, link, unfollow, unlink
from helpdesk.actions.snoozing import snooze, wake, wake_due
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
from helpdesk.actions.time_spent import change_time, note_time, remove_time
from helpdesk.actions.transitions import take_transition

__all__ = [
    "add_note",
    "add_step",
    "assign",
    "attach",
    "change_mailbox",
    "change_person",
    "change_step",
    "change_ticket",
    "change_tickets",
    "change_time",
    "create_person",
    "delete_comment",
    "delete_ticket",
    "delete_unclaimed",
    "edit_comment",
    "erase_person",
    "follow",
    "forget_rule",
    "forward",
    "heir_of",
    "keep_file",
    "keep_link",
    "link",
    "make_mailbox",
    "merge",
    "move_comments",
    "note_time",
    "open_ticket",
    "open_tickets",
    "pause_mailbox",
    "people_by_address",
    "person_by_address",
    "redact_comment",
    "remove_attachment",
    "remove_grant",
    "remove_mailbox",
    "remove_step",
    "remove_time",
    "renew_door",
    "reply",
    "resend_mail",
    "restore_ticket",
    "resume_mailbox",
    "rule_sender",
    "set_custom",
    "set_grant",
    "set_parent",
    "snooze",
    "speak",
    "split",
    "tag",
    "take_transition",
    "undo_change_set",
    "unfollow",
    "unlink",
    "unmerge",
    "wake",
    "wake_due",
]
