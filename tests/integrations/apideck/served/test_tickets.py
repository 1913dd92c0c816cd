"""Tickets at our Apideck endpoint: created, read, changed, deleted."""

import uuid
from datetime import UTC, datetime

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, Tag, Ticket, Transition
from helpdesk.models.configuration import configuration, reset
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)
from tests.integrations.apideck.served.caller import NOWHERE, ids, one, refused

pytestmark = pytest.mark.django_db
BY = system("rule")
ORIGIN = f"{uuid.uuid4()}/7/{uuid.uuid4()}"
EMPTY = {
    "parent_id": None,
    "type": None,
    "description": "",
    "priority": "normal",
    "assignees": [],
    "created_by": None,
    "due_date": None,
    "completed_at": None,
    "tags": [],
    "custom_mappings": {},
}


def test_the_least_ticket_is_a_subject(api):
    answer = api.call("POST", "/tickets", {"subject": "Printer jams"})
    assert answer.status_code == 201
    body = answer.json()
    identity = body.pop("data")["id"]
    assert body == {
        "status_code": 201,
        "status": "Created",
        "service": "helpdesk",
        "resource": "Tickets",
        "operation": "add",
    }
    shown = api.data(f"/tickets/{identity}")
    ticket = one(identity)
    assert shown.pop("created_at") == shown.pop("updated_at") == iso(ticket.created_at)
    assert shown == {
        **EMPTY,
        "id": identity,
        "collection_id": str(default_queue().uuid),
        "subject": "Printer jams",
        "status": "open",
    }
    assert Change.objects.get(ticket=ticket).origin == "compat:apideck"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def test_a_ticket_with_everything(api):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    make_field("amount", "number")
    agent, parent = make_agent("Alex Wilber"), make_ticket("Parent")
    known = make_tag("vpn")
    kind = next(iter(configuration().types.values()))
    identity = api.create(
        parent_id=str(parent.uuid),
        type=kind.name.upper(),
        subject="Technical Support Request",
        description="<p>I am facing <em>issues</em></p><script>x</script>",
        status="in_progress",
        priority="high",
        assignees=[{"id": str(agent.uuid), "username": "ignored"}],
        due_date="2026-09-30T07:43:32.000+02:00",
        tags=[{"id": str(known.uuid)}, {"id": "printer"}],
        pass_through=[
            {
                "service_id": "helpdesk",
                "extend_object": {"region": "eu", "sites": ["A", "B"], "nobody_knows": 1},
                "extend_paths": [{"path": "$.amount", "value": 12.5}],
            }
        ],
    )
    shown = api.data(f"/tickets/{identity}")
    printer = Tag.objects.get(name="printer")
    assert shown["parent_id"] == str(parent.uuid) and shown["type"] == kind.name
    assert shown["description"] == "<p>I am facing <em>issues</em></p>"
    assert (shown["status"], shown["priority"]) == ("in_progress", "high")
    assert shown["assignees"] == [{"id": str(agent.uuid), "username": "Alex Wilber"}]
    assert shown["due_date"] == "2026-09-30T05:43:32.000Z"
    assert shown["tags"] == [
        {"id": str(printer.uuid), "name": "printer"},
        {"id": str(known.uuid), "name": "vpn"},
    ]
    assert shown["custom_mappings"] == {"region": "EU", "sites": ["A", "B"], "amount": 12.5}


def test_what_only_we_say_is_passed_over(api):
    identity = api.create(
        id="mine",
        collection_id=NOWHERE,
        created_at="2020-01-01T00:00:00Z",
        created_by="me",
        completed_at="2020-01-01T00:00:00Z",
        custom_mappings={"x": 1},
        queue=1,
        version=9,
        unknown=True,
    )
    assert identity != "mine" and one(identity).queue == default_queue()
    assert one(identity).created_at.year > 2020
    assert api.change(identity, id=NOWHERE, version=9)["id"] == identity
    assert one(identity).version == 1


