"""What is configured, written through the API by keys that name the scope."""

import pytest

from helpdesk.models import (
    Queue,
    SettingChange,
    Status,
    Tag,
    TagCategory,
    Team,
    Ticket,
    TicketType,
)
from helpdesk.models.configuration import configuration
from tests.api.conftest import caller, fields_of
from tests.factories import (
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db
NEW = {
    "statuses": {"name": "Parked", "category": "waiting"},
    "types": {"name": "Outage"},
    "teams": {"name": "Night shift"},
    "queues": {"name": "Spare parts"},
    "custom-fields": {"name": "Serial number"},
    "workflows": {"name": "Short", "initial": "New"},
}


@pytest.fixture
def setter(db):
    return caller(scopes=["configuration:manage"], name="Robot")


@pytest.mark.parametrize("noun", NEW)
def test_it_is_made_read_changed_and_removed_and_all_of_it_is_written_down(setter, noun):
    made = setter.post(f"{noun}/", NEW[noun])
    assert made.status_code == 201, made.content
    path = f"{noun}/{made.json()['id']}/"
    assert made["Location"].endswith(path)
    assert setter.get(path).json() == made.json()
    changed = setter.patch(path, {"name": "Other words"})
    assert changed.json() == made.json() | {"name": "Other words"}
    assert setter.patch(path, {"name": "Other words"}).status_code == 200
    assert setter.delete(path).status_code == 204
    assert setter.get(path).status_code == 404
    kinds = list(SettingChange.objects.order_by("id").values_list("kind", "noun", "person_name"))
    assert kinds == [(kind, noun, "Robot") for kind in ("made", "changed", "retired")]
    assert SettingChange.objects.get(kind="changed").fields["name"][1] == "Other words"


@pytest.mark.parametrize("noun", NEW)
def test_a_key_that_does_not_name_the_scope_writes_none_of_it(api, noun):
    for refused in (api.post(f"{noun}/", NEW[noun]), api.patch(f"{noun}/1/", {"name": "x"})):
        body = refused.json()
        assert (refused.status_code, body["code"]) == (403, "missing_scope")
        assert body["scope"] == "configuration:manage"
    bound = caller(scopes=["configuration:manage"], queues=[default_queue()])
    assert bound.post(f"{noun}/", NEW[noun]).status_code == 403
    assert not SettingChange.objects.exists()


def test_what_was_removed_comes_back_under_its_name(setter):
    made = setter.post("types/", {"name": "Outage"}).json()
    setter.delete(f"types/{made['id']}/")
    assert setter.post("types/", {"name": "OUTAGE"}).json()["id"] == made["id"]
    assert fields_of(setter.post("types/", {"name": "outage"})) == ["name"]


def test_a_dry_run_and_a_repeated_key_have_no_second_effect(setter):
    tried = setter.post("types/?dry_run=true", {"name": "Outage"})
    assert (tried.status_code, tried["Dry-Run"]) == (201, "true")
    assert not TicketType.objects.filter(name="Outage").exists()
    headers = {"Idempotency-Key": "once"}
    first = setter.post("types/", {"name": "Outage"}, headers=headers)
    again = setter.post("types/", {"name": "Outage"}, headers=headers)
    assert first.content == again.content and again["Idempotent-Replayed"] == "true"
    assert TicketType.objects.filter(name="Outage").count() == 1


def test_a_setting_is_changed_only_as_it_was_read(setter):
    path = f"statuses/{status('Open').pk}/"
    tag = setter.get(path)["ETag"]
    assert setter.patch(path, {"pauses_sla": True}, headers={"If-Match": tag}).status_code == 200
    late = setter.patch(path, {"name": "x"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    fresh = {"If-Match": setter.get(path)["ETag"]}
    assert setter.patch(path, {"name": "Opened"}, headers=fresh).status_code == 200


def test_the_snapshot_knows_a_change_at_once(setter):
    setter.patch(f"queues/{default_queue().pk}/", {"description": "Words"})
    assert configuration().default_queue.description == "Words"
    assert setter.get("instance/").json()["queues"][0]["description"] == "Words"


@pytest.mark.parametrize(
    ("noun", "body", "field"),
    [
        ("statuses", {"name": "x"}, "category"),
        ("statuses", {"name": "x", "category": "lost"}, "category"),
        ("statuses", {"name": "Open", "category": "open"}, "name"),
        ("types", {"name": " "}, "name"),
        ("queues", {"name": "x", "workflow": "none-such"}, "workflow"),
        ("queues", {"name": "x", "colour": 1}, "colour"),
        ("custom-fields", {"name": "x", "key": "Not A Key"}, "key"),
        ("custom-fields", {"name": "x", "kind": "text", "options": [{"label": "a"}]}, "options"),
        ("workflows", {"name": "x"}, "initial"),
    ],
)
def test_what_is_wrong_is_named(setter, noun, body, field):
    assert fields_of(setter.post(f"{noun}/", body)) == [field]


def test_what_is_used_is_not_removed(setter):
    ticket = make_ticket()
    used = setter.delete(f"statuses/{ticket.status_id}/")
    assert used.status_code == 400
    assert [one["code"] for one in used.json()["errors"]] == ["in_use"]
    assert "1 ticket" in used.json()["detail"]
    default = setter.delete(f"queues/{default_queue().pk}/")
    assert {one["code"] for one in default.json()["errors"]} == {"in_use"}


def test_a_category_takes_the_tickets_of_its_status_along(setter):
    ticket = make_ticket(status=status("Waiting"))
    setter.patch(f"statuses/{status('Waiting').pk}/", {"category": "open"})
    ticket.refresh_from_db()
    assert ticket.status_category == "open"


def test_the_default_moves_and_is_never_lost(setter):
    second = make_queue("Second")
    assert fields_of(setter.patch(f"queues/{default_queue().pk}/", {"is_default": False})) == [
        "is_default"
    ]
    setter.patch(f"queues/{second.pk}/", {"is_default": True})
    assert list(Queue.objects.filter(is_default=True)) == [second]


def test_options_are_a_list_whose_missing_ones_go_unless_tickets_chose_them(setter):
    made = setter.post(
        "custom-fields/",
        {"name": "Region", "kind": "choice", "options": [{"label": "EU"}, {"label": "US"}]},
    ).json()
    assert made["key"] == "region"
    eu, us = made["options"]
    path = "custom-fields/region/"
    body = {"options": [{"label": "Asia"}, {"id": us["id"], "label": "America"}]}
    changed = setter.patch(path, body).json()
    assert [one["label"] for one in changed["options"]] == ["Asia", "America"]
    assert changed["options"][1]["uuid"] == us["uuid"]
    make_ticket(custom={"region": "America"})
    refused = setter.patch(path, {"options": [{"label": "Asia"}]})
    assert refused.json()["errors"][0]["code"] == "in_use"
    back = setter.patch(path, {"options": [{"id": us["id"], "label": "US"}, {"label": "EU"}]})
    assert [one["id"] for one in back.json()["options"]] == [us["id"], eu["id"]]
    assert fields_of(setter.patch(path, {"options": [{"id": 987, "label": "x"}]})) == ["options"]


def test_a_kind_is_not_changed_under_values(setter):
    make_field("serial")
    make_ticket(custom={"serial": "7"})
    assert fields_of(setter.patch("custom-fields/serial/", {"kind": "number"})) == ["kind"]
    assert fields_of(setter.patch("custom-fields/serial/", {"key": "other"})) == ["key"]


def test_a_workflow_is_written_with_its_transitions_and_followed(setter):
    steps = [
        {"name": "Do", "sources": ["New"], "target": "Open"},
        {"name": "Done", "sources": ["Open"], "target": "Resolved", "needs_resolution": True},
    ]
    body = {"name": "Short", "initial": "New", "transitions": steps}
    made = setter.post("workflows/", body).json()
    assert [one["name"] for one in made["transitions"]] == ["Do", "Done"]
    assert [one["name"] for one in made["transitions"][0]["sources"]] == ["New"]
    setter.patch(f"queues/{default_queue().pk}/", {"workflow": "Short"})
    agent = caller()
    ticket = make_ticket()
    open_now = agent.get(f"tickets/{ticket.pk}/transitions/").json()["results"]
    assert [one["name"] for one in open_now] == ["Do"]
    kept = {"id": made["transitions"][1]["id"], "name": "Do", "target": "Resolved"}
    changed = setter.patch(f"workflows/{made['id']}/", {"transitions": [kept]}).json()
    assert [(one["id"], one["name"]) for one in changed["transitions"]] == [(kept["id"], "Do")]
    twins = {"transitions": [{**steps[0]}, {**steps[0]}]}
    assert fields_of(setter.patch(f"workflows/{made['id']}/", twins)) == ["transitions"]


def test_settings_are_put_in_order(setter):
    waiting, new = status("Waiting").pk, status("New").pk
    ordered = setter.post("statuses/order/", {"ids": [waiting, new]}).json()["results"]
    assert [one["id"] for one in ordered][:2] == [waiting, new]
    assert [one["id"] for one in setter.get("statuses/").json()["results"]][:2] == [waiting, new]
    assert fields_of(setter.post("statuses/order/", {"ids": [987654]})) == ["ids"]


def test_a_type_is_replaced_on_its_tickets_and_fields(setter):
    old, new = (TicketType.objects.create(name=name) for name in ("Old", "Brand new"))
    ticket, field = make_ticket(type=old), make_field("depth")
    field.types.set([old])
    answer = setter.post(f"types/{old.pk}/replace/", {"into": "brand new"})
    assert (answer.status_code, answer.json()["tickets"]) == (200, 1), answer.content
    ticket.refresh_from_db()
    assert ticket.type == new and list(field.types.all()) == [new]
    assert ticket.changes.latest("id").fields["type"]["to"]["words"] == "Brand new"
    assert setter.get(f"types/{old.pk}/").status_code == 404


def test_a_status_is_replaced_unless_a_workflow_leads_to_it(setter):
    parked = Status.objects.create(name="Parked", category="waiting")
    ticket = make_ticket(status=parked)
    answer = setter.post(f"statuses/{parked.pk}/replace/", {"into": "Waiting"})
    assert answer.json()["tickets"] == 1
    ticket.refresh_from_db()
    assert ticket.status.name == "Waiting"
    led = setter.post(f"statuses/{status('Open').pk}/replace/", {"into": "Waiting"})
    assert led.json()["errors"][0]["code"] == "in_use"


def test_a_team_and_an_option_and_a_tag_are_replaced(setter):
    team, other = (Team.objects.create(name=name) for name in ("Red", "Blue"))
    make_field("region", "choices", ["EU", "US"])
    ticket = make_ticket(team=team, custom={"region": ["EU", "US"]}, tags=["vip", "late"])
    assert setter.post(f"teams/{team.pk}/replace/", {"into": other.pk}).json()["tickets"] == 1
    options = setter.get("custom-fields/region/").json()["options"]
    path = f"custom-fields/region/options/{options[0]['id']}/replace/"
    assert setter.post(path, {"into": "US"}).json()["tickets"] == 1
    tag = Tag.objects.get(name="late")
    assert setter.post(f"tags/{tag.pk}/replace/", {"into": "vip"}).json()["tickets"] == 1
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.team == other and [one.name for one in ticket.tag_list] == ["vip"]
    assert ticket.custom["region"] == [options[1]["uuid"]]
    assert fields_of(setter.post(f"teams/{other.pk}/replace/", {"into": "none-such"})) == ["into"]


def test_members_are_put_in_changed_and_taken_out(setter):
    setter = caller(scopes=["configuration:manage", "people:read"])
    team, ann = Team.objects.create(name="Red"), make_agent("Ann")
    path = f"teams/{team.pk}/members/"
    body = {"user": ann.email, "access": "work", "is_lead": True}
    assert setter.post(path, body).json()["is_lead"] is True
    [member] = setter.get(path).json()["results"]
    assert (member["user"]["id"], member["access"]) == (ann.pk, "work")
    assert fields_of(setter.post(path, {"user": make_user("Rita").pk})) == ["user"]
    assert fields_of(setter.post(path, {"user": "nobody@example.com"})) == ["user"]
    assert fields_of(setter.post(path, body | {"access": "read"})) == ["is_lead"]
    assert setter.delete(f"{path}{ann.pk}/").status_code == 204
    assert setter.delete(f"{path}{ann.pk}/").status_code == 404
    assert setter.get(path).json()["results"] == []
    assert SettingChange.objects.filter(noun="teams", kind="changed").count() == 2


def test_organisations_have_domains_and_go_when_nobody_is_there(api):
    made = api.post("organisations/", {"name": "Acme", "domains": ["Acme.example"]}).json()
    assert made["domains"] == ["acme.example"]
    path = f"organisations/{made['id']}/"
    assert api.patch(path, {"domains": ["acme.test", "acme.example"]}).json()["domains"] == [
        "acme.example",
        "acme.test",
    ]
    assert fields_of(api.patch(path, {"domains": ["no domain"]})) == ["domains"]
    other = {"name": "Other", "domains": ["acme.test"]}
    assert fields_of(api.post("organisations/", other)) == ["domains"]
    person = api.post("users/", {"name": "R", "email": "r@a.example", "organisation": "acme"})
    assert api.delete(path).json()["errors"][0]["code"] == "in_use"
    api.patch(f"users/{person.json()['id']}/", {"organisation": None})
    assert api.delete(path).status_code == 204


def test_categories_of_tags_are_ordered_and_leave_their_tags(api):
    first = api.post("tag-categories/", {"name": "Level", "hue": 3}).json()
    second = api.post("tag-categories/", {"name": "Area"}).json()
    ordered = api.post("tag-categories/order/", {"ids": [second["id"]]}).json()["results"]
    assert [one["name"] for one in ordered] == ["Area", "Level"]
    tag = api.post("tags/", {"name": "vip", "category": "Level"}).json()
    assert api.delete(f"tag-categories/{first['id']}/").status_code == 204
    assert api.get(f"tags/{tag['id']}/").json()["category"] is None
    assert TagCategory.objects.exclude(deleted_at=None).count() == 1


def test_a_used_tag_stays_and_an_unused_one_goes(api):
    make_ticket(tags=["vip"])
    used = Tag.objects.get(name="vip")
    assert api.delete(f"tags/{used.pk}/").json()["errors"][0]["code"] == "in_use"


def test_changes_of_settings_are_read_by_who_sets_up(setter, api):
    setter.post("types/", {"name": "Outage"})
    setter.post("teams/", {"name": "Night"})
    found = setter.get("setting-changes/").json()["results"]
    assert [one["noun"] for one in found] == ["teams", "types"]
    narrowed = setter.get("setting-changes/?noun=types").json()["results"]
    assert [one["name"] for one in narrowed] == ["Outage"]
    assert api.get("setting-changes/").status_code == 403
