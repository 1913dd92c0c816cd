"""Onna's own examples at our endpoint, and our answers against its written contract."""

import csv
import json
from functools import cache

import jsonschema
import pytest

from helpdesk.models import Ticket
from tests.integrations.onna.caller import Caller
from tests.shared.conftest import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.django_db]
SPEC = SHARED / "services" / "specs" / "onna-tickets.openapi.json"
# The columns of the export and the members of a ticket that the vendor's guide maps them to.
COLUMNS = {
    "id": "ref",
    "url": "url",
    "title": "name",
    "description": "description",
    "type": "category",
    "state": "status",
    "requester": "requester",
    "owners": "owners",
    "created_at": "creation_date",
    "updated_at": "update_date",
}


@pytest.fixture
def api():
    return Caller()


@cache
def spec() -> dict:
    return json.loads(SPEC.read_text())


def judged(answer, method: str, path: str):
    """The answer's body, after the written contract found it right."""
    answers = spec()["paths"][path][method]["responses"]
    assert str(answer.status_code) in answers, (answer.status_code, answer.content)
    content = answers[str(answer.status_code)].get("content")
    if content is None:
        assert answer.content == b""
        return None
    schema = {**content["application/json"]["schema"], "components": spec()["components"]}
    jsonschema.validate(answer.json(), schema)
    return answer.json()


def test_the_example_of_the_guide_works_as_it_is(api, examples):
    said = json.loads((examples / "onna-create.json").read_text())
    made = judged(api.send(**said | {"onna_parent_id": api.folder}), "post", "/resources/tickets")
    example = json.loads((examples / "onna-create.answer.json").read_text())
    assert set(made) == set(example)
    read = judged(
        api.get(f"/resources/tickets/{made['onna_id']}"), "get", "/resources/tickets/{onna_id}"
    )
    empty = {"requester", "owners", "onna_parent_id"}
    kept = {name: said[name] for name in said if name not in empty}
    assert {name: read[name] for name in kept} == kept
    assert not {"requester", "assignees", "comments", "priority"} & set(read)


def test_rows_of_the_export_become_tickets(api, examples):
    with (examples / "onna-shortcut-export.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        said = {member: row[column] for column, member in COLUMNS.items()}
        said["tags"] = row["labels"].split(",")
        read = api.read(api.create(**said))
        assert read["assignees"] == ["bo@example.com", "cy@example.com"]
        assert read["creation_date"] == "2022-07-26T12:33:39.000000+00:00"
        assert (read["category"], read["status"]) == ("feature", "In progress")
    assert Ticket.objects.count() == len(rows)


def test_every_answer_is_as_it_is_written(api):
    judged(api.sign_in(), "post", "/oauth/token")
    judged(api.sign_in(client_id=""), "post", "/oauth/token")
    judged(api.get("/oauth/user"), "get", "/oauth/user")
    judged(api.get("/health"), "get", "/health")
    made = judged(api.post("/workspaces", {"name": "A"}), "post", "/workspaces")["onna_id"]
    judged(api.post("/workspaces", {}), "post", "/workspaces")
    judged(api.get("/workspaces"), "get", "/workspaces")
    judged(api.get("/workspaces", cursor="x"), "get", "/workspaces")
    path, one = f"/workspaces/{made}", "/workspaces/{onna_id}"
    judged(api.get(path), "get", one)
    judged(api.call("PATCH", path, {"tags": ["x"]}), "patch", one)
    judged(api.call("PATCH", path, {"tags": "x"}), "patch", one)
    folder = {"name": "B", "onna_parent_id": made}
    inner = judged(api.post("/folders", folder), "post", "/folders")["onna_id"]
    judged(api.post("/folders", {"name": "B"}), "post", "/folders")
    judged(api.post("/folders", {**folder, "onna_parent_id": "x"}), "post", "/folders")
    path, one = f"/folders/{inner}", "/folders/{onna_id}"
    judged(api.get(path), "get", one)
    judged(api.call("PATCH", path, {"name": "C"}), "patch", one)
    judged(api.call("PATCH", path, {}), "patch", one)
    judged(api.call("DELETE", path), "delete", one)
    judged(api.get(path), "get", one)
    judged(api.call("DELETE", f"/workspaces/{made}"), "delete", "/workspaces/{onna_id}")


def test_every_answer_about_tickets_is_as_it_is_written(api):
    comments = [{"author": "a", "creation_date": "2022-07-22T03:39:07Z", "text": "b"}]
    made = judged(api.send(comments=comments, status="x"), "post", "/resources/tickets")
    judged(api.send(name=None), "post", "/resources/tickets")
    path, one = f"/resources/tickets/{made['onna_id']}", "/resources/tickets/{onna_id}"
    judged(api.get(path), "get", one)
    tus, upload = f"/upload/{made['onna_id']}/tus", "/upload/{id}/tus"
    for method, more in {
        "options": {},
        "post": {"headers": {"Upload-Length": "4"}},
        "head": {},
        "patch": {"raw": b"ab", "headers": {"Upload-Offset": "0"}},
    }.items():
        judged(api.call(method.upper(), tus, **more), method, upload)
    judged(api.call("PATCH", tus, raw=b"ab", headers={"Upload-Offset": "7"}), "patch", upload)
    judged(api.call("PUT", tus, raw=b"whole"), "put", upload)
    judged(api.call("POST", tus), "post", upload)
    judged(api.call("DELETE", path), "delete", one)
    judged(api.call("DELETE", path), "delete", one)
    judged(api.get(path), "get", one)
    api.token = "wrong"
    judged(api.send(), "post", "/resources/tickets")
    judged(api.get(path), "get", one)
    judged(api.get("/oauth/user"), "get", "/oauth/user")
