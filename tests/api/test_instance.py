"""What an integrator needs to render a form, and the workflows."""

import pytest

from helpdesk.doors.keys import credential_of
from helpdesk.models import Status, Transition, Workflow
from tests.api.conftest import caller
from tests.budget import statements
from tests.factories import default_queue, make_agent, make_field, make_queue, make_tag

pytestmark = pytest.mark.django_db


def names(rows) -> list[str]:
    return [one["name"] for one in rows]


def test_an_instance_says_all_that_a_form_needs(api):
    make_field("region", "choice", ["EU", "US"])
    make_tag("vip")
    ann = make_agent("Ann")
    said = api.get("instance/").json()
    assert default_queue().name in names(said["queues"])
    assert {"low", "normal"} <= {one["value"] for one in said["priorities"]}
    [field] = said["custom_fields"]
    assert [one["label"] for one in field["options"]] == ["EU", "US"]
    assert names(said["tags"]) == ["vip"]
    assert ann.name in names(said["agents"])
    [flow] = said["workflows"]
    assert flow["is_default"] and flow["transitions"][0]["target"]["category"]
    assert said["limits"]["page"] == 200 and said["truncated"] == []


def test_it_is_not_sent_again_until_something_changes(api):
    first = api.get("instance/")
    known = {"If-None-Match": first["ETag"]}
    assert api.get("instance/", headers=known).status_code == 304
    make_tag("new")
    assert api.get("instance/", headers=known).status_code == 200


def test_a_key_of_some_queues_learns_nothing_of_others(api):
    far = make_queue("Far")
    flow = Workflow.objects.create(name="Hidden flow", initial=Status.objects.get(name="New"))
    Transition.objects.create(
        workflow=flow, name="Hidden step", target=Status.objects.get(name="Waiting")
    )
    far.workflow = flow
    far.save()
    make_agent("Faraway", [far])
    bound = caller(queues=[default_queue()])
    said = bound.get("instance/").content.decode() + bound.get("workflows/").content.decode()
    assert not any(word in said for word in ("Far", "Hidden"))
    assert bound.get(f"workflows/{flow.pk}/").status_code == 404
    shown = api.get(f"workflows/{flow.uuid}/").json()
    assert names(shown["transitions"]) == ["Hidden step"]
    assert "Hidden flow" in names(api.get("instance/").json()["workflows"])


def test_agents_are_named_to_those_who_read_people():
    make_agent("Ann")
    api = caller(scopes=["configuration:read"])
    said = api.get("instance/")
    assert said.json()["agents"] is None and "Ann" not in said.content.decode()


def test_it_costs_the_same_whatever_its_size(settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    bound = caller(queues=[default_queue()])
    credential_of(bound.secret)
    bound.get("instance/")
    with statements() as few:
        bound.get("instance/")
    for number in range(5):
        make_field(f"key{number}", "choice", ["A"])
        make_agent(f"Agent {number}", [default_queue()])
        make_tag(f"tag {number}")
    bound.get("instance/")
    with statements() as many:
        assert len(bound.get("instance/").json()["custom_fields"]) == 5
    assert len(many) == len(few) <= 4
