"""An administrator at the console, and a small service with a server of its own on loopback."""

import json
import sys
from pathlib import Path

import pytest
from django.urls import reverse
from werkzeug import Response

from helpdesk.actor import Role
from integrations import services
from integrations.models import Connection
from tests.factories import default_queue, make_user

SECRET = "a-key-nobody-may-see"
NEW_SECRET = "a-newer-key-nobody-may-see"


@pytest.fixture
def admin(db):
    return make_user("Ada Admin", Role.ADMIN)


@pytest.fixture
def console(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def acme(monkeypatch):
    """The test's own service folder beside the real ones."""
    own = str(Path(__file__).parent / "services")
    monkeypatch.setattr(services, "__path__", [*services.__path__, own])
    yield "acme"
    for name in [one for one in sys.modules if one.startswith("integrations.services.acme")]:
        del sys.modules[name]


@pytest.fixture
def vendor(httpserver):
    """Acme itself: it takes the keys in `vendor.keys` and tells what `vendor.says` holds."""
    return Vendor(httpserver)


class Vendor:
    def __init__(self, server):
        self.url = server.url_for("/").rstrip("/")
        self.keys = {SECRET}
        self.says = {
            "/me": {"name": "Acme of Ada"},
            "/project": [{"id": "P-1", "name": "Apollo"}, {"id": "P-2", "name": "Borealis"}],
            "/description": {"statuses": []},
        }
        self.asked = []
        self.server = server
        for path in self.says:
            server.expect_request(path).respond_with_handler(self.answer)

    def answer(self, request) -> Response:
        self.asked.append(request.path)
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key not in self.keys:
            return Response("{}", status=401, content_type="application/json")
        return Response(json.dumps(self.says[request.path]), content_type="application/json")


def connect(name="Acme desk", service="acme", base_url="http://127.0.0.1:9", **fields):
    made = Connection(name=name, service=service, queue=default_queue(), **fields)
    cleaned = {"base_url": base_url, "key": SECRET, "project": "P-1", "region": ""}
    made.enter(cleaned, ("key", "signing"))
    made.save()
    return made


def entered_by_hand(base_url: str, **changed) -> dict:
    """What a browser sends for Acme's form."""
    return {
        "name": "Acme desk",
        "queue": default_queue().pk,
        "direction": "both",
        "scope": "born_here",
        "winner": "later",
        "on_delete": "unlink",
        "calls_per_minute": "",
        "setup-base_url": base_url,
        "setup-key": SECRET,
        "setup-signing": "",
        "setup-project": "",
        "setup-region": "north",
    } | changed


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def cost(counted: list[str]) -> int:
    """How many statements a page made, without the look at the configuration once a second."""
    return sum("helpdesk_stamp" not in sql for sql in counted)
