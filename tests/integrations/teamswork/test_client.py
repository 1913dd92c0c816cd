"""The TeamsWork client over real HTTP."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug import Response

from integrations.connector import (
    ConnectorError,
    NewAttachment,
    NewComment,
    RemotePerson,
    left_to_send,
    load_connector,
    service_names,
)
from integrations.services.teamswork.client import Client
from tests.integrations.teamswork.conftest import MAPS

ACTING = {"id": "desk@example.org", "name": "Desk", "email": "desk@example.org"}
REFERENCE = "one/7/5f0c"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WHOLE = {
    "title": "Broken",
    "body": "Very\nbroken",
    "body_format": "plain",
    "status": "open",
    "resolution": "",
    "resolution_comment": "",
    "priority": "normal",
    "requester": {"id": "", "name": "Ann", "email": "ann@example.org"},
    "assignee": None,
    "tags": ["vip"],
    "due_at": "2026-04-01T09:00:00+00:00",
    "custom": {"choice": "red", "not_mapped": 1},
}
ITEM = {
    "id": "u-1",
    "ticketNo": 42,
    "title": "Broken",
    "description": "Very\nbroken",
    "status": "Open",
    "priority": "Medium",
    "requestor": {"id": "id-ann", "name": "Ann", "email": "ann@example.org"},
    "createdOn": NOW.isoformat(),
    "lastUpdatedOn": NOW.isoformat(),
}


@pytest.fixture
def client(httpserver, open_session):
    form = Client.Setup(
        {
            "base_url": httpserver.url_for("/ticketing/v1"),
            "key": "the-key",
            "user_email": "desk@example.org",
            "user_name": "Desk",
            "timezone": "7",
        }
    )
    assert form.is_valid(), form.errors
    return Client(form.cleaned_data, open_session=open_session, maps=MAPS, origin="one/7")


@pytest.fixture
def service(httpserver):
    """Answers in the order given, and shows what was asked: `service.add(…)`, `service.asked()`."""

    class Service:
        def __init__(self):
            self.answers = []
            httpserver.expect_request(re.compile("/ticketing/v1/.*")).respond_with_handler(
                self.answer
            )

        def add(self, method, path, body, status=200, **headers):
            text = body if isinstance(body, str) else json.dumps(body)
            self.answers.append((method, path, Response(text, status=status, headers=headers)))

        def answer(self, request):
            assert self.answers, f"unexpected {request.method} {request.path}"
            method, path, response = self.answers.pop(0)
            assert (request.method, request.path) == (method, f"/ticketing/v1{path}")
            return response

        def asked(self):
            return [request for request, _response in httpserver.log]

    yield Service()
    httpserver.check_assertions()


def item(**members):
    return {"item": ITEM | members, "error": False, "message": ""}


def page(*items, token=""):
    body = {"items": list(items), "error": False, "message": ""}
    return body | ({"continuationToken": token} if token else {})


def failure(call, *arguments, **options) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*arguments, **options)
    return caught.value


def test_the_service_is_found_by_the_name_of_its_folder():
    assert "teamswork" in service_names()
    assert load_connector("teamswork") is Client
    with pytest.raises(LookupError):
        load_connector("../teamswork")


def test_every_call_bears_key_timezone_and_origin(client, service):
    service.add("GET", "/instance", {"item": {"id": "i", "displayName": "Support"}})

    assert client.check() == "Connected to Support."

    (request,) = service.asked()
    assert dict(request.args) == {"key": "the-key", "timezone": "7"}
    assert request.headers["Helpdesk-Origin"] == "one/7"


def test_a_ticket_is_created_with_one_call(client, service):
    service.add("POST", "/tickets", item(), 201)

    created = client.create(WHOLE, REFERENCE)

    (request,) = service.asked()
    assert request.headers["Helpdesk-Origin"] == REFERENCE
    assert request.get_json() == {
        "ticket": {
            "title": "Broken",
            "description": "Very\nbroken",
            "priority": "Medium",
            "requestor": {"id": "id-ann", "name": "Ann", "email": "ann@example.org"},
            "assignee": None,
            "tags": [{"tagCategoryId": "cat-1", "text": "vip"}],
            "expectedDate": "2026-04-01",
            "customFields": {"g-choice": ["o-1"]},
        },
        "user": ACTING,
    }
    assert (created.id, created.number) == ("u-1", "42")
    assert left_to_send(client, WHOLE, created) == {}


def test_what_a_create_cannot_carry_is_left_for_an_update(client, service):
    service.add("POST", "/tickets", item(), 201)
    whole = WHOLE | {"priority": "urgent", "status": "waiting"}

    created = client.create(whole, REFERENCE)

    assert left_to_send(client, whole, created) == {"priority": "urgent", "status": "waiting"}
    assert left_to_send(client, whole | {"status": "new", "priority": "normal"}, created) == {}


def test_a_ticket_without_requester_is_created_for_whoever_acts(client, service):
    service.add("POST", "/tickets", item(), 201)

    client.create({"title": "Nobody asked"}, REFERENCE)

    assert service.asked()[0].get_json()["ticket"]["requestor"] == ACTING


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": True, "message": "not found or invalid definition"}, 200),
        ({"error": False}, 200),
        ({"item": {}}, 201),
        ({"item": {"title": "without an id"}}, 201),
        ("<html>", 200),
        ("", 201),
        ({"message": "down"}, 503),
    ],
)
def test_a_create_without_a_ticket_in_the_answer_may_have_been_done(client, service, body, status):
    service.add("POST", "/tickets", body, status)

    assert failure(client.create, WHOLE, REFERENCE).maybe_done


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, {"statusCode": 401, "message": "Access denied"}), (400, {"error": True}), (429, {})],
)
def test_a_refused_create_was_not_done(client, service, status, body):
    service.add("POST", "/tickets", body, status)

    assert not failure(client.create, WHOLE, REFERENCE).maybe_done


def test_an_update_sends_only_what_is_asked_for(client, service):
    service.add("PUT", "/tickets/u-1", item(title="New"))

    read = client.update("u-1", {"title": "New"}, whole=WHOLE, reference=REFERENCE)

    (request,) = service.asked()
    assert request.get_json() == {"ticket": {"title": "New"}, "user": ACTING}
    assert read.fields["title"] == "New"


def test_an_update_can_be_spelled_updates(client, service):
    client.setup["body_spelling"] = "updates"
    service.add("PUT", "/tickets/u-1", item())

    client.update("u-1", {"custom": {"choice": None}}, whole=WHOLE)

    assert service.asked()[0].get_json()["updates"] == {"customFields": {"g-choice": None}}


def test_a_status_goes_by_its_own_call_with_resolution_and_comment(client, service):
    whole = WHOLE | {"status": "resolved", "resolution": "fixed", "resolution_comment": "Done"}
    service.add("PUT", "/tickets/u-1", item(priority="Urgent"))
    service.add("PUT", "/tickets/u-1/status", item(status="Resolved"))

    read = client.update("u-1", {"status": "resolved", "priority": "urgent"}, whole=whole)

    assert service.asked()[1].get_json() == {
        "status": "Resolved",
        "resolution": "fixed",
        "comment": "Done",
        "user": ACTING,
    }
    assert read.theirs["status"] == "Resolved"


def test_a_leftover_resolution_of_an_open_ticket_is_not_sent(client, service):
    service.add("GET", "/tickets/u-1", item())

    client.update("u-1", {"resolution": ""}, whole=WHOLE)

    assert [request.method for request in service.asked()] == ["GET"]


def test_waiting_is_sent_as_started(client, service):
    service.add("PUT", "/tickets/u-1/status", item(status="Started"))

    read = client.update("u-1", {"status": "waiting"}, whole=WHOLE | {"status": "waiting"})

    assert service.asked()[0].get_json() == {"status": "Started", "user": ACTING}
    assert client.written({"status": "waiting"}) == {"status": read.theirs["status"]}


@pytest.mark.parametrize("status", [404, 410])
def test_a_ticket_that_is_gone_is_said_to_be_gone(client, service, status):
    service.add("GET", "/tickets/u/1", {"message": "?"}, status)

    assert failure(client.read, "u/1").gone


def test_changes_are_told_oldest_first_down_to_a_minute_before_the_cursor(client, service):
    def at(number, seconds):
        moment = NOW + timedelta(seconds=seconds)
        return ITEM | {"id": f"u-{number}", "lastUpdatedOn": moment.isoformat()}

    service.add("GET", "/tickets", page(at(5, 50), at(4, 40), token="next"))
    service.add("GET", "/tickets", page(at(4, 40), at(3, 10), at(2, -30), at(1, -61), token="x"))

    told = list(client.changes(NOW.isoformat()))

    assert [ticket.id for ticket, _cursor in told] == ["u-2", "u-3", "u-4", "u-5"]
    cursors = [cursor for _ticket, cursor in told]
    assert cursors == sorted(cursors) and cursors[0] == NOW.isoformat()
    assert cursors[-1] == (NOW + timedelta(seconds=50)).isoformat()
    first, second = service.asked()
    assert first.args["orderBy"] == "lastInteraction" and first.args["limit"] == "100"
    assert "continuationToken" not in first.headers
    assert second.headers["continuationToken"] == "next"


def test_a_ticket_that_was_only_commented_on_is_told_with_those_around_it(client, service):
    old = ITEM | {"id": "u-9", "lastUpdatedOn": (NOW - timedelta(days=9)).isoformat()}
    service.add("GET", "/tickets", page(old, ITEM, old | {"id": "u-8"}))

    told = [ticket.id for ticket, _cursor in client.changes(NOW.isoformat())]

    assert told == ["u-1", "u-9"]


def test_nothing_new_costs_one_call(client, service):
    service.add("GET", "/tickets", page(token="more"))

    assert list(client.changes(NOW.isoformat())) == []


def test_a_list_that_repeats_its_page_ends_with_an_error(client, service):
    for _time in range(3):
        service.add("GET", "/tickets", page(ITEM, token="again"))

    assert not failure(lambda: list(client.all_tickets())).permanent


def test_a_new_connection_begins_with_the_newest_ticket(client, service):
    service.add("GET", "/tickets", page(ITEM, token="more"))

    assert client.begin() == NOW.isoformat()
    assert service.asked()[0].args["limit"] == "1"


def test_a_lost_create_is_found_by_our_reference(client, service):
    ours = ITEM | {"id": "u-2", "trackingId": f"helpdesk:{REFERENCE}", "title": "Renamed"}
    another = ITEM | {"id": "u-3", "trackingId": "helpdesk:one/7/other"}
    service.add("GET", "/tickets", page(another, ITEM, ours))

    found = client.find(WHOLE, since=NOW, reference=REFERENCE)

    assert [ticket.id for ticket in found] == ["u-2"]


def test_a_lost_create_is_found_by_title_text_and_requester(client, service):
    before = ITEM | {"id": "u-9", "createdOn": (NOW - timedelta(minutes=3)).isoformat()}
    other_person = ITEM | {"id": "u-2", "requestor": "bo@example.org"}
    other_text = ITEM | {"id": "u-3", "description": "Fine"}
    same = ITEM | {"id": "u-4", "description": "Very\r\nbroken "}
    service.add("GET", "/tickets", page(other_person, other_text, same, before, ITEM))

    found = client.find(WHOLE, since=NOW, reference=REFERENCE)

    assert [ticket.id for ticket in found] == ["u-4"]


def test_comments_are_read_oldest_first_over_all_pages(client, service):
    def activity(number, **members):
        said = {"id": str(number), "comment": f"no {number}", "createdBy": ACTING}
        return said | members

    changed = activity(3, comment="", changes=[{"name": "priority"}])
    service.add("GET", "/tickets/u-1/activities", page(activity(4), changed, token="t"))
    service.add("GET", "/tickets/u-1/activities", page(activity(2, isPrivate=True), activity(1)))

    told = client.comments("u-1")

    assert [(comment.id, comment.public) for comment in told] == [
        ("1", True),
        ("2", False),
        ("4", True),
    ]
    assert "timezone" not in service.asked()[0].args


def test_a_reply_is_sent_in_the_name_of_its_author(client, service):
    answer = {"item": {"activityId": "a-1", "ticketId": "u-1", "comment": "Hello"}}
    service.add("POST", "/tickets/u-1/activities", answer, 201)
    author = RemotePerson(name="Ann", email="ann@example.org")

    added = client.add_comment("u-1", NewComment(body="Hello", public=True, author=author))

    assert added.id == "a-1"
    assert service.asked()[0].get_json() == {
        "comment": "Hello",
        "user": {"id": "id-ann", "name": "Ann", "email": "ann@example.org"},
    }


def test_a_note_is_never_sent(client, service):
    error = failure(client.add_comment, "u-1", NewComment(body="psst", public=False))

    assert error.permanent and "private" in error.message
    assert service.asked() == []


@pytest.mark.parametrize("status", [404, 405])
def test_an_older_service_gets_its_comments_by_the_older_path(client, service, status):
    answer = {"item": {"activityId": "a-1"}}
    service.add("POST", "/tickets/u-1/activities", {}, status)
    service.add("POST", "/tickets/u-1/comments", answer, 201)
    service.add("POST", "/tickets/u-1/comments", answer, 201)
    comment = NewComment(body="Hello", public=True)

    client.add_comment("u-1", comment)
    client.add_comment("u-1", comment)

    assert service.answers == []


def test_a_comment_on_a_ticket_that_is_gone_says_so(client, service):
    service.add("POST", "/tickets/u-1/activities", {}, 404)
    service.add("POST", "/tickets/u-1/comments", {}, 404)

    assert failure(client.add_comment, "u-1", NewComment(body="Hello", public=True)).gone


def test_a_lost_comment_is_found_by_text_author_and_time(client, service):
    mine = {"id": "1", "comment": "Hello ", "createdBy": ACTING, "createdDateTime": str(NOW)}
    service.add(
        "GET",
        "/tickets/u-1/activities",
        page(
            mine,
            mine | {"id": "2", "comment": "Bye"},
            mine | {"id": "3", "createdBy": {"email": "bo@example.org"}},
            mine | {"id": "4", "createdDateTime": str(NOW - timedelta(hours=1))},
        ),
    )

    found = client.find_comment("u-1", NewComment(body="Hello", public=True), since=NOW)

    assert [comment.id for comment in found] == ["1"]


def test_a_link_is_added_as_json_and_a_file_as_a_form(client, service):
    added = {"id": "f-1", "filename": "a.txt", "src": "https://x/a.txt"}
    service.add("POST", "/tickets/u-1/attachments", {"item": {}})
    service.add("POST", "/tickets/u-1/attachments", {"items": [added]})

    link = client.add_attachment("u-1", NewAttachment(name="a page", url="https://x/y"))
    file = client.add_attachment(
        "u-1", NewAttachment(name="a.txt", content=b"\x00hi", content_type="text/plain")
    )

    first, second = service.asked()
    assert first.get_json()["attachments"] == [{"src": "https://x/y", "caption": "a page"}]
    assert link is None and file.id == "f-1"
    assert second.files["files"].filename == "a.txt" and second.files["files"].read() == b"\x00hi"
    assert json.loads(second.form["user"]) == ACTING and "isPrivate" not in second.form


def test_the_instance_is_described_for_mapping(client, service):
    field = {"id": "g1", "title": "Day", "type": {"key": "3_date"}, "isMandatory": True}
    people = {"type": "specific", "peoples": [ACTING]}
    service.add("GET", "/instance", {"item": {"customFields": [field], "assignees": people}})
    service.add("GET", "/tags", page({"id": "c1", "tags": [{"text": "vip"}]}))

    described = client.describe()

    assert [(field.title, field.kinds) for field in described.fields] == [("Day", ("date",))]
    assert described.people == (RemotePerson(**ACTING),)
    assert described.tags[0].category_id == "c1"


def test_a_region_stands_for_its_address():
    form = Client.Setup({"region": "eu", "key": "k", "user_email": "a@example.org"})

    assert form.is_valid()
    assert form.cleaned_data["base_url"] == "https://ticketing-apim-eu.azure-api.net/ticketing/v1"
    assert form.cleaned_data["poll_seconds"] == 10


def test_a_setup_without_address_or_key_is_refused():
    form = Client.Setup({"user_email": "a@example.org"})

    assert set(form.errors) == {"base_url", "key"}


def test_a_stored_key_is_kept_when_left_empty_and_never_shown():
    stored = {"region": "us", "key": "the-key", "user_email": "a@example.org"}

    form = Client.Setup({"region": "us", "user_email": "b@example.org"}, stored=stored)

    assert form.is_valid() and form.cleaned_data["key"] == "the-key"
    assert "the-key" not in form.as_p() + Client.Setup(stored=stored).as_p()
    assert Client.Setup.secret_names() == ("key",)


def test_a_key_never_shows_in_the_journal_or_a_repr(client, service, journal):
    service.add("GET", "/tickets/u-1", {"error": True, "message": "bad key the-key"}, 401)

    error = failure(client.read, "u-1")

    assert journal and "the-key" not in f"{journal} {client!r} {error!r}"
