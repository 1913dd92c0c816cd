"""Tickets that come in."""

import uuid

import pytest

from helpdesk.models import Organisation, Participant, Status, Team, Ticket, TicketType, User
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_ticket,
    make_user,
)
from tests.integrations.stackone.served.caller import NOWHERE, Caller, refused

pytestmark = pytest.mark.django_db


def make_team(name="Printers"):
    team = Team.objects.create(name=name)
    default_queue().teams.add(team)
    return team


def test_a_create_answers_the_id_in_its_envelope(api):
    answer = api.post("/tickets", {"title": "Printer jams"})
    assert answer.status_code == 201
    ticket = Ticket.objects.get()
    body = answer.json()
    assert body.pop("timestamp").endswith("Z")
    assert body == {
        "statusCode": 201,
        "message": "Record created successfully.",
        "data": {"id": str(ticket.uuid), "remote_id": str(ticket.uuid)},
    }
    assert (ticket.title, ticket.queue, ticket.priority) == (
        "Printer jams",
        default_queue(),
        "normal",
    )


@pytest.mark.parametrize("title", [None, "", "  ", 0])
def test_a_title_is_needed_and_named(api, title):
    body = {} if title == 0 else {"title": title}
    assert refused(api.post("/tickets", body), 400) == "title: is required."


def test_every_field_arrives(api):
    ann, bea, agent, helper = make_user("Ann"), make_user("Bea"), make_agent(), make_agent()
    for person in (ann, bea):  # who is met here may be named by id
        make_ticket(requester=person)
    above, team = make_ticket("Above"), make_team()
    company = Organisation.objects.create(name="Acme")
    make_ticket(organisation=company)
    kind = TicketType.objects.get(name="Incident")
    ticket = api.create(
        title="All of it",
        creator_id=str(ann.uuid),
        reporters=[str(ann.uuid), str(bea.uuid)],
        assignees=[str(agent.uuid), str(helper.uuid)],
        content=[{"plain": "Plain", "html": "<p>Plain</p>"}],
        parent_id=str(above.uuid),
        priority={"id": "001", "value": "highest", "source_value": "Normal"},
        tags=["vip", "vip", "printer"],
        type=str(kind.uuid),
        organization_id=str(company.uuid),
        project_id=str(default_queue().uuid),
        component_ids=[str(team.uuid)],
    )
    assert (ticket.requester, ticket.assignee, ticket.parent) == (ann, agent, above)
    assert (ticket.priority, ticket.type, ticket.organisation) == ("urgent", kind, company)
    assert (ticket.team, ticket.body, ticket.body_format) == (team, "Plain", "plain")
    assert [tag.name for tag in ticket.tag_list] == ["printer", "vip"]
    taking = set(ticket.participations.values_list("person", "kind"))
    assert taking == {
        (bea.pk, Participant.Kind.REPORTER),
        (helper.pk, Participant.Kind.CO_ASSIGNEE),
    }
    shown = api.read(ticket)
    assert shown["creator_id"] == shown["remote_creator_id"] == str(ann.uuid)
    assert shown["reporters"] == [str(ann.uuid), str(bea.uuid)]
    assert shown["assignees"] == [str(agent.uuid), str(helper.uuid)]


def test_a_customer_who_creates_is_the_requester(api):
    ann, agent = make_user("Ann"), make_agent()
    first = api.create(creator_id=ann.email)
    assert first.requester == ann
    assert api.create(creator_id=str(agent.uuid)).requester is None


