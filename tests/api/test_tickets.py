"""Tickets through the API: opened, listed, read, changed, put away and taken out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, Organisation, Ticket, User
from tests import factories
from tests.api.conftest import caller, fields_of
from tests.factories import make_agent, make_field, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db

SHAPE = """
id uuid title body body_format queue status type priority requester requester_name organisation
assignee team parent merged_into tags custom channel due_at snoozed_until resolution
resolution_comment source source_ref source_url version created_at stored_at updated_at
last_activity_at last_customer_at first_response_at first_resolved_at resolved_at closed_at
next_due_at reopened_count url web_url
""".split()


def test_a_title_is_all_it_takes_to_open_a_ticket(api):
    response = api.post("tickets/", {"title": "No sound"})
    assert response.status_code == 201
    body = response.json()
    assert body["title"] == "No sound"
    assert body["queue"]["slug"] == "support"
    assert body["status"] == body["status"] | {"name": "Open", "category": "open"}
    assert body["requester"] is None
    assert response["Location"] == body["url"] == f"http://testserver/api/v1/tickets/{body['id']}/"
    assert response["ETag"].startswith('"1-')
    change = Change.objects.get(ticket_id=body["id"])
    assert (change.origin, change.key_id) == ("api", api.key.pk)


def test_what_is_created_is_what_is_read(api):
    queue, agent, requester = make_queue("Hardware"), make_agent("Ann"), make_user("Rita")
    parent = make_ticket("Above")
    make_field("region", "choice", ["EU", "US"])
    make_field("who", "people")
    made = api.post(
        "tickets/",
        {
            "title": "Screen",
            "body": "It *flickers*.",
            "body_format": "markdown",
            "queue": "hardware",
            "type": "Incident",
            "status": "in progress",
            "priority": "high",
            "requester": requester.email,
            "assignee": str(agent.uuid),
            "team": "Support",
            "parent": parent.pk,
            "tags": ["vip", "Late"],
            "custom": {"region": "eu", "who": [agent.email, {"id": requester.pk}]},
            "channel": "phone",
            "due_at": "2026-12-01T10:00:00+02:00",
            "source": "shop",
            "source_ref": "A-1",
            "source_url": "https://shop.example/A-1",
        },
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert api.get(f"tickets/{body['id']}/").json() == body
    assert api.get("tickets/").json()["results"][0] == body
    assert sorted(body) == sorted(SHAPE)
    assert body["queue"]["id"] == queue.pk
    assert body["requester"]["email"] == requester.email
    assert body["assignee"] == {
        "id": agent.pk,
        "uuid": str(agent.uuid),
        "name": "Ann",
        "email": agent.email,
    }
    assert body["parent"] == {"id": parent.pk, "uuid": str(parent.uuid), "title": "Above"}
    assert body["tags"] == ["Late", "vip"]
    assert body["custom"]["region"] == "EU"
    assert [one["name"] for one in body["custom"]["who"]] == ["Ann", "Rita"]
    assert body["due_at"] == "2026-12-01T08:00:00Z"
    assert body["type"]["name"] == "Incident"


def test_what_was_read_can_be_written_back(api):
    make_field("who", "people")
    ann = make_agent("Ann")
    ticket = make_ticket(
        tags=["vip"], requester=make_user(), assignee=ann, custom={"who": [ann.email]}
    )
    body = api.get(f"tickets/{ticket.pk}/").json()
    names = "queue status type priority requester assignee team tags custom parent title".split()
    response = api.patch(f"tickets/{ticket.pk}/", {name: body[name] for name in names})
    assert response.status_code == 200, response.content
    assert response.json() == body
    assert Change.objects.filter(ticket=ticket).count() == 1


def test_an_unknown_requester_is_made_and_a_known_one_found(api):
    first = api.post(
        "tickets/", {"title": "a", "requester": {"email": "New@Example.com", "name": "New"}}
    ).json()
    assert first["requester"]["name"] == "New"
    second = api.post("tickets/", {"title": "b", "requester": {"email": "new@example.com"}}).json()
    assert second["requester"]["id"] == first["requester"]["id"]
    assert User.objects.get(email="new@example.com").role == "customer"


def test_a_repeated_source_reference_answers_the_first_ticket(api):
    body = {"title": "Once", "source": "shop", "source_ref": 17}
    first, second = api.post("tickets/", body), api.post("tickets/", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Ticket.objects.count() == 1


def test_a_source_of_another_key_or_a_hidden_reference_is_refused(api):
    api.post("tickets/", {"title": "a", "source": "shop", "source_ref": "1"})
    other = caller()
    refused = other.post("tickets/", {"title": "b", "source": "shop", "source_ref": "2"})
    assert fields_of(refused) == ["source"]
    reserved = {"title": "c", "source": "helpdesk:x", "source_ref": "1"}
    assert fields_of(api.post("tickets/", reserved)) == ["source"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 5),
        ("uuid", "c0ffee00-0000-4000-8000-000000000000"),
        ("version", 3),
        ("updated_at", "2020-01-01T00:00:00Z"),
        ("status_category", "closed"),
        ("deleted_at", None),
        ("role", "admin"),
        ("is_staff", True),
        ("extra", {}),
        ("reopened_count", 9),
        ("titel", "x"),
        ("requester_id", 1),
        ("merged_into", 1),
        ("_method", "DELETE"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(api, field, value):
    assert fields_of(api.post("tickets/", {"title": "x", field: value})) == [field]
    if field != "version":
        ticket = make_ticket()
        assert fields_of(api.patch(f"tickets/{ticket.pk}/", {field: value})) == [field]


BAD = [
    ("title", ""),
    ("title", "   "),
    ("title", None),
    ("title", ["x"]),
    ("title", "x" * 501),
    ("title", "a\0b"),
    ("body", "x" * 200_001),
    ("body_format", "rtf"),
    ("queue", "nowhere"),
    ("queue", 987654),
    ("queue", 10**25),
    ("queue", None),
    ("queue", {}),
    ("queue", []),
    ("queue", True),
    ("type", "Wish"),
    ("status", "Opne"),
    ("status", None),
    ("priority", "huge"),
    ("priority", 3),
    ("requester", "nobody@example.com"),
    ("requester", 987654),
    ("requester", 2**63),
    ("requester", -1),
    ("requester", "me\0"),
    ("requester", {"name": "No address"}),
    ("requester", {"email": "not an address"}),
    ("requester", {"email": ["a@example.com"]}),
    ("requester", True),
    ("assignee", "nobody@example.com"),
    ("assignee", {"email": "nobody@example.com"}),
    ("organisation", "None such"),
    ("team", "None such"),
    ("parent", 987654),
    ("parent", "#x"),
    ("tags", "vip"),
    ("tags", [""]),
    ("tags", ["x" * 121]),
    ("tags", [{"name": "vip"}]),
    ("tags", [f"t{n}" for n in range(101)]),
    ("custom", []),
    ("custom", "x"),
    ("channel", "pigeon"),
    ("due_at", "tomorrow"),
    ("due_at", "2026-12-01"),
    ("due_at", "2026-12-01T10:00:00"),
    ("due_at", 1764583200),
    ("due_at", "9999-12-31T23:59:59-12:00"),
    ("due_at", "0001-01-01T00:00:00+14:00"),
    ("resolution", "magic"),
    ("source_url", "javascript:alert(1)"),
    ("attachments", ["c0ffee00-0000-4000-8000-000000000000"]),
    ("attachments", "x"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_bad_value_is_refused_by_its_field(api, field, value):
    response = api.post("tickets/", {"title": "x", field: value})
    assert {name.split(".")[0] for name in fields_of(response)} == {field}
    assert not Ticket.objects.exists()


CUSTOM = [
    ("unheard", 1),
    ("text", {"a": 1}),
    ("text", "x" * 501),
    ("number", "many"),
    ("number", 10**20),
    ("number", [1]),
    ("date", "16.11.2026"),
    ("toggle", "perhaps"),
    ("choice", "Lead"),
    ("choice", ["Gold", "Silver"]),
    ("choices", ["Gold", "Lead"]),
    ("choices", {"a": "b"}),
    ("people", ["nobody@example.com"]),
    ("people", [{}]),
    ("people", [None]),
    ("email", "x"),
    ("url", "javascript:alert(1)"),
]


@pytest.mark.parametrize(("key", "value"), CUSTOM)
def test_a_bad_custom_value_is_refused_by_its_key(api, key, value):
    for kind in {one for one, _value in CUSTOM} - {"unheard"}:
        make_field(kind, kind, options=["Gold", "Silver"] if "choice" in kind else ())
    refused = api.post("tickets/", {"title": "x", "custom": {key: value}})
    assert set(fields_of(refused)) == {f"custom.{key}"}


def test_a_change_changes_what_is_sent_and_nothing_else(api):
    ticket = make_ticket("Before", priority="high", tags=["a"])
    response = api.patch(f"tickets/{ticket.uuid}/", {"title": "After", "assignee": None})
    assert response.status_code == 200
    body = response.json()
    assert (body["title"], body["priority"], body["tags"]) == ("After", "high", ["a"])
    assert response["ETag"].startswith('"2-')
    assert api.get(f"tickets/{ticket.pk}/").json() == body


def test_a_status_is_set_along_a_transition_or_refused_with_those_that_are_open(api):
    ticket = make_ticket()
    assert api.patch(f"tickets/{ticket.pk}/", {"status": "Waiting"}).json()["status"][
        "category"
    ] == ("waiting")
    refused = api.patch(f"tickets/{ticket.pk}/", {"status": "New"})
    assert fields_of(refused) == ["status"]
    assert "Resolved" in refused.json()["detail"]
    assert fields_of(api.patch(f"tickets/{ticket.pk}/", {"status": "Resolved"})) == ["resolution"]


def test_a_stale_version_is_refused_with_the_difference(api):
    ticket = make_ticket("One")
    actions.change_ticket(ticket, by=system("rule"), title="Two")
    refused = api.patch(f"tickets/{ticket.pk}/", {"title": "Three", "version": 1})
    assert refused.status_code == 409
    body = refused.json()
    assert body["code"] == "collision"
    assert body["difference"][0]["field"] == "title"
    assert body["difference"][0]["to"] == "Two"
    merged = api.patch(f"tickets/{ticket.pk}/", {"priority": "low", "version": 1})
    assert merged.status_code == 200


def test_if_match_is_strict(api):
    ticket = make_ticket("One")
    actions.change_ticket(ticket, by=system("rule"), title="Two")
    path = f"tickets/{ticket.pk}/"
    refused = api.patch(path, {"priority": "low"}, headers={"If-Match": '"1"'})
    assert refused.status_code == 412
    assert refused.json()["difference"][0]["to"] == "Two"
    assert api.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert fields_of(api.patch(path, {"priority": "low"}, headers={"If-Match": "2"})) == [
        "If-Match"
    ]
    kept = api.patch(path, {"priority": "low"}, headers={"If-Match": '"2"'})
    assert kept.status_code == 200


def test_delete_moves_to_the_trash_and_restore_brings_back(api):
    ticket = make_ticket()
    assert api.delete(f"tickets/{ticket.pk}/").status_code == 204
    assert api.get(f"tickets/{ticket.pk}/").status_code == 404
    assert api.get("tickets/").json()["results"] == []
    assert api.post(f"tickets/{ticket.pk}/restore/").json()["id"] == ticket.pk
    assert api.get(f"tickets/{ticket.pk}/").status_code == 200


def test_put_is_not_offered(api):
    ticket = make_ticket()
    response = api.put(f"tickets/{ticket.pk}/", {"title": "x"})
    assert response.status_code == 405
    assert "PATCH" in response["Allow"]
    assert response.json()["code"] == "method_not_allowed"


def test_a_read_key_reads_and_does_not_write(reader):
    ticket = make_ticket()
    path = f"tickets/{ticket.pk}/"
    assert reader.get(path).status_code == 200
    for response in (
        reader.post("tickets/", {"title": "x"}),
        reader.patch(path, {"title": "x"}),
        reader.delete(path),
        reader.patch("tickets/987654/", {"title": "x"}),
    ):
        assert response.status_code == 403
        assert response.json()["code"] == "forbidden"


def test_a_ticket_of_a_foreign_queue_is_not_there():
    ours, theirs = make_queue("Ours"), make_queue("Theirs")
    api = caller(queues=[ours])
    hidden = make_ticket("Hidden", queue=theirs)
    mine = make_ticket("Mine", queue=ours, parent=hidden)
    for ref in (hidden.pk, hidden.uuid, 987654, "x", 10**30, "%00", -1):
        for response in (
            api.get(f"tickets/{ref}/"),
            api.patch(f"tickets/{ref}/", {"title": "x"}),
            api.delete(f"tickets/{ref}/"),
            api.post(f"tickets/{ref}/restore/"),
        ):
            assert response.status_code == 404, (ref, response.content)
    assert [one["title"] for one in api.get("tickets/").json()["results"]] == ["Mine"]
    assert api.get(f"tickets/{mine.pk}/").json()["parent"] is None


@pytest.mark.parametrize("field", ["queue", "parent", "requester", "assignee"])
def test_a_foreign_row_in_a_body_is_refused_like_one_that_is_not_there(field):
    ours, theirs = make_queue("Ours"), make_queue("Theirs")
    person = make_user("Far")
    hidden = make_ticket(queue=theirs, requester=person)
    foreign = {"queue": theirs, "parent": hidden, "requester": person, "assignee": person}[field]
    api = caller(queues=[ours])
    mine = make_ticket(queue=ours)
    for path, call in (("tickets/", api.post), (f"tickets/{mine.pk}/", api.patch)):
        seen, made_up = (
            call(path, {"title": "x", field: pk}).json() for pk in (foreign.pk, 987654)
        )
        for body, pk in ((seen, foreign.pk), (made_up, 987654)):
            assert [error["field"] for error in body["errors"]] == [field]
            body["detail"] = body["detail"].replace(f"“{pk}”", "?")
        assert seen["detail"] == made_up["detail"]


def test_lists_narrow_sort_and_page(api):
    for number in range(5):
        make_ticket(f"T{number}", priority="high" if number % 2 else "low")
    titles, address = [], "tickets/?sort=-priority,title&limit=2"
    while address:
        page = api.get(address).json()
        titles += [one["title"] for one in page["results"]]
        address = page["next"]
    assert titles == ["T1", "T3", "T0", "T2", "T4"]
    assert [one["title"] for one in api.get(page["previous"]).json()["results"]] == ["T0", "T2"]
    narrowed = api.get("tickets/?priority=high&category=unresolved").json()["results"]
    assert [one["title"] for one in narrowed] == ["T3", "T1"]


def test_updated_since_and_organisation_narrow(api):
    acme = Organisation.objects.create(name="Acme")
    make_ticket("Theirs", requester=make_user(organisation=acme))
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    assert api.get("tickets/", data={"updated_since": soon}).json()["results"] == []
    found = api.get("tickets/", data={"organisation": "acme"}).json()["results"]
    assert found[0]["organisation"]["name"] == "Acme"


@pytest.mark.parametrize(
    "query",
    "limit=0 limit=-1 limit=1000000000 limit=NaN limit=201 limit= limit=5&limit=6 cursor=x"
    " cursor=eyJ cursor=%00 sort=assignee__password sort= unheard=1 status=Opne queue=nowhere"
    " assignee__password__startswith=a format=xml page=2 priority=".split(),
)
def test_a_parameter_that_is_not_understood_is_refused_by_name(api, query):
    make_ticket()
    assert fields_of(api.get(f"tickets/?{query}")) == [query.partition("=")[0]]


def test_a_cursor_of_another_filter_order_or_list_is_refused(api):
    tickets = [make_ticket(tags=["vip"]) for _number in range(3)]
    cursor = api.get("tickets/?limit=1").json()["next"].partition("cursor=")[2]
    for path in (
        f"tickets/?tag=vip&cursor={cursor}",
        f"tickets/?sort=title&cursor={cursor}",
        f"users/?cursor={cursor}",
        f"tickets/{tickets[0].pk}/comments/?cursor={cursor}",
    ):
        assert fields_of(api.get(path)) == ["cursor"]


def test_a_ticket_can_be_read_together_with_its_comments(api):
    ticket = make_ticket()
    factories.make_comment(ticket, "Hello")
    factories.make_comment(ticket, "Psst", public=False)
    body = api.get(f"tickets/{ticket.pk}/?expand=comments,attachments,participants").json()
    said = [(one["body"], one["public"]) for one in body["comments"]["results"]]
    assert said == [("Hello", True), ("Psst", False)]
    assert body["comments"]["next"] is None
    assert body["attachments"]["results"] == body["participants"]["results"] == []
    assert fields_of(api.get(f"tickets/{ticket.pk}/?expand=password")) == ["expand"]


def test_people_are_written_by_a_name_that_one_alone_bears(api):
    agent = make_agent(name="Maren Holt")
    made = api.post("tickets/", {"title": "By name", "assignee": "maren HOLT"})
    assert made.status_code == 201, made.content
    assert made.json()["assignee"]["id"] == agent.pk
    assert len(api.get("tickets/?assignee=Maren Holt").json()["results"]) == 1
    make_user(name="Maren Holt")
    twice = api.post("tickets/", {"title": "Whose?", "assignee": "Maren Holt"})
    assert fields_of(twice) == ["assignee"]
    make_user(name="boss@elsewhere.example")
    posing = api.post("tickets/", {"title": "Whose?", "requester": "boss@elsewhere.example"})
    assert fields_of(posing) == ["requester"]


def test_a_version_that_is_still_to_come_is_no_base(api):
    ticket = make_ticket("Before")
    late = {"title": "After", "version": ticket.version + 1}
    assert fields_of(api.patch(f"tickets/{ticket.pk}/", late)) == ["version"]
    taken = {"transition": "Resolve", "version": 99}
    assert fields_of(api.post(f"tickets/{ticket.pk}/transitions/", taken)) == ["version"]
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status.name) == ("Before", "Open")
