"""What the service proposes is added; what a person decided on is never overwritten."""

import pytest

from integrations import asking
from integrations.connector import ConnectorError
from integrations.mirror import maps
from integrations.models import Connection
from integrations.vocabulary import OPTIONS
from integrations.vocabulary_store import description_of
from tests.factories import make_field
from tests.integrations.console.conftest import connect

PROPOSED = {
    "custom": {
        "plan": {"id": "f1", "kind": "choice", "options": {"a": "1", "b": "2"}},
        "seats": {"id": "f2", "kind": "number", "options": {}},
    },
    "tags": {"vip": "c1", "slow": "c1"},
    "people": {"ann@acme.example": "7"},
    "type": {"t1": "Question"},
    "type_out": {"Question": "t1"},
}


def test_everything_is_proposed_where_nobody_decided():
    found = maps.joined({}, PROPOSED)
    assert {name: found[name] for name in PROPOSED} == PROPOSED


def test_a_person_s_choice_stays():
    chosen = {
        "custom": {"plan": {"id": "f9", "kind": "choice", "options": {}, "chosen": True}},
        "tags": {"vip": "c2"},
        "people": {"ann@acme.example": "8"},
        "type": {"t1": "Incident"},
        "decided": {"custom": ["plan"], "tags": ["vip"], "people": ["ann@acme.example"]},
    }
    found = maps.joined(chosen, PROPOSED)
    assert found["custom"]["plan"]["id"] == "f9"
    assert found["tags"] == {"vip": "c2", "slow": "c1"}
    assert found["people"] == {"ann@acme.example": "8"}
    assert found["type"] == {"t1": "Incident"}


def test_what_a_person_took_away_is_not_proposed_again():
    chosen = {
        "custom": {"plan": {"id": "f1", "kind": "choice", "options": {"b": "2"}}},
        "decided": {
            "custom": ["seats"],
            OPTIONS + "plan": ["a"],
            "type_out": ["Question"],
            "tags": ["slow"],
        },
    }
    found = maps.joined(chosen, PROPOSED)
    assert set(found["custom"]) == {"plan"}
    assert found["custom"]["plan"]["options"] == {"b": "2"}
    assert found["type_out"] == {} and found["type"] == {"t1": "Question"}
    assert found["tags"] == {"vip": "c1"}


@pytest.mark.django_db
def test_a_look_of_the_mirror_keeps_what_the_service_said_and_a_choice_made_meanwhile(
    acme, vendor, settings
):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    vendor.says["/description"] = {
        "statuses": [["todo", "To do"]],
        "fields": [[{"id": "f2", "title": "Seats", "type": "n", "kinds": ["number"]}, []]],
    }
    make_field("seats", "number")
    made = connect(base_url=vendor.url)
    stale = Connection.objects.get(pk=made.pk)
    Connection.objects.update(maps={"status": {"todo": "new"}})
    with asking.calling_client(stale) as client:
        maps.refresh_maps(stale, client)
    made.refresh_from_db()
    assert made.maps["status"] == {"todo": "new"}
    assert made.maps["custom"]["seats"]["id"] == "f2"
    found, asked_at = description_of(made)
    assert found.statuses[0].text == "To do" and found.fields[0].kinds == ("number",)
    assert asked_at is not None


@pytest.mark.django_db
def test_a_service_that_was_never_asked_says_nothing(acme):
    found, asked_at = description_of(connect())
    assert found.people == () and asked_at is None


@pytest.mark.django_db
def test_a_refused_key_keeps_the_last_description(acme, vendor, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    made = connect(base_url=vendor.url)
    vendor.keys.clear()
    with asking.calling_client(made) as client, pytest.raises(ConnectorError):
        maps.refresh_maps(made, client)
    assert description_of(made)[1] is None
