"""How many calls a connection may still make: a bucket in the database, shared by all workers.

It holds two fifths of the minute's calls and is refilled with the other three, so that no minute
sees more than the limit. What is not live leaves a fifth of the bucket alone.
"""

import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.models import Connection, Link

BURST = 0.4
KEPT_FOR_LIVE = 0.2
PATIENCE = 2.0  # seconds to wait for a call before the work is put off
TAKEN_AHEAD = 0.002  # of the bucket, in one statement: 8 calls of 10,000 a minute, 1 of 1,000
MOST_AHEAD = 16
AHEAD_FOR = 1.0  # seconds until what was taken ahead and not used is lost
REFILLED_IN = 60.5  # seconds: the half for what was taken ahead in the minute before


def calls_left(connection: Connection, per_minute: int) -> tuple[int, int]:
    """How many calls could be made at this moment, and how many at the most at once."""
    capacity = max(1.0, per_minute * BURST)
    if connection.budget_level is None or connection.budget_at is None:
        return int(capacity), int(capacity)
    passed = max(0.0, (timezone.now() - connection.budget_at).total_seconds())
    filled = connection.budget_level + passed * per_minute * (1 - BURST) / REFILLED_IN
    return int(min(capacity, filled)), int(capacity)


class BudgetSpent(ConnectorError):
    """No call is left for now. Nothing was sent."""

    def __init__(self, wait: float) -> None:
        words = _("The calls of this minute are used up. It goes on in a moment.")
        super().__init__(words, permanent=False, scope="connection", retry_after=wait)


class Budget:
    """`urgency` is that of the work at hand. `per_minute` None: no limit."""

    def __init__(
        self,
        connection_id: int,
        per_minute: int | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection_id = connection_id
        self.per_minute = per_minute
        self.urgency: int = Link.Urgency.LIVE
        self._sleep = sleep
        self._known: tuple[float, datetime] | None = None  # what we stored last: often still so
        self._ahead, self._ahead_until = 0, 0.0

    def take(self) -> None:
        """Take one call, waiting a little if need be. Raises BudgetSpent."""
        if self.per_minute is None:
            return
        if self._ahead and time.monotonic() < self._ahead_until:
            self._ahead -= 1
            return
        waited = 0.0
        while (wait := self._try()) > 0:
            if waited + wait > PATIENCE:
                raise BudgetSpent(wait)
            self._sleep(wait)
            waited += wait

    def _try(self) -> float:
        """Take a call and return 0, or the seconds until there is one.

        Of a large bucket that is half full some more are taken with it, for the next second.
        """
        capacity = max(1.0, self.per_minute * BURST)
        rate = self.per_minute * (1 - BURST) / REFILLED_IN
        kept = min(capacity * KEPT_FOR_LIVE, capacity - 1)  # a full bucket has a call for all
        floor = 0.0 if self.urgency == Link.Urgency.LIVE else kept
        rows = Connection.objects.filter(pk=self.connection_id)
        known, self._known = self._known, None
        while True:
            level, at = known or rows.values_list("budget_level", "budget_at").get()
            known = None
            now = timezone.now()
            passed = max(0.0, (now - at).total_seconds()) if at else 0.0
            filled = min(capacity, level + passed * rate) if level is not None else capacity
            if filled - 1 < floor:
                return (floor + 1 - filled) / rate
            taken = 1
            if filled > capacity / 2:
                taken = max(1, min(int(capacity * TAKEN_AHEAD), MOST_AHEAD))
            unchanged = rows.filter(budget_level=level, budget_at=at)
            if unchanged.update(budget_level=filled - taken, budget_at=now):
                self._known = (filled - taken, now)
                self._ahead, self._ahead_until = taken - 1, time.monotonic() + AHEAD_FOR
                return 0.0
