"""What one slice of work on a connection holds, and what it does when one link fails."""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack

from django.core.exceptions import PermissionDenied, ValidationError

from integrations.budget import BudgetSpent
from integrations.connecting import budget_of, open_connector
from integrations.connector import Connector, ConnectorError
from integrations.journal import Journal
from integrations.memory import Memory
from integrations.mirror import failures
from integrations.mirror.claims import Claim, Lease, Lost, NotYet
from integrations.models import Connection

log = logging.getLogger(__name__)


class Run:
    """What a slice works with. `held` are the leases and claims to renew before each call."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self.connection = connection
        self.deadline = time.monotonic() + seconds
        self.journal = Journal(connection)
        self.budget = budget_of(connection)
        self.held: list[Lease | Claim] = []
        self.calls = 0
        self._open = ExitStack()
        self._is_well = not connection.failures
        self.memory = Memory(connection)
        self.connector: Connector = open_connector(
            connection,
            journal=self.journal,
            budget=self.budget,
            before_call=self._before_call,
            memory=self.memory.content,
            kept=self._open,
        )

    def _before_call(self) -> None:
        for holding in self.held:
            holding.renew()
        self.calls += 1

    def went_well(self) -> None:
        """A turn came to its end by calls, so the other side is there."""
        self._is_well = True
        if self.connection.failures or self.connection.error:
            failures.succeeded(self.connection)

    def forgives(self, error: ConnectorError) -> bool:
        """Whether a failed call says nothing of the connection yet: what came before went well.

        The second in a row does, and so does whatever says how long to wait.
        """
        is_forgiven = self._is_well and not error.permanent and error.retry_after is None
        self._is_well = False
        return is_forgiven

    def store(self, *, with_journal: bool = True) -> None:
        """Keep what the calls left behind: the journal, and what the connector learned."""
        if with_journal or self.journal.is_long:
            self.journal.store()
        self.memory.store(self.connector)

    def end(self) -> None:
        """At the end of the slice: what is left to keep is kept, what is open is closed."""
        self._open.close()
        self.store()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.deadline


def with_claim(run: Run, claim: Claim, work: Callable[[], None]) -> None:
    """Do the work of one link; what fails stops this ticket, unless it is the connection's."""
    before, calls = run.held, run.calls
    run.held = [*before, claim]
    try:
        work()
        if run.calls > calls:
            run.went_well()
    except Lost:
        log.info("Another worker took over link %s", claim.link.pk)
    except (BudgetSpent, NotYet):
        raise
    except ConnectorError as error:
        if error.scope == "connection":
            if not error.permanent:
                failures.put_back(claim, error, must_read=bool(claim.link.remote_id))
            raise
        failures.ticket_failed(claim, error, must_read=bool(claim.link.remote_id))
    except (ValidationError, PermissionDenied) as error:
        words = error.messages if isinstance(error, ValidationError) else [str(error)]
        failures.park(claim, " ".join(words))
    except Exception as error:  # one ticket's fault never stops the others
        log.exception("Link %s failed", claim.link.pk)
        failures.park(claim, failures.fault(error))
    finally:
        run.held = before
        claim.release()
