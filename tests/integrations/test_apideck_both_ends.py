"""The Apideck client against our Apideck endpoint, over real HTTP on this machine."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Comment, Tag, Ticket
from helpdesk.models.configuration import configuration
from integrations.connector import ConnectorError, NewComment, left_to_send
from integrations.http import Session
from integrations.installation import part_of
from integrations.mapping import propose_maps
from integrations.ours import our_fields
from integrations.services.apideck.client import Client
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_tag,
    make_ticket,
    status,
)

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
BY = system("rule")


def connect(live_server, *, scope="write", **setup) -> Client:
    secret = make_key(scope, rate_limit=10_000)[1]
    form = Client.Setup(
        {
            "base_url": f"{live_server.url}/compat/apideck",
            "api_key": secret,
            "app_id": "app",
            "consumer_id": "consumer",
            "collection": str(default_queue().uuid),
            "reference": "tag",
            **setup,
        }
    )
    assert form.is_valid(), form.errors
    return Client(
        form.cleaned_data, open_session=partial(Session, allowed_networks=["127.0.0.0/8"])
    )


@pytest.fixture
def there(live_server):
    return connect(live_server)


def reference() -> str:
    return "/".join(str(uuid.uuid4()) for _ in range(3))


def whole(**changed) -> dict:
    return {
        "title": "Printer jams",
        "body": "Tray *2*\nagain",
        "body_format": "markdown",
        "status": "open",
        "priority": "normal",
        "assignee": None,
        "tags": [],
        "due_at": None,
        "custom": {},
    } | changed


def public(body: str) -> NewComment:
    return NewComment(body=body, format="markdown", public=True)


def test_the_connection_is_checked_and_the_installation_named(there):
    assert there.check() == "Connected to Support."
    assert uuid.UUID(there.installation)


def test_the_collections_may_be_chosen(there):
    make_queue("Ledger")
    found = {option.text: option.key for option in there.choices("collection")}
    assert set(found) == {"Support", "Ledger"} and found["Support"] == str(default_queue().uuid)


def test_a_wrong_and_a_read_only_key_stop_the_connection(live_server):
    with pytest.raises(ConnectorError, match="refused the key") as wrong:
        connect(live_server, api_key="wrong").check()
    reader = connect(live_server, scope="read")
    assert reader.check()
    with pytest.raises(ConnectorError, match="may write") as refused:
        reader.create(whole(), reference())
    with pytest.raises(ConnectorError) as nowhere:
        connect(live_server, collection=str(uuid.uuid4())).check()
    assert {one.value.scope for one in (wrong, refused, nowhere)} == {"connection"}
    assert not Ticket.objects.exists()


def test_what_is_described_can_be_mapped_to_itself(there):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    for kind in ["text", "textarea", "number", "date", "toggle", "people", "email", "url"]:
        make_field(f"a_{kind}", kind)
    agent = make_agent("Alex Wilber")
    tag = make_tag("vpn")
    described = there.describe()
    maps = propose_maps(described, our_fields(default_queue().pk))
    assert set(maps["custom"]) == set(configuration().fields)
    assert maps["people"][agent.email] == str(agent.uuid)
    assert maps["tags"]["vpn"] == str(tag.uuid)
    assert {one.text for one in described.types} == {
        one.name for one in configuration().types.values()
    }


def test_every_field_arrives_and_comes_back(there):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    for kind in ["text", "textarea", "number", "date", "toggle", "people", "email", "url"]:
        make_field(f"a_{kind}", kind)
    agent = make_agent("Alex Wilber")
    make_tag("vpn")
    options = {one.label: str(one.uuid) for one in configuration().options.values()}
    there.maps = propose_maps(there.describe(), our_fields(default_queue().pk))
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
        status="started",
        body="With <b>angle</b> brackets\nand lines",
        assignee={"id": "", "name": "Alex Wilber", "email": agent.email},
        tags=["vpn", "printer"],
        due_at="2026-04-01T09:30:00+00:00",
        custom=custom,
    )
    made = there.create(fields, reference())
    assert left_to_send(there, fields, made) == {}
    assert made.theirs | {"tags": sorted(made.theirs["tags"])} == {
        **there.written(fields),
        "tags": ["printer", "vpn"],
        "type": None,
    }
    for name in ["title", "body", "status", "priority", "due_at", "custom"]:
        assert made.fields[name] == fields[name], name
    assert made.fields["assignee"]["email"] == agent.email
    ticket = Ticket.objects.get(uuid=made.id)
    assert ticket.custom["a_number"] == 12.5 and ticket.assignee == agent
    assert ticket.body == fields["body"] and ticket.status == status("In progress")
    assert {tag.name for tag in Tag.objects.all()} == {"vpn", "printer"}
    cleared = {"custom": dict.fromkeys(custom), "tags": [], "due_at": None, "assignee": None}
    after = there.update(made.id, cleared, whole={**fields, **cleared})
    assert (after.fields["custom"], after.fields["tags"]) == ({}, [])
    assert (after.fields["due_at"], after.fields["assignee"]) == (None, None)


def test_mapped_types_arrive_and_come_back(live_server):
    there = connect(live_server)
    types = [one.name for one in configuration().types.values()]
    there.maps = {"type": {types[0]: types[0]}, "type_out": {types[0]: types[0]}}
    made = there.create(whole(type=types[0]), reference())
    assert made.fields["type"] == types[0]
    assert Ticket.objects.get(uuid=made.id).type.name == types[0]
    assert there.update(made.id, {"type": ""}, whole=whole()).fields["type"] == ""


def test_html_arrives_and_comes_back(there):
    html = "<p>Tray <strong>2</strong></p>"
    made = there.create(whole(body=html, body_format="html"), reference())
    assert (made.fields["body"], made.fields["body_format"]) == (html, "html")
    assert Ticket.objects.get(uuid=made.id).body_format == "html"


def test_every_status_arrives_and_is_shown_in_their_word(there):
    made = there.create(whole(), reference())
    for word, shown, name in [
        ("started", "in_progress", "In progress"),
        ("waiting", "in_progress", "In progress"),
        ("closed", "closed", "Closed"),
        ("resolved", "closed", "Closed"),
        ("open", "open", "Open"),
        ("new", "open", "Open"),
        ("closed", "closed", "Closed"),
        ("started", "in_progress", "In progress"),
    ]:
        after = there.update(made.id, {"status": word}, whole=whole(status=word))
        assert after.theirs["status"] == shown, word
        assert Ticket.objects.get(uuid=made.id).status == status(name), word


@pytest.mark.parametrize("word", ["new", "open", "started", "waiting", "resolved", "closed"])
def test_a_ticket_may_begin_in_every_status(there, word):
    fields = whole(status=word)
    assert left_to_send(there, fields, there.create(fields, reference())) == {}


def test_a_create_whose_answer_was_lost_is_found_and_never_doubled(there):
    began, ours = datetime.now(UTC), reference()
    made = there.create(whole(), ours)
    assert made.reference == ours and there.create(whole(title="Sent again"), ours).id == made.id
    [found] = there.find(whole(), since=began, reference=ours)
    assert (found.id, found.reference) == (made.id, ours)
    assert there.find(whole(title="Another"), since=began, reference=reference()) == []
    assert not Tag.objects.exists() and Ticket.objects.get().title == "Printer jams"


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


def test_a_comment_that_is_edited_or_deleted_changes_its_ticket(there):
    ticket = make_ticket()
    comment = make_comment(ticket)
    seen = [there.read(str(ticket.uuid)).updated_at]
    actions.edit_comment(comment, by=BY, body="Other words")
    seen.append(there.read(str(ticket.uuid)).updated_at)
    actions.delete_comment(comment, by=BY)
    seen.append(there.read(str(ticket.uuid)).updated_at)
    assert seen == sorted(set(seen))


def test_every_ticket_is_listed_over_several_pages(there, monkeypatch):
    monkeypatch.setattr("integrations.services.apideck.calls.PAGE", 3)
    made = [make_ticket(f"Ticket {number}") for number in range(8)]
    assert [ticket.id for ticket in there.all_tickets()] == [str(one.uuid) for one in made]
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    assert [ticket.id for ticket, _ in there.changes(long_ago)] == [str(one.uuid) for one in made]


def test_replies_go_all_ways_and_notes_stay(there):
    ours = reference()
    made = there.create(whole(), ours)
    ticket = Ticket.objects.get(uuid=made.id)
    part = part_of(ours, uuid.uuid4())
    added = there.add_comment(made.id, public("Still *broken*"), reference=part)
    assert there.add_comment(made.id, public("Still *broken*"), reference=part).id == added.id
    agent = make_agent("Alex Wilber")
    make_comment(ticket, "We look into it", author=agent)
    make_comment(ticket, "A nuisance", public=False)
    said = there.comments(made.id)
    assert [comment.body for comment in said] == ["Still *broken*", "We look into it"]
    assert said[1].author.email == agent.email
    began = datetime.now(UTC)
    found = there.find_comment(made.id, public("Still *broken*"), since=began)
    assert [one.id for one in found] == [added.id]
    changed = there.edit_comment(made.id, added.id, public("Works *now*"))
    assert changed.body == "Works *now*" == there.comments(made.id)[0].body
    there.delete_comment(made.id, added.id)
    there.delete_comment(made.id, added.id)
    assert [comment.body for comment in there.comments(made.id)] == ["We look into it"]
    with pytest.raises(ConnectorError):
        there.add_comment(made.id, NewComment(body="A note", public=False))
    assert Comment.objects.filter(ticket=ticket, deleted_at=None).count() == 2


def test_a_deleted_ticket_is_gone_and_in_the_trash(there):
    made = there.create(whole(), reference())
    there.delete(made.id)
    there.delete(made.id)
    with pytest.raises(ConnectorError) as gone:
        there.read(made.id)
    assert gone.value.gone and gone.value.scope == "ticket"
    assert Ticket.objects.get(uuid=made.id).deleted_at is not None
    assert list(there.all_tickets()) == []


def test_what_is_wrong_stops_one_ticket(there):
    made = there.create(whole(), reference())
    with pytest.raises(ConnectorError) as wrong:
        there.update(made.id, {"title": "x" * 501}, whole=whole())
    assert (wrong.value.permanent, wrong.value.scope) == (True, "ticket")
    assert "subject" in wrong.value.message


def test_a_spent_limit_puts_the_connection_off(live_server, same_minute):
    secret = make_key(rate_limit=1)[1]
    there = connect(live_server, api_key=secret)
    there.check()
    with pytest.raises(ConnectorError) as spent:
        there.check()
    error = spent.value
    assert (error.status, error.scope, error.permanent) == (429, "connection", False)
    assert 1 <= error.retry_after <= 60


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_the_same_create_at_the_same_moment_makes_one_ticket(live_server):
    ours = reference()
    clients = [connect(live_server) for _ in range(6)]

    def create(number: int) -> str:
        return clients[number].create(whole(), ours).id

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(create, range(6)))
    assert len(set(made)) == 1 and Ticket.objects.count() == 1
