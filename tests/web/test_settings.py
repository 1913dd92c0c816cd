"""Settings in the workspace: for administrators, and for who leads a team."""

import pytest

from helpdesk.actions.field_rules import save_rule
from helpdesk.actions.replacing import replace_setting
from helpdesk.actor import system
from helpdesk.models import (
    CustomField,
    FieldRule,
    Membership,
    Queue,
    SettingChange,
    Status,
    Tag,
    Team,
    TicketType,
    Workflow,
)
from helpdesk.models.configuration import touch
from tests.factories import default_queue, make_agent, make_field, make_queue, make_ticket, status

pytestmark = pytest.mark.django_db
KINDS = [
    "queues",
    "tags",
    "tag-categories",
    "types",
    "custom-fields",
    "statuses",
    "workflows",
    "teams",
]


@pytest.fixture
def admin(client):
    client.force_login(make_agent("Ada", role="admin"))
    return client


@pytest.fixture
def lead(client):
    """Ann leads the one team of a queue of hers."""
    ann = make_agent("Ann", [make_queue("Hers")])
    Membership.objects.filter(user=ann).update(is_lead=True)
    Team.objects.get(memberships__user=ann).save()
    client.force_login(ann)
    client.team = Team.objects.get(memberships__user=ann)
    return client


def text(response) -> str:
    return response.content.decode()


def test_the_settings_are_for_who_leads(client):
    client.force_login(make_agent("Plain"))
    for path in ("/settings/", "/settings/tags/", "/settings/teams/new/", "/settings/changes/"):
        assert client.get(path).status_code == 403
    assert 'href="/settings/"' not in text(client.get("/tickets/"))


@pytest.mark.parametrize("path", ["", "field-order/", "changes/", *(f"{one}/" for one in KINDS)])
def test_every_page_is_there(lead, path):
    page = lead.get(f"/settings/{path}")
    assert page.status_code == 200
    assert 'href="/settings/"' in text(page)
    assert lead.get("/settings/none-such/").status_code == 404


def test_a_list_says_what_uses_each(admin):
    make_ticket(tags=["vip"])
    make_ticket(tags=["vip", "late"])
    page = text(admin.get("/settings/tags/"))
    assert "2 tickets" in page and "1 ticket" in page
    assert "Nothing bears this name" in text(admin.get("/settings/tags/?search=zzz"))


def test_lists_ask_the_same_however_many_rows_there_are(admin, django_assert_max_num_queries):
    for number in range(30):
        Tag.objects.create(name=f"tag {number}")
        TicketType.objects.create(name=f"type {number}")
        make_field(f"field_{number}")
    admin.get("/settings/tags/")
    for noun in ("tags", "types", "custom-fields"):
        with django_assert_max_num_queries(9):
            admin.get(f"/settings/{noun}/")


def test_a_setting_is_made_changed_and_removed(admin):
    made = admin.post("/settings/types/new/", {"name": "Outage"})
    row = TicketType.objects.get(name="Outage")
    assert made["Location"] == f"/settings/types/{row.uuid}/"
    refused = admin.post("/settings/types/new/", {"name": "outage"})
    assert refused.status_code == 422 and list(refused.context["form"].errors) == ["name"]
    admin.post(f"/settings/types/{row.uuid}/", {"name": "Breakdown"})
    row.refresh_from_db()
    assert row.name == "Breakdown"
    assert "Nothing uses it" in text(admin.get(f"/settings/types/{row.uuid}/removal/"))
    admin.post(f"/settings/types/{row.uuid}/removal/")
    assert not TicketType.objects.kept().filter(pk=row.pk).exists()
    assert SettingChange.objects.count() == 3
    assert "Breakdown" in text(admin.get("/settings/changes/"))


