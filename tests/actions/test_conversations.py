"""Many comments at once are what they are one by one."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions.conversations import add_comments, delete_comments, edit_comments
from helpdesk.actor import system
from helpdesk.models import Comment, SearchDocument, Ticket
from tests.budget import statements
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user, status

pytestmark = pytest.mark.django_db
BY = system("compat:onna")


def said(ticket, count=3):
    start = timezone.now() - timedelta(days=2)
    authors = (make_agent("Ann"), ticket.requester, None)
    return [
        {
            "body": f"Words {number}",
            "format": "plain",
            "at": start + timedelta(minutes=number),
            "author": authors[number % 3],
            "author_name": f"Who {number % 3}",
            "silent": number % 2 == 0,
            "source": "x:1",
            "source_ref": f"{ticket.pk}/{number}",
        }
        for number in range(count)
    ]


def state_of(ticket) -> tuple:
    ticket = Ticket.objects.get(pk=ticket.pk)
    changes = ticket.changes.order_by("version")
    return (
        ticket.version,
        ticket.status.name,
        ticket.reopened_count,
        ticket.first_response_at,
        ticket.last_customer_at,
        [(one.version, one.kind, one.at, one.silent, sorted(one.fields)) for one in changes][1:],
        [(one.body, one.author_words, one.happened_at) for one in ticket.comments.order_by("pk")],
        SearchDocument.objects.get(ticket=ticket).public,
    )


def test_they_leave_the_same_behind_as_one_by_one():
    person = make_user("Cy")
    one, two = make_ticket("Same", requester=person), make_ticket("Same", requester=person)
    for ticket in (one, two):
        actions.change_ticket(
            ticket, by=BY, status=status("Resolved"), at=timezone.now() - timedelta(days=5)
        )
    rows = said(one, 5)
    for row in rows:
        actions.reply(one, by=BY, **row)
    add_comments(two, [{**row, "source_ref": f"two/{row['source_ref']}"} for row in rows], by=BY)
    ours, theirs = state_of(one), state_of(two)
    assert ours[:5] == theirs[:5]
    assert [row[3:] for row in ours[5]] == [row[3:] for row in theirs[5]]
    assert ours[5][1:] == theirs[5][1:]
    assert ours[6:] == theirs[6:]


def test_they_cost_the_same_however_many_there_are():
    with statements() as few:
        add_comments(ticket := make_ticket(), said(ticket, 3), by=BY)
    with statements() as many:
        add_comments(ticket := make_ticket(), said(ticket, 90), by=BY)
    assert len(many) <= len(few) + 1, many
    rows = list(Comment.objects.filter(ticket=ticket))
    with statements() as touched:
        edit_comments([(row, "Other words") for row in rows], by=BY)
        delete_comments(rows, by=BY)
    assert len(touched) <= 24, touched


def test_all_or_none_and_only_by_who_may():
    ticket = make_ticket()
    with pytest.raises(ValidationError):
        add_comments(ticket, [*said(ticket), {"body": " "}], by=BY)
    assert not ticket.comments.exists()
    comment = make_comment(ticket, "Mine")
    stranger = actor_of(make_agent("Bob"))
    for act in (
        lambda: edit_comments([(comment, "Not mine")], by=stranger),
        lambda: delete_comments([comment], by=stranger),
    ):
        with pytest.raises(PermissionDenied):
            act()
    comment.refresh_from_db()
    assert (comment.body, comment.deleted_at) == ("Mine", None)


def test_what_is_deleted_or_redacted_stays_so():
    ticket = make_ticket()
    gone, redacted = make_comment(ticket, "Gone"), make_comment(ticket, "Redacted")
    delete_comments([gone], by=BY)
    delete_comments([gone], by=BY)
    assert ticket.changes.filter(kind="comment_deleted").count() == 1
    actions.redact_comment(redacted, by=BY)
    with pytest.raises(ValidationError):
        edit_comments([(redacted, "Again")], by=BY)
