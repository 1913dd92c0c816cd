"""A broker that refuses nudges fills no log: thousands of refusals are a line a minute."""

import logging

import pytest
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as CacheIsAway

from helpdesk import actions, changes, nudging, tasks
from helpdesk.actions.outgoing import ask_for_sending
from helpdesk.actions.webhooks import ask_for_delivery
from helpdesk.actor import system
from helpdesk.changes import ANNOUNCE_TASK
from integrations.mirror import due


@pytest.fixture
def clock(monkeypatch):
    """Seconds, as the refusals see them."""
    now = [1000.0]
    monkeypatch.setattr(nudging.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def refused(monkeypatch, clock):
    """A broker that refuses all; the tasks that it was asked for."""
    asked: list[str] = []

    def refuse(task, *args, **kwargs):
        asked.append(task)
        raise OperationalError("1000 messages wait already: is the worker running?")

    monkeypatch.setattr(nudging.current_app, "send_task", refuse)
    monkeypatch.setattr(nudging, "refusals", nudging.Refusals())
    cache.delete(nudging.NUDGE_FAILED)
    return asked


def lines(caplog) -> list[str]:
    return [one.getMessage() for one in caplog.records if "refused a nudge" in one.getMessage()]


def test_a_thousand_refusals_are_said_once_a_minute_with_how_many_they_were(refused, clock, caplog):
    caplog.set_level(logging.WARNING)
    for _one in range(1000):
        nudging.ask_for("helpdesk.announce")
    assert len(refused) == 1000, "each is asked for all the same"
    assert len(lines(caplog)) == 1
    clock[0] += 59.9
    nudging.ask_for("helpdesk.announce")
    assert len(lines(caplog)) == 1
    clock[0] += 0.1
    nudging.ask_for("helpdesk.announce")
    [first, second] = lines(caplog)
    assert "1 since" in first and "1000 messages wait already" in first
    assert "1001 since" in second


@pytest.mark.django_db
def test_whoever_nudges_shares_that_line(refused, caplog, django_capture_on_commit_callbacks):
    caplog.set_level(logging.WARNING)
    with django_capture_on_commit_callbacks(execute=True):
        actions.open_ticket(by=system("rule"), title="Printer")
        ask_for_sending()
        ask_for_delivery()
        due.nudge()
    assert len(set(refused)) == 4
    assert len(lines(caplog)) == 1


def test_the_health_page_hears_of_it(refused):
    nudging.ask_for("helpdesk.announce")
    assert "wait already" in cache.get(nudging.NUDGE_FAILED)


def test_a_cache_that_is_away_too_stops_nobody(refused, monkeypatch, caplog):
    def away(*args):
        raise CacheIsAway("no")

    monkeypatch.setattr(nudging.cache, "set", away)
    nudging.ask_for("helpdesk.announce")
    assert len(lines(caplog)) == 1


@pytest.fixture
def asked(monkeypatch, settings) -> list[str]:
    """The tasks that a broker was asked for, where processes share a cache."""
    settings.CACHE_URL = "redis://somewhere"
    found: list[str] = []
    monkeypatch.setattr(nudging, "ask_for", found.append)
    nudging.begins("a-task")
    return found


def test_what_waits_is_asked_for_once_until_it_begins(asked):
    for _one in range(100):
        nudging.ask_once("a-task")
    assert asked == ["a-task"]
    nudging.begins("a-task")
    nudging.ask_once("a-task")
    assert asked == ["a-task", "a-task"], "what came after it began is not in its hands"


def test_what_never_begins_is_asked_for_again(asked, monkeypatch):
    monkeypatch.setattr(nudging, "ASKED_FOR", 0)  # at once, as after so many seconds
    nudging.ask_once("a-task")
    nudging.ask_once("a-task")
    assert asked == ["a-task", "a-task"]


def test_without_a_shared_cache_each_asks(asked, settings):
    settings.CACHE_URL = ""
    nudging.ask_once("a-task")
    nudging.ask_once("a-task")
    assert asked == ["a-task", "a-task"]


def test_a_cache_that_is_away_lets_each_ask(asked, monkeypatch):
    def away(*args):
        raise CacheIsAway("no")

    monkeypatch.setattr(nudging.cache, "add", away)
    nudging.ask_once("a-task")
    nudging.ask_once("a-task")
    assert asked == ["a-task", "a-task"]


@pytest.mark.django_db
def test_the_announcer_says_when_it_begins(asked):
    changes.nudge()
    changes.nudge()
    tasks.announce()
    changes.nudge()
    assert asked == [ANNOUNCE_TASK] * 2
