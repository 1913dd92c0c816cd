"""StackOne's own example at our endpoint, and our answers before its own document."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Organisation, Team, Ticket, TicketType
from integrations.services.stackone import texts
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_ticket,
    make_user,
)
from tests.integrations.stackone.served.caller import BASE, NOWHERE, Caller, signed
from tests.shared.conftest import SHARED
from tests.shared.openapi import Contract

pytestmark = [pytest.mark.shared, pytest.mark.django_db]
SPEC = SHARED / "services" / "specs" / "stackone-ticketing.openapi.json"
BY = system("rule")


@pytest.fixture
def contract() -> Contract:
    return Contract(SPEC, "/compat/stackone")


@pytest.fixture
def api() -> Caller:
    return Caller(make_key(rate_limit=10_000, queues=[default_queue()])[1])


@pytest.fixture
def ids() -> dict[str, str]:
    """What the ids of the vendor's examples stand for here."""
    agents, queue = [make_agent(), make_agent()], default_queue()
    company = Organisation.objects.create(name="Acme")
    parent = make_ticket("Parent", organisation=company)
    teams = [Team.objects.create(name=f"Component {number}") for number in (1, 2)]
    queue.teams.add(*teams)
    kind = TicketType.objects.create(name="Outage")
    return {
        "user-001": str(agents[0].uuid),
        "user-002": str(agents[1].uuid),
        "ticket-002": str(parent.uuid),
        "collection-001": str(queue.uuid),
        "collection-002": str(queue.uuid),
        "project-001": str(queue.uuid),
        "component-001": str(teams[0].uuid),
        "component-002": str(teams[1].uuid),
        "ticket-type-001": str(kind.uuid),
        "organization-001": str(company.uuid),
    }


def with_ids(said, ids: dict[str, str]):
    text = json.dumps(said)
    for theirs, ours in ids.items():
        text = text.replace(f'"{theirs}"', f'"{ours}"')
    return json.loads(text)


def check_the_example(ticket: Ticket, ids: dict[str, str]) -> None:
    assert ticket.title == "System outage in production environment"
    assert (ticket.body, ticket.body_format) == ("This is some content", "plain")
    assert (ticket.priority, str(ticket.type)) == ("normal", "Outage")
    assert str(ticket.requester.uuid) == str(ticket.assignee.uuid) == ids["user-001"]
    assert str(ticket.parent.uuid) == ids["ticket-002"]
    assert ticket.organisation.name == "Acme" and ticket.participations.count() == 2
    assert [tag.name for tag in ticket.tag_list] == ["tag-001", "tag-002"]


def test_the_example_is_taken_as_it_is(api, ids, examples):
    body = with_ids(json.loads((examples / "stackone-create.json").read_text()), ids)
    answer = api.post("/tickets", body)
    assert answer.status_code == 201, answer.content
    told = json.loads((examples / "stackone-create.answer.json").read_text())
    said = answer.json()
    assert {**said, "timestamp": "", "data": ""} == {**told, "timestamp": "", "data": ""}
    assert said["data"].keys() == told["data"].keys()
    check_the_example(Ticket.objects.get(uuid=said["data"]["id"]), ids)


def example_of(contract: Contract, name: str) -> dict:
    """The body that the examples of a schema's members make."""
    schemas = contract.document["components"]["schemas"]
    body = {}
    for member, schema in schemas[name]["properties"].items():
        if "example" in schema:
            body[member] = schema["example"]
    return body


def test_the_examples_of_the_newer_document_are_taken_as_they_are(api, ids, contract):
    body = with_ids(example_of(contract, "TicketingTicketCreateRequestDto"), ids)
    assert {"project_id", "component_ids", "unified_custom_fields", "type"} <= body.keys()
    body["content"] = [{"plain": "This is some content", "html": "<p>This is some content</p>"}]
    body["priority"] = {"id": "001", "value": "medium", "source_value": "Normal"}
    answer = api.post("/tickets", body)
    assert answer.status_code == 201, answer.content
    ticket = Ticket.objects.get(uuid=answer.json()["data"]["id"])
    check_the_example(ticket, ids)
    assert ticket.team.name == "Component 1"
    shown = api.read(ticket)
    assert shown["unified_custom_fields"] == body["unified_custom_fields"]
    assert [one["id"] for one in shown["components"]] == body["component_ids"]

    change = with_ids(example_of(contract, "TicketingTicketUpdateRequestDto"), ids)
    statuses = api.listed(f"/tickets/{ticket.uuid}/statuses")
    [waiting] = [one for one in statuses if one["name"] == "Waiting"]
    change["status"] = {"id": waiting["id"], "name": "Backlog", "type": {"value": "to-do"}}
    answer = api.patch(f"/tickets/{ticket.uuid}", change)
    assert answer.status_code == 200, answer.content


