"""The judge itself: it finds what is wrong, in documents of both versions."""

import json
from types import SimpleNamespace

import pytest

from tests.shared.conftest import SHARED
from tests.shared.openapi import Contract

pytestmark = pytest.mark.shared
SPECS = SHARED / "services" / "specs"


def answer(body, status: int = 200, kind: str = "application/json"):
    return SimpleNamespace(
        status_code=status, content=json.dumps(body).encode(), headers={"Content-Type": kind}
    )


@pytest.mark.parametrize("name", ["apideck-issue-tracking", "stackone-ticketing"])
def test_the_vendors_documents_are_valid(name):
    Contract(SPECS / f"{name}.openapi.json").check_itself()


def test_wrong_answers_are_found():
    contract = Contract(SPECS / "apideck-issue-tracking.openapi.json", "/compat/apideck")
    path = "/compat/apideck/issue-tracking/collections/7/tickets/8?raw=false"
    envelope = {
        "status_code": 200,
        "status": "OK",
        "service": "helpdesk",
        "resource": "Tickets",
        "operation": "one",
    }
    right = {"id": "8", "subject": None, "due_date": "2026-01-02T03:04:05.000Z"}
    assert contract.faults("GET", path, answer({**envelope, "data": right})) == []
    for wrong in [
        {"id": 8},
        {"subject": "no id"},
        {"id": "8", "due_date": "tomorrow"},
        {"id": "8", "title": "unknown"},
        {"id": "8", "priority": "medium"},
        {"id": "8", "pass_through": [{"service_id": "written only"}]},
    ]:
        assert contract.faults("GET", path, answer({**envelope, "data": wrong})), wrong
    assert contract.faults("GET", path, answer({"data": right}))
    assert contract.faults("GET", path, answer({**envelope, "data": right}, kind="text/html"))
    assert contract.seen == {
        ("GET", "/issue-tracking/collections/{collection_id}/tickets/{ticket_id}", 200)
    }


def test_null_is_allowed_where_a_document_of_either_version_says_so():
    contract = Contract(SPECS / "stackone-ticketing.openapi.json")
    path = "/unified/ticketing/tickets/8"
    assert contract.faults("GET", path, answer({"data": {"id": "8", "title": None}})) == []
    assert contract.faults("GET", path, answer({"data": {"id": 8}}))
