import pytest

from tests.integrations.onna.caller import Caller


@pytest.fixture
def api(db):
    return Caller(name="Archive")
