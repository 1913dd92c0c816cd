"""A client of our Akana endpoint: signed in, with its cookies and the token of writes."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.models import Ticket

BASE = "/compat/akana"
NOWHERE = "3fa85f64-5717-4562-b3fc-2c963f66afa6.support"
HIGH = "com.soa.ticket.label.priority.high"
JSON = "application/json"


class Caller:
    def __init__(self, secret: str, tenant: str = "support", *, signed_in: bool = True):
        self.secret, self.tenant, self.http = secret, tenant, Client()
        if signed_in:
            answer = self.log_in()
            assert answer.status_code == 200, answer.content

    def log_in(self, **changed):
        body = {"email": "any@portal.example", "password": self.secret, **changed}
        return self.call("POST", "/api/login", body, token="")

    @property
    def token(self) -> str:
        morsel = self.http.cookies.get(f"Csrf-Token_{self.tenant}")
        return morsel.value if morsel else ""

    def call(self, method, path, body=None, *, kind=JSON, token=None, headers=None, **query):
        token = self.token if token is None else token
        said = {f"X-Csrf-Token_{self.tenant}": token} if token else {}
        options = {"headers": {**said, **(headers or {})}, "query_params": query}
        if body is not None:
            is_text = isinstance(body, (str, bytes))
            options |= {"data": body if is_text else json.dumps(body), "content_type": kind}
        return getattr(self.http, method.lower())(f"{BASE}{path}", **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, **options):
        return self.call("POST", path, body, **options)

    def create(self, headers=None, **members) -> str:
        answer = self.post("/api/tickets", ticket(**members), headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"].startswith("text/plain")
        return answer.content.decode()

    def read(self, identity: str, **query) -> dict:
        answer = self.get(f"/api/tickets/{identity}", **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def listed(self, **query) -> dict:
        answer = self.get("/api/tickets", **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def said(self, identity: str, **query) -> dict:
        answer = self.get(f"/api/boards/items/{identity}/commentdetails", **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def upload(self, path, name="log.txt", content=b"one line", **options):
        headers = {f"X-Csrf-Token_{self.tenant}": self.token, **options.pop("headers", {})}
        file = SimpleUploadedFile(name, content)
        part = options.pop("part", "InMultiPart")
        return self.http.post(f"{BASE}{path}", {part: file}, headers=headers, **options)


def ticket(**members) -> dict:
    return {
        "Title": "Payments hang",
        "Description": "It happened **twice**.",
        "Environment": "Production",
        "Label": [HIGH],
        **members,
    }


def refused(answer, status_code: int) -> str:
    """The words of a refusal: one line of text."""
    assert answer.status_code == status_code, (answer.status_code, answer.content)
    assert answer["Content-Type"].startswith("text/plain")
    words = answer.content.decode()
    assert words and "\n" not in words
    return words


def one(identity: str) -> Ticket:
    return Ticket.objects.get(uuid=identity.partition(".")[0])
