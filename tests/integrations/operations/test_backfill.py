"""Backfill: tickets of before are sent in parts, after live work, and it can be stopped."""

import pytest
from django.urls import reverse

from helpdesk import actions, changes
from helpdesk.actor import system
from integrations.mirror.claims import claim_next
from integrations.models import Connection, Link
from integrations.operations import backfill
from tests.budget import statements
from tests.factories import default_queue, make_queue, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch):
    """Batches of two, so that a handful of tickets is many."""
    monkeypatch.setattr(backfill, "BATCH", 2)
    monkeypatch.setattr(backfill, "DUE_AT_LEAST", 2)


def before(connect, agent, count: int, **fields) -> Connection:
    for number in range(count):
        make_ticket(f"Old {number}", by=agent)
    changes.announce()
    return connect(**fields)


def begin(connection: Connection, query: str = "", *, whole: bool = False) -> int:
    by = system("admin")
    rows = backfill.tickets_of(connection, by, query, whole=whole)
    begun = backfill.begin(connection, rows, by="Ada", query=query, whole=whole)
    connection.refresh_from_db()
    return begun


def run_to_the_end(connection, settle) -> None:
    for _round in range(20):
        backfill.feed_all()
        settle(connection)
        connection.refresh_from_db()
        if connection.backfill["state"] != "running":
            return
    raise AssertionError(connection.backfill)


def test_all_tickets_of_before_are_sent_in_parts(small, connect, there, agent, settle):
    connection = before(connect, agent, 5)
    assert begin(connection) == 5
    assert Link.objects.count() == 2
    run_to_the_end(connection, settle)
    assert sorted(one["title"] for one in there.tickets.values()) == [
        f"Old {number}" for number in range(5)
    ]
    found = backfill.progress_of(connection)
    assert (found.state, found.done, found.left, found.failed) == ("done", 5, 0, 0)


def test_a_query_narrows_it_and_other_queues_stay_away(connect, there, agent, settle):
    make_ticket("Elsewhere", queue=make_queue("Other"))
    make_ticket("Urgent", by=agent, priority="urgent")
    connection = before(connect, agent, 2)
    assert begin(connection, "priority=urgent") == 1
    run_to_the_end(connection, settle)
    assert there.only["title"] == "Urgent"


def test_tickets_from_elsewhere_come_only_when_asked_for(connect, there, agent, settle):
    make_ticket("Came", by=system("connection:99"))
    connection = before(connect, agent, 1)
    begin(connection)
    run_to_the_end(connection, settle)
    assert backfill.progress_of(connection).skipped == 1 and len(there.tickets) == 1
    begin(connection, whole=True)
    run_to_the_end(connection, settle)
    assert len(there.tickets) == 2


def test_paused_it_begins_nothing_and_resumed_it_ends(small, connect, there, agent, settle):
    connection = before(connect, agent, 4)
    begin(connection)
    assert backfill.pause(connection) and not backfill.pause(connection)
    backfill.feed_all()
    settle(connection)
    assert not there.tickets
    assert backfill.progress_of(connection).left == 4
    assert backfill.resume(connection) and not backfill.resume(connection)
    run_to_the_end(connection, settle)
    assert len(there.tickets) == 4


def test_cancelled_it_leaves_what_was_not_begun_as_it_was(small, connect, there, agent, settle):
    connection = before(connect, agent, 4)
    begin(connection)
    settle(connection)
    backfill.feed_all()
    assert Link.objects.count() == 4
    assert backfill.cancel(connection) and not backfill.cancel(connection)
    assert Link.objects.count() == len(there.tickets) == 2
    assert backfill.progress_of(connection).state == "cancelled"


def test_a_change_during_a_pause_is_sent_all_the_same(connect, there, agent, settle):
    connection = before(connect, agent, 1)
    begin(connection)
    backfill.pause(connection)
    actions.change_ticket(Link.objects.get().ticket, by=agent, title="Changed")
    settle(connection)
    assert there.only["title"] == "Changed"


def test_live_changes_go_first(connect, there, agent):
    connection = before(connect, agent, 3)
    begin(connection)
    make_ticket("Live", by=agent)
    changes.announce()
    assert claim_next(connection).link.ticket.title == "Live"


def test_one_that_fails_is_counted_and_stops_no_other(connect, there, agent, settle):
    there.refuse = lambda method, path, body: (
        422 if method == "POST" and body["ticket"]["title"] == "Old 1" else None
    )
    connection = before(connect, agent, 3)
    begin(connection)
    run_to_the_end(connection, settle)
    found = backfill.progress_of(connection)
    assert (found.done, found.failed, found.left) == (2, 1, 0)


