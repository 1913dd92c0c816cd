"""Who works on what: leases and claims, each one statement that only one worker can win."""

import uuid
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.models import AT_REST, Connection, Link

HELD_FOR = timedelta(seconds=30)  # longer than any one call; renewed before each


class Lost(Exception):
    """Another worker took over, because this one was silent for too long."""


class NotYet(Exception):
    """Someone else is about to make this ticket, here or there: look again in a moment."""


class Lease:
    """The right to pull on a connection."""

    def __init__(self, connection_id: int) -> None:
        self.connection_id = connection_id
        self.token = uuid.uuid4()

    def take(self) -> bool:
        now = timezone.now()
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        rows = Connection.objects.filter(free, pk=self.connection_id)
        return bool(rows.update(lease=self.token, leased_until=now + HELD_FOR))

    def renew(self) -> None:
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
        self.due_at = link.due_at
        self._is_held = True

    def renew(self) -> None:
        rows = Link.objects.filter(pk=self.link.pk, claim=self.token)
        if not rows.update(claimed_until=timezone.now() + HELD_FOR):
            raise Lost

    def release(self) -> None:
        if self._is_held:
            rows = Link.objects.filter(pk=self.link.pk, claim=self.token)
            rows.update(claim=None, claimed_until=None)

    def is_done(self) -> None:
        """Nothing is due any more, and it is let go, unless it became due again meanwhile."""
        rows = Link.objects.filter(pk=self.link.pk, claim=self.token, due_at=self.due_at)
        if rows.update(due_at=None, attempts=0, claim=None, claimed_until=None):
            self._is_held = False


def claim_next(connection: Connection) -> Claim | None:
    """The most urgent due link that nobody works on."""
    while True:
        now = timezone.now()
        due = Link.objects.filter(_free(now), connection=connection, due_at__lte=now)
        found = due.exclude(state__in=AT_REST).order_by("urgency", "due_at", "pk")
        pk = found.values_list("pk", flat=True).first()
        if pk is None:
            return None
        if claim := claim_link(pk):
            return claim


def claim_link(pk: int) -> Claim | None:
    """This link, if nobody else works on it. What is said of it from now on is read anew."""
    now, token = timezone.now(), uuid.uuid4()
    rows = Link.objects.filter(_free(now), pk=pk)
    if not rows.update(claim=token, claimed_until=now + HELD_FOR):
        return None
    rows = Link.objects.select_related("ticket__requester", "ticket__assignee")
    return Claim(rows.get(pk=pk), token)


def _free(now) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=now)
