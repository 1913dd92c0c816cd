"""Each fault of the lab as a client meets it: a real web server, real sockets."""

import http.client
import json
import os
import threading
import time
from dataclasses import dataclass, replace
from email.message import Message

import pytest

from tests.integrations.installation import Installation

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="it keeps to SQLite"),
]
USER = {"name": "Jo", "email": "jo@example.com"}


@dataclass
class Answer:
    """What came, and whether all of it did."""

    status: int
    headers: Message
    body: bytes
    is_whole: bool
    seconds: float = 0


class Caller:
    """Opens tickets by one of the APIs, as a client that looks at every byte."""

    def __init__(self, inside: Installation, door: str) -> None:
        self.inside, self.door = inside, door

    def open(self, title: str, fault: str = "none", *, patience: float = 60) -> Answer:
        if self.door == "own":
            return self.post("/api/v1/tickets/", {"title": title}, fault, patience)
        ticket = {"title": title, "requestor": {"id": "", **USER}}
        path = f"/compat/teamswork/ticketing/v1/tickets?key={self.inside.key}"
        return self.post(path, {"ticket": ticket, "user": USER}, fault, patience)

    def post(self, path: str, body: dict, fault: str, patience: float) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.inside.port, timeout=patience)
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {self.inside.key}", "Helpdesk-Fault": fault}
        headers["Content-Type"] = "application/json"
        try:
            connection.request("POST", path, json.dumps(body), headers)
            found = read(connection)
        finally:
            connection.close()
        return replace(found, seconds=time.monotonic() - began)


def read(connection: http.client.HTTPConnection) -> Answer:
    """The answer as far as it comes; status 0 where not even its head did."""
    try:
        response = connection.getresponse()
    except http.client.RemoteDisconnected:
        return Answer(0, Message(), b"", is_whole=False)
    try:
        return Answer(response.status, response.headers, response.read(), is_whole=True)
    except http.client.IncompleteRead as error:
        return Answer(response.status, response.headers, error.partial, is_whole=False)


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory):
    found = Installation(tmp_path_factory.mktemp("helpdesk"))
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def inside(helpdesk):
    return helpdesk.fault_lab({})


@pytest.fixture(params=["own", "teamswork"])
def caller(inside, request):
    return Caller(inside, request.param)


def test_429_and_500_are_whole_answers_and_nothing_is_done(caller):
    limited = caller.open("Limited", "429; seconds=3")
    assert (limited.status, limited.headers["Retry-After"]) == (429, "3")
    broken = caller.open("Broken", "500")
    assert broken.status == 500 and json.loads(broken.body)
    assert limited.is_whole and broken.is_whole
    assert not caller.inside.titled("Limited") + caller.inside.titled("Broken")


@pytest.mark.parametrize(("fault", "done"), [("before-timeout", 0), ("after-timeout", 1)])
def test_a_time_out_ends_without_an_answer(caller, fault, done):
    title = f"{fault} at {caller.door}"
    answer = caller.open(title, f"{fault}; seconds=1")
    assert answer.seconds >= 1
    assert answer.status in (0, 504)
    assert (answer.body, answer.is_whole) == (b"", False)
    assert len(caller.inside.titled(title)) == done


def test_an_impatient_client_meets_a_real_time_out(caller):
    title = f"Impatient at {caller.door}"
    with pytest.raises(TimeoutError):
        caller.open(title, "after-timeout; seconds=5", patience=3)
    assert len(caller.inside.titled(title)) == 1


def test_a_cut_answer_breaks_off_in_the_middle(caller):
    title = f"Cut at {caller.door}"
    answer = caller.open(title, "cut")
    assert answer.status == 201 and not answer.is_whole
    assert 0 < len(answer.body) < int(answer.headers["Content-Length"])
    with pytest.raises(ValueError):
        json.loads(answer.body)
    assert len(caller.inside.titled(title)) == 1


def test_a_slow_drip_takes_its_time_and_is_whole(caller):
    answer = caller.open(f"Drip at {caller.door}", "drip; seconds=2")
    assert answer.seconds >= 1.9
    assert answer.status == 201 and answer.is_whole and json.loads(answer.body)


def test_a_duplicate_is_there_twice(caller):
    title = f"Twice at {caller.door}"
    answer = caller.open(title, "duplicate")
    assert answer.status == 201 and answer.is_whole
    assert len(caller.inside.titled(title)) == 2


def test_whoever_waits_on_purpose_keeps_nobody_else_from_the_helpdesk(helpdesk, inside):
    caller = Caller(inside, "own")
    calls = [
        threading.Thread(target=caller.open, args=(f"Crowd {number}", "after-timeout; seconds=5"))
        for number in range(12)
    ]
    for call in calls:
        call.start()
    began = time.monotonic()
    helpdesk.call("GET", "/me/")
    assert any(call.is_alive() for call in calls)
    assert time.monotonic() - began < 4.5
    for call in calls:
        call.join()
    assert sum(len(inside.titled(f"Crowd {number}")) for number in range(12)) == 12


def test_a_mix_is_dealt_out_over_the_wire(helpdesk):
    inside = helpdesk.fault_lab({"500": 50, "cut": 50}, seed=5)
    inside.headers = {}
    caller = Caller(inside, "teamswork")
    before = helpdesk.dealt()
    answers = []
    for number in range(10):
        connection = http.client.HTTPConnection("127.0.0.1", inside.port, timeout=60)
        path = f"/compat/teamswork/ticketing/v1/tickets?key={inside.key}&limit={number + 1}"
        connection.request("GET", path)
        answer = read(connection)
        connection.close()
        answers.append("500" if answer.status == 500 else "cut")
        assert answer.is_whole == (answer.status == 500) and answer.body
    after = helpdesk.dealt()
    said = {kind: after[kind] - before.get(kind, 0) for kind in ("500", "cut")}
    assert said == {kind: answers.count(kind) for kind in ("500", "cut")}
    assert sum(said.values()) == 10 and all(said.values())
    assert caller.open("Spared").status == 201


@pytest.mark.parametrize(
    "path", ["/api/v1/tickets/", "/compat/teamswork/ticketing/v1/tickets?key={key}"]
)
def test_a_body_in_chunks_is_refused_with_411(helpdesk, path):
    connection = http.client.HTTPConnection("127.0.0.1", helpdesk.port, timeout=60)
    headers = {"Authorization": f"Bearer {helpdesk.key}", "Content-Type": "application/json"}
    body = iter([b'{"title":', b' "Chunks"}'])
    connection.request("POST", path.format(key=helpdesk.key), body, headers, encode_chunked=True)
    answer = connection.getresponse()
    words = json.loads(answer.read())
    connection.close()
    assert answer.status == 411
    assert "Content-Length" in json.dumps(words)
    assert not helpdesk.titled("Chunks")
