"""A client of our Apideck endpoint, and what its answers hold."""

import json
from collections.abc import Sequence

from django.test import Client

from helpdesk.models import Ticket
from tests.factories import default_queue

BASE = "/compat/apideck/issue-tracking/collections"
NOWHERE = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
HEADERS = {"x-apideck-app-id": "app", "x-apideck-consumer-id": "consumer"}


class Caller:
    """A client of the endpoint with a key of its own. Paths go on after the home collection."""

    def __init__(self, secret: str, collection: str = "", **headers):
        self.collection = collection or str(default_queue().uuid)
        self.headers = {"Authorization": f"Bearer {secret}", **HEADERS, **headers}
        self.http = Client()

    def call(self, method: str, path: str, body=None, *, headers=None, query=None):
        options = {"headers": {**self.headers, **(headers or {})}}
        if body is not None and method != "GET":
            is_text = isinstance(body, (str, bytes))
            options |= {
                "data": body if is_text else json.dumps(body),
                "content_type": "application/json",
            }
        where = BASE + path if path.startswith("!") else f"{BASE}/{self.collection}{path}"
        return getattr(self.http, method.lower())(
            where.replace("!", ""), query_params=query or {}, **options
        )

    def get(self, path: str, query=None, **options):
        return self.call("GET", path, query=query, **options)

    def data(self, path: str, query=None, **options):
        answer = self.get(path, query, **options)
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]

    def create(self, headers=None, **body) -> str:
        answer = self.call("POST", "/tickets", {"subject": "A ticket", **body}, headers=headers)
        assert answer.status_code == 201, answer.content
        return answer.json()["data"]["id"]

    def change(self, identity: str, **body) -> dict:
        """Patches a ticket and reads it again."""
        answer = self.call("PATCH", f"/tickets/{identity}", body)
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"] == {"id": identity}
        return self.data(f"/tickets/{identity}")

    def walk(self, path: str, query=None) -> list[dict]:
        """Every record of a list, page by page."""
        found, cursor = [], None
        while True:
            asked = {**(query or {}), **({"cursor": cursor} if cursor else {})}
            body = self.get(path, asked).json()
            found += body["data"]
            cursor = body["meta"]["cursors"]["next"]
            if not cursor:
                return found


def refused(answer, status_code: int, kind: str = "") -> str:
    """The words of a refusal, in the vendor's envelope."""
    assert answer.status_code == status_code, answer.content
    body = answer.json()
    assert set(body) == {"status_code", "error", "type_name", "message", "detail", "ref"}
    assert body["status_code"] == status_code
    assert body["ref"].endswith(f"#{body['type_name'].lower()}")
    assert not kind or body["type_name"] == kind, body
    return f"{body['message']} {body['detail']}"


def ids(items: Sequence[dict]) -> list[str]:
    return [item["id"] for item in items]


def one(identity: str) -> Ticket:
    return Ticket.objects.get(uuid=identity)