def test_of_a_stranger_no_more_is_read_than_was_said(api):
    """Else a key could learn who is behind an address by naming it."""
    eve, ida = make_user("Eve Secret"), make_user("Ida Secret")
    ticket = api.create(creator_id=eve.email, reporters=[eve.email, ida.email])
    assert ticket.requester == eve
    shown = api.read(ticket)
    assert shown["creator_id"] == eve.email
    assert shown["reporters"] == [eve.email, ida.email]
    make_comment(ticket, "Words", author=eve)
    [said] = api.listed(f"/tickets/{ticket.uuid}/comments")
    assert said["user_id"] == eve.email
    for person in (eve, ida):
        refused(api.get(f"/users/{person.uuid}"), 404)
    for path in ("/users", "/tickets", f"/tickets/{ticket.uuid}/comments"):
        assert "Secret" not in api.get(path, raw="true").content.decode()
    assert api.change(ticket, reporters=shown["reporters"]).version == ticket.version + 1


def test_unknown_addresses_become_customers_and_helpers_stay_addresses(api):
    ticket = api.create(
        reporters=["Eve@customers.example"], assignees=["bob@partner.example", "al@partner.example"]
    )
    assert ticket.requester.email == "eve@customers.example"
    assert ticket.assignee is None and User.objects.filter(email__contains="partner").count() == 0
    assert api.read(ticket)["assignees"] == ["bob@partner.example", "al@partner.example"]
    api.change(ticket, assignees=[])
    assert api.read(ticket)["assignees"] == []


@pytest.mark.parametrize("spelling", ["uuid", "slug", "pk"])
@pytest.mark.parametrize("member", ["project_id", "collections"])
def test_the_queue_is_named_in_either_generation(api, member, spelling):
    name = str(getattr(default_queue(), spelling))
    api.create(**{member: [name, name] if member == "collections" else name})


def test_components_are_read_in_all_their_spellings(api):
    one, two = make_team("One"), make_team("Two")
    ids = [str(one.uuid), str(two.uuid)]
    for said in (ids, ",".join(ids), f'["{ids[0]}", "{ids[1]}"]', f" {ids[0]} , {ids[1]} "):
        ticket = api.create(component_ids=said)
        assert ticket.team == one
        assert [part["name"] for part in api.read(ticket)["components"]] == ["One", "Two"]
    assert api.create(component_ids="").team is None


def test_content_that_says_more_in_html_is_kept_as_html(api):
    marked = api.create(content=[{"plain": "Very broken", "html": "<p>Very <b>broken</b></p>"}])
    assert (marked.body_format, marked.body) == ("html", "<p>Very <b>broken</b></p>")
    [shown] = api.read(marked)["content"]
    assert shown["plain"] == "Very broken" and "<b>broken</b>" in shown["html"]
    several = api.create(content=[{"plain": "One"}, {"plain": "Two", "html": None}])
    assert several.body == "One\n\nTwo"
    assert api.read(api.create(content=[]))["content"] == []


def test_script_in_html_is_never_handed_out(api):
    ticket = api.create(content=[{"html": '<p onclick="x()">Hi<script>alert(1)</script></p>'}])
    [shown] = api.read(ticket)["content"]
    assert "script" not in shown["html"] and "onclick" not in shown["html"]


