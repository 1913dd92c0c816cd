"""A session with a server on this machine, and servers that misbehave."""

import contextlib
import socket
import threading

import pytest

from integrations.exchange import Limits
from integrations.http import Session

LOCAL = ["127.0.0.0/8"]


@pytest.fixture
def journal():
    return []


@pytest.fixture
def open_session(journal):
    """Opens sessions as the mirror does, with short patience and no pauses."""

    def open_one(base_url, **options):
        options.setdefault("allowed_networks", LOCAL)
        options.setdefault("service", "Acme")
        options.setdefault("limits", Limits(read_seconds=0.3, total_seconds=0.6))
        return Session(base_url, journal=journal.append, sleep=lambda seconds: None, **options)

    return open_one


@pytest.fixture
def raw_server():
    """A server that answers each connection with what a function does with its socket."""
    with contextlib.ExitStack() as stack:

        def serve(answer):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            done = threading.Event()
            stack.callback(done.set)
            stack.callback(listening.shutdown, socket.SHUT_RDWR)

            def run():
                while True:
                    try:
                        accepted, _address = listening.accept()
                    except OSError:
                        return
                    with accepted, contextlib.suppress(OSError):
                        accepted.recv(65536)
                        answer(accepted, done)

            threading.Thread(target=run, daemon=True).start()
            return f"http://127.0.0.1:{listening.getsockname()[1]}"

        yield serve
