"""Calls over kept connections, and what they cost: processor time of processes and their children."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Call:
    """One request as it goes over the wire."""

    method: str
    path: str
    headers: tuple[str, ...] = ()
    body: bytes = b""

    @property
    def wire(self) -> bytes:
        head = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1", *self.headers]
        if self.body:
            head += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*head, "", ""]).encode() + self.body


class Connection:
    """A kept connection. Answers must say their length."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, wire: bytes) -> tuple[int, bytes]:
        self.socket.sendall(wire)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _blank, body = got.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        [length] = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
        parts, have = [body], len(body)
        while have < length:
            parts.append(self._more())
            have += len(parts[-1])
        return int(lines[0][9:12]), b"".join(parts)

    def _more(self) -> bytes:
        found = self.socket.recv(1 << 18)
        if not found:
            raise ConnectionError("The server hung up.")
        return found


@dataclass
class Measured:
    """Requests made, seconds they took in all, and each one's milliseconds."""

    requests: int
    seconds: float
    millis: list[float]
    length: int

    @property
    def pace(self) -> float:
        return self.requests / self.seconds


def drive(port: int, calls: Callable[[int], Call], *, connections: int, seconds: float) -> Measured:
    """Ask over so many connections at once for so long. `calls` gives the n-th request.

    Any refusal ends the run.
    """
    millis: list[list[float]] = [[] for _ in range(connections)]
    lengths, errors = [0], []
    until = time.perf_counter() + seconds

    def work(place: int) -> None:
        try:
            line, number = Connection(port), place
            while (begun := time.perf_counter()) < until:
                status, body = line.ask(calls(number).wire)
                millis[place].append((time.perf_counter() - begun) * 1000)
                if status >= 400:
                    raise ValueError(f"{calls(number).path}: {status} {body[:300]!r}")
                lengths[0] = len(body)
                number += connections
        except Exception as error:
            errors.append(error)

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise SystemExit(f"{errors[0]}")
    took = time.perf_counter() - begun
    every = sorted(one for some in millis for one in some)
    return Measured(len(every), took, every, lengths[0])


def processor_seconds(pids: Iterable[int]) -> float:
    """What these processes have used so far, those that are gone left out."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def family(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def private_mib(pid: int) -> float:
    """The memory that this process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
    return sum(sizes) / 1024