def test_custom_fields_arrive_by_key_and_come_back(api):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    for kind in ("text", "textarea", "number", "date", "toggle", "people", "email", "url"):
        make_field(f"a_{kind}", kind)
    custom = {
        "region": "us",
        "sites": ["A", "B"],
        "a_text": "short",
        "a_textarea": "line 1\nline 2",
        "a_number": 12.5,
        "a_date": "2026-04-01",
        "a_toggle": False,
        "a_people": ["bea@customers.example"],
        "a_email": "who@customers.example",
        "a_url": "https://customers.example/",
        "my_project_custom_field_1": "REF-1236",
    }
    ticket = api.create(unified_custom_fields=custom)
    shown = api.read(ticket)["unified_custom_fields"]
    assert shown == custom | {"region": "US"}
    changed = api.change(ticket, unified_custom_fields={"a_number": None, "region": "EU", "z": [1]})
    shown = api.read(changed)["unified_custom_fields"]
    assert (shown["a_number"], shown["region"], shown["z"]) == (None, "EU", [1])
    assert shown["my_project_custom_field_1"] == "REF-1236"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("title", ["x"]),
        ("title", {"a": 1}),
        ("content", "text"),
        ("content", ["text"]),
        ("content", [{"plain": 5}]),
        ("priority", "high"),
        ("priority", {"value": "urgent!"}),
        ("priority", {"value": ["high"]}),
        ("tags", "vip"),
        ("tags", [{"id": 1}]),
        ("reporters", "ann"),
        ("reporters", [NOWHERE]),
        ("reporters", ["nobody"]),
        ("reporters", ["no@address@at.all"]),
        ("assignees", [NOWHERE]),
        ("assignees", [None]),
        ("creator_id", NOWHERE),
        ("creator_id", True),
        ("parent_id", NOWHERE),
        ("organization_id", NOWHERE),
        ("project_id", NOWHERE),
        ("collections", ["nowhere"]),
        ("component_ids", NOWHERE),
        ("component_ids", "[1"),
        ("component_ids", 7.5),
        ("type", NOWHERE),
        ("type", {"id": "x"}),
        ("unified_custom_fields", []),
        ("unified_custom_fields", {"region": "Moon"}),
        ("unified_custom_fields", {"sites": "A"}),
        ("unified_custom_fields", {"flag": "yes"}),
        ("unified_custom_fields", {"count": "7"}),
        ("unified_custom_fields", {"helpers": [7]}),
        ("unified_custom_fields", {"day": "soon"}),
    ],
)
def test_what_is_wrong_is_refused_by_its_name_and_nothing_is_made(api, member, value):
    make_field("region", "choice", ["EU"])
    make_field("sites", "choices", ["A"])
    for key, kind in (("flag", "toggle"), ("count", "number"), ("helpers", "people")):
        make_field(key, kind)
    make_field("day", "date")
    people = User.objects.count()
    answer = api.post("/tickets", {"title": "T", "reporters": ["new@x.example"], member: value})
    assert member in refused(answer, 400)
    assert not Ticket.objects.exists() and User.objects.count() == people


def test_nulls_are_passed_over(api):
    names = """creator_id reporters assignees content parent_id priority tags type organization_id
        project_id component_ids collections unified_custom_fields"""
    ticket = api.create(**dict.fromkeys(names.split()))
    assert (ticket.requester, ticket.body, ticket.priority) == (None, "", "normal")


def test_a_repeated_create_of_another_installation_answers_the_first(api):
    reference = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    headers = {"Helpdesk-Origin": reference}
    first = api.create(headers, unified_custom_fields={"helpdesk_reference": "another"})
    again = api.create(headers, title="Sent again", reporters=["eve@customers.example"])
    assert again.pk == first.pk and Ticket.objects.get().title == "A ticket"
    shown = api.read(first)["unified_custom_fields"]
    assert shown == {"helpdesk_reference": reference}


def test_nobody_but_an_origin_sets_the_reference(api):
    ticket = api.create(unified_custom_fields={"helpdesk_reference": "a/b/c", "other": 1})
    assert api.read(ticket)["unified_custom_fields"] == {"other": 1}


def test_a_ticket_of_another_queue_is_no_parent(api):
    hidden = make_ticket(queue=make_queue("Secret"))
    assert "parent_id" in refused(
        api.post("/tickets", {"title": "T", "parent_id": str(hidden.uuid)}), 400
    )


# Changing ----------------------------------------------------------------------------------------


def test_a_change_sets_what_it_names_and_nothing_else(api):
    ann = make_user("Ann")
    ticket = api.create(reporters=[ann.email], tags=["a"], content=[{"plain": "Words"}])
    after = api.change(ticket, title="New", title_=None, priority=None, project_id=None)
    assert (after.title, after.body, after.requester) == ("New", "Words", ann)
    emptied = api.change(after, title=None, content=None, tags=None, reporters=[], parent_id=None)
    assert (emptied.title, emptied.body, emptied.requester) == ("New", "", None)
    assert emptied.tag_list == []