def test_the_vendor_s_own_example_is_taken_ids_aside(api):
    identity = api.create(
        type="Technical",
        subject="Technical Support Request",
        description="I am facing issues with my internet connection",
        status="open",
        priority="high",
        due_date="2020-09-30T07:43:32.000Z",
        tags=[{"id": "12345"}],
        pass_through=[
            {
                "service_id": "string",
                "operation_id": "string",
                "extend_object": {"book": "x", "price": 1},
                "extend_paths": [{"path": "$.nested.property", "value": {"a": {"b": "c"}}}],
            }
        ],
    )
    shown = api.data(f"/tickets/{identity}")
    assert shown["type"] == "Technical"  # none of our types: kept for whoever asks
    assert shown["tags"][0]["name"] == "12345"
    assert api.change(identity, type=None)["type"] is None


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": 7}, "subject"),
        ({"subject": "x" * 501}, "subject"),
        ({"subject": "x", "priority": "medium"}, "priority"),
        ({"subject": "x", "assignees": [{"id": NOWHERE}]}, "assignees"),
        ({"subject": "x", "assignees": [{"id": "12345"}]}, "assignees"),
        ({"subject": "x", "tags": [{"id": NOWHERE}]}, "tags"),
        ({"subject": "x", "parent_id": NOWHERE}, "parent_id"),
        ({"subject": "x", "parent_id": "12345"}, "parent_id"),
        ({"subject": "x", "due_date": "soon"}, "due_date"),
        (
            {"subject": "x", "pass_through": [{"extend_object": {"amount": "much"}}]},
            "pass_through",
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(api, body, member):
    make_field("amount", "number")
    assert member in refused(api.call("POST", "/tickets", body), 400, "RequestValidationError")
    assert not Ticket.objects.exists() and not Tag.objects.exists()
    own = make_ticket()
    if body:
        assert member in refused(api.call("PATCH", f"/tickets/{own.uuid}", body), 400)


def test_a_foreign_id_in_a_body_is_as_one_that_nobody_has(api):
    other = make_queue()
    agent, ticket = make_agent("Other", [other]), make_ticket(queue=other)
    own, customer = make_ticket(), make_user()
    for name, foreign in [
        ("parent_id", ticket.uuid),
        ("assignees", agent.uuid),
        ("assignees", customer.uuid),
    ]:
        said = []
        for identity in (str(foreign), NOWHERE):
            value = identity if name == "parent_id" else [{"id": identity}]
            for answer in (
                api.call("POST", "/tickets", {"subject": "x", name: value}),
                api.call("PATCH", f"/tickets/{own.uuid}", {name: value}),
            ):
                said.append(refused(answer, 400).replace(identity, "…"))
        assert said[:2] == said[2:]


def test_absent_members_are_left_alone_and_nulls_clear(api):
    make_field("region")
    agent, parent = make_agent(), make_ticket()
    identity = api.create(
        description="Words",
        priority="urgent",
        status="in_progress",
        assignees=[{"id": str(agent.uuid)}],
        parent_id=str(parent.uuid),
        tags=[{"id": "a"}, {"id": "b"}],
        due_date="2026-09-30T07:43:32.000Z",
        pass_through=[{"service_id": "x", "extend_object": {"region": "EU"}}],
    )
    before = api.data(f"/tickets/{identity}")
    after = api.change(identity, subject="New")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"subject", "updated_at"}
    version = one(identity).version
    assert api.change(identity) == after and one(identity).version == version
    members = ["description", "type", "priority", "assignees", "parent_id", "tags", "due_date"]
    cleared = api.change(
        identity,
        **dict.fromkeys(members),
        pass_through=[{"service_id": "x", "extend_object": {"region": None}}],
    )
    assert {name: cleared[name] for name in members} == {name: EMPTY[name] for name in members}
    assert cleared["custom_mappings"] == {"region": None} and cleared["status"] == "in_progress"
    refused(api.call("PATCH", f"/tickets/{identity}", {"subject": None}), 400)


