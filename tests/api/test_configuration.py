"""What is configured, people and organisations through the API."""

import pytest

from helpdesk.models import Membership, Organisation, OrganisationDomain, Tag, TagCategory, User
from tests.api.conftest import caller, fields_of
from tests.factories import (
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
NOUNS = ["statuses", "types", "teams", "queues", "tag-categories", "custom-fields", "tags"]


@pytest.fixture
def rows(db):
    category = TagCategory.objects.create(name="Level", hue=3)
    Tag.objects.create(name="vip", category=category)
    make_field("region", "choice", ["EU", "US"], staff_only=True)


@pytest.mark.parametrize("noun", [*NOUNS, "users", "organisations"])
def test_every_noun_is_listed_and_read_by_id_and_uuid(rows, reader, noun):
    Organisation.objects.create(name="Acme")
    make_user("Rita")
    page = reader.get(f"{noun}/").json()
    assert sorted(page) == ["next", "previous", "results"]
    first = page["results"][0]
    assert {"id", "uuid", "name"} <= set(first)
    for ref in (first["id"], first["uuid"]):
        assert reader.get(f"{noun}/{ref}/").json() == first
    for ref in (987654, "c0ffee00-0000-4000-8000-000000000000", "none-such", 10**30):
        assert reader.get(f"{noun}/{ref}/").status_code == 404
    assert fields_of(reader.get(f"{noun}/?unheard=1")) == ["unheard"]
    assert fields_of(reader.get(f"{noun}/?limit=0")) == ["limit"]


def test_lists_are_paged(api):
    names = [one["name"] for one in api.get("statuses/").json()["results"]]
    paged, address = [], "statuses/?limit=4"
    while address:
        page = api.get(address).json()
        paged += [one["name"] for one in page["results"]]
        address = page["next"]
    assert paged == names == ["New", "Open", "In progress", "Waiting", "Resolved", "Closed"]


def test_custom_fields_tell_what_a_form_needs(rows, api):
    field = api.get("custom-fields/region/").json()
    assert field["kind"] == "choice" and field["staff_only"] is True
    assert [one["label"] for one in field["options"]] == ["EU", "US"]


def test_a_key_sees_its_queues_and_their_fields_alone():
    ours, theirs = make_queue("Ours"), make_queue("Theirs")
    make_field("everywhere")
    make_field("here").queues.set([ours, theirs])
    make_field("there").queues.set([theirs])
    api = caller(queues=[ours])
    assert [one["name"] for one in api.get("queues/").json()["results"]] == ["Ours"]
    assert api.get("queues/ours/").status_code == 200
    for ref in (theirs.pk, theirs.uuid, "theirs", "made-up"):
        assert api.get(f"queues/{ref}/").status_code == 404
    fields = {one["key"]: one for one in api.get("custom-fields/").json()["results"]}
    assert sorted(fields) == ["everywhere", "here"]
    assert fields["here"]["queues"] == [ours.pk]
    assert api.get("custom-fields/there/").status_code == 404


def test_tags_are_made_renamed_and_removed(rows, api):
    made = api.post("tags/", {"name": " Late ", "category": "level"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["hue"], body["category"]["name"]) == ("Late", 3, "Level")
    assert fields_of(api.post("tags/", {"name": "late"})) == ["name"]
    path = f"tags/{body['id']}/"
    assert api.patch(path, {"name": "Tardy", "category": None}).json()["name"] == "Tardy"
    assert fields_of(api.patch(path, {"name": "VIP"})) == ["name"]
    assert fields_of(api.patch(path, {"hue": 3})) == ["hue"]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.post("tags/", {"name": "tardy"}).json()["id"] == body["id"]
    assert [one["name"] for one in api.get("tags/?search=V").json()["results"]] == ["vip"]


def test_a_key_of_some_queues_makes_tags_and_changes_nothing_shared(rows):
    api = caller(queues=[default_queue()])
    assert api.post("tags/", {"name": "new"}).status_code == 201
    tag, person = Tag.objects.get(name="vip"), make_user()
    make_ticket(requester=person)
    for response in (
        api.patch(f"tags/{tag.pk}/", {"name": "x"}),
        api.delete(f"tags/{tag.pk}/"),
        api.post("users/", {"name": "x", "email": "x@example.com"}),
        api.patch(f"users/{person.pk}/", {"name": "x"}),
        api.post("organisations/", {"name": "x"}),
    ):
        assert response.status_code == 403, response.content


def test_people_are_made_as_customers_and_nothing_else(api):
    made = api.post("users/", {"name": "Rita", "email": "Rita@Example.com"})
    assert made.status_code == 201
    assert (made.json()["role"], made.json()["email"]) == ("customer", "Rita@Example.com")
    person = User.objects.get(email="rita@example.com")
    assert not person.has_usable_password()
    for field in ("role", "is_staff", "password", "is_active", "id"):
        body = {"name": "x", "email": "x@example.com", field: "admin"}
        assert fields_of(api.post("users/", body)) == [field]
    assert fields_of(api.post("users/", {"name": "x", "email": "rita@example.com"})) == ["email"]
    assert fields_of(api.post("users/", {"name": "x", "email": "x"})) == ["email"]


def test_a_customers_profile_is_kept_but_neither_address_nor_an_agent(api):
    person, agent = make_user("Rita"), make_agent("Ann")
    acme = Organisation.objects.create(name="Acme")
    body = {"name": "Rita R.", "organisation": "acme"}
    changed = api.patch(f"users/{person.pk}/", body).json()
    assert (changed["name"], changed["organisation"]["id"]) == ("Rita R.", acme.pk)
    assert api.patch(f"users/{person.pk}/", {"email": "new@example.com"}).status_code == 403
    assert api.patch(f"users/{agent.pk}/", {"name": "x"}).status_code == 403
    assert fields_of(api.patch(f"users/{person.pk}/", {"role": "admin"})) == ["role"]
    assert fields_of(api.patch(f"users/{person.pk}/", {"organisation": "none"})) == ["organisation"]


def test_people_are_found_by_address_role_organisation_and_beginning(api):
    acme = Organisation.objects.create(name="Acme")
    rita = make_user("Rita", organisation=acme)
    make_agent("Ann")

    def names(query: str) -> list[str]:
        return [one["name"] for one in api.get(f"users/?{query}").json()["results"]]

    assert names("") == ["Ann", "Rita"]
    assert (
        names(f"email={rita.email}") == names("organisation=acme") == names("search=RI") == ["Rita"]
    )
    assert names("role=agent") == ["Ann"]
    assert fields_of(api.get("users/?role=king")) == ["role"]
    assert fields_of(api.get("users/?organisation=none-such")) == ["organisation"]


def test_a_key_of_some_queues_meets_only_the_people_there():
    ours = make_queue()
    acme, other = (Organisation.objects.create(name=name) for name in ("Acme", "Other"))
    near, far = make_user("Near", organisation=acme), make_user("Far", organisation=other)
    make_ticket(queue=ours, requester=near)
    make_ticket(requester=far)
    worker, idle = make_agent("Worker", [ours]), make_agent("Idle", [ours])
    Membership.objects.filter(user=idle).update(deleted_at="2026-01-01T00:00:00Z")
    api = caller(queues=[ours])
    assert [one["name"] for one in api.get("users/").json()["results"]] == ["Near", "Worker"]
    assert api.get(f"users/{worker.uuid}/").status_code == 200
    assert api.get(f"users/{far.pk}/").status_code == 404
    assert [one["name"] for one in api.get("organisations/").json()["results"]] == ["Acme"]
    assert api.get(f"organisations/{other.pk}/").status_code == 404


def test_organisations_are_made_and_changed(api):
    made = api.post("organisations/", {"name": "Acme", "notes": "Big"}).json()
    OrganisationDomain.objects.create(organisation_id=made["id"], domain="acme.example")
    changed = api.patch(f"organisations/{made['id']}/", {"shares_tickets": True}).json()
    assert changed == made | {"shares_tickets": True, "domains": ["acme.example"]}
    assert fields_of(api.post("organisations/", {"name": "ACME"})) == ["name"]
    assert fields_of(api.post("organisations/", {"name": "x", "id": 7})) == ["id"]


def test_a_key_is_told_who_it_is():
    queue = make_queue("Ours")
    api = caller("read", [queue], name="Robot", person=make_user("Robbie"))
    me = api.get("me/").json()
    assert (me["name"], me["scope"], me["rate_limit"]) == ("Robot", "read", 6000)
    assert [one["slug"] for one in me["queues"]] == ["ours"]
    assert me["person"]["name"] == "Robbie"
    assert api.key.digest not in str(me) and api.secret not in str(me)
