"""Connections that stay open for reads: never a second write, never past the fence."""

import contextlib
import socket
import threading
import time
from typing import BinaryIO

import pytest

from integrations.connector import ConnectorError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Notes each connection's request lines. `answers` are sent in turn; None closes instead."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.connections: list[list[str]] = []
        self.answers: list[bytes | None] = []
        self.closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _address = self.listening.accept()
                lines: list[str] = []
                self.connections.append(lines)
                threading.Thread(target=self._serve, args=(accepted, lines), daemon=True).start()

    def _serve(self, connection: socket.socket, lines: list[str]) -> None:
        with connection, contextlib.suppress(OSError):
            stream = connection.makefile("rb")
            while line := stream.readline():
                lines.append(line.decode().rpartition(" HTTP")[0])
                _read_rest(stream)
                answer = self.answers.pop(0) if self.answers else ANSWER
                if answer is None:
                    break
                connection.sendall(answer)
                if b"Connection: close" in answer:
                    break
        self.closed.set()


def _read_rest(stream: BinaryIO) -> None:
    length = 0
    while header := stream.readline().strip():
        name, _colon, value = header.lower().partition(b":")
        length = int(value) if name == b"content-length" else length
    stream.read(length)


@pytest.fixture
def server():
    made = Server()
    yield made
    made.listening.close()


@pytest.fixture
def keeping(server, open_session):
    """A session that keeps connections, as the mirror's does for the length of a slice."""
    session = open_session(server.url, keep_seconds=5.0)
    yield session
    session.close()


def test_a_read_goes_over_the_connection_of_the_write_before_it(server, keeping):
    keeping.post("/a", payload={})
    keeping.get("/b")
    keeping.get("/c")
    assert server.connections == [["POST /a", "GET /b", "GET /c"]]


def test_a_write_never_goes_over_a_kept_connection(server, keeping):
    keeping.get("/a")
    for write in (keeping.post, keeping.put, keeping.patch, keeping.delete):
        write("/b")
    assert [len(lines) for lines in server.connections] == [1, 1, 1, 1, 1]


def test_without_being_asked_for_nothing_is_kept(server, open_session):
    session = open_session(server.url)
    session.get("/a")
    session.get("/b")
    assert server.connections == [["GET /a"], ["GET /b"]]


def test_a_read_over_a_connection_that_was_closed_meanwhile_is_sent_anew(server, keeping, journal):
    keeping.post("/a", payload={})
    server.answers = [None]
    keeping.get("/b")
    assert server.connections == [["POST /a", "GET /b"], ["GET /b"]]
    assert [entry.error for entry in journal] == ["", ""]


def test_a_connection_whose_end_was_seen_is_not_used(server, keeping):
    server.answers = [ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
    keeping.post("/a", payload={})
    assert server.closed.wait(5)
    keeping.get("/b")
    assert server.connections == [["POST /a"], ["GET /b"]]


def test_what_a_server_says_unasked_is_never_taken_for_an_answer(server, keeping):
    server.answers = [ANSWER + ANSWER.replace(b"{}", b"[]")]
    keeping.post("/a", payload={})
    assert keeping.json(keeping.get("/b")) == {}


def test_a_write_that_is_not_answered_is_sent_once_whatever_was_kept(server, keeping):
    keeping.get("/a")
    server.answers = [None]
    with pytest.raises(ConnectorError) as caught:
        keeping.post("/b", payload={})
    assert caught.value.maybe_done
    assert server.connections == [["GET /a"], ["POST /b"]]


def test_after_a_failure_nothing_is_kept(server, keeping):
    server.answers = [ANSWER.replace(b"200 OK", b"404 Not Found")]
    with pytest.raises(ConnectorError):
        keeping.get("/a")
    keeping.get("/b")
    assert server.connections == [["GET /a"], ["GET /b"]]


def test_a_kept_connection_is_too_old_after_a_while(server, open_session, monkeypatch):
    session = open_session(server.url, keep_seconds=5.0)
    session.get("/a")
    later = time.monotonic() + 6
    monkeypatch.setattr("integrations.kept.time.monotonic", lambda: later)
    session.get("/b")
    session.close()
    assert server.connections == [["GET /a"], ["GET /b"]]


def test_a_name_that_leads_elsewhere_by_now_changes_no_kept_connection(
    server, open_session, monkeypatch
):
    """The kept one ends at the address that was checked; the next one is checked again."""
    address = "127.0.0.1"
    monkeypatch.setattr(
        "helpdesk.outbound.fence.socket.getaddrinfo",
        lambda *a, **o: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server.port))],
    )
    session = open_session(f"http://there.example:{server.port}", keep_seconds=5.0)
    session.post("/a", payload={})
    address = "169.254.169.254"
    session.get("/b")
    assert server.connections == [["POST /a", "GET /b"]]

    with pytest.raises(ConnectorError) as caught:
        session.post("/c", payload={})
    assert "169.254.169.254" in caught.value.message
    with pytest.raises(ConnectorError):
        session.get("/d")
    session.close()
    assert server.connections == [["POST /a", "GET /b"]]


def test_a_redirect_is_not_followed_over_a_kept_connection(server, keeping):
    keeping.post("/a", payload={})
    server.answers = [ANSWER.replace(b"200 OK", b"302 Found\r\nLocation: /elsewhere")]
    with pytest.raises(ConnectorError):
        keeping.get("/b")
    assert server.connections == [["POST /a", "GET /b"]]
