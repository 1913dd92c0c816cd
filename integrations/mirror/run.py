"""What one slice of work on a connection holds, and what it does when one link fails."""

import logging
import time
from collections.abc import Callable

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
        self.memory = Memory(connection)
        self.connector: Connector = open_connector(
            connection,
            journal=self.journal,
            budget=self.budget,
            before_call=self.renew,
            memory=self.memory.content,
        )

    def renew(self) -> None:
        for holding in self.held:
            holding.renew()

    def store(self, *, with_journal: bool = True) -> None:
        """Keep what the calls left behind: the journal, and what the connector learned."""
        if with_journal or self.journal.is_long:
            self.journal.store()
        self.memory.store(self.connector)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.deadline


def with_claim(run: Run, claim: Claim, work: Callable[[], None]) -> None:
    """Do the work of one link; what fails stops this ticket, unless it is the connection's."""
    before = run.held
    run.held = [*before, claim]
    try:
        work()
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
