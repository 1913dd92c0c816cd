"""Asking a worker to begin at once. A nudge may be lost: the clock asks for the same soon."""

import logging
import time
from threading import Lock

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
NUDGE_FAILED = "nudge-failed"  # cache key: the words of the last refusal, for a minute
ASKED = "asked-for:"  # cache key of a task that waits
ASKED_FOR = 5  # seconds after which one that has not begun is asked for again
SAID_EVERY = 60.0  # seconds between two lines about it in the log of a process


class Refusals:
    """How many nudges were refused since it was last said."""

    def __init__(self) -> None:
        self._lock, self._unsaid, self._said_at = Lock(), 0, -SAID_EVERY

    def note(self, why: Exception) -> None:
        with self._lock:
            self._unsaid += 1
            if time.monotonic() - self._said_at < SAID_EVERY:
                return
            number, self._unsaid, self._said_at = self._unsaid, 0, time.monotonic()
        log.warning("The broker refused a nudge, %s since this was last said: %s", number, why)
        _keep(f"{type(why).__name__}: {why}")


refusals = Refusals()


def ask_for(task: str, *args: int, expires: float = 30) -> None:
    """Send a task. A broker that refuses it is said in the log, once a minute at most."""
    try:
        current_app.send_task(task, args, retry=False, ignore_result=True, expires=expires)
    except (OperationalError, OSError) as error:
        refusals.note(error)


def ask_once(task: str) -> None:
    """Send a task, unless one waits that has not begun: it will find what is there by now.

    Only where processes share a cache, as it is the task that says when it begins (`begins`).
    """
    if not settings.CACHE_URL or _is_first(task):
        ask_for(task)


def begins(task: str) -> None:
    """Called by a task before it looks: whoever asks from now on is not answered by this run."""
    if settings.CACHE_URL:
        cache.delete(ASKED + task)


def _is_first(task: str) -> bool:
    try:
        return cache.add(ASKED + task, 1, ASKED_FOR)
    except (RedisError, OSError) as error:
        log.warning("The cache does not say whether %s waits: %s", task, error)
        return True


def _keep(words: str) -> None:
    """For the health page."""
    try:
        cache.set(NUDGE_FAILED, words[:200], SAID_EVERY + 10)
    except (RedisError, OSError) as error:
        log.warning("Nor does the cache take a word: %s", error)
