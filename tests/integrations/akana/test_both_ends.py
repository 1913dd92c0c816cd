"""The Akana client against our Akana endpoint, over real HTTP on this machine."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Comment, Ticket
from integrations.connector import ConnectorError, NewAttachment, NewComment
from integrations.http import Session
from integrations.mapping import propose_maps
from integrations.ours import our_fields
from integrations.services.akana.client import Client
from tests.factories import (
    default_queue,
    make_comment,
    make_field,
    make_key,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
BY = system("rule")
FORMATS = ["json", "xml"]


def connect(live_server, *, scope="write", **setup) -> Client:
    secret = make_key(scope, rate_limit=100_000, queues=[default_queue()])[1]
    form = Client.Setup(
        {
            "base_url": f"{live_server.url}/compat/akana",
            "email": "bot@desk.example",
            "password": secret,
            "tenant": "support",
            **setup,
        }
    )
    assert form.is_valid(), form.errors
    return Client(
        form.cleaned_data, open_session=partial(Session, allowed_networks=["127.0.0.0/8"])
    )


@pytest.fixture(params=FORMATS)
def there(live_server, request):
    return connect(live_server, wire_format=request.param)


def reference() -> str:
    return "/".join(str(uuid.uuid4()) for _ in range(3))


def whole(**changed) -> dict:
    return {
        "title": "Printer jams",
        "body": "Tray *2*\n\nagain <b>",
        "body_format": "markdown",
        "status": "open",
        "resolution_comment": "",
        "priority": "normal",
        "requester": None,
        "tags": [],
        "custom": {},
    } | changed


def test_the_sign_in_is_checked_and_the_installation_named(there):
    assert there.check() == "Signed in as bot@desk.example at the tenant support."
    assert uuid.UUID(there.installation)


def test_a_wrong_and_a_read_only_key_stop_the_connection(live_server):
    with pytest.raises(ConnectorError, match="password") as wrong:
        connect(live_server, password="wrong").check()
    reader = connect(live_server, scope="read")
    assert reader.check()
    with pytest.raises(ConnectorError, match="may write") as refused:
        reader.create(whole(), reference())
    assert {wrong.value.scope, refused.value.scope} == {"connection"}
    assert not Ticket.objects.exists()


def test_every_field_arrives_and_comes_back(there):
    field = make_field("environment", "choice", ["Production", "Sandbox"])
    make_field("api")
    there.maps = propose_maps(there.describe(), our_fields(default_queue().pk))
    assert set(there.maps["custom"]) == {"environment", "api"}
    sandbox = str(field.options.get(label="Sandbox").uuid)
    fields = whole(
        priority="high",
        tags=["vpn", "printer"],
        custom={"environment": sandbox, "api": "payments.acme"},
    )
    made = there.create(fields, reference())
    for name in ("title", "body", "body_format", "status", "priority", "custom"):
        assert made.fields[name] == fields[name], name
    assert sorted(made.fields["tags"]) == ["printer", "vpn"]
    ticket = Ticket.objects.get(uuid=made.id)  # as every other connection knows it
    assert ticket.custom["environment"] == sandbox and ticket.body == fields["body"]
    written = there.written(fields)
    assert {**made.theirs, "tags": sorted(made.theirs["tags"])} == {
        **written,
        "tags": sorted(written["tags"]),
    }


def test_every_status_arrives_and_is_shown_in_their_word(there):
    made = there.create(whole(), reference())
    steps = [
        ("waiting", "OPEN"),
        ("resolved", "RESOLVED"),
        ("open", "REOPEN"),
        ("closed", "CLOSED"),
        ("resolved", "RESOLVED"),
        ("closed", "CLOSED"),
        ("started", "REOPEN"),
    ]
    for word, shown in steps:
        fields = {"status": word, "resolution_comment": "Too old"}
        after = there.update(made.id, fields, whole=whole(**fields))
        assert after.theirs["status"] == shown, word
        ticket = Ticket.objects.get(uuid=made.id)
        if word in ("resolved", "closed"):
            assert ticket.resolution_comment == "Too old"
    assert there.comments(made.id) == []


def test_a_create_whose_answer_was_lost_is_found_and_never_doubled(there):
    began, ours = datetime.now(UTC), reference()
    made = there.create(whole(tags=["vip"]), ours)
    assert there.create(whole(title="Sent again"), ours).id == made.id
    [found] = there.find(whole(), since=began, reference=ours)
    assert (found.id, found.reference, found.fields["tags"]) == (made.id, ours, ["vip"])
    assert there.find(whole(), since=began, reference=reference()) == []
    assert Ticket.objects.count() == 1


def test_changes_are_told_once(there):
    first = make_ticket("First")
    cursor = there.begin()
    assert list(there.changes(cursor)) == []
    second = make_ticket("Second")
    actions.change_ticket(first, by=BY, priority="urgent")
    told = list(there.changes(cursor))
    assert [one.fields["title"] for one, _cursor in told] == ["First", "Second"]
    assert told[0][0].fields["priority"] == "urgent"
    cursor = told[-1][1]
    assert list(there.changes(cursor)) == []
    make_comment(second, "A reply")
    make_comment(first, "A note", public=False)
    assert [one.fields["title"] for one, _cursor in there.changes(cursor)] == ["Second"]


def test_every_ticket_is_listed_over_several_pages(there, monkeypatch):
    monkeypatch.setattr("integrations.services.akana.client.PAGE", 3)
    made = [make_ticket(f"Ticket {number}") for number in range(8)]
    found = [one.id for one in there.all_tickets()]
    assert sorted(found) == sorted(str(one.uuid) for one in made)


def test_replies_go_both_ways_and_notes_stay(there):
    made = there.create(whole(), reference())
    ticket = Ticket.objects.get(uuid=made.id)
    new = NewComment(body="Still *broken* ]]>", format="markdown", public=True)
    ours = f"{reference()}/{uuid.uuid4()}"
    began = datetime.now(UTC)
    added = there.add_comment(made.id, new, reference=ours)
    assert there.add_comment(made.id, new, reference=ours).id == added.id
    make_comment(ticket, "We look into it")
    make_comment(ticket, "A nuisance", public=False)
    said = there.comments(made.id)
    assert [comment.body for comment in said] == ["Still *broken* ]]>", "We look into it"]
    assert said[0].id == added.id and all(comment.public for comment in said)
    assert [one.id for one in there.find_comment(made.id, new, since=began)] == [added.id]
    with pytest.raises(ConnectorError):
        there.add_comment(made.id, NewComment(body="A note", public=False))
    assert Comment.objects.filter(ticket=ticket).count() == 3
    assert there.mark(made.id) == 1 and there.mark(made.id) == 1


def test_files_arrive_with_the_ticket_and_later_and_come_back(there):
    early = [NewAttachment(name='log "1".txt', content_type="text/plain", content=b"one")]
    early.append(NewAttachment(name="Contract", url="https://files.example/a.pdf"))
    made = there.create(whole(), reference(), attachments=early)
    later = NewAttachment(name="späte Datei.bin", content=b"\0\1\2")
    added = there.add_attachment(made.id, later, reference=f"{reference()}/{uuid.uuid4()}")
    ticket = Ticket.objects.get(uuid=made.id)
    assert {one.file.read() for one in ticket.attachments.all()} == {b"one", b"\0\1\2"}
    assert "https://files.example/a.pdf" in ticket.body
    listed = there.attachments(made.id)
    assert [there.download(made.id, one) for one in listed] == [b"one", b"\0\1\2"]
    assert listed[1].name == added.name == "späte Datei.bin"
    [comment] = there.comments(made.id)
    assert comment.body == "" and len(comment.attachments) == 1


def test_what_began_there_comes_with_its_requester(there):
    ann = make_user("Ann Lee", email="ann@customers.example")
    ticket = make_ticket(
        "From there", requester=ann, body="<p>One</p><p>Two</p>", body_format="html"
    )
    [read] = there.all_tickets()
    person = {"id": f"{ann.uuid}.support", "name": "Ann Lee", "email": ""}
    assert read.fields["requester"] == person
    assert "<p>" not in read.fields["body"] and read.reference == ""
    assert read.created_at == ticket.created_at.replace(microsecond=0)


def test_what_is_not_there_is_gone_and_what_is_wrong_stops_one_ticket(there):
    with pytest.raises(ConnectorError) as gone:
        there.read(f"{uuid.uuid4()}.support")
    assert gone.value.gone
    with pytest.raises(ConnectorError) as wrong:
        there.create(whole(title="x" * 600), reference())
    assert (wrong.value.permanent, wrong.value.scope) == (True, "ticket")
    assert "Title" in wrong.value.message


def test_a_new_secret_ends_the_sign_in(live_server):
    key, secret = make_key(rate_limit=100_000, queues=[default_queue()])
    there = connect(live_server, password=secret)
    there.check()
    key.renew_secret()
    key.save()
    with pytest.raises(ConnectorError, match="password") as refused:
        there.begin()
    assert refused.value.permanent and refused.value.scope == "connection"


def test_a_spent_limit_puts_the_connection_off(live_server, same_minute):
    secret = make_key(rate_limit=2, queues=[default_queue()])[1]
    there = connect(live_server, password=secret)
    there.check()
    with pytest.raises(ConnectorError) as spent:
        there.begin()
    assert (spent.value.status, spent.value.scope, spent.value.permanent) == (
        429,
        "connection",
        False,
    )


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_the_same_create_and_marks_at_the_same_moment_have_one_effect(live_server):
    ours = reference()
    clients = [connect(live_server)]
    password = clients[0].setup["password"]
    clients += [connect(live_server, password=password) for _ in range(5)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda there: there.create(whole(), ours).id, clients))
        marks = list(
            pool.map(lambda pair: pair[1].mark(made[0], user=f"u{pair[0]}"), enumerate(clients))
        )
    assert len(set(made)) == 1 and Ticket.objects.count() == 1
    assert sorted(marks) == [1, 2, 3, 4, 5, 6]
