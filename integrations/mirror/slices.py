"""Slices: for a few seconds on one connection, pull, then push.

Two workers at most are at one connection, so that its backlog leaves the others to the rest.
"""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from helpdesk.encryption import LostKey
from integrations.budget import BudgetSpent
from integrations.connector import ConnectorError
from integrations.mirror import failures, pull, push
from integrations.mirror.claims import HELD_FOR, Lease, Lost, NotYet, claim_next
from integrations.mirror.due import nudge
from integrations.mirror.run import Run, with_claim
from integrations.models import AT_REST, Connection, Link

log = logging.getLogger(__name__)
SLICE = 5.0  # seconds
GIVEN_OUT_FOR = timedelta(seconds=8)  # until whoever was asked must have begun
AT_ONCE = 2
SEEN_WITHIN = timedelta(seconds=8)  # a claim not renewed for longer: its worker waits, or died
NOTHING_TO_LIST = timedelta(days=1)


def sync(connection_id: int, seconds: float = SLICE) -> None:
    """Work on a connection for some seconds; whatever is left is due still."""
    connection = workable().select_related("queue").filter(pk=connection_id).first()
    if connection is None:
        return
    Connection.objects.filter(pk=connection_id).update(busy_until=None)
    try:
        run = Run(connection, seconds)
        try:
            _pull_if_due(run)
            _push(run)
        finally:
            run.end()
        if connection.failures or connection.error:
            failures.succeeded(connection)
    except BudgetSpent as spent:
        failures.put_off(connection, spent.retry_after or 1.0)
    except ConnectorError as error:
        failures.connection_failed(connection, error)
    except LostKey as error:
        failures.connection_failed(
            connection, ConnectorError(str(error), permanent=True, scope="connection")
        )
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: nothing can be said of the connection
    except Exception as error:
        log.exception("Connection %s failed", connection.pk)
        words = failures.fault_of_connection(error)
        failures.connection_failed(connection, ConnectorError(words, permanent=False))
    if _wanted(timezone.now()).filter(pk=connection_id).exists():
        nudge()


def workable() -> QuerySet[Connection]:
    """Connections that may make calls now."""
    free = Q(resume_at=None) | Q(resume_at__lte=timezone.now())
    return Connection.objects.filter(free, state=Connection.State.ACTIVE)


def with_work() -> list[int]:
    """Connections that have something to do now and room for one more worker.

    Each is given out to one worker, and again once that one has begun.
    """
    now = timezone.now()
    idle = Q(busy_until=None) | Q(busy_until__lte=now)
    found = _wanted(now).filter(idle).values_list("pk", "leased_until")
    ids = [pk for pk, leased in found if _at_work(pk, leased, now) < AT_ONCE]
    rows = Connection.objects.filter(idle)
    return [pk for pk in ids if rows.filter(pk=pk).update(busy_until=now + GIVEN_OUT_FOR)]


def _at_work(connection_id: int, leased_until: datetime | None, now: datetime) -> int:
    """How many workers are at a connection: one may pull, each of the others holds a due link."""
    held = Link.objects.filter(connection=connection_id, due_at__isnull=False)
    pushing = held.filter(claimed_until__gt=now + HELD_FOR - SEEN_WITHIN).count()
    return pushing + (leased_until is not None and leased_until > now)


def _wanted(now: datetime) -> QuerySet[Connection]:
    due = Link.objects.filter(due_at__lte=now).exclude(state__in=AT_REST)
    due = due.filter(Q(claimed_until=None) | Q(claimed_until__lte=now))
    wanted = Q(pk__in=due.values("connection_id"))
    nobody_pulls = Q(leased_until=None) | Q(leased_until__lte=now)
    wanted |= Q(poll_at__lte=now) & nobody_pulls & ~Q(direction=Connection.Direction.OUT)
    return workable().filter(wanted)


def _pull_if_due(run: Run) -> None:
    connection = run.connection
    if not connection.receives or connection.poll_at > timezone.now():
        return
    if not run.connector.capabilities.list:
        rows = Connection.objects.filter(pk=connection.pk)
        rows.update(poll_at=timezone.now() + NOTHING_TO_LIST)
        return
    lease = Lease(connection.pk)
    if not lease.take():
        return
    run.held = [lease]
    try:
        pull.pull(run, lease)
        failures.succeeded(connection)
        run.went_well()
    except Lost:
        log.info("Another worker pulls on connection %s", connection.pk)
    except ConnectorError as error:
        if not run.forgives(error):
            raise
        rows = Connection.objects.filter(pk=connection.pk, lease=lease.token)
        rows.update(poll_at=timezone.now() + pull.SOON)
    finally:
        run.held = []
        lease.release()


def _push(run: Run) -> None:
    while not run.is_over and (claim := claim_next(run.connection)) is not None:
        run.budget.urgency = claim.link.urgency
        try:
            with_claim(run, claim, lambda claim=claim: push.exchange(run, claim))
        except NotYet:
            log.info("Link %s is being made elsewhere", claim.link.pk)
        except ConnectorError as error:
            if not run.forgives(error):
                raise
        finally:
            run.store(with_journal=False)
