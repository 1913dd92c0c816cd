"""Conditions of custom fields through the API: written, shown to whoever renders a form, held."""

import pytest

from helpdesk.models import FieldRule, TicketType
from tests.api.conftest import caller, fields_of
from tests.factories import default_queue, make_field, make_queue, make_ticket, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def setter(db):
    return caller(scopes=["configuration:manage", "tickets:write"])


@pytest.fixture
def fields(db):
    make_field("region", "choice", ["EU", "US", "Asia"])
    make_field("vat")


def rule(setter, **body) -> dict:
    made = setter.post("field-rules/", body)
    assert made.status_code == 201, made.content
    return made.json()


SHOWN = {
    "field": "vat",
    "effect": "show",
    "tests": [{"field": "custom.region", "is": "is", "values": ["EU"]}],
}


def test_a_rule_is_written_read_back_in_words_changed_and_removed(setter, fields):
    made = rule(setter, **SHOWN)
    assert made["tests"] == [{"field": "custom.region", "is": "is", "values": ["EU"]}]
    path = f"field-rules/{made['id']}/"
    assert setter.get(path).json() == made
    assert setter.patch(path, {"effect": "require"}).json()["effect"] == "require"
    assert setter.patch(path, {"tests": made["tests"]}).status_code == 200
    late = setter.patch(path, {"effect": "show"}, headers={"If-Match": '"other"'})
    assert late.status_code == 412
    instance = setter.get("instance/").json()
    assert instance["field_rules"][0]["field"] == "vat"
    assert setter.delete(path).status_code == 204
    assert not FieldRule.objects.kept().exists()
    assert setter.get("instance/").json()["field_rules"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"effect": "sing"}, "effect"),
        ({"field": "none_such"}, "field"),
        ({"tests": []}, "tests"),
        ({"tests": [{"field": "custom.vat", "is": "is_set"}]}, "tests"),
        ({"tests": [{"field": "custom.region", "is": "is", "values": ["Moon"]}]}, "tests"),
        ({"tests": [{"field": "custom.region", "is": "is"}]}, "tests"),
        ({"tests": [{"field": "title", "is": "is_set"}]}, "tests"),
        ({"effect": "limit", "options": ["EU"]}, "options"),
        ({"queue": "none-such"}, "queue"),
    ],
)
def test_what_a_rule_cannot_say_is_refused_by_its_field(setter, fields, body, field):
    assert fields_of(setter.post("field-rules/", {**SHOWN, **body})) == [field]
    assert not FieldRule.objects.exists()


def test_two_fields_do_not_show_each_other(setter, fields):
    rule(setter, **SHOWN)
    circle = {
        "field": "region",
        "effect": "show",
        "tests": [{"field": "custom.vat", "is": "is_set"}],
    }
    assert fields_of(setter.post("field-rules/", circle)) == ["tests"]


def test_a_hidden_field_takes_no_value_and_a_shown_one_does(setter, fields):
    rule(setter, **SHOWN)
    refused = setter.post("tickets/", {"title": "T", "custom": {"vat": "1", "region": "US"}})
    assert fields_of(refused) == ["custom.vat"]
    made = setter.post("tickets/", {"title": "T", "custom": {"vat": "1", "region": "EU"}})
    assert made.status_code == 201
    path = f"tickets/{made.json()['id']}/"
    assert fields_of(setter.patch(path, {"custom": {"region": "US"}})) == ["custom.vat"]
    both = {"custom": {"region": "US", "vat": None}}
    assert setter.patch(path, both).status_code == 200


def test_a_field_is_required_under_a_condition_in_a_queue_and_for_a_type(setter, fields):
    bug, here = TicketType.objects.create(name="Fault"), make_queue("Here")
    rule(
        setter,
        field="region",
        effect="require",
        queue="here",
        type="Fault",
        tests=[{"field": "priority", "is": "is", "values": ["high", "urgent"]}],
    )
    body = {"title": "T", "queue": here.pk, "type": bug.pk, "priority": "high"}
    assert fields_of(setter.post("tickets/", body)) == ["custom.region"]
    for other in ({"priority": "low"}, {"type": None}, {"queue": default_queue().pk}):
        assert setter.post("tickets/", {**body, **other}).status_code == 201
    assert setter.post("tickets/", {**body, "custom": {"region": "US"}}).status_code == 201


