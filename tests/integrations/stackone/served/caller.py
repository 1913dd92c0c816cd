"""A client of our StackOne endpoint, and what its answers hold."""

import base64
import json

from django.test import Client

from helpdesk.models import Ticket

BASE = "/compat/stackone/unified/ticketing"
NOWHERE = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


def signed(secret: str) -> str:
    return "Basic " + base64.b64encode(f"{secret}:".encode()).decode()


class Caller:
    """A client of the endpoint with a key of its own."""

    def __init__(self, secret: str, account: str | None = "support", **headers):
        self.headers = {"authorization": signed(secret), **headers}
        if account is not None:
            self.headers["x-account-id"] = account
        self.http = Client()

    def call(self, method: str, path: str, body=None, *, headers=None, **query):
        options = {"headers": {**self.headers, **(headers or {})}}
        if body is not None:
            is_text = isinstance(body, (str, bytes))
            options |= {
                "data": body if is_text else json.dumps(body),
                "content_type": "application/json",
            }
        verb = getattr(self.http, method.lower())
        return verb(f"{BASE}{path}", query_params=query, **options)

    def get(self, path: str, **options):
        return self.call("GET", path, **options)

    def post(self, path: str, body, **options):
        return self.call("POST", path, body, **options)

    def patch(self, path: str, body, **options):
        return self.call("PATCH", path, body, **options)

    def create(self, headers=None, **ticket) -> Ticket:
        answer = self.post("/tickets", {"title": "A ticket", **ticket}, headers=headers)
        assert answer.status_code == 201, answer.content
        return Ticket.objects.get(uuid=answer.json()["data"]["id"])

    def change(self, ticket: Ticket, **fields) -> Ticket:
        answer = self.patch(f"/tickets/{ticket.uuid}", fields)
        assert answer.status_code == 200, answer.content
        assert set(answer.json()) == {"statusCode", "message", "timestamp"}
        return Ticket.objects.get(pk=ticket.pk)

    def one(self, path: str, **query) -> dict:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]

    def read(self, ticket: Ticket, **query) -> dict:
        return self.one(f"/tickets/{ticket.uuid}", **query)

    def listed(self, path: str = "/tickets", **query) -> list[dict]:
        """Every record, page by page."""
        found, following = [], ""
        while True:
            asked = {**query, "next": following} if following else query
            answer = self.get(path, **asked)
            assert answer.status_code == 200, answer.content
            found += answer.json()["data"]
            following = answer.json()["next"]
            if following is None:
                return found


def refused(answer, status_code: int) -> str:
    """The words of a refusal, in the vendor's envelope."""
    assert answer.status_code == status_code, answer.content
    body = answer.json()
    assert body["statusCode"] == status_code and body["timestamp"].endswith("Z")
    more = {"data", "provider_errors"} if status_code in (400, 422) else set()
    assert set(body) == {"statusCode", "message", "timestamp"} | more
    return body["message"]
