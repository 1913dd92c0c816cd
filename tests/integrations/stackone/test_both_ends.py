"""The StackOne client against our StackOne endpoint, over real HTTP on this machine."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket, TicketType
from helpdesk.models.configuration import configuration
from integrations.connector import ConnectorError, NewComment, left_to_send
from integrations.http import Session
from integrations.mapping import propose_maps
from integrations.ours import our_fields
from integrations.services.stackone.client import Client
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ANN = {"id": "", "name": "Ann Lee", "email": "ann@customers.example"}
BY = system("rule")


def connect(live_server, *, scope="write", **setup) -> Client:
    given = {
        "base_url": f"{live_server.url}/compat/stackone",
        "api_key": make_key(scope, rate_limit=10_000)[1],
        "account_id": "support",
        "reference_field": "helpdesk_reference",
        **setup,
    }
    form = Client.Setup(given)
    assert form.is_valid(), form.errors
    return Client(
        form.cleaned_data, open_session=partial(Session, allowed_networks=["127.0.0.0/8"])
    )


@pytest.fixture
def there(live_server):
    client = connect(live_server)
    client.check()
    return client


def reference() -> str:
    return "/".join(str(uuid.uuid4()) for _ in range(3))


def whole(**changed) -> dict:
    return {
        "title": "Printer jams",
        "body": "Tray *2*\nagain",
        "body_format": "markdown",
        "status": "open",
        "priority": "normal",
        "type": "",
        "requester": ANN,
        "assignee": None,
        "tags": [],
        "custom": {},
    } | changed


def mapped(there: Client) -> None:
    there.maps = propose_maps(there.describe(), our_fields(default_queue().pk))


def test_the_connection_is_checked_and_the_installation_named(live_server, there):
    assert there.check() == "Connected to the account support."
    assert uuid.UUID(there.installation)
    chosen = connect(live_server, project="support")
    assert chosen.check() == "Connected to Support in the account support."


@pytest.mark.parametrize("generation", ["projects", "collections"])
def test_the_queue_may_be_chosen_and_tickets_are_made_in_it(live_server, generation):
    there = connect(live_server, generation=generation)
    [choice] = there.choices("project")
    assert (choice.key, choice.text) == (str(default_queue().uuid), "Support")
    there = connect(live_server, generation=generation, project=choice.key)
    make_field("note")
    make_ticket()
    mapped(there)
    fields = whole(custom={"note": "x"})
    made = there.create(fields, reference())
    left = left_to_send(there, fields, made)
    assert left == ({} if generation == "projects" else {"custom": {"note": "x"}})
    there.update(made.id, {"custom": {"note": "x"}}, whole=fields)
    assert Ticket.objects.get(uuid=made.id).custom == {"note": "x"}


def test_a_wrong_key_a_wrong_account_and_a_reading_key_stop_the_connection(live_server):
    errors = []
    for setup in ({"api_key": "wrong"}, {"account_id": "nonesuch"}, {"scope": "read"}):
        with pytest.raises(ConnectorError) as refused:
            connect(live_server, **setup).create(whole(), reference())
        errors.append(refused.value)
    # The account is asked for by a POST here: what a read says of it is tested with the client.
    assert [error.status for error in errors] == [401, None, 403]
    assert {error.scope for error in errors} == {"connection"}
    assert not Ticket.objects.exists()


def test_every_field_arrives_and_comes_back(there):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    kinds = ("text", "textarea", "number", "date", "toggle", "people", "email", "url")
    for kind in kinds:
        make_field(f"a_{kind}", kind)
    agent = make_agent("Alex Wilber")
    options = {one.label: str(one.uuid) for one in configuration().options.values()}
    make_ticket()  # shows which custom fields there are
    mapped(there)
    assert set(there.maps["custom"]) == set(configuration().fields)
    incident = str(TicketType.objects.get(name="Incident").uuid)
    there.maps |= {"type": {incident: "Incident"}, "type_out": {"Incident": incident}}
    custom = {
        "region": options["EU"],
        "sites": [options["A"], options["B"]],
        "a_text": "short",
        "a_textarea": "line 1\nline 2",
        "a_number": 12.5,
        "a_date": "2026-04-01",
        "a_toggle": True,
        "a_people": [{"id": "", "name": "", "email": "bea@customers.example"}],
        "a_email": "who@customers.example",
        "a_url": "https://customers.example/a?b=c",
    }
    fields = whole(
        priority="urgent",
        type="Incident",
        assignee={"id": "", "name": "Alex Wilber", "email": agent.email},
        tags=["vpn", "printer"],
        custom=custom,
    )
    made = there.create(fields, reference())
    assert left_to_send(there, fields, made) == {}
    read = there.read(made.id)
    for name in ("title", "body", "status", "priority", "type", "custom"):
        assert read.fields[name] == fields[name], name
    written = there.written(fields)
    assert read.theirs["requester"]["email"] == written["requester"]["email"] == ANN["email"]
    assert sorted(read.fields["tags"]) == ["printer", "vpn"]
    assert read.fields["assignee"]["email"] == agent.email
    assert read.theirs["custom"] == written["custom"]
    cleared = {"custom": dict.fromkeys(custom), "tags": [], "assignee": None, "body": ""}
    after = there.update(made.id, cleared, whole={**fields, **cleared})
    assert (after.fields["custom"], after.fields["tags"]) == ({}, [])
    assert (after.fields["assignee"], after.fields["body"]) == (None, "")


@pytest.mark.parametrize("body_format", ["plain", "markdown", "html"])
def test_a_text_is_read_as_it_is_said_to_be_written(there, body_format):
    body = "<p>One</p><p>two <b>three</b></p>" if body_format == "html" else "One\n\n*two* <3"
    fields = whole(body=body, body_format=body_format)
    made = there.create(fields, reference())
    assert made.theirs["body"].split() == there.written(fields)["body"].split()
    if body_format != "html":
        assert made.fields["body"] == body


def test_every_status_arrives_and_is_shown_in_their_word(there):
    made = there.create(whole(), reference())
    steps = [
        ("started", "in-progress", "In progress"),
        ("waiting", "in-progress", "In progress"),
        ("resolved", "closed", "Resolved"),
        ("open", "to-do", "Open"),
        ("closed", "closed", "Resolved"),
        ("new", "to-do", "Open"),
    ]
    for word, shown, name in steps:
        after = there.update(made.id, {"status": word}, whole=whole(status=word))
        assert after.theirs["status"] == shown == there.written({"status": word})["status"]
        assert Ticket.objects.get(uuid=made.id).status == status(name), word


def test_a_status_that_was_mapped_arrives_exactly(there):
    waiting = str(status("Waiting").uuid)
    made = there.create(whole(), reference())
    assert waiting in [one.key for one in there.describe().statuses]
    there.maps = {"status": {waiting: "waiting"}, "status_out": {"waiting": waiting}}
    after = there.update(made.id, {"status": "waiting"}, whole=whole(status="waiting"))
    assert (after.theirs["status"], after.fields["status"]) == (waiting, "waiting")


def test_a_create_whose_answer_was_lost_is_found_and_never_doubled(there):
    began, ours = datetime.now(UTC), reference()
    made = there.create(whole(), ours)
    assert there.create(whole(title="Sent again"), ours).id == made.id
    [found] = there.find(whole(), since=began, reference=ours)
    assert (found.id, found.reference) == (made.id, ours)
    assert there.find(whole(title="Another"), since=began, reference=reference()) == []


def test_changes_are_told_oldest_first_and_once(there):
    first = make_ticket("First")
    cursor = there.begin()
    second = make_ticket("Second")
    actions.change_ticket(first, by=BY, priority="urgent")
    make_comment(second, "A reply")
    told = list(there.changes(cursor))
    assert [ticket.fields["title"] for ticket, _cursor in told] == ["First", "Second"]
    later = (datetime.fromisoformat(told[-1][1]) + timedelta(minutes=2)).isoformat()
    assert list(there.changes(later)) == []


def test_every_ticket_is_listed_over_several_pages(there, monkeypatch):
    monkeypatch.setattr("integrations.services.stackone.calls.PAGE", 3)
    made = [make_ticket(f"Ticket {number}") for number in range(8)]
    assert [ticket.id for ticket in there.all_tickets()] == [str(one.uuid) for one in made]


def test_replies_are_read_and_notes_stay(there):
    made = there.create(whole(), reference())
    ticket = Ticket.objects.get(uuid=made.id)
    make_comment(ticket, "Still *broken*", format="markdown", author=ticket.requester)
    make_comment(ticket, "A nuisance", public=False)
    make_comment(ticket, "We look into it")
    said = there.comments(made.id)
    assert [one.body for one in said] == ["Still *broken*", "We look into it"]
    assert said[0].author.email == ANN["email"] and all(one.public for one in said)
    with pytest.raises(ConnectorError, match="add a comment"):
        there.add_comment(made.id, NewComment(body="x", public=True))


def test_files_are_listed_and_fetched(there):
    ticket = make_ticket()
    kept = actions.keep_file(SimpleUploadedFile("log.txt", b"\x00one"), by=BY)
    link = actions.keep_link("https://files.example/a.pdf", by=BY, name="Contract")
    actions.attach(ticket, [kept, link], by=BY)
    file, contract = there.attachments(str(ticket.uuid))
    assert (file.name, file.is_link) == ("log.txt", False)
    assert there.download(str(ticket.uuid), file) == b"\x00one"
    assert (contract.is_link, contract.url) == (True, "https://files.example/a.pdf")


def test_people_are_those_of_the_other_side(there):
    agent = make_agent("Alex Wilber")
    ann = make_user("Ann Lee")
    make_ticket(requester=ann)
    people = {one.email: one for one in there.describe().people}
    assert people[agent.email].id == str(agent.uuid)
    assert (people[ann.email].id, people[ann.email].name) == (str(ann.uuid), "Ann Lee")


def test_what_is_not_there_is_gone_and_what_is_wrong_stops_one_ticket(there):
    with pytest.raises(ConnectorError) as gone:
        there.read(str(uuid.uuid4()))
    assert gone.value.gone
    made = there.create(whole(), reference())
    with pytest.raises(ConnectorError) as wrong:
        there.update(made.id, {"title": "x" * 501}, whole=whole())
    assert (wrong.value.permanent, wrong.value.scope) == (True, "ticket")
    assert "title" in wrong.value.message


def test_a_spent_limit_puts_the_connection_off(live_server, same_minute):
    there = connect(live_server, api_key=make_key(rate_limit=1)[1])
    there.check()
    with pytest.raises(ConnectorError) as spent:
        there.check()
    assert (spent.value.status, spent.value.scope, spent.value.permanent) == (
        429,
        "connection",
        False,
    )
    assert 1 <= spent.value.retry_after <= 60
