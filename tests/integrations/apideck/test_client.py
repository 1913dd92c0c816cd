"""The Apideck client over real HTTP, against a service that misbehaves."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from integrations.connector import (
    ConnectorError,
    NewComment,
    RemoteOption,
    left_to_send,
    load_connector,
)
from integrations.services.apideck import references, webhooks
from integrations.services.apideck.client import Client
from tests.integrations.apideck.conftest import MAPS
from tests.integrations.apideck.fake_apideck import KEY, FakeApideck

REFERENCE = "0f0f0f0f-1111-4222-8333-444444444444/7/1f0f0f0f-1111-4222-8333-444444444444"
OTHER = REFERENCE.replace("/1f", "/2f")
WHOLE = {
    "title": "Broken",
    "body": "Very\nbroken",
    "body_format": "plain",
    "status": "open",
    "priority": "normal",
    "assignee": None,
    "tags": ["vip", "printer"],
    "due_at": "2026-04-01T09:00:00+00:00",
    "custom": {"text": "short", "choice": "red", "not_mapped": 1},
}
FLOOR = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def fake(httpserver):
    service = FakeApideck()
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(service.answer)
    return service


@pytest.fixture
def connect(fake, httpserver, open_session):
    def client(**setup) -> Client:
        form = Client.Setup(
            {
                "base_url": httpserver.url_for("").rstrip("/"),
                "api_key": KEY,
                "app_id": "app",
                "consumer_id": "consumer",
                "collection": "desk",
                "reference": "tag",
                **setup,
            }
        )
        assert form.is_valid(), form.errors
        return Client(form.cleaned_data, open_session=open_session, maps=MAPS, origin="one/7")

    return client


@pytest.fixture
def client(connect):
    return connect()


def failure(call, *arguments, **options) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*arguments, **options)
    return caught.value


def small_pages(monkeypatch, size: int) -> None:
    monkeypatch.setattr("integrations.services.apideck.calls.PAGE", size)


# Connecting --------------------------------------------------------------------------------------


def test_every_call_bears_key_headers_and_origin(connect, fake):
    assert connect(service_id="jira").check() == "Connected to Desk."
    [request] = fake.requests
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["x-apideck-service-id"] == "jira"
    assert request.headers["Helpdesk-Origin"] == "one/7"
    connect().check()
    assert "x-apideck-service-id" not in fake.requests[1].headers


def test_the_service_is_found_by_the_name_of_its_folder():
    assert load_connector("apideck") is Client


def test_the_setup_knows_apideck_s_address_and_hides_the_key():
    said = {"api_key": KEY, "app_id": "a", "consumer_id": "c", "collection": "x"}
    form = Client.Setup(said)
    assert form.is_valid() and form.cleaned_data["base_url"] == "https://unify.apideck.com"
    assert Client.Setup.secret_names() == ("api_key",)
    assert not Client.Setup({**said, "collection": ""}).is_valid()
    assert KEY not in str(Client.Setup(stored=form.cleaned_data))


def test_the_key_is_in_no_journal(client, fake, journal):
    fake.faults = [("GET", "desk", FakeApideck().error(400, f"bad {KEY}"))]
    assert KEY not in failure(client.check).message
    assert journal and KEY not in repr(journal)


def test_collections_are_what_may_be_chosen(connect):
    client = connect(collection="not chosen yet")
    assert client.choices("collection") == [
        RemoteOption(key="desk", text="Desk"),
        RemoteOption(key="lab", text="lab"),
    ]
    assert failure(client.choices, "other").permanent


def test_what_there_is_to_map_is_described(client, fake):
    fake.add("One", custom_mappings={"size": 3, "ok": True, "name": None, "helpdesk:origin": "x"})
    fake.add("Two", custom_mappings={"name": "x", "many": ["a"]})
    fake.add("Three", custom_mappings=None)
    fake.tags.append({"id": "t2", "name": references.as_tag(REFERENCE)})
    found = client.describe()
    assert found.name == "Desk" and [one.email for one in found.people] == ["uma@there.example"]
    assert [(tag.text, tag.category_id) for tag in found.tags] == [("vip", "t1")]
    assert {field.id: field.type for field in found.fields} == {
        "size": "number",
        "ok": "boolean",
        "name": "text",
        "many": "list",
    }
    assert [one.key for one in found.statuses] == ["open", "in_progress", "closed"]


def test_lists_that_a_service_does_not_have_are_empty(client, fake):
    fake.faults = [("GET", "desk/tags", 501), ("GET", "desk/users", 404)]
    found = client.describe()
    assert found.tags == () and found.people == ()
    fake.faults = [("GET", "desk/users", 402)]
    assert failure(client.describe).scope == "connection"


def test_types_travel_only_where_a_person_mapped_them(client, fake, open_session):
    assert "type" in client.capabilities.fields
    plain = Client(client.setup, open_session=open_session)
    assert "type" not in plain.capabilities.fields
    assert plain.vocabularies["status"].lossy == {"new", "waiting", "resolved"}
    two = Client({**client.setup, "statuses": "two"}, open_session=open_session)
    assert two.written({"status": "started"}) == {"status": "open"}


# Creating and changing ---------------------------------------------------------------------------


def test_a_ticket_is_created_and_read_back(client, fake):
    client.check()  # names the service behind Apideck
    fake.requests.clear()
    made = client.create(WHOLE, REFERENCE)
    [sent] = fake.bodies("POST")
    assert sent == {
        "subject": "Broken",
        "description": "Very\nbroken",
        "status": "open",
        "priority": "normal",
        "assignees": [],
        "tags": [{"id": "t-1"}, {"id": "printer"}, {"id": f"helpdesk:{REFERENCE}"}],
        "due_date": "2026-04-01T09:00:00.000Z",
        "pass_through": [
            {
                "service_id": "jira",
                "extend_object": {"their_text": "short", "their_choice": "Rot"},
            }
        ],
    }
    assert made.reference == REFERENCE
    assert made.fields["custom"] == {"text": "short", "choice": "red"}
    assert made.theirs["tags"] == ["t-1", "printer"]
    assert {request.headers["Helpdesk-Origin"] for request in fake.requests} == {REFERENCE}


def test_numbers_as_ids_become_texts(client, fake):
    fake.quirks = {"numbers"}
    made = client.create(WHOLE, REFERENCE)
    assert made.id == "100" and client.read(made.id).id == "100"


def test_a_status_that_is_ignored_on_create_is_left_to_send(client, fake):
    fake.quirks = {"begins open"}
    fields = {**WHOLE, "status": "closed"}
    made = client.create(fields, REFERENCE)
    assert made.theirs["status"] == "open"
    assert left_to_send(client, fields, made) == {"status": "closed"}
    after = client.update(made.id, {"status": "closed"}, whole=fields, reference=REFERENCE)
    assert after.fields["status"] == "closed"
    fake.quirks = set()
    made = client.create(fields, OTHER)
    assert left_to_send(client, fields, made) == {}


@pytest.mark.parametrize("fault", [500, 429, 404, "cut"])
def test_the_id_of_a_new_ticket_is_kept_though_it_cannot_be_read_back(client, fake, fault):
    fake.faults = [("GET", "tickets/100", fault)] * 2
    made = client.create(WHOLE, REFERENCE)
    assert (made.id, made.theirs) == ("100", {}) and len(fake.tickets) == 1


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_create_whose_answer_was_lost_is_found_by_our_reference(client, fake, fault):
    began = datetime.now(UTC)
    fake.faults = [("POST", "tickets", fault)]
    assert failure(client.create, WHOLE, REFERENCE).maybe_done
    fake.add("Broken", description="Very\nbroken")
    other = fake.add("Other")
    fake.change(other, tags=[{"id": "x", "name": references.as_tag(OTHER)}])
    [found] = client.find(WHOLE, since=began, reference=REFERENCE)
    assert found.reference == REFERENCE and found.fields["tags"] == ["t-1", "printer"]


def test_a_service_that_drops_tags_is_searched_by_title_and_text(client, fake):
    fake.quirks = {"drops tags"}
    began = datetime.now(UTC)
    fake.faults = [("POST", "tickets", "lost")]
    failure(client.create, WHOLE, REFERENCE)
    fake.add("Broken", description="Another text")
    assert [one.id for one in client.find(WHOLE, since=began, reference=REFERENCE)] == ["100"]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert client.find(WHOLE, since=later, reference=REFERENCE) == []


def test_the_reference_may_stand_in_the_description(connect, fake):
    client = connect(reference="description")
    made = client.create(WHOLE, REFERENCE)
    assert made.fields["body"] == "Very\nbroken" and made.reference == REFERENCE
    assert fake.tickets["100"]["description"] == f"Very\nbroken\n\n[helpdesk:{REFERENCE}]"
    fresh = connect(reference="description")
    after = fresh.update(made.id, {"body": "New"}, whole=WHOLE, reference=REFERENCE)
    assert (after.fields["body"], after.reference) == ("New", REFERENCE)
    html = {**WHOLE, "body": "<p>Bold</p>", "body_format": "html"}
    after = fresh.update(made.id, {"body": "<p>Bold</p>"}, whole=html, reference=REFERENCE)
    assert (after.fields["body"], after.reference) == ("<p>Bold</p>", REFERENCE)
    [found] = client.find(WHOLE, since=FLOOR, reference=REFERENCE)
    assert found.id == made.id
    assert fake.tickets["100"]["tags"] == [
        {"id": "t-1", "name": None},
        {"id": "printer", "name": None},
    ]


def test_the_reference_may_stand_nowhere(connect, fake):
    client = connect(reference="")
    assert not client.capabilities.keeps_reference
    client.create(WHOLE, REFERENCE)
    assert "helpdesk" not in str(fake.tickets["100"])
    assert [one.id for one in client.find(WHOLE, since=FLOOR, reference=REFERENCE)] == ["100"]


def test_changing_tags_keeps_the_reference_and_adds_none(client, connect, fake):
    made = client.create(WHOLE, REFERENCE)
    after = connect().update(made.id, {"tags": ["new"]}, whole=WHOLE, reference=f"{REFERENCE}/x")
    assert (after.fields["tags"], after.reference) == (["new"], REFERENCE)
    born_there = fake.add("Theirs")
    after = client.update(born_there["id"], {"tags": ["new"]}, whole=WHOLE, reference=OTHER)
    assert (after.fields["tags"], after.reference) == (["new"], "")


def test_an_update_sends_what_changed_and_nothing_else(client, fake):
    made = client.create(WHOLE, REFERENCE)
    fake.calls.clear()
    fields = {"title": "New", "due_at": None, "custom": {"text": None, "toggle": True}}
    after = client.update(made.id, fields, whole={**WHOLE, **fields}, reference=REFERENCE)
    [sent] = fake.bodies("PATCH")
    assert sent == {
        "subject": "New",
        "due_date": None,
        "pass_through": [
            {"service_id": "jira", "extend_object": {"their_text": None, "their_toggle": True}}
        ],
    }
    assert after.fields["custom"] == {"choice": "red", "toggle": True}
    assert fake.calls == [("PATCH", "desk/tickets/100"), ("GET", "desk/tickets/100")]


def test_nothing_to_send_costs_no_patch(client, fake):
    made = client.create(WHOLE, REFERENCE)
    client.update(made.id, {"type": "Unmapped"}, whole=WHOLE, reference=REFERENCE)
    assert fake.bodies("PATCH") == []


def test_an_assignee_is_sent_by_the_id_that_is_mapped(client, fake):
    ann = {"id": "", "name": "Ann", "email": "ann@example.org"}
    made = client.create({**WHOLE, "assignee": ann}, REFERENCE)
    assert fake.tickets["100"]["assignees"] == [{"id": "u-ann"}]
    assert made.fields["assignee"]["email"] == "ann@example.org"
    assert made.theirs["assignee"] == client.written({"assignee": ann})["assignee"]
    stranger = {"id": "", "name": "X", "email": "x@example.org"}
    after = client.update(made.id, {"assignee": stranger}, whole=WHOLE, reference=REFERENCE)
    assert after.fields["assignee"] is None


def test_a_ticket_is_deleted_once(client, fake):
    made = client.create(WHOLE, REFERENCE)
    client.delete(made.id, reference=REFERENCE)
    client.delete(made.id, reference=REFERENCE)
    assert fake.tickets == {} and failure(client.read, made.id).gone


def test_a_collection_that_is_gone_is_no_gone_ticket(connect, client, fake):
    made = client.create(WHOLE, REFERENCE)
    lost = connect(collection="elsewhere")
    for call in (lost.read, lost.delete):
        error = failure(call, made.id)
        assert (error.scope, error.permanent, error.gone) == ("connection", True, False)
    error = failure(lambda: list(lost.changes(FLOOR.isoformat())))
    assert error.scope == "connection"
    answer = fake.error(404, "No connection", "ConnectionNotFoundError")
    fake.faults = [("GET", "tickets/100", answer)]
    error = failure(client.read, made.id)
    assert (error.scope, error.gone) == ("connection", False)


# Listing -----------------------------------------------------------------------------------------


def subjects(told) -> list[str]:
    return [ticket.fields["title"] for ticket, _cursor in told]


def test_what_changed_is_told_oldest_first_with_a_cursor_that_grows(client, fake):
    first = fake.add("First")
    cursor = client.begin()
    fake.add("Second")
    fake.change(first, priority="urgent")
    told = list(client.changes(cursor))
    assert subjects(told) == ["Second", "First"]
    cursors = [cursor for _ticket, cursor in told]
    assert cursors == sorted(cursors) and cursors[-1] > cursor
    later = (datetime.fromisoformat(cursors[-1]) + timedelta(minutes=2)).isoformat()
    assert list(client.changes(later)) == []
    assert subjects(client.changes(cursors[-1])) == ["Second", "First"]  # the overlap


@pytest.mark.parametrize("quirk", ["", "no sort", "no filter", "ignores sort", "ignores since"])
def test_every_change_is_told_once_over_many_pages(client, fake, monkeypatch, quirk):
    small_pages(monkeypatch, 3)
    fake.quirks = {quirk}
    tickets = [fake.add(f"Ticket {number}") for number in range(11)]
    base = datetime(2030, 1, 1, tzinfo=UTC)
    for number, ticket in enumerate(tickets):
        ticket["updated_at"] = (base + timedelta(seconds=2 * number)).isoformat()
    old = fake.add("Old")
    old["updated_at"] = "2021-01-01T00:00:00.000Z"
    told = list(client.changes(base.isoformat()))
    assert subjects(told) == [f"Ticket {number}" for number in range(11)]


def test_pages_that_shift_while_they_are_walked_lose_nothing(client, fake, monkeypatch):
    small_pages(monkeypatch, 4)
    tickets = [fake.add(f"Ticket {number}") for number in range(12)]
    base = datetime(2030, 1, 1, tzinfo=UTC)
    for number, ticket in enumerate(tickets):
        ticket["updated_at"] = (base + timedelta(seconds=2 * number)).isoformat()
    fake._clock = base + timedelta(hours=1)
    gone, touched = iter(tickets[:2]), iter(tickets[2:4])

    def shift() -> None:
        """Rows that were told already vanish and move to the end: those behind them move up."""
        if (ticket := next(gone, None)) is not None:
            del fake.tickets[ticket["id"]]
        if (ticket := next(touched, None)) is not None:
            fake.change(ticket, priority="high")

    fake.between_pages = shift
    told = subjects(client.changes(base.isoformat()))
    assert set(told) >= {f"Ticket {number}" for number in range(12)}
    assert told[-2:] == ["Ticket 2", "Ticket 3"]


def test_more_of_one_moment_than_a_page_holds_is_walked_by_cursors(client, fake, monkeypatch):
    small_pages(monkeypatch, 3)
    for number in range(10):
        fake.add(f"Ticket {number}", updated_at="2030-01-01T00:00:00.000Z")
    told = subjects(client.changes("2030-01-01T00:00:30+00:00"))
    assert sorted(told) == [f"Ticket {number}" for number in range(10)]


def test_every_ticket_is_listed_once_though_pages_overlap(client, fake, monkeypatch):
    small_pages(monkeypatch, 3)
    for number in range(7):
        fake.add(f"Ticket {number}")
    assert len(list(client.all_tickets())) == 7
    assert len({one.id for one in client.all_tickets()}) == 7


def page(fake, identity: str, following: str):
    answer = fake._one({})
    body = {"data": [{"id": identity}], "meta": {"cursors": {"next": following}}}
    answer.set_data(json.dumps(body))
    return ("GET", "tickets", answer)


def test_a_page_that_leads_to_itself_with_nothing_new_is_the_last(client, fake):
    fake.faults = [page(fake, "1", "a"), page(fake, "1", "a")]
    assert [ticket.id for ticket in client.all_tickets()] == ["1"]


@pytest.mark.parametrize("pages", [["a", "b", "a"], ["a", "a"]])
def test_a_list_that_goes_in_circles_is_broken_off(client, fake, pages):
    fake.faults = [page(fake, str(number), one) for number, one in enumerate(pages)]
    error = failure(lambda: list(client.all_tickets()))
    assert (error.scope, error.permanent) == ("connection", False)


def test_an_unknown_status_word_is_kept_as_theirs(client, fake):
    ticket = fake.add("One", status="Won't do")
    read = client.read(ticket["id"])
    assert read.theirs["status"] == "Won't do" and "status" not in read.fields


def test_to_begin_is_now_where_the_service_does_not_sort(client, fake):
    now = datetime.now(UTC)
    assert datetime.fromisoformat(client.begin()) >= now - timedelta(minutes=1)
    fake.quirks = {"ignores sort"}
    fake.add("One", updated_at="2021-01-01T00:00:00Z")
    fake.add("Two", updated_at="2022-01-01T00:00:00Z")
    assert datetime.fromisoformat(client.begin()) >= now - timedelta(minutes=3)


# Comments ----------------------------------------------------------------------------------------


def test_comments_are_read_in_order_with_their_authors(client, fake, monkeypatch):
    small_pages(monkeypatch, 2)
    ticket = fake.add("One")
    for number in range(5):
        fake.say(ticket, f"Words {number}", created_by="u1" if number else "stranger")
    fake.comments[ticket["id"]].reverse()
    said = client.comments(ticket["id"])
    assert [one.body for one in said] == [f"Words {number}" for number in range(5)]
    assert (said[0].author.id, said[0].author.email) == ("stranger", "")
    assert said[1].author.email == "uma@there.example"
    client.comments(ticket["id"])
    assert fake.calls.count(("GET", "desk/users")) == 1


def test_comments_go_all_four_ways(client, fake):
    ticket = fake.add("One")
    new = NewComment(body="Still *broken*", format="markdown", public=True)
    added = client.add_comment(ticket["id"], new, reference=f"{REFERENCE}/part")
    assert (added.body, added.author.id) == ("Still *broken*", "u1")
    changed = NewComment(body="Now <b>this</b>", public=True)
    assert client.edit_comment(ticket["id"], added.id, changed).body == "Now <b>this</b>"
    assert fake.comments[ticket["id"]][0]["body"] == "<p>Now &lt;b&gt;this&lt;/b&gt;</p>"
    client.delete_comment(ticket["id"], added.id)
    client.delete_comment(ticket["id"], added.id)
    assert client.comments(ticket["id"]) == []


def test_a_note_never_leaves(client, fake):
    ticket = fake.add("One")
    note = NewComment(body="Secret", public=False)
    for call in (
        lambda: client.add_comment(ticket["id"], note),
        lambda: client.edit_comment(ticket["id"], "1", note),
    ):
        assert failure(call).permanent
    assert fake.calls == []


@pytest.mark.parametrize("body", ["Words", "Angle <b>brackets"])
def test_a_comment_whose_answer_was_lost_is_found(client, fake, body):
    ticket = fake.add("One")
    began = datetime.now(UTC)
    fake.say(ticket, "Other words")
    fake.faults = [("POST", "comments", "lost")]
    new = NewComment(body=body, public=True)
    assert failure(client.add_comment, ticket["id"], new).maybe_done
    [found] = client.find_comment(ticket["id"], new, since=began)
    assert found.body == body
    later = datetime.now(UTC) + timedelta(hours=1)
    assert client.find_comment(ticket["id"], new, since=later) == []


def test_the_id_of_a_new_comment_is_kept_though_it_cannot_be_read_back(client, fake):
    ticket = fake.add("One")
    fake.faults = [("GET", "comments/101", 500)]
    added = client.add_comment(ticket["id"], NewComment(body="Words", public=True))
    assert (added.id, added.body) == ("101", "Words")


# Failures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "scope", "permanent"),
    [
        (400, "ticket", True),
        (401, "connection", True),
        (402, "connection", True),
        (403, "connection", True),
        (409, "ticket", False),
        (422, "ticket", True),
        (429, "connection", False),
        (500, "ticket", False),
        (501, "ticket", True),
        (503, "connection", False),
    ],
)
def test_each_failure_stops_what_it_must(client, fake, status, scope, permanent):
    ticket = fake.add("One")
    fake.faults = [("PATCH", ticket["id"], status)]
    error = failure(client.update, ticket["id"], {"title": "x"}, whole=WHOLE)
    assert (error.status, error.scope, error.permanent) == (status, scope, permanent)
    assert "As you wished" in error.message


def test_a_used_up_quota_stops_the_connection_in_words(client, fake):
    fake.faults = [("GET", "desk", 402)]
    error = failure(client.check)
    assert "quota" in error.message and error.scope == "connection"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-downstream-ratelimit-reset": "90"}, 90),
        ({"Retry-After": "30", "x-downstream-ratelimit-reset": "90"}, 30),
        ({}, 60),
    ],
)
def test_a_downstream_limit_says_how_long_to_wait(client, fake, headers, seconds):
    detail = {"context": "Too many", "error": "rate limited"}
    fake.faults = [("GET", "desk", fake.error(429, detail, **headers))]
    error = failure(client.check)
    assert (error.retry_after, error.scope) == (seconds, "connection")
    assert "rate limited" in error.message


def test_errors_say_what_the_service_behind_said(client, fake):
    answer = fake.error(422, "Invalid", "ConnectorExecutionError")
    body = {
        "message": "Failed",
        "detail": {"message": "Invalid field"},
        "downstream_errors": [{"message": "summary is too long", "code": "x"}],
    }
    answer.set_data(json.dumps(body))
    fake.faults = [("GET", "desk", answer)]
    assert "Failed Invalid field summary is too long" in failure(client.check).message


@pytest.mark.parametrize(
    "data", [None, [], "text", {"data": None}, {"data": []}, {"data": "x"}, {"data": {}}]
)
def test_a_success_without_its_record_may_have_been_done(client, fake, data):
    answer = fake._one({})
    answer.set_data(json.dumps(data))
    fake.faults = [("POST", "tickets", answer)]
    assert failure(client.create, WHOLE, REFERENCE).maybe_done


@pytest.mark.parametrize("data", [{"data": {}}, {"data": None}, {}, []])
def test_a_list_without_its_records_is_tried_again(client, fake, data):
    answer = fake._one({})
    answer.set_data(json.dumps(data))
    fake.faults = [("GET", "tickets", answer)]
    error = failure(lambda: list(client.all_tickets()))
    assert (error.scope, error.permanent) == ("connection", False)


def test_webhooks_are_doorbells_with_a_signature(client):
    body = b'{"payload":{"event_type":"issue-tracking.ticket.updated"}}'
    headers = {"x-apideck-signature": webhooks.signature(KEY, body).decode()}
    assert Client.has_webhooks and Client.verify_webhook(client.setup, headers, body)
    assert not Client.verify_webhook(client.setup, headers, body.replace(b"updated", b"deleted"))
    assert not Client.verify_webhook({}, headers, body)


def test_what_the_service_cannot_do_is_said(client):
    can = client.capabilities
    assert not (can.private_notes or can.add_attachments or can.read_attachments)
    assert not {"resolution", "resolution_comment", "requester"} & can.fields
    assert can.delete and can.edit_comments and can.delete_comments
