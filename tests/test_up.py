"""The whole helpdesk by one command, started and treated badly."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.test_supervisor import eventually, is_running

SET_FOR_TESTS = {"DATABASE_URL", "BROKER_URL", "CACHE_URL", "SECRET_KEY", "ENCRYPTION_KEYS"}

pytestmark = pytest.mark.processes
NAMES = {"helpdesk.serving": "web", "worker": "worker", "beat": "scheduler"}


def children_of(pid: int) -> dict[str, int]:
    """Process ids by what the command line tells them to be."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        for word, name in NAMES.items():
            if parent == pid and word in command:
                found[name] = int(folder.name)
    return found


def health(port: int) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as error:
        return 0, str(error)
    finally:
        connection.close()


@pytest.fixture
def helpdesk(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in SET_FOR_TESTS}
    environment |= {"DATA": str(tmp_path), "PORT": str(port), "DEMO": "0"}
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=output,
        )
        yield process, port, tmp_path, environment
        process.terminate()
        process.wait(20)


def test_it_starts_heals_refuses_a_second_and_stops_clean(helpdesk):
    process, port, data, environment = helpdesk
    eventually(lambda: health(port)[0] == 200, timeout=90)

    for name in ("worker", "scheduler", "web"):
        killed = children_of(process.pid)[name]
        os.kill(killed, signal.SIGKILL)
        eventually(lambda name=name, pid=killed: children_of(process.pid).get(name, pid) != pid)
    eventually(lambda: health(port)[0] == 200, timeout=60)

    second = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert "already" in second.stderr

    started = list(children_of(process.pid).values())
    process.terminate()
    assert process.wait(15) == 0
    assert not any(is_running(pid) for pid in started)
    said = (data / "output").read_text()
    assert said.endswith("Stopped.\n")
    assert "Nobody can sign in yet" in said
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("PORT", "eighty", "PORT must be a whole number"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL is not understood"),
        ("DATABASE_URL", "postgres://me:hush-hush@127.0.0.1:1/none", "database can't be used"),
        ("EMAIL_URL", "nonsense", "EMAIL_URL is not understood"),
        ("TIME_ZONE", "Mars/North", "no time zone “Mars/North”"),
        ("OUTBOUND_ALLOW", "localhost", "localhost in OUTBOUND_ALLOW is not a network"),
        ("DATA", "/proc/nowhere", "DATA can't be made"),
    ],
)
def test_a_wrong_setting_stops_it_in_words(tmp_path, setting, value, words):
    environment = {name: kept for name, kept in os.environ.items() if name not in SET_FOR_TESTS}
    environment |= {"DATA": str(tmp_path), "DEMO": "0", setting: value}
    told = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 1
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    assert "hush-hush" not in told.stderr
