"""Keys of the endpoint's own, and a client of it."""

import pytest

from tests.factories import default_queue, make_key
from tests.integrations.akana.caller import Caller
from tests.integrations.akana.portal import Portal


@pytest.fixture
def api():
    return Caller(make_key(name="Ledger", rate_limit=100_000, queues=[default_queue()])[1])


@pytest.fixture
def portal(open_session):
    served = Portal(open_session)
    yield served
    served.stop()
