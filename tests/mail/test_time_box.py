"""What takes too long ends, on the main thread and on those of a worker."""

import threading
import time

import pytest

from helpdesk.mail.time_box import TookTooLong, at_most


def turn(seconds: float) -> None:
    """Work for so long; no error stops it."""
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        try:
            sum(range(1000))
        except Exception:
            continue


def on_the_main_thread(act) -> None:
    act()


def on_another_thread(act) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


@pytest.mark.parametrize("run", [on_the_main_thread, on_another_thread])
def test_what_takes_too_long_is_ended_and_what_follows_is_not(run):
    said = []

    def act() -> None:
        try:
            with at_most(0.05):
                turn(20)
            said.append("it went on")
        except TookTooLong:
            said.append("ended")
        turn(0.6)
        said.append("went on after it")

    run(act)
    assert said == ["ended", "went on after it"]


@pytest.mark.parametrize("run", [on_the_main_thread, on_another_thread])
def test_what_is_swift_meets_no_end_later(run):
    said = []

    def act() -> None:
        with at_most(0.3):
            turn(0.01)
        turn(0.8)
        said.append("went on")

    run(act)
    assert said == ["went on"]