def test_nothing_changed_is_nothing_recorded(api):
    ticket = api.create(content=[{"html": "<p>One <b>two</b></p>"}], assignees=[])
    shown = api.read(ticket)
    written = {name: shown[name] for name in ("title", "content", "priority", "tags", "status")}
    plain = [{"plain": shown["content"][0]["plain"]}]
    for body in (written, written | {"content": plain}, {}, {"parent_id": None}):
        after = api.change(ticket, **body)
        assert (after.version, after.updated_at) == (ticket.version, ticket.updated_at)


def test_people_are_changed_as_whole_lists(api):
    one, two, three = make_agent(), make_agent(), make_agent()
    ticket = api.create(assignees=[str(one.uuid), str(two.uuid)])
    after = api.change(ticket, assignees=[str(three.uuid), str(two.uuid)])
    assert after.assignee == three
    assert api.read(after)["assignees"] == [str(three.uuid), str(two.uuid)]
    api.change(ticket, assignees=None)
    assert api.read(ticket)["assignees"] == []
    assert not Participant.objects.exists()


def test_a_customer_is_assigned_nothing(api):
    ann = make_user("Ann")
    ticket = api.create(reporters=[ann.email])
    body = {"assignees": [str(ann.uuid)]}
    assert "assignees" in refused(api.patch(f"/tickets/{ticket.uuid}", body), 400)


def status_id(name: str) -> str:
    return str(Status.objects.get(name=name).uuid)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ({"type": {"value": "in-progress"}}, "In progress"),
        ({"type": {"value": "closed"}}, "Resolved"),
        ({"name": "Waiting"}, "Waiting"),
        ({"name": "waiting", "type": {"value": None}}, "Waiting"),
        ({"name": "waiting", "type": {"value": "unmapped_value"}}, "Waiting"),
        ({"id": "Waiting", "type": {"value": "closed"}, "name": "Closed"}, "Waiting"),
        ({"type": {"value": "closed"}, "name": "Waiting"}, "Resolved"),
        ({"type": {"value": "to-do"}}, "Open"),
        ({}, "Open"),
        (None, "Open"),
    ],
)
def test_a_status_is_named_by_its_id_then_its_type_then_its_name(api, status, name):
    if status and "id" in status:
        status = status | {"id": status_id(status["id"])}
    ticket = api.create()
    assert ticket.status.name == "Open"
    after = api.change(ticket, status=status)
    assert after.status.name == name
    shown = api.read(after)["status"]
    assert (shown["id"], shown["name"]) == (status_id(name), name)


def test_a_status_of_the_same_type_stays(api):
    ticket = api.create()
    for name in ("Waiting", "Closed"):
        api.change(ticket, status={"id": status_id(name)})
        value = api.read(ticket)["status"]["type"]["value"]
        assert api.change(ticket, status={"type": {"value": value}}).status.name == name


@pytest.mark.parametrize(
    "status",
    [
        "closed",
        {"id": NOWHERE},
        {"id": "7", "type": {"value": "closed"}},
        {"type": "closed"},
        {"type": {"value": "done"}},
        {"type": {"value": ["closed"]}},
        {"name": "Nonesuch"},
        {"name": {"a": 1}},
    ],
)
def test_a_status_that_is_not_there_is_refused_and_nothing_changes(api, status):
    ticket = api.create()
    body = {"title": "New", "status": status}
    assert "status" in refused(api.patch(f"/tickets/{ticket.uuid}", body), 400)
    assert Ticket.objects.get(pk=ticket.pk).title == "A ticket"


def test_who_is_named_speaks_in_the_history(api, key):
    ann = make_user("Ann")
    make_ticket(requester=ann)
    ticket = api.create(creator_id=ann.email)
    assert ticket.changes.get(version=1).person_name == "Ann via Ledger"


def test_a_reading_caller_of_another_key_sees_the_same(api):
    ticket = api.create()
    other = Caller(make_key("read", [default_queue()])[1])
    assert other.read(ticket) == api.read(ticket)
