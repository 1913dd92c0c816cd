"""What every test needs: cheap passwords, plain static files, no network, a fresh configuration."""

import ipaddress
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache

from helpdesk import prepared
from helpdesk.doors import keys
from helpdesk.models import configuration


def pytest_configure(config):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop of its own
    # A busy machine is no fault of the code: examples are judged by what they find, not by time.
    hypothesis.settings.register_profile(
        "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("house")


@pytest.fixture
def same_minute(monkeypatch):
    """The clock of the limits stands still, forty seconds before the next minute."""
    monkeypatch.setattr(keys, "time", SimpleNamespace(time=lambda: 1_000_000_040.0))


SHARED = Path(settings.BASE_DIR).parent / "shared"


def pytest_collection_modifyitems(config, items):
    """Tests of real data are skipped where it is not at hand, unless REQUIRE_SHARED is set."""
    if SHARED.is_dir() or os.environ.get("REQUIRE_SHARED"):
        return
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=f"needs {SHARED.name}/ beside the repository"))


def pytest_sessionfinish(session, exitstatus):
    """With REQUIRE_SHARED, a run in which no such test passed has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("REQUIRE_SHARED") or reporter is None:
        return
    if not reporter.stats.get("passed") or reporter.stats.get("skipped"):
        reporter.write_line("REQUIRE_SHARED is set, but tests of real data did not run.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def is_local(address) -> bool:
    """Whether a socket address stays on this machine."""
    if not isinstance(address, tuple):
        return True  # a Unix socket's path
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class FencedSocket(socket.socket):
    """A socket that reaches this machine only."""

    def connect(self, address):
        assert is_local(address), f"A test tried to reach {address}."
        return super().connect(address)

    def connect_ex(self, address):
        assert is_local(address), f"A test tried to reach {address}."
        return super().connect_ex(address)


@pytest.fixture(autouse=True, scope="session")
def no_network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", FencedSocket)
        yield


@pytest.fixture(autouse=True)
def fresh_process():
    """What a process remembers between requests is forgotten between tests."""
    configuration.reset()
    cache.clear()
    prepared.forget()
    yield
    configuration.reset()
