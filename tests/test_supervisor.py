"""Real processes, small ones: the supervisor is run beside the test and treated badly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

CHILD = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
GRANDPARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, '-c', {CHILD!r}, sys.argv[1]])
time.sleep(60)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + CHILD
SCRIPT = """
import sys
from helpdesk.supervisor import Child, Supervisor
folder, *codes = sys.argv[1:]
children = [
    Child(f"child {number}", [sys.executable, "-c", code, f"{folder}/{number}"], grace=0.5)
    for number, code in enumerate(codes)
]
Supervisor(children, lambda words: print(words, flush=True)).run()
print("stopped in order", flush=True)
"""


def eventually(question, timeout: float = 15):
    """The answer, once it is not empty."""
    end = time.monotonic() + timeout
    while not (answer := question()):
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.02)
    return answer


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def supervise(tmp_path):
    started = []

    def start(*codes):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), *codes]
        environment = os.environ | {"PYTHONPATH": os.getcwd()}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        for number in range(len(codes)):
            eventually(lambda number=number: pids(tmp_path / str(number)))
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate()
    for file in tmp_path.iterdir():
        for pid in pids(file):
            eventually(lambda pid=pid: not is_running(pid))


def test_a_killed_child_is_started_again(supervise, tmp_path):
    supervise(CHILD)
    [first] = pids(tmp_path / "0")
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: pids(tmp_path / "0")[1:])
    assert second != [first]
    assert is_running(second[0])


def test_what_a_killed_child_had_started_ends_with_it(supervise, tmp_path):
    supervisor = supervise(GRANDPARENT)
    [grandchild] = pids(tmp_path / "0")
    parent = int(Path(f"/proc/{grandchild}/stat").read_text().rpartition(")")[2].split()[1])
    assert parent != supervisor.pid
    os.kill(parent, signal.SIGKILL)
    eventually(lambda: not is_running(grandchild))
    eventually(lambda: pids(tmp_path / "0")[1:])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_the_stubborn_too(supervise, tmp_path, number):
    supervisor = supervise(CHILD, STUBBORN, GRANDPARENT)
    supervisor.send_signal(number)
    words, _ = supervisor.communicate(timeout=10)
    assert supervisor.returncode == 0
    assert words == "stopped in order\n"
    for child in range(3):
        assert not is_running(pids(tmp_path / str(child))[0])


def test_children_end_when_the_supervisor_is_killed(supervise, tmp_path):
    supervisor = supervise(CHILD, CHILD)
    supervisor.kill()
    for child in range(2):
        eventually(lambda child=child: not is_running(pids(tmp_path / str(child))[0]))


def test_a_child_that_cannot_live_is_started_ever_more_rarely(supervise, tmp_path):
    supervisor = supervise(CHILD.replace("time.sleep(60)", "sys.exit(3)"))
    lines = [supervisor.stdout.readline() for _ in range(3)]
    assert lines == [
        f"child 0 ended (with code 3); starting it again in {pause} s.\n" for pause in ("0.5", 1, 2)
    ]