def test_killed_between_two_batches_nothing_is_lost_or_doubled(
    small, connect, there, agent, settle, monkeypatch
):
    connection = before(connect, agent, 5)
    begin(connection)
    settle(connection)

    class Killed(Exception):
        pass

    def die(*_given, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "save", die)
        with pytest.raises(Killed):
            backfill.feed(connection.pk)
    assert Link.objects.count() == 2
    run_to_the_end(connection, settle)
    assert len(there.tickets) == 5


def test_feeding_costs_the_same_however_many_tickets_there_are(connect, agent, monkeypatch):
    monkeypatch.setattr(backfill, "BATCH", 2)
    connection = before(connect, agent, 3)
    begin(connection)
    with statements() as few:
        backfill.feed(connection.pk, batches=1)
    connection = before(connect, agent, 30, name="Second")
    begin(connection)
    with statements() as many:
        backfill.feed(connection.pk, batches=1)
    assert len(many) <= len(few) <= 10


def test_the_rate_and_the_end_are_told_once_they_are_known(connect, agent):
    connection = before(connect, agent, 3)
    begin(connection)
    assert backfill.progress_of(connection).rate is None
    connection.backfill["samples"] = [[100.0, 0], [160.0, 30]]
    found = backfill.progress_of(connection)
    assert found.rate == 30 and found.ends_at is not None


# The page ----------------------------------------------------------------------------------------


def test_the_page_begins_shows_pauses_resumes_and_ends(console, connect, agent):
    connection = before(connect, agent, 3)
    url = reverse("connection-backfill", args=[connection.uuid])
    assert "Begin the backfill" in console.get(url).content.decode()
    shown = console.post(url, {"query": ""}, follow=True).content.decode()
    assert "3 tickets of before will be sent" in shown and "0 of 3 tickets" in shown
    assert 'hx-trigger="every 5s"' in shown and "Begin another" not in shown
    for deed, words in [("pause", "Resume"), ("resume", "Pause"), ("cancel", "Begin another")]:
        address = reverse(f"connection-backfill-{deed}", args=[connection.uuid])
        assert console.get(address).status_code == 405
        assert words in console.post(address, follow=True).content.decode()


def test_the_page_says_rate_and_end(console, connect, agent):
    connection = before(connect, agent, 3)
    begin(connection)
    connection.backfill["samples"] = [[100.0, 0], [160.0, 1234]]
    connection.save()
    url = reverse("connection-backfill", args=[connection.uuid])
    shown = console.get(url).content.decode()
    assert "1,234 a minute" in shown and "done about" in shown


def test_a_poll_gets_the_card_alone_and_nothing_when_nothing_changed(console, connect, agent):
    connection = before(connect, agent, 1)
    begin(connection)
    url = reverse("connection-backfill", args=[connection.uuid])
    card = console.get(url, headers={"HX-Request": "true"})
    assert card.content.decode().lstrip().startswith("<section") and "HX-Request" in card["Vary"]
    mark = backfill.progress_of(connection).mark
    same = console.get(url, {"since": mark}, headers={"HX-Request": "true"})
    assert same.status_code == 204


@pytest.mark.parametrize("query", ["colour=red", "status=nonsense", "queue=99999", "x" * 2500])
def test_a_wrong_query_is_said_and_begins_nothing(console, connect, agent, query):
    connection = before(connect, agent, 1)
    url = reverse("connection-backfill", args=[connection.uuid])
    assert console.post(url, {"query": query}).status_code == 422
    connection.refresh_from_db()
    assert connection.backfill == {} and default_queue().connections.get() == connection


def test_the_dry_run_page_sends_nothing_and_costs_the_same_for_many(
    console, connect, there, agent, monkeypatch
):
    connection = before(connect, agent, 3)
    url = reverse("connection-dry-run", args=[connection.uuid])
    assert "Show what would be sent" in console.get(url).content.decode()
    shown = console.post(url, {"ticket": "", "query": ""}).content.decode()
    assert "would be created there" in shown and "Old 0" in shown
    one = Link.objects.count() == 0 and default_queue().tickets.earliest("pk").pk
    shown = console.get(url, {"ticket": one}).content.decode()
    assert "POST" in shown and "/tickets" in shown
    assert console.post(url, {"ticket": "999999"}).status_code == 422
    assert console.post(url, {"ticket": "x"}).status_code == 422
    assert not there.calls and not Link.objects.exists()
    for number in range(3):  # the first five are shown in full
        make_ticket(f"More {number}", by=agent)
    console.post(url, {"query": ""})
    with statements() as few:
        console.post(url, {"query": ""})
    for number in range(20):
        make_ticket(f"Many {number}", by=agent)
    with statements() as many:
        console.post(url, {"query": ""})
    assert len(many) <= len(few)
