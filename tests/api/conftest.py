"""A caller with a key."""

import json

import pytest
from django.test import Client

from helpdesk.models import ApiKey
from tests.factories import make_key

ROOT = "/api/v1/"


class Caller:
    """Calls the API with a key; bodies are sent as JSON."""

    def __init__(self, secret: str = "", key: ApiKey | None = None):
        self.key, self.secret = key, secret
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **options):
        return self._call("get", path, **options)

    def post(self, path: str, body=None, **options):
        return self._call("post", path, body, **options)

    def patch(self, path: str, body=None, **options):
        return self._call("patch", path, body, **options)

    def put(self, path: str, body=None, **options):
        return self._call("put", path, body, **options)

    def delete(self, path: str, **options):
        return self._call("delete", path, **options)

    def raw(self, method: str, path: str, content: bytes, kind: str = "application/json"):
        call = getattr(self.client, method)
        return call(ROOT + path, content, content_type=kind, headers=self.headers)

    def upload(self, path: str, **parts):
        return self.client.post(ROOT + path, parts, headers=self.headers)

    def _call(self, method: str, path: str, body=None, headers=None, **options):
        address = path if path.startswith(("/", "http")) else ROOT + path
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        call = getattr(self.client, method)
        return call(address, headers={**self.headers, **(headers or {})}, **options)


def caller(scope: str = "write", queues=None, **fields) -> Caller:
    key, secret = make_key(scope, queues, **fields)
    return Caller(secret, key)


@pytest.fixture
def api(db) -> Caller:
    """A key that writes everywhere."""
    return caller()


@pytest.fixture
def reader(db) -> Caller:
    return caller("read")


@pytest.fixture
def nobody(db) -> Caller:
    return Caller()


def fields_of(response) -> list[str]:
    """The fields that a refusal names."""
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return [error["field"] for error in response.json()["errors"]]
