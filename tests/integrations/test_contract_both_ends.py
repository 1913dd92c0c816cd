"""What every service folder promises of its two ends together; no service is named here."""

import uuid
from datetime import UTC, datetime
from functools import partial

import pytest

from helpdesk.models import Comment, Ticket
from integrations.connector import ConnectorError, NewComment, load_connector
from integrations.exchange import Limits
from integrations.gateway import credentials
from integrations.http import Session
from integrations.merge import same
from integrations.remote import RemotePerson
from tests.factories import default_queue, make_key
from tests.integrations.test_contract import typed

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
SERVED = dict(credentials.served())
every_end = pytest.mark.parametrize("service", SERVED)
TEXTS = ("title", "body", "status", "priority", "tags", "due_at")
WHOLE = {
    "title": "Printer on fire",
    "body": "It burns, and it smells.",
    "body_format": "plain",
    "status": "open",
    "priority": "high",
    "resolution": "",
    "resolution_comment": "",
    "type": "",
    "requester": {"id": "", "name": "Rita", "email": "rita@example.org"},
    "assignee": None,
    "assignees": [],
    "tags": ["hot"],
    "due_at": None,
    "custom": {},
}


class Unlucky(Session):
    """A session whose answers are lost at will: `lost` counts down to the request it is."""

    lost = 0
    asked = 0

    def _send(self, request):
        answer = super()._send(request)
        Unlucky.asked += 1
        Unlucky.lost -= 1
        if Unlucky.lost == 0:
            raise self._transport_error(TimeoutError(), False, request.method == "POST")
        return answer


@pytest.fixture
def connect(live_server, settings):
    """The service's own client, with the credentials that our endpoint hands out."""
    settings.PUBLIC_URL = live_server.url
    key, secret = make_key("write", rate_limit=100_000, queues=[default_queue()])

    def make(service: str):
        client = load_connector(service)
        said = credentials.setup_of(service, credentials.said_of(service, key, secret))
        data = {}
        for name, field in client.Setup.base_fields.items():
            data[name] = said.get(name) or typed(name, field, said["base_url"])
        form = client.Setup({name: value for name, value in data.items() if value is not None})
        assert form.is_valid(), form.errors
        Unlucky.lost = Unlucky.asked = 0
        return client(
            form.cleaned_data,
            open_session=partial(
                Unlucky,
                allowed_networks=["127.0.0.0/8"],
                limits=Limits(pause_between_tries=0),
                sleep=lambda seconds: None,
            ),
            origin=f"{uuid.uuid4()}/{uuid.uuid4()}",
        )

    return make


def reference() -> str:
    return "/".join(str(uuid.uuid4()) for _ in range(3))


def fields_of(connector) -> dict:
    names = {*connector.capabilities.fields, "body_format"}
    return {name: value for name, value in WHOLE.items() if name in names}


@every_end
def test_the_credentials_that_are_handed_out_open_the_door(connect, service):
    assert connect(service).check().strip()


@every_end
def test_the_reference_that_is_written_is_not_read_as_anything_else(connect, service):
    connector, ours = connect(service), reference()
    made = connector.create(fields_of(connector), ours)
    for read in (made, connector.read(made.id, reference=ours)):
        for piece in ours.split("/"):
            assert piece not in repr((read.fields, read.theirs))
        assert read.reference in (ours, "")
    can = connector.capabilities
    for name in TEXTS:
        late = name in can.lossy or name in can.after_create
        if name in can.fields and not late:
            assert same(read.fields.get(name), WHOLE[name]), name


@every_end
def test_what_is_written_is_what_a_read_shows(connect, service):
    """`written` tells the mirror what the service will show, so that nothing is sent twice."""
    connector, ours = connect(service), reference()
    made = connector.create(fields_of(connector), ours)
    shown = connector.read(made.id, reference=ours).theirs
    written = connector.written(fields_of(connector))
    can = connector.capabilities
    for name in can.fields - can.after_create - {"requester", "assignee", "custom_words"}:
        if name in written and name in shown:
            assert same(written[name], shown[name]), name


@every_end
def test_a_create_whose_answer_is_lost_says_so_and_makes_one_ticket(connect, service):
    connector = connect(service)
    connector.check()
    Unlucky.asked = 0
    connector.create(fields_of(connector), reference())
    requests = Unlucky.asked
    for number in range(1, requests + 1):
        ours, before = reference(), Ticket.objects.count()
        Unlucky.lost = number
        try:
            connector.create(fields_of(connector), ours)
        except ConnectorError as error:
            is_made = Ticket.objects.count() > before
            assert error.maybe_done or not is_made, f"request {number} of {requests}"
        Unlucky.lost = 0
        connector.create(fields_of(connector), ours)
        assert Ticket.objects.count() == before + 1


@every_end
def test_a_reply_whose_answer_is_lost_says_so_and_is_said_once(connect, service):
    connector, ours = connect(service), reference()
    if not connector.capabilities.add_comments:
        return
    made = connector.create(fields_of(connector), ours)
    said = NewComment(
        body="We are on it",
        public=True,
        author=RemotePerson("", "Ann", "ann@here.example"),
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    part = f"{ours}/{uuid.uuid4()}"
    Unlucky.lost = 1
    try:
        connector.add_comment(made.id, said, reference=part)
    except ConnectorError as error:
        assert error.maybe_done or not Comment.objects.exists()
    Unlucky.lost = 0
    connector.add_comment(made.id, said, reference=part)
    assert [one.body for one in Comment.objects.all()] == ["We are on it"]


@every_end
def test_a_cursor_shows_what_comes_after_it_and_only_grows(connect, service):
    connector = connect(service)
    if not connector.capabilities.list:
        return
    cursor = connector.begin()
    assert isinstance(cursor, str) and cursor
    made = connector.create(fields_of(connector), reference())
    found = list(connector.changes(cursor))
    assert made.id in {ticket.id for ticket, _cursor in found}
    again = list(connector.changes(found[-1][1]))
    assert {ticket.id for ticket, _cursor in again} <= {made.id}
    assert made.id in {ticket.id for ticket in connector.all_tickets()}
