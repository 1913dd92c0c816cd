"""A receiver on loopback that can be told to fail, stall and come back; and who subscribes."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from helpdesk import changes
from helpdesk.actions import webhooks
from helpdesk.models import Webhook
from helpdesk.permissions import actor_of
from helpdesk.webhooks import running, signing
from helpdesk.webhooks.signing import ATTEMPT, DELIVERY_ID, EVENT_ID, SIGNATURE, TIMESTAMP
from tests.factories import make_user

INSIDE = [
    *("localhost", "LOCALHOST", "localhost.", "hook.localhost", "127.0.0.1", "2130706433"),
    *("0x7f.1", "0x7f000001", "017700000001", "127.1", "0", "127.0.0.01", "127.0.0.1."),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    "[64:ff9b::127.0.0.1]",
]


@dataclass
class Letter:
    headers: dict[str, str]
    raw: bytes
    path: str

    @property
    def body(self) -> dict:
        return json.loads(self.raw)

    @property
    def event_id(self) -> str:
        return self.headers[EVENT_ID]

    @property
    def delivery_id(self) -> str:
        return self.headers[DELIVERY_ID]

    @property
    def attempt(self) -> int:
        return int(self.headers[ATTEMPT])

    def is_signed_by(self, secret: str) -> bool:
        expected = signing.signature([secret], int(self.headers[TIMESTAMP]), self.raw)
        return expected in self.headers[SIGNATURE].split(",")


@dataclass
class Receiver:
    """`answer(letter)` says (status, headers, body); those answered with 2xx are `taken`."""

    letters: list[Letter] = field(default_factory=list)
    taken: list[Letter] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: object = staticmethod(lambda letter: (200, {}, b"ok"))
    url: str = ""

    def begin(self, letter: Letter) -> None:
        with self.lock:
            self.letters.append(letter)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)

    def end(self, letter: Letter, status: int) -> None:
        with self.lock:
            self.at_once -= 1
            if 200 <= status < 300:
                self.taken.append(letter)

    def by_ticket(self) -> dict[int, list[int]]:
        """The versions that were taken, by ticket, as they came."""
        found = defaultdict(list)
        for letter in self.taken:
            found[letter.body["ticket"]["id"]].append(letter.body["change"]["version"])
        return found


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        receiver = self.server.receiver
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        letter = Letter(dict(self.headers), raw, self.path)
        receiver.begin(letter)
        status, headers, body = receiver.answer(letter)
        receiver.end(letter, status)
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the sender went away, as it may
            return

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.receiver = Receiver(url=f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.receiver
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def admin(db):
    return actor_of(make_user("Ada", role="admin"), "admin")


@pytest.fixture
def subscribe(receiver, admin):
    """Makes a subscription; its secret stands on it as `plain`."""

    def make(*, by=None, queues=(), **fields) -> Webhook:
        fields.setdefault("url", receiver.url)
        webhook = Webhook(name=fields.pop("name", "Warehouse"), **fields)
        webhook.plain = webhooks.make_webhook(webhook, queues, by=by or admin)
        return webhook

    return make


@pytest.fixture
def quick(monkeypatch):
    """Tries again after hardly a pause."""
    monkeypatch.setattr(running, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(running, "LOOK_EVERY", 0.02)


def tell(seconds: float = 30.0) -> int:
    """What the announcer and a worker do."""
    changes.announce()
    return running.deliver(seconds)
