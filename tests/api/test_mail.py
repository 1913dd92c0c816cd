"""Mail that came in, over the API: what the pages show and decide."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.mail.addresses import reply_address
from helpdesk.models import Attachment, StoredMessage, Ticket
from tests.api.conftest import caller, fields_of
from tests.budget import statements
from tests.factories import default_queue, make_agent, make_queue, make_ticket
from tests.mail.messages import US, make_mailbox, send

pytestmark = pytest.mark.django_db
State = StoredMessage.State
FILE = (("log.txt", b"words of a file", "text/plain"),)


@pytest.fixture
def mailbox(db):
    return make_mailbox()


@pytest.fixture
def held(mailbox) -> StoredMessage:
    """A message in quarantine: it claims to come from ourselves."""
    stored = send(mailbox, "Words of mine", sender=US, files=FILE)
    assert stored.state == State.QUARANTINED
    return stored


def test_messages_are_listed_newest_first_and_narrowed(api, mailbox, held):
    taken = send(mailbox)
    rows = api.get("mail/messages/").json()["results"]
    assert [row["id"] for row in rows] == [taken.pk, held.pk]
    for query, wanted in {
        "state=quarantined": [held.pk],
        f"ticket={taken.ticket_id}": [taken.pk],
        f"mailbox={mailbox.uuid}": [taken.pk, held.pk],
        "mailbox=999999": [],
        "sender=Ann@customer.example": [taken.pk],
    }.items():
        rows = api.get(f"mail/messages/?{query}").json()["results"]
        assert [row["id"] for row in rows] == wanted, query
    assert fields_of(api.get("mail/messages/?state=odd&mailbox=odd")) == ["state", "mailbox"]


def test_a_message_tells_its_story_and_its_words(api, held):
    said = api.get(f"mail/messages/{held.uuid}/").json()
    assert "own addresses" in said["reason"]
    assert said["text"].strip() == "Words of mine"
    assert said["files"] == ["log.txt"]
    assert (said["is_decidable"], said["has_source"]) == (True, True)
    assert {
        "what": "Came",
        "words": "into Support, handed over by a mail server on this machine",
    } in said["story"]


def test_the_original_is_text_and_nothing_else(api, held):
    answer = api.get(f"mail/messages/{held.pk}/source/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert f"From: {US}" in answer.content.decode()


def test_what_is_released_is_a_ticket_when_the_call_is_answered(api, held):
    said = api.post(f"mail/messages/{held.pk}/release/").json()
    ticket = Ticket.objects.get()
    assert (said["state"], said["ticket"], said["is_released"]) == ("worked", ticket.pk, True)
    assert ticket.attachments.get().name == "log.txt"
    assert api.post(f"mail/messages/{held.pk}/release/").status_code == 400


def test_a_release_that_is_only_tried_leaves_neither_ticket_nor_file(api, held):
    said = api.post(f"mail/messages/{held.pk}/release/?dry_run=true").json()
    assert said["state"] == "worked"
    held.refresh_from_db()
    assert (held.state, Ticket.objects.count(), Attachment.objects.count()) == (
        State.QUARANTINED,
        0,
        0,
    )
    storage = Attachment._meta.get_field("file").storage
    assert not [one for one in files_under(storage, "") if one.endswith("log.txt")]


def files_under(storage, folder: str) -> list[str]:
    if folder and not storage.exists(folder):
        return []
    folders, names = storage.listdir(folder)
    inner = [one for name in folders for one in files_under(storage, f"{folder}{name}/")]
    return [f"{folder}{name}" for name in names] + inner


def test_what_is_tried_again_may_be_held_back_again(api, held):
    said = api.post(f"mail/messages/{held.pk}/retry/").json()
    assert (said["state"], Ticket.objects.count()) == ("quarantined", 0)


def test_what_is_discarded_comes_to_nothing(api, held):
    assert api.post(f"mail/messages/{held.pk}/discard/").json()["state"] == "discarded"
    assert api.post(f"mail/messages/{held.pk}/retry/").status_code == 400


def test_unproven_words_of_an_agent_are_approved(api, mailbox):
    gita, ticket = make_agent("Gita"), make_ticket()
    to = reply_address(ticket, gita, US)
    stored = send(mailbox, "Off and on", sender=gita.email, to=to)
    path = f"mail/messages/{stored.pk}/"
    assert api.get(path).json()["awaits_approval_of"] == gita.pk
    assert api.post(f"{path}approve/").status_code == 200
    assert ticket.comments.get(public=True).author == gita
    assert api.post(f"{path}approve/").status_code == 400


def test_a_reading_key_decides_nothing(held):
    reader = caller("read")
    assert reader.get(f"mail/messages/{held.pk}/").status_code == 200
    assert reader.post(f"mail/messages/{held.pk}/release/").status_code == 403
    assert caller(scopes=["tickets:write"]).get("mail/messages/").status_code == 403


def test_a_key_of_another_queue_sees_none_of_it(held):
    other = caller(queues=[make_queue()])
    assert other.get("mail/messages/").json()["results"] == []
    for end in ("", "source/"):
        assert other.get(f"mail/messages/{held.uuid}/{end}").status_code == 404
    assert other.post(f"mail/messages/{held.uuid}/release/").status_code == 404


def test_mail_of_a_ticket_that_was_moved_is_seen_by_who_sees_the_ticket(mailbox):
    other = make_queue()
    stored = send(mailbox)
    here, there = caller(queues=[default_queue()]), caller(queues=[other])
    move(stored.ticket, other)
    assert here.get(f"mail/messages/{stored.pk}/").status_code == 404
    assert there.get(f"mail/messages/{stored.pk}/").status_code == 200
    assert there.post(f"mail/messages/{stored.pk}/discard/").status_code == 403


def move(ticket: Ticket, queue) -> None:
    actions.change_ticket(ticket, by=system("rule"), queue=queue)


@pytest.mark.parametrize("is_bound", [False, True])
def test_a_list_costs_the_same_however_many_there_are(mailbox, is_bound):
    api = caller(queues=[default_queue()] if is_bound else None)
    send(mailbox)
    api.get("mail/messages/")
    with statements() as few:
        api.get("mail/messages/")
    for number in range(15):
        send(mailbox, f"Words {number}", subject=f"Printer {number}")
    with statements() as many:
        assert len(api.get("mail/messages/").json()["results"]) == 16
    assert len(few) == len(many) <= 5
