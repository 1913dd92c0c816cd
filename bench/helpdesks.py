"""Whole helpdesks for measurements, each in a folder or PostgreSQL database of its own."""

import csv
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
MAP = {
    "columns": {
        "Ticket ID": "source_ref",
        "Ticket Subject": "title",
        "Ticket Description": "body",
        "Ticket Status": "status",
        "Ticket Priority": "priority",
        "Customer Name": "requester.name",
        "Customer Email": "requester.email",
    },
    "values": {
        "status": {"Pending Customer Response": "waiting"},
        "priority": {"Critical": "urgent", "Medium": "normal"},
    },
}
KEY = """
import json
from helpdesk.models import ApiKey, Queue
from integrations.gateway import credentials
key = ApiKey(name="Bench", scope="write", all_queues=True, rate_limit=1_000_000)
secret = key.renew_secret()
key.save()
bare = Queue.objects.create(name="Bare", slug="bare")
said = credentials.said_of("apideck", key, secret)
setup = credentials.setup_of("apideck", said)
print(json.dumps({"key": secret, "bare": str(bare.uuid), "setup": setup}))
"""


class Helpdesk:
    """One installation: `manage`, `run` some Python in it, `start` and `stop` its processes."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen | None = None
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        self.environment = kept | {
            "DATA": str(folder),
            "PORT": str(port),
            "PUBLIC_URL": self.url,
            "DEMO": "0",
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            **environment,
        }
        self.manage("migrate", "--verbosity", "0")
        told = json.loads(self.run(KEY))
        self.key, self.bare, self.setup = told["key"], told["bare"], told["setup"]

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"manage.py {arguments[0]}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def run(self, code: str) -> str:
        return self.manage("shell", "--no-imports", "--command", code)

    def start(self) -> None:
        log = (self.folder / "log.txt").open("a")
        command = [sys.executable, "manage.py", "up"]
        self.process = subprocess.Popen(
            command, cwd=REPOSITORY, env=self.environment, stdout=log, stderr=log
        )
        until = time.monotonic() + 120
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                sys.exit(f"{self.url} does not answer: see {self.folder / 'log.txt'}")
            time.sleep(0.2)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def answers(self) -> bool:
        try:
            self.call("GET", "/me/")
        except (OSError, ValueError):
            return False
        return True

    def call(self, method: str, path: str, body: dict | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")


class Worker:
    """A process that works as a background worker does, for as long as it is told."""

    def __init__(self, helpdesk: Helpdesk, connection: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name("backfill_worker.py")), connection]
        self.process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=helpdesk.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, seconds: float, calls: Path | None = None) -> None:
        order = {"seconds": seconds, "calls": str(calls) if calls else ""}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def ended(self) -> dict[str, Any]:
        """`seconds`, `calls`, `made` and `left` (links in all), `cpu` (seconds), `memory` (MiB)."""
        line = self.process.stdout.readline()
        if not line:
            sys.exit("A worker died.")
        return json.loads(line)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(60)


def write_rows(path: Path, source: Path | None, wanted: int) -> int:
    """A file to import: the first rows of `source`, or made-up ones of its shape; how many."""
    rows = _rows_of(source, wanted) if source else [_made_up(number) for number in range(wanted)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _rows_of(source: Path, wanted: int) -> list[dict[str, str]]:
    with source.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    kept = found[:wanted] if wanted else found
    return [{name: row[name] for name in MAP["columns"]} for row in kept]


def _made_up(number: int) -> dict[str, str]:
    return {
        "Ticket ID": str(number + 1),
        "Ticket Subject": ("Printer is on fire", "Setup fails", "Refund")[number % 3],
        "Ticket Description": f"Case {number}.\n\n" + "It stopped working yesterday. " * 9,
        "Ticket Status": ("Open", "Pending Customer Response", "Closed")[number % 3],
        "Ticket Priority": ("Low", "Medium", "High", "Critical")[number % 4],
        "Customer Name": f"Customer {number % 997}",
        "Customer Email": f"customer{number % 997}@example.com",
    }
