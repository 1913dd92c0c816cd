"""A client of our Onna endpoint, and what its answers hold."""

import json

import pytest
from django.test import Client

from helpdesk.models import Ticket
from integrations.services.onna.layout import default_folder
from tests.factories import make_key

pytestmark = pytest.mark.django_db
BASE = "/compat/onna/v1"
RAW = "application/offset+octet-stream"


class Caller:
    """A client of the endpoint with a key and a token of its own."""

    def __init__(self, scope="write", *, origin: str = "", **options):
        self.key, self.secret = make_key(scope, rate_limit=100_000, **options)
        self.folder = default_folder(self.key.uuid)
        self.http = Client()
        self.headers = {"Helpdesk-Origin": origin} if origin else {}
        answer = self.sign_in()
        assert answer.status_code == 200, answer.content
        self.token = answer.json()["access_token"]

    def sign_in(self, **form):
        said = {"client_id": str(self.key.uuid), "client_secret": self.secret, **form}
        said = {name: value for name, value in said.items() if value is not None}
        return self.http.post(
            f"{BASE}/oauth/token",
            "&".join(f"{name}={value}" for name, value in said.items()),
            content_type="application/x-www-form-urlencoded",
        )

    def call(self, method, path, body=None, *, headers=None, raw=None, **query):
        headers = {"Authorization": f"Bearer {self.token}", **self.headers, **(headers or {})}
        options = {"headers": headers}
        if body is not None:
            text = body if isinstance(body, (str, bytes)) else json.dumps(body)
            options |= {"data": text, "content_type": "application/json"}
        elif raw is not None:
            options |= {"data": raw, "content_type": RAW}
        verb = getattr(self.http, method.lower())
        return verb(f"{BASE}{path}", query_params=query, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, **options):
        return self.call("POST", path, body, **options)

    def send(self, **said):
        body = {"onna_parent_id": self.folder, "ref": "12345", "url": "", "name": "A", **said}
        return self.post("/resources/tickets", body)

    def create(self, **said) -> str:
        answer = self.send(**said)
        assert answer.status_code == 201, answer.content
        return answer.json()["onna_id"]

    def read(self, identity: str) -> dict:
        answer = self.get(f"/resources/tickets/{identity}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def tus(self, method, identity, raw=None, **headers):
        headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        headers = {"Tus-Resumable": "1.0.0", **headers}
        return self.call(method, f"/upload/{identity}/tus", raw=raw, headers=headers)


def ticket_of(identity: str) -> Ticket:
    [found] = [one for one in Ticket.objects.all() if one.uuid.hex[2:] == identity[2:]]
    return found


def refused(answer, status: int) -> str:
    """The words of a refusal in the JSON:API form."""
    assert answer.status_code == status, answer.content
    [error] = answer.json()["errors"]
    assert error["status"] == str(status) and error["code"].startswith(f"XX{status}_")
    assert set(error) == {"id", "status", "code", "title", "detail", "source", "links"}
    return error["detail"]
