"""The Akana client over real HTTP, against a portal that is odd now and then."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug import Response

from integrations.connector import ConnectorError, NewAttachment, NewComment, load_connector
from integrations.remote import RemoteAttachment, RemotePerson
from integrations.services.akana import markup
from integrations.services.akana.client import Client
from tests.integrations.akana.portal import USER, as_json, ticket

REFERENCE = "0f9e/7a/5f0c1d2e"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WHOLE = {
    "title": "Broken",
    "body": "Very **broken**",
    "body_format": "markdown",
    "status": "open",
    "resolution_comment": "",
    "priority": "normal",
    "requester": {"id": "", "name": "Ann", "email": "ann@example.org"},
    "tags": ["vip"],
    "custom": {},
}
MAPS = {"people": {"ann@example.org": "u-ann.acme"}}


def failure(call, *arguments, **options) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*arguments, **options)
    return caught.value


def plain(text: str, status: int = 200, **headers) -> Response:
    return Response(text, status, content_type="text/plain", headers=headers)


def test_the_service_is_found_by_the_name_of_its_folder():
    assert load_connector("akana") is Client


def test_what_can_be_mapped_is_told_without_a_call(portal):
    found = portal.client().describe()
    assert [field.id for field in found.fields] == ["Environment", "APIID", "AppID"]
    assert {one.key for one in found.statuses} == {"OPEN", "REOPEN", "RESOLVED", "CLOSED"}
    assert "com.soa.ticket.label.priority.medium" in {one.key for one in found.priorities}
    assert portal.calls == []


def test_the_apis_of_the_newest_tickets_can_be_chosen(portal):
    for number, api in enumerate(["a.acme", "b.acme", "a.acme", ""]):
        portal.add(number, APIID=api)
    client = portal.client()
    assert [one.key for one in client.choices("api_id")] == ["a.acme", "b.acme"]
    assert "cannot" in failure(client.choices, "app_id").message


# Create ------------------------------------------------------------------------------------------


def test_a_ticket_is_created_with_all_it_can_have_and_read_back(portal):
    client = portal.client(maps=MAPS, api_id="api.acme", app_id="app.acme", environment="Sandbox")
    made = client.create(WHOLE, REFERENCE)
    create = portal.asked("/api/tickets")[0]
    assert create.json() == {
        "APIID": "api.acme",
        "AppID": "app.acme",
        "Title": "Broken",
        "Description": "Very **broken**",
        "Environment": "Sandbox",
        "UserID": "u-ann.acme",
        "Label": ["com.soa.ticket.label.priority.medium"],
        "Tag": ["vip", f"helpdesk:{REFERENCE}"],
        "DescriptionMediaType": "text/markdown",
        "BoardItemArtifacts": {"BoardItemArtifact": []},
    }
    assert create.headers["Helpdesk-Origin"] == REFERENCE
    assert create.headers["Accept"].startswith("text/plain, */*")
    assert (made.id, made.reference) == ("ticket100.acme", REFERENCE)
    assert made.fields["tags"] == ["vip"] and made.fields["priority"] == "normal"


def test_a_ticket_is_created_in_xml_where_that_is_chosen(portal):
    portal.spoil("POST", "/api/tickets", plain("ticket7.acme"))
    item = markup.write("Ticket", ticket(7, Title="From XML"))
    portal.spoil(
        "GET",
        "/api/tickets/ticket7.acme",
        Response(item, content_type="application/vnd.soa.v81+xml"),
    )
    made = portal.client(wire_format="xml").create(WHOLE, REFERENCE)
    create, read = portal.asked("/api/tickets", "/api/tickets/ticket7.acme")
    assert create.headers["Content-Type"] == "application/xml"
    body = markup.read(create.body, "Ticket", strict=True)
    assert body["Title"] == "Broken" and body["UserID"] == USER
    assert read.headers["Accept"] == "application/vnd.soa.v81+xml"
    assert made.fields["title"] == "From XML"


@pytest.mark.parametrize("text", ["ticket7.acme", '"ticket7.acme"', " ticket7.acme\r\n"])
def test_the_id_is_read_however_it_is_wrapped(portal, text):
    portal.add(7)
    portal.spoil("POST", "/api/tickets", plain(text))
    assert portal.client().create(WHOLE, REFERENCE).id == "ticket7.acme"


@pytest.mark.parametrize("text", ["", "Thank you!", '{"TicketID": "t"}', '"', "x" * 300])
def test_a_success_without_an_id_may_have_made_the_ticket(portal, text):
    portal.spoil("POST", "/api/tickets", plain(text))
    error = failure(portal.client().create, WHOLE, REFERENCE)
    assert error.maybe_done and not error.permanent


def test_a_cut_answer_may_have_made_the_ticket(portal):
    portal.spoil("POST", "/api/tickets", plain("ticket7.ac", **{"X-Length": "500"}))
    error = failure(portal.client().create, WHOLE, REFERENCE)
    assert error.maybe_done and not error.permanent


def test_a_refusal_says_what_the_service_said(portal):
    portal.spoil("POST", "/api/tickets", plain("Label is not valid", 400))
    error = failure(portal.client().create, WHOLE, REFERENCE)
    assert "Label is not valid" in error.message and "(400)" in error.message
    assert (error.permanent, error.scope, error.maybe_done) == (True, "ticket", False)


def test_an_id_is_not_lost_because_the_ticket_cannot_be_read_yet(portal):
    portal.spoil("POST", "/api/tickets", plain("ticket7.acme"))
    made = portal.client(maps=MAPS).create(WHOLE | {"status": "resolved"}, REFERENCE)
    assert (made.id, made.reference, made.updated_at) == ("ticket7.acme", REFERENCE, None)
    assert made.theirs["status"] == "OPEN" and made.theirs["requester"] == "u-ann.acme"
    assert made.fields["tags"] == ["vip"]


def test_files_go_before_their_ticket_and_links_below_its_text(portal):
    files = [
        NewAttachment(name='my "log".txt', content_type="text/plain", content=b"one"),
        NewAttachment(name="Contract", url="https://files.example/a b.pdf"),
        NewAttachment(name="b.png", content_type="nonsense", content=b"two"),
    ]
    portal.client().create(WHOLE, REFERENCE, attachments=files)
    assert portal.lines()[:3] == [
        "POST /api/boards/items/artifacts",
        "POST /api/boards/items/new-item.acme/artifacts",
        "POST /api/tickets",
    ]
    first = portal.calls[1]
    assert b'name="InMultiPart"; filename="my %22log%22.txt"' in first.body
    assert b"\r\n\r\none\r\n" in first.body
    body = portal.asked("/api/tickets")[0].json()
    named = body["BoardItemArtifacts"]["BoardItemArtifact"]
    assert [one["ContextID"] for one in named] == ["new-item.acme"] * 2
    assert body["Description"].endswith("\n\n[Contract](https://files.example/a%20b.pdf)")


def test_a_failing_upload_leaves_no_doubt_about_the_ticket(portal):
    file = NewAttachment(name="a.txt", content=b"x")
    for answer in (plain("down", 503), as_json({"odd": 1}), plain("text"), as_json([])):
        portal.spoil("POST", "/api/boards/items/artifacts", answer)
        error = failure(portal.client().create, WHOLE, REFERENCE, attachments=[file])
        assert not error.maybe_done
    assert not portal.asked("/api/tickets")


# Status ------------------------------------------------------------------------------------------


def bring(client, status, **more):
    fields = {"status": status, **more}
    return client.update("ticket1.acme", fields, whole=WHOLE | fields, reference=REFERENCE)


def test_what_is_allowed_is_asked_before_an_action(portal):
    portal.add(1)
    after = bring(portal.client(), "resolved", resolution_comment="New tray")
    assert after.fields["status"] == "resolved"
    assert portal.lines() == [
        "GET /api/tickets/ticket1.acme",
        "GET /api/workflow/objects/ticket1.acme/actions",
        "POST /api/tickets/ticket1.acme/actions",
        "GET /api/tickets/ticket1.acme",
    ]
    [action] = portal.asked("/api/tickets/ticket1.acme/actions")
    assert action.json() == {"ActionName": "ticket.action.resolve", "Comments": "New tray"}


def test_where_a_ticket_stands_already_no_action_is_taken(portal):
    portal.add(1, State="Reopened")
    client = portal.client()
    for status in ("open", "started", "waiting", "new"):
        assert bring(client, status).theirs["status"] == "REOPEN"
    client.update("ticket1.acme", {"resolution_comment": "x"}, whole=WHOLE)
    assert set(portal.lines()) == {"GET /api/tickets/ticket1.acme"}


def test_a_closed_ticket_is_opened_again_on_the_way(portal):
    portal.add(1, State="CLOSED")
    portal.actions = ["ticket.action.reopen"]
    assert bring(portal.client(), "resolved").fields["status"] == "resolved"
    taken = [one.json()["ActionName"] for one in portal.asked("/api/tickets/ticket1.acme/actions")]
    assert taken == ["ticket.action.reopen", "ticket.action.resolve"]


def test_an_action_that_is_not_allowed_is_said_with_those_that_are(portal):
    portal.add(1)
    portal.actions = ["ticket.action.escalate"]
    error = failure(bring, portal.client(), "closed")
    assert "ticket.action.close" in error.message and "ticket.action.escalate" in error.message
    assert error.permanent and error.scope == "ticket"


def test_where_the_service_does_not_tell_the_action_is_tried(portal):
    portal.add(1)
    portal.actions = None
    assert bring(portal.client(), "closed").fields["status"] == "closed"


def test_actions_of_other_names_and_states_are_named_on_the_connection(portal):
    portal.add(1)
    portal.actions = ["acme.done", "acme.start"]
    maps = {"status_out": {"started": "In Progress"}, "status": {"acme.start": "started"}}
    client = portal.client(
        maps=maps, resolve_action="acme.done", more_actions="in progress = acme.start"
    )
    assert bring(client, "started").fields["status"] == "started"
    taken = portal.asked("/api/tickets/ticket1.acme/actions")[-1].json()
    assert taken == {"ActionName": "acme.start"}
    client = portal.client(maps={"status_out": {"waiting": "On Hold"}})
    assert "“On Hold”" in failure(bring, client, "waiting").message


# Lists -------------------------------------------------------------------------------------------


def test_a_list_is_walked_newest_first_in_pages(portal, monkeypatch):
    monkeypatch.setattr("integrations.services.akana.client.PAGE", 3)
    for number in range(8):
        portal.add(number)
    found = [one.number for one in portal.client(api_id="a.acme").all_tickets()]
    assert found == [f"ticket{number}" for number in reversed(range(8))]
    first = portal.asked("/api/tickets")[0]
    assert first.headers["Accept"] == "application/vnd.soa.v81+json"
    asked = {"APIID": "a.acme", "SortBy": "DescendingDate", "start": "0", "count": "3"}
    assert first.args == asked


def test_a_service_that_repeats_its_first_page_is_read_once(portal):
    portal.add(1)
    page = {"totalResults": 900, "Ticket": [ticket(1)]}
    portal.spoil("GET", "/api/tickets", *[as_json(page) for _ in range(5)])
    assert len(list(portal.client().all_tickets())) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"Ticket": ticket(1)},
        {"totalResults": 1, "Ticket": [ticket(1)]},
        {"channel": {"item": {"guid": "ticket1.acme", "title": "T"}}},
        ticket(1),
    ],
)
def test_each_shape_of_a_list_is_understood(portal, body):
    portal.add(1)
    portal.spoil("GET", "/api/tickets", as_json(body), as_json({}))
    [found] = portal.client().all_tickets()
    assert found.fields["title"] == "Ticket 1"


@pytest.mark.parametrize("answer", [plain("garbage"), as_json("text"), as_json(7)])
def test_what_is_no_list_stops_the_look_for_now(portal, answer):
    portal.spoil("GET", "/api/tickets", answer)
    error = failure(portal.client().begin)
    assert not error.permanent and error.scope == "connection"


def told(client, cursor) -> tuple[list, str]:
    found = list(client.changes(cursor))
    return [one.number for one, _cursor in found], found[-1][1] if found else cursor


def test_changes_are_told_once_and_oldest_first(portal):
    portal.add(1)
    portal.add(2)
    client = portal.client()
    cursor = client.begin()
    assert told(client, cursor) == ([], cursor)
    portal.add(4)
    portal.add(3)
    portal.tickets["ticket1.acme"]["State"] = "CLOSED"
    portal.tickets["ticket2.acme"]["Marks"] = 9
    found, cursor = told(client, cursor)
    assert found == ["ticket1", "ticket3", "ticket4"]
    assert told(client, cursor) == ([], cursor)
    portal.tickets["ticket2.acme"]["Comments"] = 1
    assert told(client, cursor)[0] == ["ticket2"]


def test_what_was_told_only_in_part_is_told_on_from_there(portal):
    client = portal.client()
    cursor = client.begin()
    for number in range(1, 4):
        portal.add(number)
    _ticket, cursor = next(client.changes(cursor))
    assert told(client, cursor)[0] == ["ticket2", "ticket3"]


def test_only_the_newest_are_watched_and_older_ones_that_come_into_view_are_no_news(portal):
    for number in range(1, 56):
        portal.add(number)
    client = portal.client(watched="100")
    client.setup["watched"] = 10
    cursor = client.begin()
    portal.tickets["ticket1.acme"]["State"] = "CLOSED"
    for number in (54, 55):
        del portal.tickets[f"ticket{number}.acme"]
    assert told(client, cursor) == ([], cursor)
    portal.tickets["ticket45.acme"]["State"] = "CLOSED"
    portal.add(58)
    found, cursor = told(client, cursor)
    assert found == ["ticket58"]  # 45 came into view just now: it is looked at from here on
    portal.tickets["ticket45.acme"]["State"] = "OPEN"
    assert told(client, cursor)[0] == ["ticket45"]


def test_a_ticket_that_goes_while_it_is_looked_at_is_left_out(portal):
    client = portal.client()
    cursor = client.begin()
    portal.add(1)
    portal.add(2)
    portal.spoil("GET", "/api/tickets/ticket1.acme", plain("gone", 404))
    found, cursor = told(client, cursor)
    assert found == ["ticket2"]


@pytest.mark.parametrize("cursor", ["", "x", "[]", '{"seen": 1}', "2026-01-01"])
def test_a_cursor_of_something_else_is_refused_in_words(portal, cursor):
    assert "anew" in failure(lambda: list(portal.client().changes(cursor))).message


def test_a_list_never_shortens_a_text(portal):
    client = portal.client()
    cursor = client.begin()
    whole = portal.add(1, Description="A long text")
    page = as_json({"totalResults": 1, "Ticket": [whole | {"Description": "A lo…"}]})
    portal.spoil("GET", "/api/tickets", page)
    [(read, _cursor)] = client.changes(cursor)
    assert read.fields["body"] == "A long text"


# Find --------------------------------------------------------------------------------------------


def test_a_lost_create_is_found_by_the_reference_among_its_tags(portal):
    portal.add(1, Tag=[f"helpdesk:{REFERENCE}x"])
    portal.add(2, Tag=["vip", f"helpdesk:{REFERENCE}"])
    portal.add(3, Tag=None)
    client = portal.client()
    [found] = client.find(WHOLE, since=NOW, reference=REFERENCE)
    assert found.id == "ticket2.acme" and found.reference == REFERENCE
    assert portal.asked("/api/tickets")[0].args["Tag"] == f"helpdesk:{REFERENCE}"
    assert client.find(WHOLE, since=NOW, reference="0f9e/7a/other") == []
    # The filter is no help there: what is older than the attempt is not walked through.
    assert client.find(WHOLE, since=NOW + timedelta(hours=1), reference=REFERENCE) == []


def test_a_lost_create_is_found_in_a_feed(portal):
    portal.add(2, Tag=[f"helpdesk:{REFERENCE}"])
    feed = {"channel": {"item": [{"guid": {"value": "ticket2.acme"}, "title": "T"}]}}
    portal.spoil("GET", "/api/tickets", as_json(feed))
    [found] = portal.client().find(WHOLE, since=NOW, reference=REFERENCE)
    assert found.id == "ticket2.acme"


# Comments, marks, files --------------------------------------------------------------------------


def test_a_comment_is_said_and_found(portal):
    portal.add(1)
    client = portal.client(maps=MAPS)
    author = RemotePerson(name="Ann", email="Ann@example.org")
    new = NewComment(body="<p>Still<br>broken</p>", format="html", public=True, author=author)
    added = client.add_comment("ticket1.acme", new, reference=REFERENCE)
    said = portal.asked("/api/tickets/ticket1.acme/comments")[0]
    assert said.json()["Content"] == "Still\nbroken"
    assert said.json()["UserID"] == "u-ann.acme" and said.headers["Helpdesk-Origin"] == REFERENCE
    assert (added.id, added.body, added.author.id) == ("c0.acme", "Still\nbroken", "u-ann.acme")
    assert [one.id for one in client.find_comment("ticket1.acme", new, since=NOW)] == ["c0.acme"]
    later = NOW + timedelta(hours=1)
    assert client.find_comment("ticket1.acme", new, since=later) == []
    another = NewComment(body="Other words", public=True, author=author)
    assert client.find_comment("ticket1.acme", another, since=NOW) == []


def test_comments_are_read_over_pages_oldest_first(portal, monkeypatch):
    monkeypatch.setattr("integrations.services.akana.client.PAGE", 2)
    portal.add(1)
    rows = [
        {"CommentID": f"c{minute}.acme", "Content": "x", "Created": f"2026-03-01T12:0{minute}:00Z"}
        for minute in (3, 1, 4, 0, 2)
    ]
    portal.comments["ticket1.acme"] = [*rows, {"Content": "no id"}, {"CommentID": "e"}]
    found = portal.client().comments("ticket1.acme")
    assert [one.id for one in found] == [f"c{minute}.acme" for minute in range(5)]
    assert portal.calls[-1].args["IncludeActions"] == "false"
    portal.comments["ticket1.acme"] = [
        {"CommentID": "c", "Content": "x", "Marks": 3, "IsMarked": True, "MediaType": "text/plain"}
    ]
    [one] = portal.client().comments("ticket1.acme")
    assert one.extra == {"marks": 3, "is_marked": True} and one.format == "plain"


def test_a_ticket_is_marked_and_its_marks_are_read(portal):
    portal.add(1)
    client = portal.client()
    assert client.mark("ticket1.acme", user="u-ann.acme") == 1
    assert client.read("ticket1.acme").extra["marks"] == 1
    portal.spoil("POST", "/api/tickets/ticket1.acme/marks", plain("thanks"))
    assert "marked" in failure(client.mark, "ticket1.acme").message


def test_a_later_file_comes_with_a_comment_and_is_fetched_again(portal):
    portal.add(1)
    client = portal.client()
    file = NewAttachment(name="my log.txt", content=b"one")
    added = client.add_attachment("ticket1.acme", file, reference=REFERENCE)
    assert portal.lines() == [
        "POST /api/boards/items/comments/artifacts",
        "POST /api/tickets/ticket1.acme/comments",
    ]
    [said] = portal.asked("/api/tickets/ticket1.acme/comments")
    assert said.json()["Content"] == "[my log.txt](my%20log.txt)"
    [listed] = client.attachments("ticket1.acme")
    assert (listed.id, listed.name) == (added.id, "my log.txt")
    [comment] = client.comments("ticket1.acme")
    assert comment.body == "" and comment.attachments == (listed,)
    assert client.download("ticket1.acme", listed) == b"\x89PNG bytes"
    fetched = portal.calls[-1]
    assert fetched.path == "/api/boards/items/new-comment.acme/artifacts/my%20log.txt"
    assert fetched.args == {"download": "true"}


def test_a_link_comes_as_a_comment(portal):
    portal.add(1)
    client = portal.client()
    link = NewAttachment(name="Contract", url="https://files.example/a.pdf")
    added = client.add_attachment("ticket1.acme", link)
    assert added.is_link and added.url == "https://files.example/a.pdf"
    [listed] = client.attachments("ticket1.acme")
    assert listed == added


def test_a_file_is_fetched_by_its_name_where_no_address_is_told(portal):
    client = portal.client()
    client.download("ticket1.acme", RemoteAttachment(id="t1.acme/a b.txt", name="a b.txt"))
    assert portal.calls[-1].path == "/api/boards/items/t1.acme/artifacts/a%20b.txt"


def test_a_web_page_that_is_a_file_is_no_sign_in(portal):
    page = Response("<html>report</html>", content_type="text/html")
    portal.spoil("GET", "/api/boards/items/t1.acme/artifacts/r.html", page)
    file = RemoteAttachment(id="t1.acme/r.html", name="r.html")
    assert portal.client().download("ticket1.acme", file) == b"<html>report</html>"


def test_what_is_not_there_is_gone(portal):
    assert failure(portal.client().read, "ticket9.acme").gone


def test_xml_that_cannot_be_read_is_said(portal):
    bad = Response("<!DOCTYPE x><Ticket/>", content_type="application/xml")
    portal.spoil("GET", "/api/tickets/ticket1.acme", bad)
    error = failure(portal.client(wire_format="xml").read, "ticket1.acme")
    assert "document type" in error.message and not error.permanent
    empty = as_json({})
    portal.spoil("GET", "/api/tickets/ticket1.acme", empty)
    assert "without the ticket" in failure(portal.client().read, "ticket1.acme").message


def test_what_is_kept_between_jobs_is_json(portal):
    portal.add(1)
    memory = {}
    portal.client(memory).read("ticket1.acme")
    assert json.loads(json.dumps(memory)) == memory
