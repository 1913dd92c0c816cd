"""Both sides changed one field and the later one wins: whose moments count."""

from datetime import timedelta

import pytest

from helpdesk import actions
from integrations.models import Link
from integrations.operations import failures
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db
LONG_BEFORE = timedelta(days=1)


@pytest.fixture
def both_changed(other, settle, agent):
    """Changes a title on both sides; the service claims to have been changed the day before."""

    def change(winner: str, **abilities):
        connection, there = other({"winner": winner}, **abilities)
        ticket = make_ticket("One", by=agent)
        settle(connection)
        actions.change_ticket(ticket, by=agent, title="Ours")
        there.only.update(title="Theirs", at=there.only["at"] - LONG_BEFORE)
        settle(connection)
        return connection, ticket

    return change


DATED = pytest.mark.parametrize(
    ("dates_changes", "side", "title"), [(True, "ours", "Ours"), (False, "theirs", "Theirs")]
)


@DATED
def test_a_change_without_a_moment_counts_as_made_when_it_is_seen(
    both_changed, dates_changes, side, title
):
    _connection, ticket = both_changed("later", dates_changes=dates_changes)
    ticket.refresh_from_db()
    assert ticket.title == title
    [lost] = Link.objects.get().conflicts
    assert (lost["ours"], lost["theirs"], lost["winner"]) == ("Ours", "Theirs", side)


@DATED
def test_so_it_does_where_a_person_decides_about_all(
    both_changed, settle, dates_changes, side, title
):
    connection, ticket = both_changed("ask", dates_changes=dates_changes)
    assert Link.objects.get().state == Link.State.CONFLICT
    failures.settle_all(connection, Link.objects.select_related("ticket"), "later")
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.title == title
