"""An end for what takes too long to read, whatever it is that was not thought of."""

import ctypes
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_EVERY = 0.25  # seconds between two looks at a thread


class TookTooLong(BaseException):
    """The time was used up. No error that a parser may swallow and go on."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TookTooLong inside after so many seconds of processor time.

    On the main thread a signal ends it, also within one regular expression, by the time of the
    process. On another one, to which Python gives no signals, a watcher ends it between two steps
    of Python, by the time of that thread.
    """
    is_main = threading.current_thread() is threading.main_thread()
    with _by_signal(seconds) if is_main else _by_watcher(seconds):
        yield


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    def stop(*_args) -> None:
        raise TookTooLong

    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


@contextmanager
def _by_watcher(seconds: float) -> Iterator[None]:
    own, over, lock = threading.get_ident(), threading.Event(), threading.Lock()
    clock = time.pthread_getcpuclockid(own)
    ends = time.clock_gettime(clock) + seconds

    def watch() -> None:
        while not over.wait(LOOK_EVERY):
            with lock:
                if not over.is_set() and time.clock_gettime(clock) >= ends:
                    _raise_in(own, TookTooLong)
                    return

    threading.Thread(target=watch, name="time box", daemon=True).start()
    try:
        yield
    finally:
        with lock:
            over.set()
        _raise_in(own, None)  # what was to be raised and was not yet


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    raised = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)
