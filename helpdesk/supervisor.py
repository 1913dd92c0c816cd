"""Keeps a few processes running: starts the dead again, stops all in order, leaves no orphans.

Each child leads a process group of its own, so that a Ctrl-C reaches only the supervisor and what
a dead child leaves behind is ended with it; the kernel tells a child when its supervisor died.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1  # linux/prctl.h
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a dead child is started again
HEALTHY_AFTER = 20.0  # seconds; a child that lived so long starts again without delay
TICK = 0.1

_libc = ctypes.CDLL(None)


@dataclass
class Child:
    """A command to be kept running; when it starts and how long it may take to stop, in seconds."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    grace: float = 4.0

    process: subprocess.Popen | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        supervisor = os.getpid()

        def tie_to_supervisor() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != supervisor:  # it died before the line above
                os._exit(1)

        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            env=os.environ | self.environment,
            preexec_fn=tie_to_supervisor,
            process_group=0,
        )
        self.started_at = time.monotonic()

    def signal_group(self, number: int) -> None:
        """To the child and whatever it started, also when the child itself is gone already."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """Ask it to end, wait, and insist."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(self.grace)
        except subprocess.TimeoutExpired:
            self.signal_group(signal.SIGKILL)
            self.process.wait()
        self.signal_group(signal.SIGKILL)


class Supervisor:
    """Runs children until SIGINT or SIGTERM; the first child is the first to stop."""

    def __init__(self, children: list[Child], say: Callable[[str], None]):
        self.children = children
        self.say = say
        self.is_stopping = False

    def run(self, on_tick: Callable[[], None] = lambda: None) -> None:
        """Blocks. `on_tick` is called some ten times a second while children run."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        for child in self.children:
            child.start_at = time.monotonic() + child.delay
        try:
            while not self.is_stopping:
                for child in self.children:
                    self._look_after(child)
                on_tick()
                time.sleep(TICK)
        finally:
            for child in self.children:
                child.stop()

    def _ask_to_stop(self, _number, _frame) -> None:
        self.is_stopping = True

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.is_alive:
            return
        if child.process is not None:
            self._bury(child, now)
        if now >= child.start_at:
            child.start()

    def _bury(self, child: Child, now: float) -> None:
        child.signal_group(signal.SIGKILL)
        if now - child.started_at > HEALTHY_AFTER:
            child.pause = FIRST_PAUSE
        child.start_at = now + child.pause
        self.say(
            f"{child.name} ended ({_how(child.process.returncode)});"
            f" starting it again in {child.pause:g} s."
        )
        child.pause = min(child.pause * 2, LONGEST_PAUSE)
        child.process = None


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
