"""What a merge or a new link brings along is neither sent nor said a second time."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions.merging import merge
from helpdesk.actor import system
from helpdesk.models import Comment, Ticket
from integrations import console, mirror
from integrations.exchange import JournalEntry
from integrations.installation import reference_of
from integrations.journal import Journal
from integrations.models import Exchange, Link
from integrations.operations import matching
from tests.budget import statements
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db
WITH_FILES = {"add_attachments": True, "read_attachments": False}


def with_file(ticket, name, by):
    kept = actions.keep_file(ContentFile(b"smoke", name=name), by=by)
    actions.attach(ticket, [kept], by=by)


def test_what_a_merge_moved_is_not_sent_again(other, settle, agent):
    connection, there = other(**WITH_FILES)
    one, two = make_ticket("One", by=agent), make_ticket("Two", by=agent)
    with_file(one, "one.txt", agent)
    actions.reply(one, by=agent, body="Said on one")
    settle(connection)
    assert there.calls.count("add_attachment") == 1
    there.calls.clear()

    merge(one, two, by=agent)
    settle(connection)
    assert "add_attachment" not in there.calls
    assert sum(there.texts(identity).count("Said on one") for identity in there.said) == 1


def test_what_is_redacted_after_a_merge_leaves_the_ticket_it_was_sent_with(other, settle, agent):
    connection, there = other(edit_comments=True)
    one, two = make_ticket("One", by=agent), make_ticket("Two", by=agent)
    comment = actions.reply(one, by=agent, body="My card is 4111")
    settle(connection)
    former = Link.objects.get(ticket=one).remote_id
    kept = Exchange.objects.create(
        connection=connection, ticket=one, at=timezone.now(), method="POST", request_body="4111"
    )
    merge(one, two, by=agent)
    settle(connection)

    actions.redact_comment(Comment.objects.get(pk=comment.pk), by=system("web"))
    settle(connection)
    kept.refresh_from_db()
    assert kept.request_body == ""
    assert "4111" not in str(there.said[former])


@pytest.mark.parametrize("scope", ["linked", "born_here"])
def test_a_ticket_that_is_linked_again_says_nothing_twice(other, settle, agent, scope):
    """Unlinked and linked with another one, it may have come here as a ticket of its own."""
    connection, there = other({"scope": scope}, edit_comments=True)
    ticket = make_ticket("One", by=agent)
    mirror.begin(connection, ticket)
    settle(connection)
    first = Link.objects.get(ticket=ticket).remote_id
    there.say(first, "Kept")
    there.say(first, "Secret")
    settle(connection)
    actions.redact_comment(Comment.objects.get(body="Secret"), by=system("web"))
    second = there.add(dict(there.tickets[first], title="Another"))
    console.stop_mirroring(Link.objects.filter(ticket=ticket))
    link = _linked(connection, ticket, second, agent)
    settle(connection)
    if scope == "linked":
        console.stop_mirroring([link])
        link = _linked(connection, ticket, first, agent)
        settle(connection)

    link.refresh_from_db()
    assert (link.state, link.error) == ("ok", "")
    bodies = list(Comment.objects.filter(ticket=ticket).values_list("body", flat=True))
    assert sorted(bodies) == ["", "Kept"]
    assert "Secret" not in str(there.said[first])
    if scope == "born_here":
        came = Ticket.objects.exclude(pk=ticket.pk).get()
        assert [one.body for one in came.comments.all()] == ["Kept"]
    assert not Link.objects.exclude(error="").exists()


def _linked(connection, ticket, remote_id, agent):
    candidate = matching.look(connection, ticket, remote_id, agent)
    return matching.attach(connection, ticket, candidate, wins="ours")


def test_what_is_redacted_after_a_merge_is_not_noted_again(other, settle, agent):
    """The ticket that it was sent with may still say it there."""
    connection, _there = other()
    one, two = make_ticket("One", by=agent), make_ticket("Two", by=agent)
    comment = actions.reply(one, by=agent, body="My card is 4111")
    settle(connection)
    merge(one, two, by=agent)
    actions.redact_comment(Comment.objects.get(pk=comment.pk), by=system("web"))

    journal = Journal(connection)
    said = {"at": timezone.now(), "method": "GET", "url": "/", "status": 200, "error": ""}
    said |= {"request_body": "", "response_body": "4111", "milliseconds": 1}
    for ticket in (one, two, third := make_ticket("Three", by=agent)):
        journal(JournalEntry(origin=reference_of(connection, ticket), **said))
    with statements() as counted:
        journal.store()
    kept = dict(Exchange.objects.values_list("ticket_id", "response_body"))
    assert kept == {one.pk: "", two.pk: "", third.pk: "4111"}
    assert len(counted) == 3, counted
