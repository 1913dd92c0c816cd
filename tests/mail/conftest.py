"""The mail server that tests of fetching share."""

import shutil
import tempfile
from itertools import count
from pathlib import Path

import pytest

from tests.mail import dovecot

_users = count(1)


@pytest.fixture(scope="session")
def mail_server():
    if why := dovecot.missing():
        if dovecot.is_required():
            pytest.fail(f"REQUIRE_DOVECOT is set, and it {why}")
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    server = dovecot.start(folder)
    yield server
    dovecot.stop(server)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def account() -> str:
    """The name of an empty account."""
    return f"user{next(_users)}"
