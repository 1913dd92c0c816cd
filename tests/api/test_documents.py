"""The OpenAPI document is true, and its pages hold nothing from outside."""

import json
import re

import pytest
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from helpdesk.api.urls import in_odata, v1
from helpdesk.changes import announce
from tests.api.conftest import ROOT
from tests.factories import make_agent, make_comment, make_field, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(client) -> dict:
    response = client.get(f"{ROOT}schema/")
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


def resolved(document: dict, schema: dict) -> dict:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def test_every_address_is_described_and_nothing_else_is(document):
    described = set(document["paths"])
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith(ROOT) for path in described)
    assert {f"{ROOT}tickets/", f"{ROOT}me/", f"{ROOT}tickets/{{ref}}/transitions/"} <= described
    # The document itself and its pages; and OData, which describes itself by `$metadata`.
    left_out = 2 + len(in_odata)
    assert len(described) == len(list(_views(v1))) - left_out
    assert not [path for path in described if "odata" in path]


def _views(patterns):
    for one in patterns:
        if hasattr(one, "url_patterns"):
            yield from _views(one.url_patterns)
        else:
            yield one


def test_every_operation_has_words_a_unique_name_and_its_failures(document):
    names = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            if method == "parameters":
                continue
            names.append(one["operationId"])
            assert one["summary"], path
            assert {"401", "429"} <= set(one["responses"]), (path, method)
            assert one["security"] == [{"key": []}], (path, method)
            if method in ("post", "patch"):
                assert "403" in one["responses"]
    assert len(names) == len(set(names))


READS = [
    "tickets/",
    "tickets/{ref}/",
    "tickets/{ref}/children/",
    "tickets/{ref}/transitions/",
    "tickets/{ref}/comments/",
    "tickets/{ref}/attachments/",
    "tickets/{ref}/activities/",
    "tickets/{ref}/links/",
    "tickets/{ref}/followers/",
    "tags/",
    "tag-categories/",
    "custom-fields/",
    "views/",
    "canned-replies/",
    "macros/",
    "workflows/",
    "instance/",
    "types/",
    "statuses/",
    "queues/",
    "teams/",
    "users/",
    "organisations/",
    "me/",
    "reporting/",
    "reporting/tickets/",
    "reporting/status-intervals/",
    "reporting/comments/",
    "reporting/daily/",
    "reporting/gone/?updated_since=-1d",
    "webhooks/",
    "webhooks/{webhook}/",
    "webhooks/{webhook}/deliveries/",
    "webhooks/{webhook}/deliveries/{delivery}/",
]


@pytest.mark.parametrize("path", READS)
def test_what_is_read_has_the_shape_that_is_described(api, document, path):
    make_field("level", "choice", ["Gold"])
    person = make_agent("Ann")
    ticket = make_ticket(requester=make_user(), assignee=person, tags=["vip"], parent=make_ticket())
    make_comment(ticket)
    api.post(f"tickets/{ticket.pk}/attachments/", {"url": "https://example.com/a"})
    api.post(f"tickets/{ticket.pk}/links/", {"ticket": ticket.parent_id})
    api.post(f"tickets/{ticket.pk}/followers/", {"person": person.pk})
    api.post("organisations/", {"name": "Acme"})
    announce()
    told = told_by(api) if path.startswith("webhooks/") else {}
    described = (
        path.partition("?")[0].replace("{webhook}", "{ref}").replace("{delivery}", "{delivery_ref}")
    )
    operation = document["paths"][ROOT + described]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    body = api.get(path.format(ref=ticket.pk, **told)).json()
    assert_fits(document, schema, body, path)


def told_by(api) -> dict:
    """A webhook of the key's and a delivery of it."""
    made = api.post("webhooks/", {"name": "Warehouse", "url": "https://example.com/hook"}).json()
    return {
        "webhook": made["id"],
        "delivery": api.post(f"webhooks/{made['id']}/test/").json()["uuid"],
    }


def assert_fits(document: dict, schema: dict, value, where: str) -> None:
    """A small judge: names, required names, nulls and kinds, all the way down."""
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            choices = [one for one in schema[word] if one.get("type") != "null"]
            if value is None:
                assert len(choices) < len(schema[word]), f"{where} is null"
                return
            if word != "allOf" and len(choices) > 1:
                return
            schema = choices[0]
    schema = resolved(document, schema)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if value is None:
        assert not kinds or "null" in kinds, f"{where} is null"
        return
    python = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
    expected = tuple(python[kind] for kind in kinds if kind in python)
    assert not expected or isinstance(value, expected), f"{where}: {value!r} is no {kinds}"
    if isinstance(value, list):
        for one in value:
            assert_fits(document, schema["items"], one, f"{where}[]")
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) <= set(schema["properties"]), where
        assert set(schema.get("required", ())) <= set(value), where
        for name, one in value.items():
            assert_fits(document, schema["properties"][name], one, f"{where}.{name}")


def test_what_can_be_written_is_described(document):
    schemas = document["components"]["schemas"]
    assert schemas["TicketInput"]["required"] == ["title"]
    assert {"queue", "requester", "custom", "tags", "source_ref"} <= set(
        schemas["TicketInput"]["properties"]
    )
    assert "public" in schemas["CommentWrite"]["required"]


def test_the_pages_hold_nothing_from_outside_and_no_inline_script(client):
    response = client.get(f"{ROOT}docs/")
    assert response.status_code == 200
    page = response.content.decode()
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("/"), address
    assert not re.search(r"<script(?![^>]*src=)", page)
    policy = response["Content-Security-Policy"]
    script = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert "unsafe" not in script and "nonce-" in script
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_inline_style_is_for_those_pages_alone(api):
    assert "unsafe-inline" not in api.get("me/")["Content-Security-Policy"]


def test_no_address_of_the_api_is_shadowed():
    assert get_resolver().resolve(f"{ROOT}tickets/5/").url_name == "ticket"


def test_the_document_is_made_without_a_warning():
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS


@pytest.mark.parametrize("page", ["schema/", "docs/"])
def test_the_document_and_its_pages_are_only_read(page):
    strict = Client(enforce_csrf_checks=True)
    response = strict.put(ROOT + page, "{}", content_type="application/json")
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "method_not_allowed"
    assert strict.head(ROOT + page).status_code == 200