@pytest.fixture
def full(api) -> dict[str, str]:
    """The addresses of a ticket that has everything, and of what is around it."""
    make_field("region", "choice", ["EU"])
    queue, ann = default_queue(), make_user("Ann")
    team = Team.objects.create(name="Printers")
    queue.teams.add(team)
    make_ticket("Known", requester=ann)
    ticket = api.create(
        title="Everything",
        creator_id=ann.email,
        reporters=[ann.email, "bea@customers.example"],
        assignees=[str(make_agent().uuid), "who@partner.example"],
        content=[{"html": "<p>Very <b>broken</b></p>"}],
        parent_id=str(make_ticket("Above").uuid),
        priority={"value": "highest"},
        tags=["vip"],
        type="Incident",
        component_ids=[str(team.uuid)],
        unified_custom_fields={"region": "EU", "other": [1, {"a": None}]},
    )
    company = Organisation.objects.create(name="Acme")
    actions.change_ticket(ticket, by=BY, organisation=company)
    comment = make_comment(ticket, "Words", author=ann)
    kept = [
        actions.keep_file(SimpleUploadedFile("log.txt", b"words"), by=BY),
        actions.keep_file(SimpleUploadedFile("no extension", b"\x00\x01"), by=BY),
        actions.keep_link("https://files.example/a.pdf", by=BY, name="Contract"),
    ]
    actions.attach(ticket, kept, by=BY)
    api.change(ticket, status={"type": {"value": "closed"}})
    [kind, *_rest] = TicketType.objects.all()
    return {
        "ticket": str(ticket.uuid),
        "comment": str(comment.uuid),
        "file": str(kept[0].uuid),
        "user": str(ann.uuid),
        "type": str(kind.uuid),
        "project": str(queue.uuid),
        "component": str(team.uuid),
    }


ASKED = {
    "/unified/ticketing/tickets": "/tickets",
    "/unified/ticketing/tickets/{id}": "/tickets/{ticket}",
    "/unified/ticketing/tickets/{id}/comments": "/tickets/{ticket}/comments",
    "/unified/ticketing/tickets/{id}/comments/{subResourceId}": (
        "/tickets/{ticket}/comments/{comment}"
    ),
    "/unified/ticketing/tickets/{id}/attachments": "/tickets/{ticket}/attachments",
    "/unified/ticketing/tickets/{id}/attachments/{subResourceId}": (
        "/tickets/{ticket}/attachments/{file}"
    ),
    "/unified/ticketing/tickets/{id}/attachments/{subResourceId}/download": (
        "/tickets/{ticket}/attachments/{file}/download"
    ),
    "/unified/ticketing/tickets/{id}/statuses": "/tickets/{ticket}/statuses",
    "/unified/ticketing/users": "/users",
    "/unified/ticketing/users/{id}": "/users/{user}",
    "/unified/ticketing/ticket_types": "/ticket_types",
    "/unified/ticketing/ticket_types/{id}": "/ticket_types/{type}",
    "/unified/ticketing/projects": "/projects",
    "/unified/ticketing/projects/{id}": "/projects/{project}",
    "/unified/ticketing/projects/{id}/components": "/projects/{project}/components",
    "/unified/ticketing/projects/{id}/components/{subResourceId}": (
        "/projects/{project}/components/{component}"
    ),
    "/unified/ticketing/projects/{id}/ticket_types": "/projects/{project}/ticket_types",
}
BODIES = {"POST": {"title": "T"}, "PATCH": {"title": "T"}}