def test_what_is_the_same_records_nothing(api):
    identity = api.create(
        status="in_progress", description="<p>Words <b>here</b></p>", tags=[{"id": "a"}]
    )
    shown = api.data(f"/tickets/{identity}")
    again = {name: shown[name] for name in ("subject", "description", "status", "priority", "tags")}
    version = one(identity).version
    assert api.change(identity, **again) == shown and one(identity).version == version


@pytest.mark.parametrize(
    ("asked", "name", "shown"),
    [
        ("open", "Open", "open"),
        ("in_progress", "In progress", "in_progress"),
        ("In Progress", "In progress", "in_progress"),
        ("closed", "Closed", "closed"),
        ("waiting", "Waiting", "in_progress"),
        ("Resolved", "Resolved", "closed"),
        ("CLOSED", "Closed", "closed"),
    ],
)
def test_a_status_is_set_by_their_words_and_by_ours(api, asked, name, shown):
    make_status = {"status": "closed" if shown == "open" else "open"}
    identity = api.create(**make_status)
    assert api.change(identity, status=asked)["status"] == shown
    assert one(identity).status == status(name)
    completed = api.data(f"/tickets/{identity}")["completed_at"]
    assert bool(completed) is (shown == "closed")
    assert bool(one(identity).resolution) is (name == "Resolved")
    begun = api.create(status=asked)
    assert api.data(f"/tickets/{begun}")["status"] == shown
    if asked != "open":  # what is shown as open begins as tickets do
        assert one(begun).status == status(name)


def test_a_status_that_is_shown_by_the_same_word_stays(api):
    for name, word in [("Waiting", "in_progress"), ("Resolved", "closed"), ("New", "open")]:
        identity = api.create(status=name)
        api.change(identity, status=word, subject="Renamed")
        assert one(identity).status == status(name), name


def test_an_unknown_status_and_one_without_a_way_are_an_invalid_state(api):
    identity = api.create()
    path = f"/tickets/{identity}"
    answer = api.call("PATCH", path, {"status": "Won't do", "subject": "New"})
    assert "Won't do" in refused(answer, 422, "InvalidStateError")
    Transition.objects.update(takers=Transition.Takers.ADMINS)
    reset()
    answer = api.call("PATCH", path, {"status": "in_progress", "subject": "New"})
    refused(answer, 422, "InvalidStateError")
    assert one(identity).title == "A ticket"  # all or nothing
    refused(api.call("POST", "/tickets", {"subject": "x", "status": "Won't do"}), 422)


def test_where_nothing_leads_to_closed_resolved_is_closed(api):
    identity = api.create()
    Transition.objects.filter(target=status("Closed")).delete()
    reset()
    assert api.change(identity, status="closed")["status"] == "closed"
    assert one(identity).status == status("Resolved")


def test_a_deleted_ticket_goes_to_the_trash(api):
    identity = api.create()
    answer = api.call("DELETE", f"/tickets/{identity}")
    assert answer.status_code == 200
    assert (answer.json()["operation"], answer.json()["data"]) == ("delete", {"id": identity})
    assert one(identity).deleted_at is not None
    for method in ("GET", "PATCH", "DELETE"):
        refused(api.call(method, f"/tickets/{identity}", {}), 404, "EntityNotFoundError")
    assert api.data("/tickets") == []
    actions.restore_ticket(one(identity), by=BY)
    assert api.data(f"/tickets/{identity}")["id"] == identity


def test_a_repeated_create_from_the_same_origin_answers_the_first_ticket(api):
    headers = {"Helpdesk-Origin": ORIGIN}
    tag = {"id": f"helpdesk:{ORIGIN}"}
    first = api.create(headers, subject="Once", tags=[tag, {"id": "vip"}])
    again = api.create(headers, subject="Twice", status="closed")
    assert again == first and one(first).title == "Once"
    assert [tag.name for tag in Tag.objects.all()] == ["vip"]
    shown = api.data(f"/tickets/{first}")
    assert shown["custom_mappings"] == {"helpdesk:origin": ORIGIN}
    assert [tag["name"] for tag in shown["tags"]] == ["vip"]


