"""The figures of all connections, in one statement."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Connection, Exchange, Link
from integrations.operations.health import figures
from tests.budget import statements
from tests.factories import default_queue, make_ticket

pytestmark = pytest.mark.django_db


def test_figures_are_told_for_each_connection_in_one_statement():
    now = timezone.now()
    one, other = (
        Connection.objects.create(name=name, service="teamswork", queue=default_queue())
        for name in ("One", "Other")
    )
    for urgency, state in [(0, "ok"), (2, "waiting"), (2, "waiting"), (0, "paused")]:
        Link.objects.create(
            connection=one, ticket=make_ticket(), urgency=urgency, state=state,
            due_at=now - timedelta(seconds=90),
        )  # fmt: skip
    Link.objects.create(connection=one, ticket=make_ticket(), state="error")
    for error, at in [("", now), ("Away.", now), ("Away.", now - timedelta(hours=2))]:
        Exchange.objects.create(connection=one, at=at, method="GET", url="u", error=error)
    with statements() as counted:
        found = figures()
    assert len(counted) == 1 and found.keys() == {one.pk, other.pk}
    mine = found[one.pk]
    assert (mine.calls, mine.failed, mine.error_rate) == (2, 1, 0.5)
    assert (mine.live, mine.retry, mine.backfill, mine.drift, mine.person) == (1, 0, 2, 0, 1)
    assert 89 < mine.late < 600 and mine.backlog == 3
    assert found[other.pk].late is None and found[other.pk].error_rate is None
