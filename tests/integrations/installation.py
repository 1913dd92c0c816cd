"""A whole helpdesk as a person starts it, in processes and a folder of its own."""

import copy
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.integrations.desk import Desk

REPOSITORY = Path(__file__).resolve().parents[2]
PREPARE = """
from helpdesk.models import ApiKey, CustomField, FieldOption
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
key = ApiKey(name="Test", scope="write", all_queues=True, rate_limit=100_000)
secret = key.renew_secret()
key.save()
kinds = {"serial": "text", "seats": "number", "since": "date", "vip": "toggle", "region": "choice"}
for key, kind in kinds.items():
    field = CustomField.objects.create(key=key, name=key.title(), kind=kind)
    for label in ("North", "South") if kind == "choice" else ():
        FieldOption.objects.create(field=field, label=label)
print(secret)
"""

CREDENTIALS = """
import json
from helpdesk.models import ApiKey
from integrations.gateway import credentials
key = ApiKey.objects.get(digest=ApiKey.digest_of("{secret}"))
said = credentials.said_of("{service}", key, "{secret}")
print(json.dumps(credentials.setup_of("{service}", said)))
"""
FAULT_LAB = """
from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.models import ApiKey, FaultLab
by = system("rule")
[(key, secret)] = keys.make_key(ApiKey(name="Lab", scope="write", rate_limit=100_000), [], by=by)
keys.enter_sandbox(key, by=by)
FaultLab.objects.create(key=key, is_on=True, seed={seed}, shares={shares})
print(secret)
"""
DEALT = """
import json
from helpdesk.models import FaultLab
found = {}
for lab in FaultLab.objects.all():
    for kind, count in lab.dealt.items():
        found[kind] = found.get(kind, 0) + count
print(json.dumps(found))
"""
SOON = {"poll_seconds": 3}
# What a Setup wants beside the credentials.
MORE = {
    "akana": SOON,
    "apideck": SOON,
    "stackone": SOON,
    "teamswork": SOON | {"user_email": "desk@first.example"},
}


class Installation(Desk):
    """One helpdesk: `start`, `stop`, `kill_worker`, and its API by `call`.

    With `demo` it makes its own data on its first start, as a person's would.
    """

    def __init__(self, folder: Path, *, demo: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = _free_port()
        super().__init__(f"http://127.0.0.1:{self.port}", "", "support")
        self.process: subprocess.Popen | None = None
        self.environment = {
            name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")
        } | {
            "DATA": str(folder),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DEMO": "1" if demo else "0",
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "BROKER_URL": "filesystem://",
        }
        self.key = "" if demo else self.run(PREPARE).split()[-1]

    def run(self, code: str) -> str:
        """What some Python in this helpdesk prints."""
        return self.manage("shell", "--no-imports", "--command", code)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def credentials(self, service: str) -> dict[str, str]:
        """What a client of a served API of this helpdesk is told, as our own Setup calls it."""
        return json.loads(self.run(CREDENTIALS.format(service=service, secret=self.key)))

    def fault_lab(self, shares: dict[str, float], *, seed: int = 1) -> "Installation":
        """This helpdesk as a sandbox key of its own sees it; other callers with it meet faults.

        `shares` are percents by kind. What the returned one calls by itself meets none.
        """
        said = self.run(FAULT_LAB.format(shares=shares, seed=seed)).split()
        inside = copy.copy(self)
        inside.key, inside.queue = said[-1], None
        inside.headers = {"Helpdesk-Fault": "none"}
        return inside

    def dealt(self) -> dict[str, int]:
        """How many faults of each kind the lab has dealt out so far."""
        return json.loads(self.run(DEALT))

    def connect_to(
        self, other: "Installation", service: str = "teamswork", **more: str | int
    ) -> None:
        """Mirror the queue `support` to a served API of another helpdesk, with its key."""
        setup = other.credentials(service) | MORE.get(service, {}) | more
        pairs = [part for name, value in setup.items() for part in ("--set", f"{name}={value}")]
        limit = ["--calls-per-minute", "5000"]
        self.manage("add_connection", service, "--queue", "support", *limit, *pairs)

    def start(self) -> None:
        log = (self.folder / "log.txt").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=REPOSITORY,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        eventually(self._is_up, 240)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def kill_worker(self) -> None:
        """As the kernel does it when memory is short."""
        pid = eventually(self._worker, 60)
        os.kill(pid, signal.SIGKILL)

    def _worker(self) -> int | None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in children.split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"worker" in words:
                return int(pid)
        return None

    def _is_up(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log.txt").read_text()[-3000:]
        return self.answers() if self.key else self.serves()

    def answers(self) -> bool:
        try:
            self.call("GET", "/me/")
        except (OSError, ValueError):
            return False
        return True

    def serves(self) -> bool:
        """Whether the web process answers anybody."""
        try:
            with urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=30) as answer:
                return answer.status == 200
        except OSError:
            return False


def eventually(question, timeout: float = 60):
    """The answer, once it is not empty."""
    end = time.monotonic() + timeout
    while not (answer := question()):
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.2)
    return answer


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
