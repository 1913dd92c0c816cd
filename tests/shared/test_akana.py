"""Akana's own examples at our endpoint, and our answers against its written contract."""

import json

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import default_queue, make_key
from tests.integrations.akana.caller import BASE, Caller, one
from tests.shared.conftest import SHARED
from tests.shared.test_teamswork import nullable

pytestmark = [pytest.mark.shared, pytest.mark.django_db]
SPEC = SHARED / "services" / "specs" / "akana-tickets.reconstructed.openapi.json"


@pytest.fixture
def api():
    return Caller(make_key(name="Ledger", queues=[default_queue()], rate_limit=1000)[1])


@pytest.mark.parametrize(
    ("name", "kind", "format"),
    [
        ("akana-create.json", "application/json", "markdown"),
        ("akana-create.json", "application/vnd.soa.v81+json", "markdown"),
        ("akana-create.xml", "application/xml", "plain"),
        ("akana-create.xml", "application/vnd.soa.v71+xml", "plain"),
    ],
)
def test_the_examples_are_taken_as_they_are(api, examples, name, kind, format):
    headers = {"Accept": "text/html, */*; q=0.01"}
    body = (examples / name).read_bytes()
    answer = api.post("/api/tickets", body, kind=kind, headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain")
    like = (examples / "akana-create.answer.txt").read_text()
    assert answer.content.decode().count(".") == like.count(".") and not like.endswith("\n")
    made = one(answer.content.decode())
    assert made.title == "Bug when using multiple payment types"
    assert (made.priority, made.body_format) == ("high", format)
    shown = api.read(answer.content.decode())
    assert shown["APIID"] == "ecbf7010-abcf-41f8-9f52-1c02b3a51984.acmepaymentscorp"
    assert shown["UserID"].endswith(".acmepaymentscorp")
    if name.endswith("json"):
        assert {**json.loads(body), **shown} == shown | {"Tag": shown["Tag"]}
        assert sorted(shown["Tag"]) == ["bug", "multiple", "payment"]


def test_our_answers_keep_the_contract(api, examples):
    spec = json.loads(SPEC.read_text())
    body = (examples / "akana-create.json").read_text()
    made = api.post("/api/tickets", body)
    identity = made.content.decode()
    item, path = f"/api/boards/items/{identity}", f"/api/tickets/{identity}"
    file = {"InMultiPart": SimpleUploadedFile("a.txt", b"words")}
    token = {f"X-Csrf-Token_{api.tenant}": api.token}
    upload = api.http.post(f"{BASE}/api/boards/items/artifacts", file, headers=token)
    said = api.post(f"{path}/comments", {"Content": "x"})
    operations = {
        ("post", "/api/login", "200"): api.log_in(),
        ("post", "/api/login", "401"): api.log_in(password="wrong"),
        ("post", "/api/login/renewToken", "200"): api.post("/api/login/renewToken", {}),
        ("post", "/api/tickets", "200"): made,
        ("post", "/api/tickets", "400"): api.post("/api/tickets", {}),
        ("post", "/api/tickets", "401"): api.post("/api/tickets", body, token=""),
        ("get", "/api/tickets", "200"): api.get("/api/tickets"),
        ("get", "/api/tickets", "405"): api.get("/api/tickets", headers={"Accept": "image/png"}),
        ("get", "/api/tickets/{TicketID}", "200"): api.get(path),
        ("get", "/api/tickets/{TicketID}", "404"): api.get("/api/tickets/nothing"),
        ("post", "/api/tickets/{TicketID}/comments", "200"): said,
        ("post", "/api/tickets/{TicketID}/marks", "200"): api.post(
            f"{path}/marks", "u", kind="text/plain"
        ),
        ("get", "/api/boards/items/{BoardItemID}/commentdetails", "200"): api.get(
            f"{item}/commentdetails"
        ),
        ("post", "/api/boards/items/artifacts", "200"): upload,
        ("post", "/api/tickets/{TicketID}/actions", "200"): api.post(
            f"{path}/actions", {"ActionName": "ticket.action.resolve"}
        ),
    }
    wrong, components = [], nullable(spec["components"])
    for (method, address, status), answer in operations.items():
        assert str(answer.status_code) == status, (method, address, answer.content)
        contents = spec["paths"][address][method]["responses"][status].get("content", {})
        if not contents:
            continue
        kind = answer["Content-Type"].partition(";")[0]
        assert kind in contents, (method, address, kind)
        found = answer.json() if kind.endswith("json") else answer.content.decode()
        checker = jsonschema.Draft202012Validator(
            {**nullable(contents[kind]["schema"]), "components": components}
        )
        for error in checker.iter_errors(found):
            wrong.append(f"{method} {address} {status}: {error.json_path}: {error.message[:200]}")
    assert not wrong, "\n".join(wrong)
