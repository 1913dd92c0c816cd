"""Saved views and canned replies: a person's, a team's, everyone's."""

import pytest

from helpdesk.doors.keys import credential_of
from helpdesk.models import CannedReply, SavedView, Team
from tests.api.conftest import Caller, caller, fields_of
from tests.budget import statements
from tests.factories import default_queue, make_agent, make_queue, make_tag, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return make_agent("Ann", [default_queue()])


@pytest.fixture
def as_ann(ann) -> Caller:
    """A key of one queue that acts as Ann."""
    return caller(queues=[default_queue()], person=ann)


def team_of(person) -> Team:
    return person.memberships.get().team


def test_a_view_is_saved_read_changed_and_removed(api):
    make_tag("vip")
    made = api.post("views/", {"name": "Late", "query": "is:open tag:vip sort:-updated"})
    assert made.status_code == 201, made.content
    said = made.json()
    assert sorted(said["query"].split()) == ["is:open", "tag:vip"]  # PostgreSQL keeps no order
    assert said["sort"] == "-updated_at"
    assert (said["shared_with"], said["owner"]) == ("everyone", None)
    path = f"views/{said['uuid']}/"
    assert api.patch(path, {"query": "is:new"}).json()["sort"] == "-updated_at"
    assert api.get(path).json()["query"] == "is:new"
    assert [one["name"] for one in api.get("views/").json()["results"]] == ["Late"]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_what_is_wrong_in_a_view_is_said_by_its_field(api):
    assert fields_of(api.post("views/", {"name": "x", "query": "nonsense:3"})) == ["query"]
    assert fields_of(api.post("views/", {"name": "x", "sort": "password"})) == ["sort"]
    assert fields_of(api.post("views/", {"name": "x", "shared_with": "me"})) == ["shared_with"]
    assert fields_of(api.post("views/", {"name": "x", "shared_with": "team"})) == ["team"]
    assert not SavedView.objects.exists()


def test_a_view_lists_the_tickets_that_the_key_sees(as_ann, ann, api):
    mine, far = make_ticket("Mine", assignee=ann), make_queue("Far")
    make_ticket("Nobody's")
    make_ticket("Hidden", queue=far, assignee=ann)
    made = as_ann.post("views/", {"name": "Mine", "query": "is:mine"}).json()
    assert made["shared_with"] == "me" and made["owner"]["id"] == ann.pk
    listed = as_ann.get(f"{made['tickets']}?count=exact&fields=id").json()
    assert (listed["results"], listed["count"]) == ([{"id": mine.pk}], 1)
    assert api.get(f"views/{made['id']}/tickets/").status_code == 404
    assert api.get(f"views/{made['id']}/").status_code == 404


def test_a_view_is_read_in_its_own_order_unless_sorted_otherwise(api):
    tickets = [make_ticket(title) for title in ("b", "a", "c")]
    made = api.post("views/", {"name": "All", "sort": "title"}).json()
    path = f"views/{made['id']}/tickets/"
    titles = [one["title"] for one in api.get(path).json()["results"]]
    assert titles == ["a", "b", "c"]
    first = api.get(f"{path}?sort=number&limit=1").json()
    assert first["results"][0]["id"] == tickets[0].pk
    assert api.get(first["next"]).json()["results"][0]["id"] == tickets[1].pk
    assert fields_of(api.get(f"{path}?status=New")) == ["status"]


def test_a_view_that_means_nothing_any_more_says_so(api):
    made = api.post("views/", {"name": "VIP", "query": "is:new"}).json()
    SavedView.objects.filter(pk=made["id"]).update(query={"gone": "x"})
    assert api.get(f"views/{made['id']}/tickets/").status_code == 400


@pytest.mark.parametrize(("noun", "more"), [("views", {}), ("canned-replies", {"body": "Hello"})])
def test_places_are_the_person_s_the_teams_and_everyone_s(as_ann, ann, noun, more):
    team, other = team_of(ann), team_of(make_agent("Bob", [make_queue("Far")]))
    shared = {"name": "Team's", "team": team.name, **more}
    made = as_ann.post(f"{noun}/", shared)
    assert made.status_code == 201, made.content
    assert (made.json()["shared_with"], made.json()["team"]["id"]) == ("team", team.pk)
    assert as_ann.post(f"{noun}/", {**shared, "team": other.name}).status_code == 403
    everyones = {"name": "x", "shared_with": "everyone", **more}
    assert as_ann.post(f"{noun}/", everyones).status_code == 403
    wide = caller()
    public = wide.post(f"{noun}/", everyones).json()
    assert as_ann.get(f"{noun}/{public['id']}/").status_code == 200
    assert as_ann.patch(f"{noun}/{public['id']}/", {"name": "y"}).status_code == 403
    assert as_ann.delete(f"{noun}/{public['id']}/").status_code == 403
    assert wide.get(f"{noun}/{made.json()['id']}/").status_code == 404
    reader = caller("read", person=ann)
    assert reader.get(f"{noun}/{made.json()['id']}/").status_code == 200
    assert reader.delete(f"{noun}/{made.json()['id']}/").status_code == 403


def test_a_canned_reply_is_made_read_changed_and_removed(api):
    made = api.post("canned-replies/", {"name": "Hi", "body": "*Hello*", "tags": ["vip", "new"]})
    said = made.json()
    assert (made.status_code, said["format"], said["tags"]) == (201, "markdown", ["new", "vip"])
    path = f"canned-replies/{said['id']}/"
    changed = api.patch(path, {"body": "Hello"}).json()
    assert (changed["body"], changed["tags"]) == ("Hello", ["new", "vip"])
    assert api.patch(path, {"tags": []}).json()["tags"] == []
    assert fields_of(api.post("canned-replies/", {"name": "x", "body": " "})) == ["body"]
    assert fields_of(api.post("canned-replies/", {"name": "x", "body": "x", "format": "pdf"})) == [
        "format"
    ]
    assert api.delete(path).status_code == 204
    assert not CannedReply.objects.exists()


def test_lists_cost_the_same_however_long(api, settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    credential_of(api.secret)

    def cost(path: str) -> int:
        api.get(path)
        with statements() as counted:
            assert api.get(path).status_code == 200
        return len(counted)

    def add(number: int) -> None:
        api.post("views/", {"name": f"View {number}", "query": "is:new"})
        api.post("canned-replies/", {"name": f"R {number}", "body": "x", "tags": [f"t{number}"]})

    add(0)
    few = cost("views/"), cost("canned-replies/")
    for number in range(1, 5):
        add(number)
    assert (cost("views/"), cost("canned-replies/")) == few
    assert max(few) <= 4
