"""TeamsWork's own examples at our endpoint, and our answers against its written contract."""

import json

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.models import CustomField, TagCategory, Ticket
from tests.factories import default_queue, make_agent, make_field, make_key, make_tag
from tests.shared.conftest import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.django_db]
BASE = "/compat/teamswork/ticketing/v1"
SPEC = SHARED / "services" / "specs" / "teamswork-ticketing.reconstructed.openapi.json"
# What the fields of the examples are; the first of each has the options that the examples name.
FIELDS = {
    "146db0c4-de24-4818-a131-a27161bb7ad0": "people",
    "fef751d6-067d-431b-8a6d-667056eff6ee": "choices",
    "4aad4ef9-3242-4bb6-87f7-29428567429f": "textarea",
    "7670050a-cf1a-4d3d-8179-5eba888dea5f": "text",
    "862bd88d-f691-4a7b-a89a-f6f48550fc27": "toggle",
    "5b9f56bc-ec6a-45a3-b7ce-c25e1d8cfd69": "choice",
    "7ee98e41-c4d0-4d4c-beb9-2b7f8f8c35c8": "date",
}
NO_UUID = "dcd58c80-xxxx-xxxx-xxxx-xxxxxxxxxxxxxxx"  # a field of people, its id blotted out


@pytest.fixture
def spec() -> dict:
    return json.loads(SPEC.read_text())


@pytest.fixture
def call():
    secret = make_key(queues=[default_queue()])[1]
    client = Client()

    def send(method: str, path: str, body=None, **options):
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(f"{BASE}{path}?key={secret}", **options)

    return send


@pytest.fixture
def example(examples):
    return lambda name: json.loads((examples / f"teamswork-{name}.json").read_text())


@pytest.fixture
def fields(example) -> None:
    """The instance of the examples: its custom fields, their options and its agents."""
    sent = example("create-full")["ticket"]["customFields"]
    for number, (identity, kind) in enumerate(FIELDS.items()):
        field = make_field(f"field_{number}", kind, uuid=identity)
        if kind in (CustomField.Kind.CHOICE, CustomField.Kind.CHOICES):
            for place, option in enumerate(sent[identity]):
                field.options.create(label=f"Option {place}", uuid=option, position=place)
    for tag in example("create-full")["ticket"]["tags"]:
        if category := tag.get("tagCategoryId"):
            TagCategory.objects.get_or_create(uuid=category, defaults={"name": category})
    make_agent("Alex Wilber", email="AlexW@wwwwwww.com")
    make_agent("Allan Deyoung", email="AllanD@xxxxxxxx.com")


def test_the_examples_are_taken_as_they_are(call, example, fields):
    smallest = call("post", "/tickets", example("create"))
    assert smallest.status_code == 201, smallest.content
    full = call("post", "/tickets", example("create-full"))
    assert full.status_code == 201, full.content
    ticket = Ticket.objects.get(uuid=full.json()["item"]["id"])
    assert ticket.priority == "urgent" and ticket.custom["field_6"] == "2023-07-26"
    assert {tag.name for tag in ticket.tag_list} == {"sdsad", "my tag"}

    identity = smallest.json()["item"]["id"]
    people = str(CustomField.objects.get(kind="people").uuid)
    update = json.loads(json.dumps(example("update")).replace(NO_UUID, people))
    changed = call("put", f"/tickets/{identity}", update)
    assert changed.status_code == 200, changed.content
    assert changed.json()["item"]["title"] == "My 2nd ticket"
    assert changed.json()["item"]["assignee"]["name"] == "Alex Wilber"

    said = call("post", f"/tickets/{identity}/activities", example("comment"))
    assert said.status_code == 201, said.content
    resolved = call("post", f"/tickets/{identity}/status", example("status"))
    assert resolved.status_code == 200, resolved.content
    ticket = Ticket.objects.get(uuid=identity)
    assert ticket.status_category == "resolved" and ticket.resolution == "fixed"
    assert ticket.resolution_comment == "Great job!"


def test_our_answers_keep_the_contract(call, example, fields, spec):
    make_tag("billing")
    made = call("post", "/tickets", example("create-full"))
    identity = made.json()["item"]["id"]
    said = call("post", f"/tickets/{identity}/activities", example("comment"))
    upload = {
        "files": SimpleUploadedFile("a.txt", b"words"),
        "user": json.dumps({"name": "Jason Doe", "email": "jason.doe@example.com"}),
    }
    kept = call("post", f"/tickets/{identity}/attachments", data=upload)
    assert kept.status_code == 201, kept.content
    answers = {
        ("post", "/tickets", "201"): made,
        ("post", "/tickets/{ticketId}/activities", "201"): said,
        ("get", "/tickets", "200"): call("get", "/tickets"),
        ("get", "/tickets/{ticketId}", "200"): call("get", f"/tickets/{identity}"),
        ("get", "/tickets/{ticketId}/activities", "200"): call(
            "get", f"/tickets/{identity}/activities"
        ),
        ("get", "/tickets/{ticketId}/attachments", "200"): call(
            "get", f"/tickets/{identity}/attachments"
        ),
        ("get", "/instance", "200"): call("get", "/instance"),
        ("get", "/tags", "200"): call("get", "/tags"),
        ("get", "/tickets/{ticketId}", "404"): call("get", "/tickets/nothing"),
        ("post", "/tickets", "400"): call("post", "/tickets", {}),
    }
    wrong, components = [], nullable(spec["components"])
    for (method, path, status), answer in answers.items():
        assert str(answer.status_code) == status, (method, path, answer.content)
        said = spec["paths"][path][method]["responses"][status]
        schema = next(iter(said["content"].values()))["schema"]
        checker = jsonschema.Draft202012Validator({**schema, "components": components})
        for error in checker.iter_errors(answer.json()):
            wrong.append(f"{method} {path} {status}: {error.json_path}: {error.message[:200]}")
    assert not wrong, "\n".join(wrong)


def nullable(schema):
    """OpenAPI's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: nullable(one) for name, one in schema.items()}
    if found.get("nullable") is True:
        found["type"] = [found["type"], "null"]
    return found
