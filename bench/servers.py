"""The servers that are compared, each with two worker processes, and a Redis of their own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from load import family, private_mib, processor_seconds

REPOSITORY = Path(__file__).resolve().parent.parent
PLAIN = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"]
COMMANDS = {
    "floor": [*PLAIN, "bench.floor:application"],
    "bare": [*PLAIN, "bench.bare:application"],
    "helpdesk": ["-m", "helpdesk.serving"],
}
WORKERS = 2


class Server:
    """One application, served as `manage.py up` does, with two workers."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.name, self.port = name, free_port()
        command = [sys.executable, *COMMANDS[name], "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", str(WORKERS), "--blocking-threads", "4"]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, env=environment)
        wait_for(self.port)

    def seconds(self) -> float:
        """Processor time of all its processes so far."""
        return processor_seconds(family(self.process.pid))

    def memory(self) -> list[float]:
        """Private memory of its workers in MiB, the largest last."""
        return sorted(private_mib(pid) for pid in family(self.process.pid))[-WORKERS:]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[dict[str, Server], int]]:
    """All servers by name, and the process id of the Redis that the helpdesk counts calls in."""
    redis_port = free_port()
    program = shutil.which("redis-server") or sys.exit("redis-server is needed.")
    command = [program, "--port", str(redis_port), "--save", "", "--dir", str(folder)]
    redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for(redis_port)
    environment = os.environ | {
        "CACHE_URL": f"redis://127.0.0.1:{redis_port}/0",
        "BROKER_URL": f"redis://127.0.0.1:{redis_port}/1",
        "WEB_PROCESSES": str(WORKERS),
        "DATA": str(folder),
    }
    prepare = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(prepare, cwd=REPOSITORY, env=environment, check=True)
    servers: dict[str, Server] = {}
    try:
        for name in COMMANDS:
            servers[name] = Server(name, environment)
        yield servers, redis.pid
    finally:
        for server in servers.values():
            server.stop()
        redis.terminate()
        redis.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > until:
            sys.exit(f"Nothing answers on port {port}.")
        time.sleep(0.1)
