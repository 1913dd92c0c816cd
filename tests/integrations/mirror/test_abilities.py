"""Services that can do less: what the mirror does instead, and what it says about it."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile

from helpdesk import actions, changes
from helpdesk.models import Attachment, Comment, CustomField, Ticket
from integrations import mirror
from integrations.budget import BudgetSpent
from integrations.connector import ConnectorError, RemoteAttachment
from integrations.memory import Memory
from integrations.mirror import replacing
from integrations.mirror.claims import Lost
from integrations.models import CommentLink, Connection, Link
from tests.factories import make_ticket
from tests.integrations.mirror.made_up import MadeUp
from tests.integrations.mirror.test_once import Killed, die_once, forget_claims

pytestmark = pytest.mark.django_db
ONLY_ANEW = {
    "update": False,
    "replaces": True,
    "delete": True,
    "list": False,
    "read_comments": False,
    "add_comments": False,
    "comments_with_create": True,
    "add_attachments": True,
    "can_find": False,
    "repeatable_create": True,
}


def link_of(ticket) -> Link:
    return Link.objects.get(ticket=ticket)


# A service that can't update ----------------------------------------------------------------------


def test_a_change_makes_the_ticket_anew_and_deletes_the_old_one(other, settle, agent):
    connection, there = other(**ONLY_ANEW)
    ticket = make_ticket("First", by=agent)
    settle(connection)
    first = there.only["id"]

    actions.change_ticket(ticket, by=agent, title="Second")
    actions.reply(ticket, by=agent, body="Said later")
    settle(connection)
    assert (there.only["title"], there.texts(there.only["id"])) == ("Second", ["Said later"])
    link = link_of(ticket)
    assert link.remote_id == there.only["id"] != first
    assert (link.obsolete_id, link.state, link.left_out) == ("", "ok", [])

    there.calls.clear()
    changes.announce()
    settle(connection)
    assert there.calls == []


def test_words_that_were_edited_or_taken_back_go_with_the_next_one(other, settle, agent):
    connection, there = other(**ONLY_ANEW)
    ticket = make_ticket("One", by=agent)
    kept = actions.reply(ticket, by=agent, body="Keep")
    gone = actions.reply(ticket, by=agent, body="Take back")
    actions.add_note(ticket, by=agent, body="Between us")
    settle(connection)
    assert there.texts(there.only["id"]) == ["Keep", "Take back"]

    actions.edit_comment(kept, by=agent, body="Kept")
    actions.delete_comment(gone, by=agent)
    settle(connection)
    assert there.texts(there.only["id"]) == ["Kept"]
    assert there.calls.count("replace") <= 2


def test_files_go_again_to_the_ticket_that_took_the_place(other, settle, agent):
    connection, there = other(**ONLY_ANEW)
    ticket = make_ticket("One", by=agent)
    file = actions.keep_file(ContentFile(b"smoke", name="log.txt"), by=agent)
    actions.attach(ticket, [file], by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two")
    settle(connection)
    assert [one.name for one in there.files[there.only["id"]]] == ["log.txt"]


@pytest.mark.parametrize(
    ("name", "after"),
    [("_move", False), ("_move", True), ("clear_obsolete", False), ("clear_obsolete", True)],
)
def test_a_worker_killed_around_a_replacement_leaves_one_ticket(
    other, settle, agent, monkeypatch, name, after
):
    connection, there = other(**{**ONLY_ANEW, "can_find": True, "repeatable_create": False})
    monkeypatch.setattr(
        MadeUp,
        "find",
        lambda self, fields, since, reference: [self._ticket(one) for one in self.there.tickets],
    )
    ticket = make_ticket("First", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Second")
    changes.announce()
    die_once(monkeypatch, replacing, name, after=after)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    forget_claims()
    settle(connection)
    assert there.only["title"] == "Second"
    link = link_of(ticket)
    assert (link.remote_id, link.obsolete_id, link.state) == (there.only["id"], "", "ok")


@pytest.mark.parametrize("can_find", [True, False])
def test_a_ticket_that_is_deleted_after_a_lost_replacement_leaves_none_there(
    other, settle, agent, monkeypatch, can_find
):
    connection, there = other({"on_delete": "trash"}, **{**ONLY_ANEW, "can_find": can_find})
    made = {}

    def once(self, remote_id, fields, *, comments=(), reference=""):
        self.there.calls.append("replace")
        self.there.writes += 1
        if reference not in made:
            made[reference] = self.there.add(self.written(fields))
            raise ConnectorError("Lost on the way.", permanent=False, maybe_done=True)
        return self._ticket(made[reference])

    monkeypatch.setattr(MadeUp, "replace", once)
    monkeypatch.setattr(
        MadeUp,
        "find",
        lambda self, fields, since, reference: [self._ticket(one) for one in self.there.tickets],
    )
    ticket = make_ticket("First", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Second")
    changes.announce()
    mirror.sync(connection.pk)
    assert len(there.tickets) == 2
    actions.delete_ticket(ticket, by=agent)
    settle(connection)
    assert (there.tickets, link_of(ticket).state) == ({}, "ended")


def test_a_replacement_whose_answer_is_lost_waits_for_a_person_who_then_repeats_it(
    other, settle, agent
):
    connection, there = other(**{**ONLY_ANEW, "repeatable_create": False})
    ticket = make_ticket("First", by=agent)
    settle(connection)
    there.faults = [("replace", "lost")]
    actions.change_ticket(ticket, by=agent, title="Second")
    settle(connection)
    link = link_of(ticket)
    assert link.state == "maybe_created"
    assert there.calls.count("replace") == 1
    mirror.retry(link)
    settle(connection)
    assert link_of(ticket).state == "ok"
    assert there.tickets[link_of(ticket).remote_id]["title"] == "Second"


# A service where some fields are set once ---------------------------------------------------------


def test_what_only_a_create_can_set_is_left_out_by_name_and_not_for_ever(other, settle, agent):
    connection, there = other(create_only=frozenset(("title", "body")))
    ticket = make_ticket("First", by=agent, body="As it was")
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Second", priority="high")
    settle(connection)
    assert (there.only["title"], there.only["priority"]) == ("First", "high")
    assert link_of(ticket).left_out == ["title"]
    assert link_of(ticket).state == "ok"

    there.calls.clear()
    actions.reply(ticket, by=agent, body="Something else")
    settle(connection)
    assert [call for call in there.calls if call.startswith("update")] == []
    assert link_of(ticket).left_out == ["title"]

    actions.change_ticket(ticket, by=agent, title="First")
    settle(connection)
    assert link_of(ticket).left_out == []


@pytest.mark.parametrize("is_seen_first", [True, False])
def test_what_changed_there_before_a_lost_create_was_found_comes_here(
    other, settle, agent, is_seen_first
):
    """Found by looking for it, or seen first in the list of what changed."""
    connection, there = other(create_only=frozenset(("priority",)), can_find=True)
    there.faults.append(("create", "lost"))
    ticket = make_ticket("One", by=agent, priority="normal")
    changes.announce()
    mirror.sync(connection.pk)
    assert link_of(ticket).remote_id == ""
    there.only["priority"] = "low"
    there.touch(there.only["id"])
    if is_seen_first:
        there.shows_references = True
        Connection.objects.update(poll_at=connection.created_at, resume_at=None)
        mirror.sync(connection.pk)
        assert "find" not in there.calls and link_of(ticket).remote_id == there.only["id"]
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.priority, there.only["priority"]) == ("low", "low")
    assert (link_of(ticket).state, link_of(ticket).left_out) == ("ok", [])


def test_a_title_that_changes_there_still_comes_here(other, settle, agent):
    connection, there = other(create_only=frozenset(("title",)))
    ticket = make_ticket("First", by=agent)
    settle(connection)
    there.only["title"] = "Renamed there"
    there.touch(there.only["id"])
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.title == "Renamed there"
    assert link_of(ticket).left_out == []


# Words and files that go with the create ----------------------------------------------------------


@pytest.mark.parametrize("read_comments", [True, False])
def test_words_and_files_that_are_there_go_with_the_create_and_never_again(
    other, settle, agent, read_comments
):
    connection, there = other(
        comments_with_create=True,
        attachments_with_create=True,
        read_comments=read_comments,
        add_attachments=True,
    )
    ticket = make_ticket("One", by=agent)
    actions.reply(ticket, by=agent, body="Said before")
    file = actions.keep_file(ContentFile(b"smoke", name="log.txt"), by=agent)
    actions.attach(ticket, [file], by=agent)
    settle(connection)
    identity = there.only["id"]
    assert there.texts(identity) == ["Said before"]
    assert [one.name for one in there.files[identity]] == ["log.txt"]
    assert "add_comment" not in there.calls
    assert "add_attachment" not in there.calls
    assert Comment.objects.count() == 1

    actions.reply(ticket, by=agent, body="Said after")
    settle(connection)
    assert there.texts(identity) == ["Said before", "Said after"]
    assert Comment.objects.count() == 2


def test_a_create_that_is_refused_leaves_its_words_to_be_sent(other, settle, agent):
    connection, there = other(comments_with_create=True)
    there.faults = [("create", "refused")]
    ticket = make_ticket("One", by=agent)
    actions.reply(ticket, by=agent, body="Said before")
    settle(connection)
    assert there.tickets == {}
    assert CommentLink.objects.get().attempt_began_at is None
    mirror.retry(link_of(ticket))
    settle(connection)
    assert there.texts(there.only["id"]) == ["Said before"]


# Lost answers -------------------------------------------------------------------------------------


def test_a_helpdesk_there_is_simply_asked_again(other, settle, agent):
    connection, there = other(can_find_comments=False)
    there.installation = "0f0f0f0f-0000-4000-8000-000000000000"
    there.faults = [("create", "lost"), ("add_comment", "lost")]
    ticket = make_ticket("One", by=agent)
    actions.reply(ticket, by=agent, body="Once")
    settle(connection)
    assert there.texts(there.only["id"]) == ["Once"]
    assert link_of(ticket).state == "ok"


def test_a_create_whose_answer_is_lost_waits_where_nothing_can_tell(other, settle, agent):
    connection, there = other()
    there.faults = [("create", "lost")]
    ticket = make_ticket("One", by=agent)
    settle(connection)
    assert link_of(ticket).state == "maybe_created"
    assert there.calls.count("create") == 1


def test_a_reply_whose_answer_is_lost_waits_for_a_person_and_nothing_else_does(
    other, settle, agent
):
    connection, there = other(can_find_comments=False, read_comments=False)
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.faults = [("add_comment", "lost")]
    actions.reply(ticket, by=agent, body="Maybe")
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Goes on")
    settle(connection)
    assert there.only["title"] == "Goes on"
    assert there.texts(there.only["id"]) == ["Maybe"]
    link = link_of(ticket)
    assert link.state == "maybe_created"
    assert "Look there" in link.left_out[0]

    there.said[link.remote_id].clear()  # the person looked, and it is not there
    mirror.retry(link)
    settle(connection)
    assert there.texts(link.remote_id) == ["Maybe"]
    assert link_of(ticket).state == "ok"


@pytest.mark.parametrize(
    "fault", [BudgetSpent(1.0), Lost(), ConnectorError("Private.", permanent=True)]
)
def test_what_never_left_is_not_maybe_created(other, agent, fault):
    connection, there = other()
    make_ticket("One", by=agent)
    changes.announce()
    there.faults = [("create", fault)]
    mirror.sync(connection.pk)
    assert Link.objects.get().attempt_began_at is None


def test_a_reply_that_never_left_is_not_maybe_said(other, settle, agent):
    connection, there = other(can_find_comments=False)
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.reply(ticket, by=agent, body="Later")
    there.faults = [("add_comment", Lost())]
    changes.announce()
    mirror.sync(connection.pk)
    assert CommentLink.objects.get().attempt_began_at is None
    settle(connection)
    assert there.texts(there.only["id"]) == ["Later"]


@pytest.mark.parametrize("rule", ["unlink", "trash"])
def test_a_ticket_trashed_while_its_create_is_unanswered_leaves_no_stranger_there(
    other, settle, agent, rule
):
    connection, there = other({"on_delete": rule}, delete=True, repeatable_create=True)
    there.installation = "0f0f0f0f-0000-4000-8000-000000000000"
    there.faults = [("create", "lost")]
    ticket = make_ticket("One", by=agent)
    changes.announce()
    mirror.sync(connection.pk)
    actions.delete_ticket(ticket, by=agent)
    settle(connection)
    link = link_of(ticket)
    assert (link.state, link.remote_id) == ("ended", "t1")
    assert list(there.tickets) == ([] if rule == "trash" else ["t1"])
    assert Ticket.objects.count() == 1


# Beginning and ending -----------------------------------------------------------------------------


def test_a_ticket_restored_after_it_was_closed_there_is_opened_there_again(other, settle, agent):
    connection, there = other({"on_delete": "close"})
    ticket = make_ticket("One", by=agent)
    settle(connection)
    was = there.only["status"]
    actions.delete_ticket(ticket, by=agent)
    settle(connection)
    assert there.only["status"] == "closed"
    actions.restore_ticket(Ticket.objects.get(pk=ticket.pk), by=agent)
    settle(connection)
    ticket.refresh_from_db()
    assert there.only["status"] == was
    assert ticket.is_unresolved


def test_a_reply_that_comes_while_the_ticket_is_trashed_is_said_after_its_return(
    other, settle, agent
):
    connection, there = other()
    ticket = make_ticket("One", by=agent)
    settle(connection)
    there.say(there.only["id"], "Are you there?")
    actions.delete_ticket(ticket, by=agent)
    settle(connection)
    assert Comment.objects.count() == 0
    actions.restore_ticket(Ticket.objects.get(pk=ticket.pk), by=agent)
    settle(connection)
    assert [one.body for one in Comment.objects.all()] == ["Are you there?"]


# Files from there ---------------------------------------------------------------------------------


def test_files_there_are_fetched_and_become_files_here(other, settle, agent):
    connection, there = other(
        read_attachments=True, download_attachments=True, ticket_attachments=True
    )
    ticket = make_ticket("One", by=agent)
    settle(connection)
    identity = there.only["id"]
    there.files[identity] = [RemoteAttachment(id="f1", name="scan.txt")]
    there.contents["f1"] = b"smoke"
    there.touch(identity)
    settle(connection)
    kept = Attachment.objects.get(ticket=ticket)
    assert (kept.name, kept.file.read(), kept.public) == ("scan.txt", b"smoke", True)
    assert kept.content_type == "text/plain"
    there.calls.clear()
    there.touch(identity)
    settle(connection)
    assert "download" not in there.calls
    assert Attachment.objects.count() == 1


def test_a_file_that_cannot_be_had_is_said_and_kept_as_a_link(other, settle, agent, settings):
    settings.MAX_UPLOAD_MB = 1
    connection, there = other(
        read_attachments=True, download_attachments=True, ticket_attachments=True
    )
    ticket = make_ticket("One", by=agent)
    settle(connection)
    identity = there.only["id"]
    there.files[identity] = [
        RemoteAttachment(id="f1", name="a.txt", url="https://there.example/a.txt"),
        RemoteAttachment(id="f2", name="b.txt"),
    ]
    there.contents["f2"] = b"x" * 1_100_000
    there.faults = [("download", "refused")]
    there.touch(identity)
    settle(connection)
    assert [one.url for one in ticket.attachments.all()] == ["https://there.example/a.txt"]
    words = " ".join(link_of(ticket).left_out)
    assert "a.txt: Refused there." in words
    assert "larger than 1 MB" in words


def test_a_worker_killed_before_a_file_was_fetched_fetches_it_later(
    other, settle, agent, monkeypatch
):
    connection, there = other(
        read_attachments=True, download_attachments=True, ticket_attachments=True
    )
    make_ticket("One", by=agent)
    settle(connection)
    identity = there.only["id"]
    there.files[identity] = [RemoteAttachment(id="f1", name="scan.txt")]
    there.contents["f1"] = b"smoke"
    there.touch(identity)
    die_once(monkeypatch, MadeUp, "download", after=False)
    Connection.objects.update(poll_at=connection.created_at)
    with pytest.raises(Killed):
        mirror.sync(connection.pk)
    forget_claims()
    settle(connection)
    assert Attachment.objects.get().file.read() == b"smoke"


def test_a_file_that_was_sent_and_redacted_is_named_as_still_there(other, settle, agent):
    connection, _there = other(add_attachments=True)
    ticket = make_ticket("One", by=agent)
    file = actions.keep_file(ContentFile(b"smoke", name="log.txt"), by=agent)
    actions.attach(ticket, [file], by=agent)
    settle(connection)
    assert link_of(ticket).left_out == []
    actions.remove_attachment(Attachment.objects.get(), by=agent)
    settle(connection)
    assert link_of(ticket).left_out == ["a removed file, which can still be read there"]


# Words that both sides edited ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("winner", "here", "over_there"),
    [("ours", "Ours", "Ours"), ("theirs", "Theirs", "Theirs"), ("later", "Theirs", "Theirs")],
)
def test_a_reply_edited_on_both_sides_follows_the_connections_rule(
    other, settle, agent, winner, here, over_there
):
    connection, there = other({"winner": winner}, edit_comments=True)
    ticket = make_ticket("One", by=agent)
    comment = actions.reply(ticket, by=agent, body="First")
    settle(connection)
    identity = there.only["id"]
    actions.edit_comment(comment, by=agent, body="Ours")
    [said] = there.said[identity]
    there.said[identity] = [replace(said, body="Theirs")]
    there.touch(identity)
    settle(connection)
    comment.refresh_from_db()
    assert comment.body == here
    assert there.texts(identity) == [over_there]
    [conflict] = link_of(ticket).conflicts
    assert (conflict["ours"], conflict["theirs"]) == ("Ours", "Theirs")


def test_a_reply_edited_on_both_sides_waits_for_a_person_where_the_connection_asks(
    other, settle, agent
):
    connection, there = other({"winner": "ask"}, edit_comments=True)
    ticket = make_ticket("One", by=agent)
    comment = actions.reply(ticket, by=agent, body="First")
    settle(connection)
    identity = there.only["id"]
    actions.edit_comment(comment, by=agent, body="Ours")
    there.said[identity] = [replace(there.said[identity][0], body="Theirs")]
    there.touch(identity)
    settle(connection)
    comment.refresh_from_db()
    assert (comment.body, there.texts(identity)) == ("Ours", ["Theirs"])
    link = link_of(ticket)
    assert link.state == "conflict"
    actions.change_ticket(ticket, by=agent, title="Meanwhile")
    settle(connection)
    assert link_of(ticket).state == "conflict"

    mirror.settle(link_of(ticket), f"comment.{comment.pk}", "ours")
    settle(connection)
    assert there.texts(identity) == ["Ours"]
    assert link_of(ticket).state == "ok"


def test_redacted_words_leave_what_is_remembered_of_a_conflict(other, settle, agent):
    connection, there = other({"winner": "theirs"}, edit_comments=True)
    ticket = make_ticket("One", by=agent)
    comment = actions.reply(ticket, by=agent, body="First")
    settle(connection)
    identity = there.only["id"]
    actions.edit_comment(comment, by=agent, body="Ours")
    there.said[identity] = [replace(there.said[identity][0], body="Theirs")]
    there.touch(identity)
    settle(connection)
    actions.redact_comment(comment, by=agent)
    settle(connection)
    assert link_of(ticket).conflicts == []


# Which way a field goes ---------------------------------------------------------------------------


def test_each_field_goes_its_own_way(other, settle, agent):
    ways = {"priority": "in", "tags": "out", "body": "off"}
    connection, there = other({"maps": {"directions": ways}})
    ticket = make_ticket("One", by=agent, priority="low", tags=["ours"], body="Not for them")
    settle(connection)
    assert "body" not in there.only
    assert "priority" not in there.only
    actions.change_ticket(ticket, by=agent, priority="high", tags=["ours", "more"])
    settle(connection)
    assert "priority" not in there.only
    assert there.only["tags"] == ["ours", "more"]

    there.only.update(priority="urgent", tags=["theirs"], title="Both ways")
    there.touch(there.only["id"])
    settle(connection)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.priority, ticket.title) == ("urgent", "Both ways")
    assert {tag.name for tag in ticket.tag_list} == {"ours", "more"}
    there.calls.clear()
    settle(connection)
    assert not any(call.startswith("update") for call in there.calls)


def test_what_only_staff_sees_goes_nowhere_unless_a_person_mapped_it(other, settle, agent):
    field = CustomField.objects.create(key="credit", name="Credit", kind="text", staff_only=True)
    mapped = {"id": "f", "type": "text", "multiple": False, "kind": "text", "options": {}}
    connection, there = other({"maps": {"custom": {field.key: mapped}}})
    make_ticket("One", by=agent, custom={"credit": "poor"})
    settle(connection)
    assert there.only.get("custom") in (None, {})

    Connection.objects.update(maps={"custom": {field.key: {**mapped, "chosen": True}}})
    make_ticket("Two", by=agent, custom={"credit": "poor"})
    settle(connection)
    assert there.tickets["t2"]["custom"] == {"credit": "poor"}


# Memory -------------------------------------------------------------------------------------------


def test_what_a_connector_learns_is_kept_encrypted_for_this_setup_alone(other, monkeypatch):
    connection, _there = other()
    seen = []

    def learn(self, cursor):
        seen.append(dict(self.memory))
        self.memory["token"] = "t0ken"
        raise ConnectorError("Down.", permanent=False, scope="connection")
        yield

    monkeypatch.setattr(MadeUp, "changes", learn)
    for _ in range(2):
        Connection.objects.update(poll_at=connection.created_at, resume_at=None, cursor="0")
        mirror.sync(connection.pk)
    connection.refresh_from_db()
    assert seen == [{}, {"token": "t0ken"}]
    assert "t0ken" not in connection.memory

    connection.enter({"key": "another"}, ("key",))
    connection.save()
    Connection.objects.update(poll_at=connection.created_at, resume_at=None)
    mirror.sync(connection.pk)
    assert seen[-1] == {}


def test_of_two_workers_the_newer_token_is_not_lost(other, monkeypatch):
    connection, _there = other()
    first, second = Memory(connection), Memory(connection)
    knows = type("Knows", (), {})
    one, two = knows(), knows()
    one.memory, two.memory = {"token": "newer"}, {"token": "older"}
    first.store(one)
    second.store(two)
    connection.refresh_from_db()
    assert Memory(connection).content == {"token": "newer"}


# No list ------------------------------------------------------------------------------------------


def test_a_service_without_a_list_is_not_asked_for_one(other, settle, agent):
    connection, there = other(list=False)
    ticket = make_ticket("One", by=agent)
    settle(connection)
    assert "changes" not in there.calls
    assert there.only["title"] == "One"
    assert link_of(ticket).state == "ok"
