"""Keys of the endpoint's own."""

import pytest

from tests.factories import default_queue, make_key
from tests.integrations.stackone.served.caller import Caller


@pytest.fixture
def key():
    return make_key(name="Ledger", rate_limit=10_000, queues=[default_queue()])


@pytest.fixture
def api(key):
    return Caller(key[1])
