"""What a failure stops: one ticket or one connection, never everything; and until when."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.mirror.claims import KEPT, Claim
from integrations.models import Connection, Link

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0  # seconds, of a ticket
MANY_ATTEMPTS, PAUSE_BEFORE_MANY = 10, 60.0  # an outage of minutes costs no ticket an hour
LONGEST_CONNECTION_PAUSE = 15.0  # of a connection, during its first failures
MANY_FAILURES, PAUSE_AFTER_MANY = 40, 60.0
LOOKS_FOR_UNKNOWN = 4  # tries of a ticket whose answers stay unclear
BEFORE_LOOKING = 5.0  # seconds that a service gets to finish what it did not answer


class MaybeCreated(ConnectorError):
    """The answer to a create was lost and nothing tells whether it worked."""

    def __init__(self) -> None:
        words = _(
            "The answer was lost and this service cannot be searched. Look there: if the ticket is"
            " missing, press Retry to create it."
        )
        super().__init__(words, permanent=True)


def ticket_failed(claim: Claim, error: ConnectorError, *, must_read: bool = False) -> None:
    """Try the ticket again later, or park it until a person or a change comes."""
    link = claim.link
    unclear = error.maybe_done and link.attempts < LOOKS_FOR_UNKNOWN
    if error.permanent and not unclear:
        is_maybe = isinstance(error, MaybeCreated)
        park(claim, error.message, state=Link.State.MAYBE_CREATED if is_maybe else Link.State.ERROR)
        return
    put_back(claim, error, state=Link.State.WAITING, must_read=must_read)


def put_back(
    claim: Claim, error: ConnectorError, *, state: str | None = None, must_read: bool = False
) -> None:
    """Not now: behind the others, after a pause that grows."""
    link = claim.link
    longest = LONGEST_PAUSE if link.attempts >= MANY_ATTEMPTS else PAUSE_BEFORE_MANY
    if error.scope != "ticket":
        longest = LONGEST_CONNECTION_PAUSE
    pause = min(FIRST_PAUSE * 2 ** min(link.attempts, 12), longest)
    pause = max(pause, error.retry_after or 0, BEFORE_LOOKING if error.maybe_done else 0)
    rows = Link.objects.filter(pk=link.pk, claim=claim.token).exclude(state__in=KEPT)
    changes = {"must_read": True} if must_read else {}
    rows.update(
        due_at=timezone.now() + timedelta(seconds=pause),
        urgency=Link.Urgency.RETRY,
        attempts=F("attempts") + 1,
        error=error.message,
        last_exchange_at=timezone.now(),
        **({"state": state} if state else {}),
        **changes,
    )


def park(claim: Claim, words: str, *, state: str = Link.State.ERROR) -> None:
    """Nothing more is done until a person asks for it or the ticket changes."""
    claim.is_done(state=state, error=words, last_exchange_at=timezone.now())


def connection_failed(connection: Connection, error: ConnectorError) -> None:
    """Stop a connection for a while, or until a person has seen to it."""
    rows = Connection.objects.filter(pk=connection.pk)
    if error.permanent:
        rows.update(state=Connection.State.FAILED, error=error.message)
        return
    many = connection.failures >= MANY_FAILURES
    pause = PAUSE_AFTER_MANY if many else LONGEST_CONNECTION_PAUSE
    pause = min(2.0 ** min(connection.failures, 10), pause)
    put_off(connection, max(pause, error.retry_after or 0))
    rows.update(error=error.message, failures=F("failures") + 1)


def put_off(connection: Connection, seconds: float) -> None:
    """Make no call for some seconds."""
    until = timezone.now() + timedelta(seconds=seconds)
    Connection.objects.filter(pk=connection.pk).update(resume_at=until)


def succeeded(connection: Connection) -> None:
    """Failures are counted anew. A pause that another worker was told of meanwhile stays."""
    Connection.objects.filter(pk=connection.pk).exclude(state=Connection.State.FAILED).update(
        failures=0, error="", last_success_at=timezone.now()
    )
    connection.failures, connection.error = 0, ""


def fault_of_connection(error: Exception) -> str:
    return _("A fault of the helpdesk itself stopped this connection (%(kind)s). See the log.") % {
        "kind": type(error).__name__
    }


def fault(error: Exception) -> str:
    """The words for a fault of ours: details are in the log."""
    return _("A fault of the helpdesk itself stopped this ticket (%(kind)s). See the log.") % {
        "kind": type(error).__name__
    }
