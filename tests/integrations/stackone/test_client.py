"""The StackOne client over real HTTP."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug import Response

from integrations.connector import (
    ConnectorError,
    NewComment,
    RemoteAttachment,
    RemotePerson,
    left_to_send,
    load_connector,
)
from integrations.services.stackone import wire
from integrations.services.stackone.client import Client
from tests.integrations.stackone.conftest import MAPS

REFERENCE = "one/7/5f0c"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WHOLE = {
    "title": "Broken",
    "body": "Very\nbroken",
    "body_format": "plain",
    "status": "open",
    "priority": "normal",
    "type": "",
    "requester": {"id": "", "name": "Ann", "email": "ann@example.org"},
    "assignee": None,
    "tags": ["vip"],
    "custom": {"choice": "o-1", "not_mapped": 1},
}
ITEM = {
    "id": "t-1",
    "remote_id": "t-1",
    "ticket_number": 42,
    "title": "Broken",
    "content": [{"plain": "Very\nbroken", "html": "<p>Very<br>broken</p>"}],
    "status": {"id": "1", "name": "To do", "type": {"value": "to-do", "source_value": "new"}},
    "priority": {"id": "3", "value": "medium", "source_value": "Normal"},
    "creator_id": "user-ann",
    "reporters": ["user-ann"],
    "assignees": None,
    "tags": ["vip"],
    "unified_custom_fields": {"region": "EU", "helpdesk_reference": REFERENCE},
    "created_at": NOW.isoformat(),
    "updated_at": NOW.isoformat(),
}
CREATED = {
    "statusCode": 201,
    "message": "Record created successfully.",
    "timestamp": "2026-03-01T12:00:00.000Z",
    "data": {"id": "t-1", "remote_id": "t-1"},
}
UPDATED = {name: CREATED[name] for name in ("message", "timestamp")} | {"statusCode": 200}


def connect(httpserver, open_session, *, memory=None, **setup):
    given = {
        "base_url": httpserver.url_for("/unified/ticketing"),
        "api_key": "the-key",
        "account_id": "acc 1",
        "reference_field": "helpdesk_reference",
        **setup,
    }
    form = Client.Setup(given)
    assert form.is_valid(), form.errors
    return Client(
        form.cleaned_data, open_session=open_session, maps=MAPS, origin="one/7", memory=memory
    )


@pytest.fixture
def client(httpserver, open_session):
    return connect(httpserver, open_session)


@pytest.fixture
def service(httpserver):
    """Answers in the order given, and shows what was asked: `service.add(…)`, `service.asked()`."""

    class Service:
        def __init__(self):
            self.answers = []
            httpserver.expect_request(re.compile("/unified/.*")).respond_with_handler(self.answer)

        def add(self, method, path, body, status=200, **headers):
            text = body if isinstance(body, (str, bytes)) else json.dumps(body)
            self.answers.append((method, path, Response(text, status=status, headers=headers)))

        def answer(self, request):
            assert self.answers, f"unexpected {request.method} {request.path}"
            method, path, response = self.answers.pop(0)
            assert (request.method, request.path) == (method, f"/unified/ticketing{path}")
            return response

        def asked(self):
            return [request for request, _response in httpserver.log]

    service = Service()
    yield service
    httpserver.check_assertions()
    assert not service.answers, "not everything was asked for"


def one(**members):
    return {"data": ITEM | members}


def page(*items, following=None):
    return {"next": following, "data": list(items)}


def refusal(status, message="No", **more):
    return {"statusCode": status, "message": message, "timestamp": "2026-03-01T12:00:00Z", **more}


def failure(call, *arguments, **options) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*arguments, **options)
    return caught.value


# The setup ---------------------------------------------------------------------------------------


def test_the_service_is_found_by_the_name_of_its_folder():
    assert load_connector("stackone") is Client


def test_every_call_bears_key_account_agent_and_origin(client, service):
    service.add("GET", "/tickets", page())

    assert client.check() == "Connected to the account acc 1."

    (request,) = service.asked()
    key = base64.b64encode(b"the-key:").decode()
    assert request.headers["Authorization"] == f"Basic {key}"
    assert request.headers["x-account-id"] == "acc 1"
    assert request.headers["User-Agent"] == "Helpdesk"
    assert request.headers["Helpdesk-Origin"] == "one/7"


def test_the_check_names_the_chosen_project(httpserver, open_session, service):
    service.add("GET", "/tickets", page())
    service.add("GET", "/projects/p/1", {"data": {"id": 1, "name": "Desk"}})

    client = connect(httpserver, open_session, project="p/1")

    assert client.check() == "Connected to Desk in the account acc 1."


@pytest.mark.parametrize("generation", ["projects", "collections"])
def test_projects_or_collections_are_there_to_choose(httpserver, open_session, service, generation):
    client = connect(httpserver, open_session, generation=generation)
    service.add("GET", f"/{generation}", page({"id": 1, "name": "Desk"}, None, following="n"))
    service.add("GET", f"/{generation}", page({"id": "2", "name": None}))

    found = client.choices("project")

    assert [(one.key, one.text) for one in found] == [("1", "Desk"), ("2", "2")]


def test_what_is_offered_for_mapping_is_gathered(client, service):
    service.add("GET", "/tickets", page(ITEM))
    service.add("GET", "/tickets/t-1/statuses", page({"id": 3, "name": "Doing"}))
    service.add("GET", "/ticket_types", page({"id": "type-1", "name": "Incident"}))
    service.add("GET", "/users", page({"id": "u", "name": "Ann", "primary_email": "a@x.example"}))

    found = client.describe()

    assert found.people == (RemotePerson(id="u", name="Ann", email="a@x.example"),)
    assert [one.key for one in found.statuses] == ["to-do", "in-progress", "closed", "3"]
    assert [one.key for one in found.priorities] == ["lowest", "low", "medium", "high", "highest"]
    assert [(one.key, one.text) for one in found.types] == [("type-1", "Incident")]
    assert [one.id for one in found.fields] == ["region"]


def test_lists_that_a_provider_does_not_have_are_empty(client, service):
    service.add("GET", "/tickets", page())
    service.add("GET", "/ticket_types", refusal(501), 501)
    service.add("GET", "/users", refusal(403), 403)

    found = client.describe()

    assert (found.people, found.types, found.fields) == ((), (), ())


def test_neither_key_nor_its_header_reach_the_journal(client, service, journal):
    service.add("GET", "/tickets", refusal(401, "the-key is wrong"), 401)

    error = failure(client.check)

    assert (error.scope, error.permanent) == ("connection", True)
    assert "the-key" not in f"{error.message}{journal}"
    assert base64.b64encode(b"the-key:").decode() not in str(journal)


# Writing -----------------------------------------------------------------------------------------


def test_a_ticket_is_created_and_read_back(client, service):
    service.add("POST", "/tickets", CREATED, 201)
    service.add("GET", "/tickets/t-1", one())

    created = client.create(WHOLE, REFERENCE)

    sent, read = service.asked()
    assert sent.headers["Helpdesk-Origin"] == read.headers["Helpdesk-Origin"] == REFERENCE
    assert sent.get_json() == {
        "title": "Broken",
        "content": [{"plain": "Very\nbroken", "html": "<p>Very<br>broken</p>"}],
        "priority": {"value": "medium"},
        "creator_id": "user-ann",
        "reporters": ["user-ann"],
        "tags": ["vip"],
        "unified_custom_fields": {"region": "EU", "helpdesk_reference": REFERENCE},
    }
    assert (created.id, created.number, created.reference) == ("t-1", "42", REFERENCE)
    assert created.fields["custom"] == {"choice": "o-1"}
    assert left_to_send(client, WHOLE, created) == {}
    assert left_to_send(client, WHOLE | {"status": "waiting"}, created) == {"status": "waiting"}


def test_the_older_generation_gets_collections_and_its_custom_fields_later(
    httpserver, open_session, service
):
    client = connect(httpserver, open_session, generation="collections", project="c-1")
    assert client.capabilities.after_create == {"status", "custom"}
    assert not client.capabilities.keeps_reference
    service.add("POST", "/tickets", CREATED, 201)
    service.add("GET", "/tickets/t-1", one(unified_custom_fields=None))
    service.add("PATCH", "/tickets/t-1", UPDATED)
    service.add("GET", "/tickets/t-1", one())

    created = client.create(WHOLE, REFERENCE)
    client.update("t-1", {"custom": {"choice": "o-1"}}, whole=WHOLE, reference=REFERENCE)

    sent = [request.get_json() for request in service.asked() if request.method != "GET"]
    assert sent[0]["collections"] == ["c-1"]
    assert not sent[0].keys() & {"project_id", "unified_custom_fields"}
    assert left_to_send(client, WHOLE, created) == {"custom": WHOLE["custom"]}
    assert sent[1] == {"unified_custom_fields": {"region": "EU", "helpdesk_reference": REFERENCE}}


def test_a_created_ticket_that_cannot_be_read_is_not_lost(client, service):
    service.add("POST", "/tickets", CREATED, 201)
    service.add("GET", "/tickets/t-1", refusal(404), 404)

    created = client.create(WHOLE, REFERENCE)

    assert (created.id, created.theirs) == ("t-1", {})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 201),
        ({"data": None}, 201),
        ({"data": {"id": None, "remote_id": None}}, 201),
        ("<html>", 200),
        ("", 201),
        (refusal(502), 502),
        (refusal(408), 408),
        (refusal(409, "Already exists"), 409),
    ],
)
def test_a_create_without_an_id_in_the_answer_may_have_been_done(client, service, body, status):
    service.add("POST", "/tickets", body, status)

    assert failure(client.create, WHOLE, REFERENCE).maybe_done


@pytest.mark.parametrize("status", [400, 401, 403, 412, 422, 429, 501])
def test_a_refused_create_was_not_done(client, service, status):
    service.add("POST", "/tickets", refusal(status), status)

    assert not failure(client.create, WHOLE, REFERENCE).maybe_done


def test_an_update_sends_only_what_is_asked_for_and_reads_back(client, service):
    service.add("PATCH", "/tickets/t-1", UPDATED)
    service.add("GET", "/tickets/t-1", one(title="New"))

    read = client.update("t-1", {"title": "New", "status": "closed"}, whole=WHOLE)

    sent = service.asked()[0]
    assert sent.get_json() == {"title": "New", "status": {"type": {"value": "closed"}}}
    assert read.fields["title"] == "New"


def test_an_update_keeps_the_other_assignees(client, service):
    service.add("GET", "/tickets/t-1", one(assignees=["u-1", "u-2", "user-bob"]))
    service.add("GET", "/users/u-1", refusal(404), 404)
    service.add("PATCH", "/tickets/t-1", UPDATED)
    service.add("GET", "/tickets/t-1", one(assignees=["user-bob", "u-2"]))

    bob = {"id": "", "name": "Bob", "email": "bob@example.org"}
    read = client.update("t-1", {"assignee": bob}, whole=WHOLE)

    assert service.asked()[2].get_json() == {"assignees": ["user-bob", "u-2"]}
    assert read.fields["assignee"]["email"] == "bob@example.org"


def test_what_cannot_be_sent_costs_only_the_reading(client, service):
    service.add("GET", "/tickets/t-1", one())
    eve = {"id": "", "name": "Eve", "email": "eve@example.org"}

    client.update("t-1", {"requester": eve, "type": "Incident"}, whole=WHOLE)

    assert [request.method for request in service.asked()] == ["GET"]


def test_another_helpdesk_finds_people_by_their_address(client, service):
    there = {"Helpdesk-Installation": "2f0c"}
    eve = {"id": "", "name": "Eve", "email": "eve@example.org"}
    service.add("GET", "/tickets", page(), **there)
    service.add("GET", "/tickets/t-1", one(), **there)
    service.add("PATCH", "/tickets/t-1", UPDATED, **there)
    service.add("GET", "/tickets/t-1", one(reporters=["eve@example.org"]), **there)
    assert client.written({"requester": eve}) == {"requester": None}

    client.check()
    read = client.update("t-1", {"requester": eve}, whole=WHOLE)

    assert client.memory["installation"] == "2f0c"
    assert service.asked()[2].get_json() == {"reporters": ["eve@example.org"]}
    assert client.written({"requester": eve})["requester"]["email"] == "eve@example.org"
    assert read.theirs["requester"]["email"] == "eve@example.org"


# Reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_ticket_that_is_gone_is_said_to_be_gone(client, service, status):
    service.add("GET", "/tickets/t 1/?", refusal(status), status)
    if status == 404:
        service.add("GET", "/tickets", page())

    assert failure(client.read, "t 1/?").gone


def test_an_unknown_account_is_no_gone_ticket(client, service):
    service.add("GET", "/tickets/t-1", refusal(404, "Account not found"), 404)
    service.add("GET", "/tickets", refusal(404, "Account not found"), 404)

    error = failure(client.read, "t-1")

    assert (error.gone, error.scope, error.permanent) == (False, "connection", True)
    assert "account id" in error.message


def test_a_disabled_account_stops_the_connection(client, service):
    service.add("GET", "/tickets/t-1", refusal(412), 412)
    error = failure(client.read, "t-1")
    assert (error.scope, error.permanent, error.status) == ("connection", True, 412)


@pytest.mark.parametrize("status", [408, 429])
def test_a_wait_that_is_asked_for_is_handed_on(client, service, status):
    service.add("GET", "/tickets/t-1", refusal(status), status, **{"Retry-After": "60"})
    error = failure(client.read, "t-1")
    assert (error.permanent, error.retry_after) == (False, 60)
    assert (error.scope == "connection") == (status == 429)


def test_what_the_provider_said_is_told(client, service):
    more = {
        "data": {"statusCode": 400, "message": "Bad Request", "headers": {}},
        "provider_errors": [None, {"status": 400, "raw": {"message": ["no such project"]}}],
    }
    service.add("PATCH", "/tickets/t-1", refusal(422, "Unprocessable Entity", **more), 422)
    error = failure(client.update, "t-1", {"title": "x"}, whole=WHOLE)
    assert "Unprocessable Entity – Bad Request – no such project" in error.message
    assert (error.scope, error.permanent) == ("ticket", True)


@pytest.mark.parametrize("body", ["<html>", "[]", '{"data": []}', '{"data": {"title": "x"}}', "7"])
def test_an_answer_of_another_shape_is_an_error_in_words(client, service, body):
    service.add("GET", "/tickets/t-1", body)
    error = failure(client.read, "t-1")
    assert not error.permanent and "StackOne" in error.message


def test_strangers_are_asked_for_once(client, service):
    service.add("GET", "/tickets/t-1", one(reporters=["u-7"], creator_id="u-8"))
    service.add("GET", "/users/u-7", {"data": {"id": "u-7", "primary_email": "x@x.example"}})
    service.add("GET", "/users/u-8", refusal(404), 404)
    service.add("GET", "/tickets/t-1", one(reporters=["u-7"], creator_id="u-8"))

    client.read("t-1")
    read = client.read("t-1")

    assert read.fields["requester"]["email"] == "x@x.example"
    assert client.memory["people"] == {"u-7": ["", "x@x.example"]}


def test_many_strangers_are_looked_up_in_the_list(client, service):
    items = [ITEM | {"id": f"t-{number}", "reporters": [f"u-{number}"]} for number in range(8)]
    users = [{"id": f"u-{n}", "name": f"N{n}", "primary_email": f"{n}@x.example"} for n in range(8)]
    service.add("GET", "/tickets", page(*items))
    service.add("GET", "/users", page(*users))

    tickets = list(client.all_tickets())

    assert [one.fields["requester"]["name"] for one in tickets] == [f"N{n}" for n in range(8)]


def test_what_has_no_id_holds_up_nobody(client, service):
    service.add("GET", "/tickets", page(ITEM | {"id": None}, None, "x", ITEM))
    assert [ticket.id for ticket in client.all_tickets()] == ["t-1"]


def at(number, seconds, **members):
    moment = NOW + timedelta(seconds=seconds)
    return ITEM | {"id": f"t-{number}", "updated_at": moment.isoformat(), **members}


def test_changes_are_collected_to_the_end_and_told_oldest_first(client, service):
    """However they are listed: a cursor that moved on in the middle would skip the rest."""
    service.add("GET", "/tickets", page(at(5, 50), at(2, 10), following="n 1"))
    service.add("GET", "/tickets", page(following="n 2"))
    service.add("GET", "/tickets", page(at(3, 20), at(2, 40), at(1, -61), at(4, -30)))

    told = list(client.changes(NOW.isoformat()))

    assert [ticket.id for ticket, _cursor in told] == ["t-4", "t-3", "t-2", "t-5"]
    cursors = [cursor for _ticket, cursor in told]
    assert cursors == sorted(cursors) and cursors[0] == NOW.isoformat()
    first, second, _third = service.asked()
    assert first.args["filter[updated_after]"] == "2026-03-01T11:59:00.000Z"
    assert first.args["page_size"] == "100" and "next" not in first.args
    assert second.args["next"] == "n 1"


def test_a_list_that_fails_in_the_middle_tells_nothing(client, service):
    service.add("GET", "/tickets", page(at(5, 50), following="n"))
    service.add("GET", "/tickets", refusal(500), 500)
    changes = client.changes(NOW.isoformat())
    assert failure(lambda: next(changes)).status == 500


@pytest.mark.parametrize(
    "last", [{"data": []}, {"next": "", "data": None}, {"next": None, "data": []}]
)
def test_a_list_ends_where_no_next_page_is_named(client, service, last):
    service.add("GET", "/tickets", last)
    assert list(client.all_tickets()) == []


def test_a_list_that_repeats_its_page_ends_with_an_error(client, service):
    for _time in range(2):
        service.add("GET", "/tickets", page(ITEM, following="again"))
    assert not failure(lambda: list(client.all_tickets())).permanent


def test_a_list_of_empty_pages_without_end_is_given_up(client, service):
    for number in range(20):
        service.add("GET", "/tickets", page(following=number + 1))
    assert not failure(lambda: list(client.all_tickets())).permanent


def test_a_list_that_says_the_same_under_new_cursors_is_given_up(client, service):
    for number in range(21):
        service.add("GET", "/tickets", page(ITEM, following=number + 1))
    assert not failure(lambda: list(client.all_tickets())).permanent


@pytest.mark.parametrize(
    ("date", "is_theirs"), [("Sun, 01 Mar 2026 12:00:00 GMT", True), ("soon", False), ("", False)]
)
def test_we_come_in_at_their_present(raw_server, open_session, date, is_theirs):
    def answer(accepted, _done):
        body = b'{"data": []}'
        head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n"
        accepted.sendall(head.encode() + body)

    setup = {"base_url": raw_server(answer), "api_key": "k", "account_id": "a"}
    began = Client(setup, open_session=open_session, origin="one/7").begin()
    assert (began == NOW.isoformat()) == is_theirs


def test_a_lost_create_is_found_by_its_reference(client, service):
    mine = at(2, 5)
    other = at(1, 5, unified_custom_fields={"helpdesk_reference": "one/7/else"})
    service.add("GET", "/tickets", page(other, mine))

    found = client.find(WHOLE, since=NOW, reference=REFERENCE)

    assert [ticket.id for ticket in found] == ["t-2"]
    assert service.asked()[0].args["filter[updated_after]"] == "2026-03-01T11:58:00.000Z"


def test_without_a_reference_it_is_found_by_its_words(httpserver, open_session, service):
    client = connect(httpserver, open_session, reference_field="")
    assert not client.capabilities.keeps_reference
    old = (NOW - timedelta(hours=1)).isoformat()
    service.add(
        "GET",
        "/tickets",
        page(
            at(1, 5, title="Another"),
            at(2, 5, created_at=old),
            at(3, 5, reporters=["user-bob"]),
            at(4, 5, content=[{"plain": "Very broken "}]),
        ),
    )
    found = client.find(WHOLE, since=NOW, reference=REFERENCE)
    assert [ticket.id for ticket in found] == ["t-4"]


# Comments and files ------------------------------------------------------------------------------


def test_comments_are_read_oldest_first_and_never_written(client, service):
    later = {"id": 2, "ticket_id": "t-1", "content": [{"plain": "b"}], "user_id": "user-ann"}
    later["created_at"] = NOW.isoformat()
    first = {"id": 1, "ticket_id": "t-1", "content": [{"html": "<i>a</i>"}], "internal": "true"}
    service.add("GET", "/tickets/t-1/comments", page(later, {"id": 3}, following="n"))
    service.add("GET", "/tickets/t-1/comments", page(first, later))

    said = client.comments("t-1")

    assert [(one.id, one.public) for one in said] == [("1", False), ("2", True)]
    assert said[1].author.email == "ann@example.org"
    assert not client.capabilities.add_comments
    with pytest.raises(ConnectorError):
        client.add_comment("t-1", NewComment(body="x", public=True))


def test_a_provider_without_comments_has_none(client, service):
    service.add("GET", "/tickets/t-1/comments", refusal(501), 501)
    assert client.comments("t-1") == []


def test_a_file_is_listed_and_downloaded(client, service):
    listed = {"id": 9, "file_name": "log.txt", "created_at": NOW.isoformat(), "size": 3}
    service.add("GET", "/tickets/t-1/attachments", page(listed, None, {"file_name": "x"}))
    service.add("GET", "/tickets/t-1/attachments/9/download", b"\x00\xff\x01")

    (file,) = client.attachments("t-1")

    assert file == RemoteAttachment(id="9", name="log.txt", created_at=NOW)
    assert client.download("t-1", file) == b"\x00\xff\x01"
    assert service.asked()[1].headers["Accept"] == "*/*"


def test_what_travels_is_what_the_capabilities_say(client):
    assert client.capabilities.fields == wire.TRAVELS
    assert set(client.written(WHOLE)) == set(client.understood(client.written(WHOLE))) - {
        "body_format"
    }
