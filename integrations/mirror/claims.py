"""Who works on what: leases and claims that only one worker can win."""

import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from integrations.models import AT_REST, Connection, Link

HELD_FOR = timedelta(seconds=30)  # longer than any one call; renewed before each
FRESH_FOR = 2.0  # seconds in which what was taken or renewed need not be renewed
KEPT = (Link.State.PAUSED, Link.State.ENDED, Link.State.ELSEWHERE)  # whatever a turn came to


class Lost(Exception):
    """Another worker took over, because this one was silent for too long."""


class NotYet(Exception):
    """Someone else is about to make this ticket, here or there: look again in a moment."""


class Lease:
    """The right to pull on a connection."""

    def __init__(self, connection_id: int) -> None:
        self.connection_id = connection_id
        self.token = uuid.uuid4()
        self.renewed_at = float("-inf")

    def take(self) -> bool:
        self.renewed_at = time.monotonic()
        now = timezone.now()
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        rows = Connection.objects.filter(free, pk=self.connection_id)
        return bool(rows.update(lease=self.token, leased_until=now + HELD_FOR))

    def renew(self) -> None:
        if _is_fresh(self):
            return
        self.renewed_at = time.monotonic()
        rows = Connection.objects.filter(pk=self.connection_id, lease=self.token)
        if not rows.update(leased_until=timezone.now() + HELD_FOR):
            raise Lost

    def release(self) -> None:
        rows = Connection.objects.filter(pk=self.connection_id, lease=self.token)
        rows.update(lease=None, leased_until=None)


class Claim:
    """The right to exchange one link. `due_at` is what it was when claimed."""

    def __init__(self, link: Link, token: uuid.UUID) -> None:
        self.link = link
        self.token = token
        self.renewed_at = time.monotonic()
        self.due_at = link.due_at
        self._is_held = True

    def renew(self) -> None:
        if _is_fresh(self):
            return
        self.renewed_at = time.monotonic()
        if not self._rows.update(claimed_until=timezone.now() + HELD_FOR):
            raise Lost

    def release(self) -> None:
        if self._is_held:
            self._rows.update(claim=None, claimed_until=None)

    def says(self, state: str, error: str, **more: Any) -> None:
        """How the link stands now; what a person stopped meanwhile stays stopped."""
        self._rows.update(**_standing(state, error), **more)

    def is_done(self, **said: Any) -> None:
        """Nothing is due any more, and it is let go, unless it became due again meanwhile.

        Only then is the wish to read it met: a worker that is killed before leaves it to the next.

        `said` is what `says` takes, stored with it.
        """
        if not self._is_held:
            return
        changes = _standing(said.pop("state"), said.pop("error")) | said if said else {}
        rows = self._rows.filter(due_at=self.due_at)
        rest = {"due_at": None, "must_read": False, "attempts": 0}
        if rows.update(**rest, claim=None, claimed_until=None, **changes):
            self._is_held = False
        elif changes:
            self._rows.update(**changes)

    @property
    def _rows(self) -> QuerySet[Link]:
        return Link.objects.filter(pk=self.link.pk, claim=self.token)


def claim_next(connection: Connection) -> Claim | None:
    """The most urgent due link that nobody works on."""
    now = timezone.now()
    due = Link.objects.filter(_free(now), connection=connection, due_at__lte=now)
    return _claim_first(due.exclude(state__in=AT_REST).order_by("urgency", "due_at", "pk"))


def claim_link(pk: int) -> Claim | None:
    """This link, if nobody else works on it. What is said of it from now on is read anew."""
    return _claim_first(Link.objects.filter(_free(timezone.now()), pk=pk))


def _claim_first(rows: QuerySet[Link]) -> Claim | None:
    """Read and taken in one transaction; what another worker is about to take is passed over."""
    rows = rows.select_related("ticket__requester", "ticket__assignee")
    with transaction.atomic():
        link = rows.select_for_update(of=("self",), skip_locked=True).first()
        if link is None:
            return None
        claim = Claim(link, uuid.uuid4())
        until = timezone.now() + HELD_FOR
        Link.objects.filter(pk=link.pk).update(claim=claim.token, claimed_until=until)
    return claim


def _standing(state: str, error: str) -> dict[str, Any]:
    stopped, field = Q(state__in=KEPT), Link._meta.get_field
    return {
        name: Case(When(stopped, then=F(name)), default=Value(said), output_field=field(name))
        for name, said in (("state", state), ("error", error))
    }


def _is_fresh(held: Lease | Claim) -> bool:
    return time.monotonic() - held.renewed_at < FRESH_FOR


def _free(now: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=now)