def test_a_used_one_is_replaced(admin):
    old, new = (TicketType.objects.create(name=name) for name in ("Old", "Fresh"))
    ticket = make_ticket(type=old)
    path = f"/settings/types/{old.uuid}/removal/"
    assert "is used by 1 ticket" in text(admin.get(path))
    assert admin.post(path).status_code == 422
    assert admin.post(path, {"into": new.pk}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.type == new


def a_rule(field, name: str, value, **more) -> FieldRule:
    tests = [{"field": name, "is": "is", "values": [value]}]
    return save_rule(field, by=system("rule"), effect="show", tests=tests, **more)


def test_a_condition_that_names_a_setting_uses_it(admin):
    old, new = (TicketType.objects.create(name=name) for name in ("Old", "Fresh"))
    touch()
    region = make_field("region", "choice", ["EU", "US"])
    vat = make_field("vat")
    rules = [a_rule(vat, "type", "Old"), a_rule(vat, "custom.region", "EU", type=old)]
    assert "2 conditions" in text(admin.get("/settings/types/"))
    assert "2 conditions" in text(admin.get(f"/settings/types/{old.uuid}/"))
    assert "1 condition" in text(admin.get("/settings/custom-fields/"))
    path = f"/settings/types/{old.uuid}/removal/"
    assert admin.post(path).status_code == 422
    assert admin.post(path, {"into": new.pk}).status_code == 302
    for rule in rules:
        rule.refresh_from_db()
    assert rules[0].tests[0]["values"] == [str(new.pk)]
    assert rules[1].type == new
    assert "is used by 1 condition" in text(
        admin.get(f"/settings/custom-fields/{region.uuid}/removal/")
    )


def test_a_tag_that_is_merged_is_replaced_in_conditions_too(admin):
    make_ticket(tags=["vip", "important"])
    old, new = Tag.objects.get(name="vip"), Tag.objects.get(name="important")
    rule = a_rule(make_field("vat"), "tags", "vip")
    admin.post(f"/settings/tags/{old.uuid}/removal/", {"into": new.pk})
    rule.refresh_from_db()
    assert rule.tests[0]["values"] == [str(new.pk)]


def test_an_option_that_a_condition_names_is_replaced_there_and_not_just_removed(admin):
    region = make_field("region", "choice", ["EU", "US"])
    eu, us = region.options.order_by("position")
    rule = a_rule(make_field("vat"), "custom.region", "EU")
    limit = save_rule(region, by=system("rule"), effect="limit", options=[eu])
    path = f"/settings/custom-fields/{region.uuid}/"
    refused = admin.post(path, {"name": "Region", "options": "US"})
    assert "a condition names it" in str(refused.context["form"].errors)
    replace_setting(eu, us, by=system("rule"))
    for one in (rule, limit):
        one.refresh_from_db()
    assert rule.tests[0]["values"] == [str(us.uuid)] and limit.options == [str(us.uuid)]
    assert SettingChange.objects.filter(kind="changed", name="Vat").exists()


def test_a_queue_is_set_up_and_sandboxes_are_left_out(admin):
    make_queue("Hidden").__class__.objects.filter(name="Hidden").update(is_sandbox=True)
    assert "Hidden" not in text(admin.get("/settings/queues/"))
    team, body = Team.objects.create(name="Night"), {"name": "Night desk", "description": "Late"}
    touch()
    made = admin.post("/settings/queues/new/", body | {"teams": [team.pk]})
    row = Queue.objects.get(name="Night desk")
    assert made["Location"] == f"/settings/queues/{row.uuid}/"
    assert (row.slug, list(row.teams.all())) == ("night-desk", [team])
    assert "Night" in text(admin.get(made["Location"]))


def test_who_leads_writes_what_a_queue_is_for_and_its_workflow_only(lead):
    row = Queue.objects.get(name="Hers")
    path = f"/settings/queues/{row.uuid}/"
    page = lead.get(path)
    assert set(page.context["form"].fields) == {"description", "workflow"}
    lead.post(path, {"description": "Ours", "name": "Mine", "is_default": "on"})
    row.refresh_from_db()
    assert (row.description, row.name, row.is_default) == ("Ours", "Hers", False)
    assert lead.post("/settings/queues/new/", {"name": "Another"}).status_code == 403
    foreign = f"/settings/queues/{default_queue().uuid}/"
    assert lead.post(foreign, {"description": "x"}).status_code == 403


def test_statuses_change_places(admin):
    first, second = Status.objects.order_by("position")[:2]
    admin.post(f"/settings/statuses/{second.uuid}/position/", {"direction": "up"})
    assert list(Status.objects.order_by("position")[:2]) == [second, first]


def test_options_are_lines_and_are_renamed_by_a_sign(admin):
    body = {"name": "Region", "kind": "choice", "key": "", "options": "EU\nUS"}
    admin.post("/settings/custom-fields/new/", body)
    field = CustomField.objects.get(key="region")
    options = {one.label: one.pk for one in field.options.all()}
    path = f"/settings/custom-fields/{field.uuid}/"
    admin.post(path, {"name": "Region", "options": "US = America\nEU"})
    kept = {one.label: one.pk for one in field.options.filter(deleted_at=None)}
    assert kept == {"America": options["US"], "EU": options["EU"]}
    make_ticket(custom={"region": "EU"})
    refused = admin.post(path, {"name": "Region", "options": "America"})
    assert list(refused.context["form"].errors) == ["options"]


def test_a_condition_is_written_as_a_sentence_and_removed(admin):
    make_field("region", "choice", ["EU", "US"])
    vat = make_field("vat")
    path = f"/settings/custom-fields/{vat.uuid}/conditions/new/"
    empty = admin.post(path, {"effect": "show"})
    assert empty.status_code == 422
    body = {"effect": "show", "field0": "custom.region", "is0": "is", "values0": "eu"}
    assert admin.post(path, body).status_code == 302
    page = text(admin.get(f"/settings/custom-fields/{vat.uuid}/"))
    assert "show it: Region is one of EU" in page
    wrong = admin.post(path, body | {"values0": "Moon"})
    assert list(wrong.context["form"].errors) == ["values0"]
    rule = FieldRule.objects.get()
    admin.post(f"/settings/conditions/{rule.uuid}/removal/")
    assert not FieldRule.objects.kept().exists()


def workflow_body(client, path: str) -> dict:
    """What the form of a workflow holds, as a browser sends it."""
    page = client.get(path)
    form, lines = page.context["form"], page.context["lines"]
    body = {"name": form.row.name, "initial": form.row.initial_id}
    body |= {"t-TOTAL_FORMS": lines.total_form_count(), "t-INITIAL_FORMS": len(lines.initial)}
    for number, line in enumerate(lines.initial):
        for name, value in line.items():
            if value not in (False, [], None):
                body[f"t-{number}-{name}"] = value
        body[f"t-{number}-ORDER"] = number + 1
    return body | {f"t-{len(lines.initial)}-takers": "agents"}


def test_a_workflow_is_edited_as_a_table_and_drawn(admin):
    flow = Workflow.objects.get(is_default=True)
    path = f"/settings/workflows/{flow.uuid}/"
    page = admin.get(path)
    steps = flow.transitions.filter(deleted_at=None).count()
    assert text(page).count("graph-lane") == steps and "workflow-graph" in text(page)
    body = workflow_body(admin, path)
    new = {"name": "Park", "target": status("Waiting").pk, "takers": "agents", "ORDER": 99}
    new |= {"sources": [status("New").pk]}
    saved = admin.post(path, body | {f"t-{steps}-{name}": one for name, one in new.items()})
    assert saved.status_code == 302, saved.context["lines"].errors
    assert flow.transitions.filter(deleted_at=None).count() == steps + 1
    park = flow.transitions.get(name="Park")
    assert list(park.sources.all()) == [status("New")]
    assert admin.post(path, workflow_body(admin, path)).status_code == 302
    assert SettingChange.objects.filter(noun="workflows").count() == 1
    nameless = body | {f"t-{steps}-{name}": one for name, one in (new | {"name": ""}).items()}
    wrong = admin.post(path, nameless)
    assert wrong.status_code == 422 and "Give the action a name" in text(wrong)
    gone = workflow_body(admin, path) | {f"t-{steps}-DELETE": "on"}
    admin.post(path, gone)
    assert flow.transitions.filter(deleted_at=None).count() == steps


def test_the_order_of_fields_is_moved_and_given_up(admin):
    make_field("region")
    make_field("vat", position=1)
    queue = default_queue()
    body = {"queue": queue.pk, "type": 0, "key": "vat", "direction": "up"}
    admin.post("/settings/field-order/", body)
    names = [one.key for one in admin.get("/settings/field-order/").context["fields"]]
    assert names == ["vat", "region"]
    admin.post("/settings/field-order/", {"queue": queue.pk, "type": 0, "usual": "1"})
    names = [one.key for one in admin.get("/settings/field-order/").context["fields"]]
    assert names == ["region", "vat"]


def test_members_are_put_in_and_taken_out(admin):
    team, ann = Team.objects.create(name="Red"), make_agent("Ann")
    path = f"/settings/teams/{team.uuid}/members/"
    admin.post(path, {"person": ann.email, "access": "work", "is_lead": "on"})
    assert team.memberships.get(user=ann).is_lead
    wrong = admin.post(path, {"person": "nobody@example.com", "access": "work"})
    assert wrong.status_code == 422 and "Nobody is known" in text(wrong)
    admin.post(path, {"remove": ann.pk})
    assert team.memberships.get(user=ann).deleted_at is not None


def test_a_lead_sets_up_what_only_the_team_works_with(lead):
    team = lead.team
    own = f"/settings/teams/{team.uuid}/"
    assert lead.post(own, {"name": "Hers alone"}).status_code == 302
    bob = make_agent("Bob")
    lead.post(f"{own}members/", {"person": bob.email, "access": "work"})
    assert team.memberships.filter(user=bob).exists()
    other = Team.objects.create(name="Others")
    assert lead.post(f"/settings/teams/{other.uuid}/", {"name": "x"}).status_code == 403
    put = {"person": bob.email, "access": "work"}
    assert lead.post(f"/settings/teams/{other.uuid}/members/", put).status_code == 403
    assert not other.memberships.exists()


def test_a_lead_names_tags_but_no_statuses_and_no_fields_of_others(lead):
    assert lead.post("/settings/tags/new/", {"name": "late"}).status_code == 302
    assert (
        lead.post("/settings/statuses/new/", {"name": "x", "category": "open"}).status_code == 403
    )
    everywhere, hers = make_field("everywhere"), make_field("hers")
    queue = team_queue(lead)
    hers.queues.set([queue])
    body = {"name": "Other", "queues": [queue.pk]}
    assert lead.post(f"/settings/custom-fields/{hers.uuid}/", body).status_code == 302
    assert lead.post(f"/settings/custom-fields/{everywhere.uuid}/", body).status_code == 403
    wide = lead.post(f"/settings/custom-fields/{hers.uuid}/", {"name": "Wide"})
    assert wide.status_code == 403
    hers.refresh_from_db()
    assert hers.name == "Other" and list(hers.queues.all()) == [queue]


def team_queue(lead):
    return lead.team.queues.get()


def test_a_lead_orders_fields_of_the_queues_of_the_team_alone(lead):
    make_field("region")
    make_field("vat", position=1)
    body = {"type": 0, "key": "vat", "direction": "up"}
    lead.post("/settings/field-order/", body | {"queue": team_queue(lead).pk})
    assert lead.get("/settings/field-order/").context["is_own"]
    lead.post("/settings/field-order/", body | {"queue": default_queue().pk})
    changed = SettingChange.objects.filter(kind="ordered").values_list("name", flat=True)
    assert set(changed) == {"Hers"}