def test_options_are_limited(setter, fields):
    tests = [{"field": "priority", "is": "is", "values": ["low"]}]
    rule(setter, field="region", effect="limit", tests=tests, options=["EU", "US"])
    body = {"title": "T", "priority": "low", "custom": {"region": "Asia"}}
    refused = setter.post("tickets/", body)
    assert fields_of(refused) == ["custom.region"]
    assert "EU" in refused.json()["detail"] and "Asia" not in refused.json()["detail"]
    assert setter.post("tickets/", {**body, "priority": "high"}).status_code == 201


def test_what_resolving_needs_is_asked_then_and_given_with_the_transition(setter, fields):
    rule(setter, field="region", effect="resolve")
    ticket = setter.post("tickets/", {"title": "T"}).json()
    path = f"tickets/{ticket['id']}/transitions/"
    names = [one["name"] for one in setter.get(path).json()["results"]]
    taken = {"transition": "Resolve", "resolution": "fixed", "comment": "x"}
    assert "Resolve" in names
    assert fields_of(setter.post(path, taken)) == ["custom.region"]
    done = setter.post(path, {**taken, "custom": {"region": "EU"}})
    assert done.status_code == 200, done.content
    assert done.json()["status"]["category"] == "resolved"
    assert done.json()["custom"]["region"] == "EU"


def test_an_old_fault_does_not_stand_in_the_way_of_another_edit(setter, fields):
    ticket = make_ticket(custom={"vat": "1"})  # by a rule of ours, whom no condition binds
    rule(setter, **SHOWN)
    rule(setter, field="region", effect="require")
    path = f"tickets/{ticket.pk}/"
    assert setter.patch(path, {"priority": "high"}).status_code == 200
    assert fields_of(setter.patch(path, {"custom": {"vat": "2"}})) == ["custom.vat"]
    assert setter.patch(path, {"custom": {"region": "EU"}}).status_code == 200
    cleared = fields_of(setter.patch(path, {"custom": {"region": None}}))
    assert "custom.region" in cleared


def test_mirrors_mail_and_rules_are_not_bound(setter, fields):
    rule(setter, field="region", effect="require")
    assert make_ticket(status=status("Waiting")).pk


def test_fields_stand_in_the_order_of_a_queue_and_type(setter, fields):
    here = make_queue("Here")
    body = {"queue": "here", "keys": ["vat", "region"]}
    assert setter.post("field-orders/", body).json()["keys"] == ["vat", "region"]
    ticket = setter.post("tickets/", {"title": "T", "queue": here.pk}).json()
    assert list(ticket["custom"]) == ["vat", "region"]
    other = setter.post("tickets/", {"title": "T"}).json()
    assert list(other["custom"]) == ["region", "vat"]
    assert fields_of(setter.post("field-orders/", {**body, "keys": ["nope"]})) == ["keys"]
    assert setter.post("field-orders/", {**body, "keys": []}).json()["keys"] == []
    assert setter.post("field-orders/", {"keys": ["vat"]}).status_code == 400


def test_a_key_of_some_queues_reads_the_rules_of_its_queues_alone(setter, fields):
    ours, theirs = make_queue("Ours"), make_queue("Theirs")
    for queue in (None, "ours", "theirs"):
        rule(setter, field="region", effect="require", queue=queue)
    api = caller("read", [ours])
    queues = [
        one["queue"] and one["queue"]["name"] for one in api.get("field-rules/").json()["results"]
    ]
    assert queues == [None, "Ours"]
    assert len(api.get("instance/").json()["field_rules"]) == 2
    foreign = FieldRule.objects.get(queue=theirs)
    assert api.get(f"field-rules/{foreign.pk}/").status_code == 404
