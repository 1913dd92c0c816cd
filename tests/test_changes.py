"""Announcing: every change reaches every subscriber once, whatever fails."""

import pytest
from django.core.cache import cache

from helpdesk import actions, changes, nudging
from helpdesk.actor import system
from helpdesk.models import Change, Source
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    seen = []
    monkeypatch.setattr(changes, "subscribers", lambda: (seen.extend,))
    return seen


def test_changes_are_announced_once_oldest_first(heard):
    ticket = make_ticket()
    actions.change_ticket(ticket, by=system("rule"), priority="high")
    assert changes.announce() == 2
    assert changes.announce() == 0
    assert [change.version for change in heard] == [1, 2]


def test_a_backlog_longer_than_a_batch_is_worked_off(heard, monkeypatch):
    monkeypatch.setattr(changes, "BATCH", 3)
    for _number in range(8):
        make_ticket()
    assert changes.announce() == 8
    assert len(heard) == 8


def test_a_change_that_a_subscriber_refuses_is_set_aside_and_the_rest_go_on(monkeypatch):
    seen = []

    def subscriber(batch):
        if any(change.ticket.title == "Bad" for change in batch):
            raise RuntimeError("no")
        seen.extend(batch)

    monkeypatch.setattr(changes, "subscribers", lambda: (subscriber,))
    for title in ("Good", "Bad", "Better"):
        make_ticket(title)
    changes.announce()
    assert [change.ticket.title for change in seen] == ["Good", "Better"]
    [aside] = Change.objects.exclude(announce_error="")
    assert aside.announce_error == "RuntimeError: no" and aside.announced_at is None
    assert changes.announce() == 0


def test_what_rolls_back_is_never_announced(heard):
    with pytest.raises(Exception, match="subject"):
        actions.open_ticket(by=system("rule"), title="")
    assert changes.announce() == 0


def test_one_nudge_goes_out_for_a_whole_transaction(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        actions.open_tickets([{"title": "A"}, {"title": "B"}], by=system("rule"))
        make_ticket()
    assert callbacks.count(changes.nudge) == 1


def test_a_refused_nudge_loses_nothing(monkeypatch, heard, django_capture_on_commit_callbacks):
    def refuse(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(nudging.current_app, "send_task", refuse)
    monkeypatch.setattr(nudging, "refusals", nudging.Refusals())
    with django_capture_on_commit_callbacks(execute=True):
        make_ticket()
    assert changes.announce() == 1
    assert "disk full" in cache.get(nudging.NUDGE_FAILED)


def test_an_announcer_that_dies_halfway_leaves_everything_for_the_next(monkeypatch):
    """What a subscriber wrote goes with the transaction; the next run writes it once."""
    make_ticket("One")

    def write_and_die(batch):
        Source.objects.create(name="written")
        raise SystemExit

    monkeypatch.setattr(changes, "subscribers", lambda: (write_and_die,))
    with pytest.raises(SystemExit):
        changes.announce()
    assert not Source.objects.exists()
    monkeypatch.setattr(
        changes, "subscribers", lambda: (lambda batch: Source.objects.create(name="written"),)
    )
    assert changes.announce() == 1
    assert Source.objects.count() == 1
