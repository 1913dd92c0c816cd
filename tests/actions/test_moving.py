"""Messages that belong to another ticket."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from helpdesk import actions
from tests.factories import actor_of, make_agent, make_comment, make_queue, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return actor_of(make_agent("Maren Holt"))


@pytest.fixture
def ticket():
    return make_ticket("Export stops")


@pytest.fixture
def into():
    return make_ticket("Invoice is wrong")


def test_messages_move_with_their_files_and_times(by, ticket, into):
    file = actions.keep_link("https://example.com/", by=by)
    said = actions.reply(ticket, by=by, body="The invoice", attachments=[file])
    stays = make_comment(ticket, "About the export")
    actions.note_time(ticket, by=by, minutes=5, comment=said)
    actions.move_comments(ticket, [said], into, by=by)
    assert [one.body for one in into.comments.all()] == ["The invoice"]
    assert list(ticket.comments.all()) == [stays]
    assert into.attachments.get().comment == said and into.time_spent.get().minutes == 5
    assert ticket.changes.latest("version").kind == "moved"
    assert into.changes.latest("version").kind == "got"


def test_a_moved_message_is_found_where_it_went(by, ticket, into):
    said = make_comment(ticket, "Zanzibar", by=by)
    actions.move_comments(ticket, [said], into, by=by)
    ticket.search_document.refresh_from_db()
    into.search_document.refresh_from_db()
    assert "zanzibar" in into.search_document.public
    assert "zanzibar" not in ticket.search_document.public


def test_what_cannot_be_moved_stays(by, ticket, into):
    said, foreign = make_comment(ticket), make_comment(make_ticket())
    redacted = actions.redact_comment(make_comment(ticket), by=by)
    merged = make_ticket()
    actions.merge(merged, make_ticket(), by=by)
    hidden = make_ticket(queue=make_queue("Board"))
    for comments, target in (
        ([foreign], into),
        ([redacted], into),
        ([], into),
        ([said], ticket),
        ([said], hidden),
        ([said], merged),
    ):
        with pytest.raises(ValidationError):
            actions.move_comments(ticket, comments, target, by=by)
    assert not into.comments.exists() and said in ticket.comments.all()


def test_a_light_agent_moves_nothing(ticket, into):
    light = actor_of(make_agent("Lia", role="light"))
    with pytest.raises(PermissionDenied):
        actions.move_comments(ticket, [make_comment(ticket)], into, by=light)
