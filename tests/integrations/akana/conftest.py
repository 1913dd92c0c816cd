"""Keys of the endpoint's own, and a client of it."""

import pytest

from tests.factories import default_queue, make_key
from tests.integrations.akana.caller import Caller


@pytest.fixture
def api():
    return Caller(make_key(name="Ledger", rate_limit=100_000, queues=[default_queue()])[1])
