"""A client of our TeamsWork endpoint, and what its answers hold."""

import json

import pytest
from django.test import Client

from helpdesk.models import Ticket

pytestmark = pytest.mark.django_db
BASE = "/compat/teamswork/ticketing/v1"
USER = {"id": "053660b7-xxxx", "name": "Jason Doe", "email": "jason.doe@customers.example"}
NOWHERE = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


class Caller:
    """A client of the endpoint with a key of its own."""

    def __init__(self, secret: str, **headers):
        self.secret, self.headers, self.http = secret, headers, Client()

    def call(self, method: str, path: str, body=None, *, headers=None, **query):
        options = {"headers": {**self.headers, **(headers or {})}}
        query = {"key": self.secret, **query}
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

    def put(self, path: str, body, **options):
        return self.call("PUT", path, body, **options)

    def create(self, headers=None, **ticket):
        body = {"ticket": {"title": "A ticket", "requestor": USER, **ticket}, "user": USER}
        answer = self.post("/tickets", body, headers=headers)
        assert answer.status_code == 201, answer.content
        return answer.json()["item"]

    def change(self, identity: str, **ticket):
        answer = self.put(f"/tickets/{identity}", {"ticket": ticket, "user": USER})
        assert answer.status_code == 200, answer.content
        return answer.json()["item"]


def refused(answer, status_code: int) -> str:
    """The words of a refusal, in the vendor's envelope."""
    assert answer.status_code == status_code, answer.content
    body = answer.json()
    assert body["error"] is True and body["statusCode"] == status_code
    assert set(body) == {"error", "message", "statusCode"}
    return body["message"]


def one(ticket: dict) -> Ticket:
    return Ticket.objects.get(uuid=ticket["id"])
