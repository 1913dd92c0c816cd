"""The TeamsWork client against our TeamsWork endpoint, over real HTTP on this machine."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Comment, TagCategory, Ticket
from helpdesk.models.configuration import configuration
from integrations.connector import ConnectorError, NewAttachment, NewComment, left_to_send
from integrations.http import Session
from integrations.mapping import propose_maps
from integrations.ours import our_fields
from integrations.remote import RemotePerson
from integrations.services.teamswork.client import Client
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_tag,
    make_ticket,
    status,
)

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ANN = {"id": "", "name": "Ann Lee", "email": "ann@customers.example"}
BY = system("rule")


def connect(live_server, *, scope="write", **setup) -> Client:
    secret = make_key(scope, rate_limit=10_000)[1]
    return Client(
        {
            "base_url": f"{live_server.url}/compat/teamswork/ticketing/v1",
            "key": secret,
            "user_email": "bot@desk.example",
            "user_name": "Bot",
            "timezone": 0,
            **setup,
        },
        open_session=partial(Session, allowed_networks=["127.0.0.0/8"]),
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
        "resolution": "",
        "resolution_comment": "",
        "requester": ANN,
        "assignee": None,
        "tags": [],
        "due_at": None,
        "custom": {},
    } | changed


def test_the_connection_is_checked_and_the_installation_named(there):
    assert there.check() == "Connected to Support."
    assert uuid.UUID(there.installation)


def test_a_wrong_and_a_read_only_key_stop_the_connection(live_server):
    with pytest.raises(ConnectorError, match="refused the key") as wrong:
        connect(live_server, key="wrong").check()
    reader = connect(live_server, scope="read")
    assert reader.check()
    with pytest.raises(ConnectorError, match="may write") as refused:
        reader.create(whole(), reference())
    assert {wrong.value.scope, refused.value.scope} == {"connection"}
    assert not Ticket.objects.exists()


def test_what_is_described_can_be_mapped_to_itself(there):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    for kind in ["text", "textarea", "number", "date", "toggle", "people", "email", "url"]:
        make_field(f"a_{kind}", kind)
    agent = make_agent("Alex Wilber")
    category = TagCategory.objects.create(name="Topics")
    tag = make_tag("vpn")
    tag.category = category
    tag.save()
    maps = propose_maps(there.describe(), our_fields(default_queue().pk))
    assert set(maps["custom"]) == set(configuration().fields)
    assert maps["people"][agent.email] == str(agent.uuid)
    assert maps["tags"]["vpn"] == str(category.uuid)


def test_every_field_arrives_and_comes_back(there):
    make_field("region", "choice", ["EU", "US"])
    make_field("sites", "choices", ["A", "B"])
    kinds = ["text", "textarea", "number", "date", "toggle", "people", "email", "url"]
    for kind in kinds:
        make_field(f"a_{kind}", kind)
    agent = make_agent("Alex Wilber")
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
        "a_people": [{"id": "", "name": "Bea", "email": "bea@customers.example"}],
        "a_email": "who@customers.example",
        "a_url": "https://customers.example/a?b=c",
    }
    fields = whole(
        priority="urgent",
        assignee={"id": "", "name": "Alex Wilber", "email": agent.email},
        tags=["vpn", "printer"],
        due_at="2026-04-01T00:00:00+00:00",
        custom=custom,
    )
    made = there.create(fields, reference())
    assert left_to_send(there, fields, made) == {}
    read = there.read(made.id)
    for name in ["title", "body", "status", "priority", "due_at"]:
        assert read.fields[name] == fields[name], name
    assert sorted(read.fields["tags"]) == ["printer", "vpn"]
    assert read.fields["requester"]["email"] == ANN["email"]
    assert read.fields["assignee"]["email"] == agent.email
    [person] = read.fields["custom"].pop("a_people")
    assert (person["name"], person["email"]) == ("Bea", "bea@customers.example")
    assert read.fields["custom"] == {key: custom[key] for key in custom if key != "a_people"}
    ticket = Ticket.objects.get(uuid=made.id)
    assert ticket.custom["a_number"] == 12.5 and ticket.assignee == agent
    cleared = {"custom": dict.fromkeys(custom), "tags": [], "due_at": None, "assignee": None}
    after = there.update(made.id, cleared, whole={**fields, **cleared})
    assert (after.fields["custom"], after.fields["tags"]) == ({}, [])
    assert (after.fields["due_at"], after.fields["assignee"]) == (None, None)


def test_every_status_arrives_and_is_shown_in_their_word(there):
    made = there.create(whole(), reference())
    steps = [
        ("started", "Started", "In progress"),
        ("waiting", "Started", "In progress"),
        ("resolved", "Resolved", "Resolved"),
        ("open", "Reopened", "Open"),
        ("closed", "Closed", "Closed"),
        ("started", "Started", "In progress"),
        ("resolved", "Resolved", "Resolved"),
        ("closed", "Closed", "Closed"),
        ("new", "Reopened", "Open"),
    ]
    for word, shown, name in steps:
        done = word in ("resolved", "closed")
        fields = {
            "status": word,
            "resolution": "cannot_resolve" if done else "",
            "resolution_comment": "Too old" if done else "",
        }
        after = there.update(made.id, fields, whole=whole(**fields))
        assert after.theirs["status"] == shown, word
        assert Ticket.objects.get(uuid=made.id).status == status(name)
        if done:
            assert after.fields["resolution"] == "cannot_resolve"
            assert after.fields["resolution_comment"] == "Too old"


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
    monkeypatch.setattr("integrations.services.teamswork.client.PAGE", 3)
    made = [make_ticket(f"Ticket {number}") for number in range(8)]
    assert [ticket.id for ticket in there.all_tickets()] == [str(one.uuid) for one in made]


def test_replies_go_both_ways_and_notes_stay(there):
    made = there.create(whole(), reference())
    ticket = Ticket.objects.get(uuid=made.id)
    author = RemotePerson(name="Ann Lee", email=ANN["email"])
    new = NewComment(body="Still *broken*", format="markdown", public=True, author=author)
    added = there.add_comment(made.id, new)
    make_comment(ticket, "We look into it")
    make_comment(ticket, "A nuisance", public=False)
    said = there.comments(made.id)
    assert [comment.body for comment in said] == ["Still *broken*", "We look into it"]
    assert said[0].id == added.id and said[0].author.email == ANN["email"]
    assert all(comment.public for comment in said)
    began = datetime.now(UTC)
    assert [one.id for one in there.find_comment(made.id, new, since=began)] == [added.id]
    with pytest.raises(ConnectorError):
        there.add_comment(made.id, NewComment(body="A note", public=False))
    assert Comment.objects.filter(ticket=ticket).count() == 3


def test_the_comment_of_a_resolution_is_read_with_the_ticket_only(there):
    made = there.create(whole(), reference())
    fields = {"status": "resolved", "resolution": "fixed", "resolution_comment": "New tray"}
    there.update(made.id, fields, whole=whole(**fields))
    assert there.comments(made.id) == []
    assert there.read(made.id).fields["resolution_comment"] == "New tray"


def test_files_and_links_arrive(there):
    made = there.create(whole(), reference())
    author = RemotePerson(name="Ann Lee", email=ANN["email"])
    file = NewAttachment(
        name='log "1".txt', content_type="text/plain", content=b"one", author=author
    )
    link = NewAttachment(name="Contract", url="https://files.example/a.pdf", author=author)
    sent = [there.add_attachment(made.id, one) for one in (file, link)]
    listed = {one.id: one for one in there.attachments(made.id)}
    assert set(listed) >= {one.id for one in sent if one}
    stored = Ticket.objects.get(uuid=made.id).attachments.order_by("pk")
    assert [one.name for one in stored][1] == "Contract"
    assert stored[0].file.read() == b"one" and stored[1].url == "https://files.example/a.pdf"


def test_a_file_is_fetched_from_where_it_lies_without_the_key(there):
    made = there.create(whole(), reference())
    file = NewAttachment(
        name="log.txt", content=b"smoke", author=RemotePerson("", "Ann", "a@b.example")
    )
    there.add_attachment(made.id, file)
    [listed] = there.attachments(made.id)
    assert "key=" not in listed.url
    assert there.download(made.id, listed) == b"smoke"
    [shown] = [file for said in there.comments(made.id) for file in said.attachments] or [listed]
    assert shown.id == listed.id
    gone = replace(listed, url=f"{listed.url}x")
    with pytest.raises(ConnectorError) as caught:
        there.download(made.id, gone)
    assert (caught.value.scope, caught.value.permanent) == ("ticket", True)


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
    there = connect(live_server)
    _key, secret = make_key(rate_limit=1)
    there.setup["key"] = secret
    there.check()
    with pytest.raises(ConnectorError) as spent:
        there.check()
    assert (spent.value.status, spent.value.scope, spent.value.permanent) == (
        429,
        "connection",
        False,
    )
    assert 1 <= spent.value.retry_after <= 60


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_the_same_create_at_the_same_moment_makes_one_ticket(live_server):
    there, ours = connect(live_server), reference()

    def create(number: int) -> str:
        return there_too[number].create(whole(), ours).id

    there_too = [there, *(connect(live_server, key=there.setup["key"]) for _ in range(5))]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(create, range(6)))
    assert len(set(made)) == 1 and Ticket.objects.count() == 1
