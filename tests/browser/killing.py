"""Processes that a test kills (SIGKILL, no farewell) and brings back."""

import os
import signal
import socket
import subprocess
import sys

from django.conf import settings
from django.db import connection


class Mortal:
    """`Mortal("serve")` is the helpdesk at `url`, `Mortal("send")` sends what is due; on the
    database of the tests. It begins to live with `start`."""

    def __init__(self, task: str):
        rest = []
        if task == "serve":
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            rest = [str(port)]
        name = str(connection.settings_dict["NAME"])
        self.parent = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.browser.mortal", name, task, *rest],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = 0

    @property
    def is_alive(self) -> bool:
        return bool(self.pid)

    def start(self) -> None:
        if not self.pid:
            self.parent.stdin.write("live\n")
            self.parent.stdin.flush()
            self.pid = int(self.parent.stdout.readline())

    def kill(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = 0

    def end(self) -> None:
        self.kill()
        self.parent.stdin.close()
        self.parent.wait(20)
        self.parent.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
