"""Every answer of our Apideck endpoint, success and error, against the vendor's own document."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_tag,
    make_ticket,
)
from tests.integrations.apideck.served.caller import BASE, NOWHERE, Caller
from tests.shared.conftest import SHARED
from tests.shared.openapi import Contract

pytestmark = [pytest.mark.shared, pytest.mark.django_db]
SPEC = SHARED / "services" / "specs" / "apideck-issue-tracking.openapi.json"
PREFIX = "/issue-tracking/collections"
COLLECTION = f"{PREFIX}/{{collection_id}}"
TICKET = f"{COLLECTION}/tickets/{{ticket_id}}"
WRITES = {"POST", "PATCH", "DELETE"}


class Judge:
    """A caller whose every answer is held against the document."""

    def __init__(self, secret: str):
        self.contract = Contract(SPEC, "/compat/apideck")
        self.caller = Caller(secret)
        self.wrong: list[str] = []

    def ask(self, method: str, path: str, body=None, *, expect: int, **options):
        answer = self.caller.call(method, path, body, **options)
        where = BASE + path[1:] if path.startswith("!") else f"{BASE}/{default_queue().uuid}{path}"
        self.wrong += self.contract.faults(method, where, answer)
        if answer.status_code != expect:
            self.wrong.append(f"{method} {path}: {answer.status_code} instead of {expect}")
        return answer.json()["data"] if answer.status_code < 300 else None


@pytest.fixture
def judge():
    judge = Judge(make_key(rate_limit=10_000)[1])
    yield judge
    assert not judge.wrong, "\n".join(judge.wrong)


@pytest.fixture
def ticket():
    make_field("region", "choice", ["EU", "US"])
    make_field("helpers", "people")
    agent, parent = make_agent("Ann Lee"), make_ticket("Parent")
    found = make_ticket(
        "Whole",
        assignee=agent,
        parent=parent,
        requester={"email": "bea@customers.example", "name": "Bea"},
        tags=["vip", "printer"],
        priority="urgent",
        body="<p>Some <b>words</b></p>",
        body_format="html",
    )
    actions.set_custom(found, {"helpers": [agent.pk]}, by=system("rule"))
    make_comment(found, "Words", author=agent)
    make_comment(found, "More <b>words")
    return found


def test_every_operation_succeeds_as_the_document_says(judge, ticket):
    make_queue("Another")
    make_tag("Another")
    for raw in ("false", "true"):
        for query in ({"raw": raw}, {"raw": raw, "limit": "1"}, {"raw": raw, "fields": "id"}):
            for path in ("!", "", "/tickets", "/users", "/tags"):
                judge.ask("GET", path, query=query, expect=200)
            path = f"/tickets/{ticket.uuid}"
            judge.ask("GET", path, query=query, expect=200)
            said = judge.ask("GET", f"{path}/comments", query=query, expect=200)
            judge.ask("GET", f"{path}/comments/{said[0]['id']}", query=query, expect=200)
            user = judge.ask("GET", "/users", expect=200)[0]["id"]
            judge.ask("GET", f"/users/{user}", query=query, expect=200)
        query = {"raw": raw}
        made = judge.ask("POST", "/tickets", {"subject": "New"}, query=query, expect=201)["id"]
        path = f"/tickets/{made}"
        for status in ("in_progress", "closed", "open"):
            judge.ask("PATCH", path, {"status": status}, query=query, expect=200)
            judge.ask("GET", path, expect=200)
        comments = f"{path}/comments"
        said = judge.ask("POST", comments, {"body": "x"}, query=query, expect=201)["id"]
        judge.ask("PATCH", f"{comments}/{said}", {"body": "y"}, query=query, expect=200)
        judge.ask("DELETE", f"{comments}/{said}", query=query, expect=200)
        judge.ask("DELETE", path, query=query, expect=200)
    done = {(method, template) for method, template, status in judge.contract.seen if status < 300}
    assert done == judge.contract.operations


def test_every_operation_fails_as_the_document_says(judge, ticket, same_minute):
    comment = ticket.comments.first().uuid
    names = {
        "{collection_id}": str(default_queue().uuid),
        "{ticket_id}": str(ticket.uuid),
        "{id}": str(comment),
    }
    reader, spent = make_key("read")[1], make_key(rate_limit=1)[1]
    Caller(spent).get("/tags")

    def as_key(secret: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {secret}"}

    for method, template in sorted(judge.contract.operations):
        path = template.removeprefix(PREFIX)
        for name, value in names.items():
            path = path.replace(name, value)
        path, body = f"!{path}", {"subject": "x", "body": "x"}
        judge.ask(method, path, body, headers=as_key(""), expect=401)
        judge.ask(method, path, body, headers={"x-apideck-consumer-id": ""}, expect=400)
        judge.ask(method, path, body, headers=as_key(spent), expect=429)
        judge.ask(method, path, body, query={"raw": "maybe"}, expect=400)
        if "{" in template:
            nowhere = f"!{template.removeprefix(PREFIX)}"
            for name in names:
                nowhere = nowhere.replace(name, NOWHERE)
            judge.ask(method, nowhere, body, expect=404)
        if method in WRITES:
            judge.ask(method, path, body, headers=as_key(reader), expect=403)
        if method in ("POST", "PATCH"):
            judge.ask(method, path, "{", expect=400)
            judge.ask(method, path, {"subject": 7, "body": 7}, expect=400)
    judge.ask("PATCH", f"/tickets/{ticket.uuid}", {"status": "nonsense"}, expect=422)
    for query in ({"limit": "0"}, {"cursor": "x"}, {"sort[by]": "x"}, {"filter[x]": "y"}):
        judge.ask("GET", "/tickets", query=query, expect=400)
    for status in (400, 401, 429):
        failed = {one[:2] for one in judge.contract.seen if one[2] == status}
        assert failed == judge.contract.operations, status
