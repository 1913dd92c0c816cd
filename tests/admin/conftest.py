import pytest

from tests.factories import make_user


@pytest.fixture
def admin(db):
    return make_user("Ada Admin", "admin")


@pytest.fixture
def site(client, admin):
    """A browser signed in as an administrator."""
    client.force_login(admin)
    return client
