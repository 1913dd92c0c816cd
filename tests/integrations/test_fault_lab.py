"""A hundred changes per service while the other side answers with faults and workers are killed."""

import os

import pytest

from tests.integrations.pairs import connected
from tests.integrations.storm import SHARES, rage

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="both helpdesks keep to SQLite"),
]


def test_a_hundred_changes_among_faults_and_killed_workers_end_equal(tmp_path):
    with connected(tmp_path, shares=SHARES) as two:
        outcome = rage(two, tickets=10, changes=100, say=print)
    print(outcome.told())
    assert outcome.differences == {}
    assert {name: one["maybe"] for name, one in outcome.standing.items()} == dict.fromkeys(
        outcome.standing, 0
    )
    assert outcome.later_writes == 0
    assert outcome.kills > 0
    assert set(outcome.dealt) == set(SHARES)
