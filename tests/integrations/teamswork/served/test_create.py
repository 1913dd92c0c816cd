"""Creating tickets."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client

from helpdesk.actor import Role
from helpdesk.models import Change, Tag, TagCategory, Ticket, User
from helpdesk.models.configuration import configuration
from tests.factories import (
    make_agent,
    make_field,
    make_key,
    make_queue,
)
from tests.integrations.teamswork.served.caller import BASE, NOWHERE, USER, Caller, one, refused

pytestmark = pytest.mark.django_db


def test_a_ticket_is_made_with_all_it_may_hold(api):
    region = make_field("region", "choice", ["EU", "US"])
    sites = make_field("sites", "choices", ["A", "B", "C"])
    people = make_field("approvers", "people")
    kinds = [("note", "text"), ("area", "textarea"), ("vip", "toggle"), ("day", "date")]
    fields = {key: make_field(key, kind) for key, kind in kinds}
    category = TagCategory.objects.create(name="Topics")
    agent = make_agent("Alex Wilber")
    option = {one.label: str(one.uuid) for one in configuration().options.values()}
    custom = {
        str(region.uuid): [option["EU"]],
        str(sites.uuid): [option["C"], option["A"]],
        str(people.uuid): [{"id": "x", "name": "Allan", "email": "AllanD@customers.example"}],
        str(fields["note"].uuid): "text in custom field",
        str(fields["area"].uuid): "long text\nbla",
        str(fields["vip"].uuid): True,
        str(fields["day"].uuid): "2023-07-26T17:00:00Z",
    }
    item = api.create(
        description="line 1\nline 2",
        priority="Urgent",
        assignee={"id": "any", "name": "Alex", "email": agent.email},
        expectedDate="2026-04-01",
        tags=[{"tagCategoryId": str(category.uuid), "text": "my tag"}],
        customFields=custom,
    )
    ticket = one(item)
    assert (ticket.body, ticket.priority, ticket.assignee) == ("line 1\nline 2", "urgent", agent)
    assert ticket.due_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert ticket.custom["region"] == option["EU"]
    assert ticket.custom["sites"] == [option["A"], option["C"]]
    assert ticket.custom["approvers"] == [User.objects.get(email="alland@customers.example").pk]
    assert ticket.custom["vip"] is True and ticket.custom["day"] == "2023-07-26"
    assert Tag.objects.get(name="my tag").category == category
    assert item["priority"] == "Urgent" and item["tags"] == ["my tag"]
    assert item["expectedDate"] == "2026-04-01"
    assert item["customFields"][str(region.uuid)] == [option["EU"]]
    assert item["customFields"][str(sites.uuid)] == [option["A"], option["C"]]
    [approver] = item["customFields"][str(people.uuid)]
    assert approver["email"] == "AllanD@customers.example"
    assert item["requestor"] == USER and item["createdBy"] == USER
    assert item["ticketNo"] == ticket.pk and item["status"] == "Open"


def test_who_acts_is_said_but_the_rights_are_the_keys(api):
    agent = make_agent("Ann Agent", role=Role.ADMIN)
    who = {"id": str(agent.uuid), "name": "Ann", "email": agent.email}
    body = {"ticket": {"title": "x", "requestor": USER}, "user": who}
    item = api.post("/tickets", body).json()["item"]
    change = Change.objects.get(ticket=one(item))
    assert change.person_name == "Ann via Ledger"
    assert (change.person, change.origin, change.key.name) == (None, "compat:teamswork", "Ledger")
    assert item["createdBy"] == who


def test_an_assignee_who_is_no_agent_here_comes_back_as_he_came(api):
    stranger = {"id": "708edddc-xxxx", "name": "Alex Wilber", "email": "alexw@elsewhere.example"}
    item = api.create(assignee=stranger)
    assert one(item).assignee is None
    assert api.get(f"/tickets/{item['id']}").json()["item"]["assignee"] == stranger
    assert not User.objects.filter(email=stranger["email"]).exists()
    assert api.change(item["id"], title="Other")["assignee"] == stranger
    assert api.change(item["id"], assignee=None)["assignee"] is None


def test_what_has_no_home_here_comes_back_unharmed(api):
    item = api.create(severity={"level": [1, 2]}, status="Closed", ticketNo=7)
    assert item["severity"] == {"level": [1, 2]}
    assert item["status"] == "Open" and item["ticketNo"] != 7
    assert api.change(item["id"], title="Other")["severity"] == {"level": [1, 2]}


def test_the_same_origin_makes_one_ticket(api):
    origin = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    first = api.create(headers={"Helpdesk-Origin": origin})
    second = api.create(headers={"Helpdesk-Origin": origin}, title="Sent again")
    assert first["id"] == second["id"] and Ticket.objects.count() == 1
    assert second["title"] == "A ticket"
    assert first["trackingId"] == f"helpdesk:{origin}"
    ticket = one(first)
    assert ticket.source == f"helpdesk:{origin.rpartition('/')[0]}"
    assert ticket.source_ref == origin.rpartition("/")[2]


def test_an_origin_of_another_queues_ticket_is_not_free(api):
    origin = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    other = Caller(make_key(queues=[make_queue()])[1])
    secret = other.create(headers={"Helpdesk-Origin": origin}, title="Not yours")
    body = {"ticket": {"title": "x", "requestor": USER}, "user": USER}
    answer = api.post("/tickets", body, headers={"Helpdesk-Origin": origin})
    assert secret["id"] not in refused(answer, 400)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{not json", "JSON"),
        ("[1, 2]", "object"),
        ('{"ticket": NaN}', "JSON"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "JSON"),
        ({}, "ticket"),
        ({"ticket": [], "user": USER}, "ticket"),
        ({"ticket": {"requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": " ", "requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": {"a": 1}, "requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": "x" * 501, "requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": "x"}, "user": USER}, "requestor"),
        ({"ticket": {"title": "x", "requestor": "me"}, "user": USER}, "requestor"),
        ({"ticket": {"title": "x", "requestor": {"email": "nobody"}}, "user": USER}, "requestor"),
        ({"ticket": {"title": "x", "requestor": USER}}, "user"),
        ({"ticket": {"title": "x", "requestor": USER}, "user": "Jason"}, "user"),
        ({"ticket": {"title": "x", "requestor": USER, "priority": "Huge"}, "user": USER}, "Low"),
        ({"ticket": {"title": "x", "requestor": USER, "priority": []}, "user": USER}, "Low"),
        ({"ticket": {"title": "x", "requestor": USER, "tags": "a"}, "user": USER}, "tags"),
        ({"ticket": {"title": "x", "requestor": USER, "tags": [7]}, "user": USER}, "tags"),
        (
            {
                "ticket": {
                    "title": "x",
                    "requestor": USER,
                    "tags": [{"text": "a", "tagCategoryId": NOWHERE}],
                },
                "user": USER,
            },
            NOWHERE,
        ),
        (
            {"ticket": {"title": "x", "requestor": USER, "expectedDate": "soon"}, "user": USER},
            "expectedDate",
        ),
        (
            {"ticket": {"title": "x", "requestor": USER, "expectedDate": 7}, "user": USER},
            "expectedDate",
        ),
        (
            {"ticket": {"title": "x", "requestor": USER, "customFields": []}, "user": USER},
            "customFields",
        ),
        (
            {
                "ticket": {"title": "x", "requestor": USER, "customFields": {NOWHERE: "x"}},
                "user": USER,
            },
            "invalid definition",
        ),
        ({"ticket": {"title": "x", "requestor": USER, "assignee": "Ann"}, "user": USER}, "assign"),
        (
            {"ticket": {"title": "x", "requestor": USER, "more": "y" * 100_001}, "user": USER},
            "characters",
        ),
    ],
)
def test_a_body_that_cannot_be_understood_is_refused_and_makes_nothing(api, body, words):
    assert words in refused(api.post("/tickets", body), 400)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("toggle", "yes"),
        ("date", "tomorrow"),
        ("date", 20260401),
        ("choice", "EU"),
        ("choice", [NOWHERE]),
        ("choice", [{"key": "EU"}]),
        ("choices", [1]),
        ("people", "ann@customers.example"),
        ("people", [{"id": "1", "name": "Ann", "email": "nowhere"}]),
        ("text", {"a": 1}),
        ("text", True),
        ("number", "many"),
        ("url", "javascript:alert(1)"),
        ("email", "ann@customers.example"),
    ],
)
def test_a_custom_value_of_the_wrong_type_names_its_field(api, kind, value):
    field = make_field("extra_field", kind, ["EU", "US"] if "choice" in kind else ())
    body = {
        "ticket": {"title": "x", "requestor": USER, "customFields": {str(field.uuid): value}},
        "user": USER,
    }
    assert "customFields" in refused(api.post("/tickets", body), 400)
    assert not Ticket.objects.exists()


def test_odd_characters_are_stored_as_text_or_left_out(api):
    item = api.create(title="\ud800 <script>alert(1)</script> \x00é", description="a\x00b\ud800")
    assert item["title"] == "� <script>alert(1)</script> é"
    assert item["description"] == "ab�"


def test_a_body_of_another_type_or_size_is_refused(api):
    http = Client()
    wrong = http.post(f"{BASE}/tickets?key={api.secret}", "a=1", content_type="text/plain")
    refused(wrong, 415)
    large = json.dumps({"ticket": {"title": "x" * 3_000_000}})
    assert "2 MB" in refused(api.post("/tickets", large), 413)