def test_every_operation_of_the_document_is_asked(contract):
    assert {template for _method, template in contract.operations} == set(ASKED)


def ask(api: Caller, contract: Contract, method: str, path: str, body=None, **more):
    """What is wrong with the answer, and the answer itself."""
    body = BODIES.get(method) if body is None else body
    answer = api.call(method, path, body, **more)
    if answer.streaming:
        return faults_of_a_download(answer), answer
    return contract.faults(method, f"{BASE}{path}", answer), answer


def faults_of_a_download(answer) -> list[str]:
    """Bytes, with the three headers that the document names."""
    content = b"".join(answer.streaming_content)
    right = answer["Content-Length"] == str(len(content)) and answer["Content-Disposition"]
    return [] if right and answer["Content-Type"] else [f"a download with {dict(answer.headers)}"]


def test_every_success_is_as_the_document_says(api, contract, full):
    wrong, asked = [], set()
    for method, template in sorted(contract.operations):
        path = ASKED[template].format(**full)
        queries = [{}] if method != "GET" else [{}, {"raw": "true"}, {"fields": "id"}]
        for query in queries if not template.endswith("statuses") else [{}, {"page_size": "2"}]:
            faults, answer = ask(api, contract, method, path, **query)
            asked.add((method, template, answer.status_code))
            wrong += faults
    assert not wrong, "\n".join(wrong)
    wanted = {(method, template, 201 if method == "POST" else 200)
              for method, template in contract.operations}  # fmt: skip
    assert asked == wanted


def test_every_refusal_is_as_the_document_says(api, contract, full, same_minute):
    reader = Caller(make_key("read")[1])
    spent = Caller(make_key(rate_limit=1)[1])
    spent.get("/ticket_types")
    nobody, unnamed = Caller("wrong"), Caller(make_key()[1], None)
    elsewhere = Caller(make_key()[1], "nonesuch")
    wrong = []
    for method, template in sorted(contract.operations):
        path = ASKED[template].format(**full)
        for caller, status in ((nobody, 401), (unnamed, 400), (elsewhere, 404), (spent, 429)):
            faults, answer = ask(caller, contract, method, path)
            assert answer.status_code == status, (method, path, answer.content)
            wrong += faults
        if method != "GET":
            faults, answer = ask(reader, contract, method, path)
            assert answer.status_code == 403
            wrong += faults
            for body in ({"title": []}, "{", {"title": "x" * 501}, {"priority": {"value": "x"}}):
                faults, answer = ask(api, contract, method, path, body)
                assert answer.status_code == 400, (method, path, body, answer.content)
                wrong += faults
        elif not template.endswith("download"):
            faults, answer = ask(api, contract, method, path, fields="nothing")
            assert answer.status_code == 400
            wrong += faults
        for name in full:
            if "{" + name + "}" in ASKED[template]:
                missing = ASKED[template].format(**full | {name: NOWHERE})
                faults, answer = ask(api, contract, method, missing)
                assert answer.status_code == 404, (method, missing)
                wrong += faults
    download = "/tickets/{ticket}/attachments/{file}/download".format(**full)
    faults, answer = ask(api, contract, "GET", download, export_format="image/png")
    assert answer.status_code == 501
    assert not wrong + faults, "\n".join(wrong + faults)


def test_what_we_are_asked_is_what_the_document_offers(contract):
    """Each member of the bodies of the document is one that we read."""
    source = (SHARED.parent / "main" / "integrations/services/stackone/bodies.py").read_text()
    for name in ("TicketingTicketCreateRequestDto", "TicketingTicketUpdateRequestDto"):
        for member in contract.document["components"]["schemas"][name]["properties"]:
            assert f'"{member}"' in source, member


def test_the_formats_of_files_are_the_documents(contract):
    from_document = contract.document["components"]["schemas"]["FileFormatEnum"]["properties"]
    assert set(from_document["value"]["enum"]) >= texts.FORMATS


def test_signed_calls_need_no_more_than_two_headers(api):
    answer = Client().get(
        f"{BASE}/tickets",
        headers={"authorization": api.headers["authorization"], "x-account-id": "support"},
    )
    assert answer.status_code == 200 and signed("x").startswith("Basic ")
