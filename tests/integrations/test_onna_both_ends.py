"""The Onna client against our Onna endpoint, over real HTTP on this machine."""

import uuid
from datetime import UTC, datetime
from functools import partial

import pytest

from helpdesk.models import ApiKey, Comment, Ticket, TicketType
from integrations.connector import ConnectorError, NewAttachment, NewComment
from integrations.http import Session
from integrations.remote import RemotePerson
from integrations.services.onna import uploads
from integrations.services.onna.client import Client
from integrations.services.onna.layout import default_folder, default_workspace
from tests.factories import make_agent, make_comment, make_key

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ANN = RemotePerson(name="Ann Lee", email="ann@customers.example")


def connect(live_server, *, scope="write", memory=None, **setup) -> Client:
    key, secret = make_key(scope, rate_limit=100_000)
    entered = {
        "base_url": f"{live_server.url}/compat/onna/v1",
        "client_id": str(key.uuid),
        "client_secret": secret,
        "folder": default_folder(key.uuid),
        **setup,
    }
    return Client(
        entered, open_session=partial(Session, allowed_networks=["127.0.0.0/8"]), memory=memory
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
        "type": "",
        "requester": ANN.as_field(),
        "assignee": None,
        "tags": [],
        **changed,
    }


def said(*words) -> list[NewComment]:
    return [
        NewComment(
            body=text, public=True, author=ANN, created_at=datetime(2026, 1, day, tzinfo=UTC)
        )
        for day, text in enumerate(words, 1)
    ]


def part_of(file: NewAttachment) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, file.name)


def the(made) -> Ticket:
    [found] = Ticket.objects.all()
    assert found.uuid.hex[2:] == made.id[2:]
    return found


def test_the_connection_is_checked_and_the_installation_named(there):
    assert "Support" in there.check()
    assert uuid.UUID(there.installation)
    assert there.memory["installation"] == there.installation
    [workspace] = there.choices("workspace")
    assert workspace.key == default_workspace(uuid.UUID(there.setup["client_id"]))
    assert there.choices("folder")[0].text == "Support"


def test_a_wrong_secret_and_a_reading_key_stop_the_connection(live_server):
    with pytest.raises(ConnectorError, match="refused the key") as wrong:
        connect(live_server, client_secret="wrong").check()
    reader = connect(live_server, scope="read")
    assert reader.check()
    with pytest.raises(ConnectorError, match="may write") as refused:
        reader.create(whole(), reference())
    assert {wrong.value.scope, refused.value.scope} == {"connection"}
    assert not Ticket.objects.exists()


def test_a_renewed_secret_ends_the_token_and_the_connection(live_server):
    memory: dict = {}
    there = connect(live_server, memory=memory)
    there.check()
    assert memory["token"]
    key = _key(there)
    secret = key.renew_secret()
    key.save()
    with pytest.raises(ConnectorError, match="refused the key"):
        there.check()
    again = connect(
        live_server,
        memory=memory,
        **{name: there.setup[name] for name in ("client_id", "folder")},
        client_secret=secret,
    )
    assert again.check()


def _key(there) -> ApiKey:
    return ApiKey.objects.get(uuid=there.setup["client_id"])


def test_every_field_arrives_and_comes_back(there):
    agent = make_agent("Alex Wilber")
    TicketType.objects.create(name="Fault")
    for status in ("new", "open", "started", "waiting", "resolved", "closed"):
        fields = whole(
            status=status,
            priority="urgent",
            type="Fault",
            assignee={"id": "", "name": "Alex", "email": agent.email},
            tags=["printer", "vpn"],
        )
        made = there.create(fields, reference(), comments=said("Broken", "Still"))
        read = there.read(made.id)
        written = there.written(fields)
        assert {name: read.theirs[name] for name in written} == written, status
        assert read.theirs == made.theirs
        ticket = Ticket.objects.order_by("-pk").first()
        assert ticket.assignee == agent and ticket.comments.count() == 2


def test_a_change_and_a_repeated_create_make_no_second_ticket(there):
    ours = reference()
    made = there.create(whole(), ours, comments=said("First"))
    assert there.create(whole(), ours, comments=said("First")).id == made.id
    after = there.replace(
        made.id, whole(title="New", status="closed"), comments=said("First", "Then"), reference=ours
    )
    assert after.id == made.id
    ticket = the(made)
    assert (ticket.title, ticket.status.category) == ("New", "closed")
    comments = Comment.objects.filter(ticket=ticket).order_by("happened_at")
    assert [one.body for one in comments] == ["First", "Then"]
    assert [one.happened_at.day for one in comments] == [1, 2]


def test_another_reference_makes_another_ticket_and_the_old_one_goes(there):
    old = there.create(whole(), reference())
    new = there.replace(old.id, whole(title="New"), reference=reference())
    assert new.id != old.id
    there.delete(old.id)
    with pytest.raises(ConnectorError) as gone:
        there.read(old.id)
    assert gone.value.gone
    with pytest.raises(ConnectorError) as again:
        there.delete(old.id)
    assert again.value.gone
    assert there.read(new.id).fields["title"] == "New"


def test_what_is_said_there_is_kept_and_notes_stay(there):
    ours = reference()
    made = there.create(whole(), ours, comments=said("First"))
    make_comment(the(made), "We look into it")
    make_comment(the(made), "A nuisance", public=False)
    there.replace(made.id, whole(), comments=said("First"), reference=ours)
    assert the(made).comments.count() == 3


def test_files_arrive_in_pieces_and_once(there, monkeypatch):
    monkeypatch.setattr(uploads, "PIECE", 1000)
    ours = reference()
    made = there.create(whole(), ours)
    large = NewAttachment(name="large ä.bin", content=bytes(range(256)) * 20)
    small = NewAttachment(name="small.txt", content=b"small")
    empty = NewAttachment(name="empty.txt", content=b"")
    for _time in range(2):  # a repeated call sends nothing twice
        ids = [
            there.add_attachment(made.id, one, reference=f"{ours}/{part_of(one)}").id
            for one in (large, small, empty)
        ]
    assert ids[0] == made.id and len(set(ids)) == 3
    stored = the(made).attachments.filter(state="stored").order_by("pk")
    assert [(one.name, one.file.read()) for one in stored] == [
        (one.name, one.content) for one in (large, small, empty)
    ]


def test_a_file_too_large_stops_only_itself(there, settings):
    settings.MAX_UPLOAD_MB = 1
    made = there.create(whole(), reference())
    file = NewAttachment(name="a", content=b"x" * (1024 * 1024 + 1))
    with pytest.raises(ConnectorError) as refused:
        there.add_attachment(made.id, file, reference="r")
    assert (refused.value.permanent, refused.value.scope) == (True, "ticket")


def test_what_is_wrong_stops_one_ticket_and_is_named(there):
    with pytest.raises(ConnectorError, match="name") as wrong:
        there.create(whole(title="x" * 501), reference())
    assert (wrong.value.permanent, wrong.value.scope) == (True, "ticket")


def test_a_spent_limit_puts_the_connection_off(live_server, same_minute):
    there = connect(live_server)
    key = _key(there)
    key.rate_limit = 3
    key.save()
    there.check()  # a token and two questions
    with pytest.raises(ConnectorError) as spent:
        there.check()
    assert (spent.value.status, spent.value.scope) == (429, "connection")
    assert not spent.value.permanent