def test_tickets_of_people_show_who_made_them(api):
    agent, customer = make_agent(), make_user()
    by_agent = make_ticket(by=system("web", person_id=agent.pk))
    asked = make_ticket(requester=customer)
    assert api.data(f"/tickets/{by_agent.uuid}")["created_by"] == str(agent.uuid)
    assert api.data(f"/tickets/{asked.uuid}")["created_by"] == str(customer.uuid)


def test_a_parent_that_is_out_of_sight_is_not_named(api):
    parent = make_ticket(queue=make_queue())
    child = make_ticket(parent=parent)
    assert api.data(f"/tickets/{child.uuid}")["parent_id"] is None


def test_plain_text_that_looks_like_html_is_escaped_and_comes_back(api):
    ticket = make_ticket(body="Use <b> here\n& there", body_format="plain")
    shown = api.data(f"/tickets/{ticket.uuid}")["description"]
    assert shown == "<p>Use &lt;b&gt; here<br>&amp; there</p>"
    assert one(api.create(description=shown)).body == "Use <b> here\n& there"


def test_raw_answers_add_our_own_words(api):
    identity = api.create(status="waiting")
    make_comment(one(identity), "Secret", public=False)
    for path in ["/tickets", f"/tickets/{identity}", "/tags", "/users", "", "!"]:
        assert "_raw" not in api.get(path, {"raw": "false"}).json()
        answer = api.get(path, {"raw": "true"})
        assert isinstance(answer.json()["_raw"], dict) and b"Secret" not in answer.content
    raw = api.get(f"/tickets/{identity}", {"raw": "true"}).json()["_raw"]
    assert raw["status"] == "waiting" and raw["number"] == str(one(identity).pk)
    refused(api.get("/tickets", {"raw": "maybe"}), 400, "RequestValidationError")


def test_members_are_chosen_and_the_envelope_stays(api):
    identity = api.create(tags=[{"id": "vip"}])
    shown = api.get(f"/tickets/{identity}", {"fields": "subject,tags.name"}).json()
    assert shown["service"] == "helpdesk"
    tag = Tag.objects.get()
    assert shown["data"] == {
        "id": identity,
        "subject": "A ticket",
        "tags": [{"id": str(tag.uuid), "name": "vip"}],
    }
    listed = api.get("/tickets", {"fields": "status"}).json()
    assert listed["data"] == [{"id": identity, "status": "open"}] and listed["meta"]


def test_reading_costs_the_same_however_much_there_is(api):
    make_field("helpers", "people")
    agent, parent = make_agent(), make_ticket()

    def fill(count: int) -> None:
        for _ in range(count):
            ticket = make_ticket(
                assignee=agent, parent=parent, requester=make_user(), tags=["a", "b"]
            )
            actions.set_custom(ticket, {"helpers": [make_user().pk]}, by=BY)
            make_comment(ticket)

    def cost(path: str, **query) -> int:
        api.get(path, query)
        with statements() as counted:
            assert api.get(path, query).status_code == 200
        return len(counted)

    fill(2)
    ticket = f"/tickets/{Ticket.objects.last().uuid}"
    few = [cost("/tickets", limit="200"), cost(ticket), cost(f"{ticket}/comments"), cost("/tags")]
    fill(10)
    for _ in range(10):
        make_comment(Ticket.objects.get(uuid=ticket.rsplit("/", 1)[1]), author=make_user())
    many = [cost("/tickets", limit="200"), cost(ticket), cost(f"{ticket}/comments"), cost("/tags")]
    assert many == few
    assert len(ids(api.data("/tickets", {"limit": "200"}))) == 13
    assert few[0] <= 9 and few[1] <= 8 and few[2] <= 7 and few[3] <= 4, few
