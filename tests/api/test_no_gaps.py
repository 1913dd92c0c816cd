"""Every verb can be called over the API: by an endpoint, or there is a reason why not."""

import json

import pytest

from helpdesk import actions
from helpdesk.api.scopes import scope_of_route
from helpdesk.api.urls import v1
from helpdesk.mail import keeping
from helpdesk.models.scopes import SCOPES
from tests.api.conftest import ROOT

pytestmark = pytest.mark.django_db

# Each verb, and an operation of the OpenAPI document that carries it out.
BY = {
    "add_note": ("post", "tickets/{ref}/comments/"),
    "assign": ("patch", "tickets/{ref}/"),
    "attach": ("post", "tickets/{ref}/attachments/"),
    "change_person": ("patch", "users/{ref}/"),
    "change_tickets": ("post", "tickets/bulk/"),
    "change_ticket": ("patch", "tickets/{ref}/"),
    "create_person": ("post", "users/"),
    "delete_comment": ("delete", "tickets/{ref}/comments/{comment_ref}/"),
    "delete_ticket": ("delete", "tickets/{ref}/"),
    "erase_person": ("post", "users/{ref}/erase/"),
    "edit_comment": ("patch", "tickets/{ref}/comments/{comment_ref}/"),
    "follow": ("post", "tickets/{ref}/followers/"),
    "forward": ("post", "tickets/{ref}/comments/{comment_ref}/forward/"),
    "keep_file": ("post", "attachments/"),
    "keep_link": ("post", "attachments/"),
    "link": ("post", "tickets/{ref}/links/"),
    "merge": ("post", "tickets/{ref}/merge/"),
    "open_ticket": ("post", "tickets/"),
    "open_tickets": ("post", "tickets/bulk/"),
    "redact_comment": ("post", "tickets/{ref}/comments/{comment_ref}/redact/"),
    "remove_attachment": ("delete", "attachments/{uuid}/"),
    "reply": ("post", "tickets/{ref}/comments/"),
    "resend_mail": ("post", "tickets/{ref}/comments/{comment_ref}/mail/{mail}/resend/"),
    "restore_ticket": ("post", "tickets/{ref}/restore/"),
    "set_custom": ("patch", "tickets/{ref}/"),
    "set_parent": ("patch", "tickets/{ref}/"),
    "split": ("post", "tickets/{ref}/split/"),
    "tag": ("post", "tickets/{ref}/tags/"),
    "take_transition": ("post", "tickets/{ref}/transitions/"),
    "undo_change_set": ("post", "change-sets/{change_set}/undo/"),
    "unfollow": ("delete", "tickets/{ref}/followers/{person}/"),
    "unlink": ("delete", "tickets/{ref}/links/{link}/"),
    "snooze": ("post", "tickets/{ref}/snooze/"),
    "wake": ("delete", "tickets/{ref}/snooze/"),
    "move_comments": ("post", "tickets/{ref}/comments/move/"),
    "add_step": ("post", "tickets/{ref}/checklist/"),
    "change_step": ("patch", "tickets/{ref}/checklist/{step}/"),
    "remove_step": ("delete", "tickets/{ref}/checklist/{step}/"),
    "note_time": ("post", "tickets/{ref}/time/"),
    "change_time": ("patch", "tickets/{ref}/time/{entry}/"),
    "remove_time": ("delete", "tickets/{ref}/time/{entry}/"),
    "unmerge": ("post", "tickets/{ref}/unmerge/"),
    "make_mailbox": ("post", "mailboxes/"),
    "change_mailbox": ("patch", "mailboxes/{ref}/"),
    "speak": ("patch", "mailboxes/{ref}/"),
    "remove_mailbox": ("delete", "mailboxes/{ref}/"),
    "pause_mailbox": ("post", "mailboxes/{ref}/pause/"),
    "resume_mailbox": ("post", "mailboxes/{ref}/resume/"),
    "set_grant": ("patch", "mailboxes/{ref}/sign-in/"),
    "remove_grant": ("delete", "mailboxes/{ref}/sign-in/"),
    "renew_door": ("post", "mailboxes/{ref}/door/"),
    "rule_sender": ("post", "mail/senders/"),
    "forget_rule": ("delete", "mail/senders/{ref}/"),
    "mail release": ("post", "mail/messages/{ref}/release/"),
    "mail retry": ("post", "mail/messages/{ref}/retry/"),
    "mail discard": ("post", "mail/messages/{ref}/discard/"),
}
NOT_BY_CALL = {
    "delete_unclaimed": "a clock clears files away that no ticket claimed for a day",
    "heir_of": "reads: a merged ticket says `merged_into`",
    "people_by_address": "part of opening: `requester` makes whom it names",
    "wake_due": "a clock wakes the snoozed tickets whose time has come",
    "person_by_address": "part of opening: `requester` makes whom it names",
}


@pytest.fixture
def operations(client) -> set[tuple[str, str]]:
    document = json.loads(client.get(f"{ROOT}schema/").content)
    return {
        (method, path.removeprefix(ROOT))
        for path, methods in document["paths"].items()
        for method in methods
    }


def test_every_verb_has_an_endpoint_or_a_reason():
    verbs = {*actions.__all__, *(f"mail {name}" for name in keeping.DECISIONS)}
    unsaid = verbs - BY.keys() - NOT_BY_CALL.keys()
    assert not unsaid, f"Say in BY which endpoint carries these out: {sorted(unsaid)}"
    assert not BY.keys() & NOT_BY_CALL.keys()
    assert not (BY.keys() | NOT_BY_CALL.keys()) - verbs, "no verbs any more"


@pytest.mark.parametrize("verb", BY)
def test_the_endpoint_of_a_verb_exists(operations, verb):
    assert BY[verb] in operations


def test_every_address_takes_a_scope_that_is_in_the_table():
    """What is missing in `api.scopes.TABLE` is closed to keys that name scopes."""
    unknown = [
        path
        for path in operations_of(v1)
        if path not in ("schema/", "docs/")
        for is_read in (True, False)
        if (scope := scope_of_route(ROOT.lstrip("/") + path, is_read=is_read)) is not None
        and scope not in SCOPES
        and (is_read or scope.removesuffix(":write") not in READ_ALONE)
    ]
    assert not unknown


READ_ALONE = {"reports"}


def operations_of(patterns, start: str = "") -> list[str]:
    found = []
    for one in patterns:
        path = start + str(one.pattern)
        found += operations_of(one.url_patterns, path) if hasattr(one, "url_patterns") else [path]
    return found
