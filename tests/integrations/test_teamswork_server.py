"""Our TeamsWork endpoint against section 10 of its contract, and what strangers send to it."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk import actions
from helpdesk.actor import Role, system
from helpdesk.models import Change, Comment, Tag, TagCategory, Ticket, User
from helpdesk.models.configuration import configuration
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db
BASE = "/compat/teamswork/ticketing/v1"
USER = {"id": "053660b7-xxxx", "name": "Jason Doe", "email": "jason.doe@customers.example"}
NOWHERE = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


class Caller:
    """A client of the endpoint with a key of its own."""

    def __init__(self, secret: str, **headers):
        self.secret, self.headers, self.http = secret, headers, Client()

    def call(self, method: str, path: str, body=None, *, headers=None, **query):
        options = {"headers": {**self.headers, **(headers or {})}}
        query = {"key": self.secret, **query}
        if body is not None:
            is_text = isinstance(body, (str, bytes))
            options |= {
                "data": body if is_text else json.dumps(body),
                "content_type": "application/json",
            }
        verb = getattr(self.http, method.lower())
        return verb(f"{BASE}{path}", query_params=query, **options)

    def get(self, path: str, **options):
        return self.call("GET", path, **options)

    def post(self, path: str, body, **options):
        return self.call("POST", path, body, **options)

    def put(self, path: str, body, **options):
        return self.call("PUT", path, body, **options)

    def create(self, headers=None, **ticket):
        body = {"ticket": {"title": "A ticket", "requestor": USER, **ticket}, "user": USER}
        answer = self.post("/tickets", body, headers=headers)
        assert answer.status_code == 201, answer.content
        return answer.json()["item"]

    def change(self, identity: str, **ticket):
        answer = self.put(f"/tickets/{identity}", {"ticket": ticket, "user": USER})
        assert answer.status_code == 200, answer.content
        return answer.json()["item"]


@pytest.fixture
def key():
    return make_key(name="Ledger", rate_limit=10_000, queues=[default_queue()])[0]


@pytest.fixture
def api():
    return Caller(make_key(name="Ledger", rate_limit=10_000, queues=[default_queue()])[1])


def refused(answer, status_code: int) -> str:
    """The words of a refusal, in the vendor's envelope."""
    assert answer.status_code == status_code, answer.content
    body = answer.json()
    assert body["error"] is True and body["statusCode"] == status_code
    assert set(body) == {"error", "message", "statusCode"}
    return body["message"]


def one(ticket: dict) -> Ticket:
    return Ticket.objects.get(uuid=ticket["id"])


# The key, first of all ---------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "wrong", "hd_" + "x" * 40])
@pytest.mark.parametrize("path", ["/tickets", f"/tickets/{NOWHERE}", "/instance", "/nothing"])
def test_a_wrong_key_is_refused_before_anything_is_looked_up(secret, path):
    assert "key" in refused(Caller(secret).get(path), 401)


def test_an_expired_and_a_revoked_key_are_wrong_keys():
    past = datetime(2020, 1, 1, tzinfo=UTC)
    for fields in ({"expires_at": past}, {"revoked_at": past}):
        _key, secret = make_key(**fields)
        refused(Caller(secret).get("/tickets"), 401)


def test_a_key_in_a_header_opens_nothing():
    _key, secret = make_key()
    answer = Client().get(f"{BASE}/tickets", headers={"Authorization": f"Bearer {secret}"})
    refused(answer, 401)


def test_a_read_only_key_reads_and_never_writes():
    ticket = make_ticket()
    api = Caller(make_key(scope="read")[1])
    assert api.get("/tickets").status_code == 200
    path = f"/tickets/{ticket.uuid}"
    for method, where in [
        ("POST", "/tickets"),
        ("PUT", path),
        ("PUT", f"{path}/status"),
        ("POST", f"{path}/status"),
        ("POST", f"{path}/comments"),
        ("POST", f"{path}/activities"),
        ("POST", f"{path}/attachments"),
    ]:
        refused(api.call(method, where, {"user": USER}), 403)
    assert not Comment.objects.exists()


def test_the_hundred_and_first_call_of_a_minute_is_told_when_to_come_back():
    api = Caller(make_key()[1])
    answers = [api.get("/tags") for _ in range(101)]
    assert {answer.status_code for answer in answers[:100]} == {200}
    assert "100" in refused(answers[100], 429)
    assert 1 <= int(answers[100]["Retry-After"]) <= 60


def test_the_key_selects_the_queue_and_nothing_of_another_is_there():
    home, other = make_queue("Ledger"), make_queue("Other")
    here, elsewhere = make_ticket(queue=home), make_ticket(queue=other)
    _key, secret = make_key(home_queue=home)
    api = Caller(secret)
    assert [item["id"] for item in api.get("/tickets").json()["items"]] == [str(here.uuid)]
    assert api.get("/instance").json()["item"]["name"] == "Ledger"
    assert api.create()["id"] in set(map(str, home.tickets.values_list("uuid", flat=True)))
    comment = make_comment(elsewhere)
    answers = [
        (api.call(method, path.format(identity), body), made_up)
        for method, path, body in [
            ("GET", "/tickets/{}", None),
            ("PUT", "/tickets/{}", {"ticket": {"title": "x"}, "user": USER}),
            ("PUT", "/tickets/{}/status", {"status": "Closed", "user": USER}),
            ("GET", "/tickets/{}/activities", None),
            ("POST", "/tickets/{}/comments", {"comment": "x", "user": USER}),
            ("GET", "/tickets/{}/attachments", None),
            ("GET", "/tickets/activity/{}/attachments", None),
        ]
        for identity, made_up in [
            (comment.uuid if "activity/" in path else elsewhere.uuid, False),
            (NOWHERE, True),
            ("812", True),
        ]
    ]
    assert {refused(answer, 404) for answer, _made_up in answers} == {
        "There is nothing at this address."
    }


# Envelopes and addresses -------------------------------------------------------------------------


def test_every_answer_has_error_and_message(api):
    make_ticket()
    listed = api.get("/tickets").json()
    assert (listed["error"], listed["message"], listed["itemCount"]) == (False, "", 1)
    single = api.get("/instance").json()
    assert (single["error"], single["message"]) == (False, "")


@pytest.mark.parametrize("path", ["/tickets/", "/Tickets", "", "/tickets/x/y/z", "/../admin"])
def test_other_spellings_answer_404_in_the_envelope_and_never_redirect(api, path):
    refused(api.get(path), 404)


def test_a_method_that_is_not_offered_is_said_in_the_envelope(api):
    ticket = make_ticket()
    for method, path in [("DELETE", f"/tickets/{ticket.uuid}"), ("PUT", "/tickets")]:
        refused(api.call(method, path), 405)
    assert Ticket.objects.filter(deleted_at=None).count() == 1


def test_answers_name_the_installation(api):
    first, second = api.get("/tags"), api.get("/nothing")
    assert uuid.UUID(first["Helpdesk-Installation"])
    assert second["Helpdesk-Installation"] == first["Helpdesk-Installation"]


def test_a_fault_of_ours_is_said_in_the_envelope_and_logged(api, monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("a table is missing")

    monkeypatch.setattr("integrations.gateway.page_of", fail)
    message = refused(api.get("/tickets"), 500)
    assert "table" not in message and "failed inside" in message
    assert "a table is missing" in caplog.text


# Create ------------------------------------------------------------------------------------------


def test_a_ticket_is_made_with_all_it_may_hold(api):
    region = make_field("region", "choice", ["EU", "US"])
    sites = make_field("sites", "choices", ["A", "B", "C"])
    people = make_field("approvers", "people")
    kinds = [("note", "text"), ("area", "textarea"), ("vip", "toggle"), ("day", "date")]
    fields = {key: make_field(key, kind) for key, kind in kinds}
    category = TagCategory.objects.create(name="Topics")
    agent = make_agent("Alex Wilber")
    option = {one.label: str(one.uuid) for one in configuration().options.values()}
    custom = {
        str(region.uuid): [option["EU"]],
        str(sites.uuid): [option["C"], option["A"]],
        str(people.uuid): [{"id": "x", "name": "Allan", "email": "AllanD@customers.example"}],
        str(fields["note"].uuid): "text in custom field",
        str(fields["area"].uuid): "long text\nbla",
        str(fields["vip"].uuid): True,
        str(fields["day"].uuid): "2023-07-26T17:00:00Z",
    }
    item = api.create(
        description="line 1\nline 2",
        priority="Urgent",
        assignee={"id": "any", "name": "Alex", "email": agent.email},
        expectedDate="2026-04-01",
        tags=[{"tagCategoryId": str(category.uuid), "text": "my tag"}],
        customFields=custom,
    )
    ticket = one(item)
    assert (ticket.body, ticket.priority, ticket.assignee) == ("line 1\nline 2", "urgent", agent)
    assert ticket.due_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert ticket.custom["region"] == option["EU"]
    assert ticket.custom["sites"] == [option["A"], option["C"]]
    assert ticket.custom["approvers"] == [User.objects.get(email="alland@customers.example").pk]
    assert ticket.custom["vip"] is True and ticket.custom["day"] == "2023-07-26"
    assert Tag.objects.get(name="my tag").category == category
    assert item["priority"] == "Urgent" and item["tags"] == ["my tag"]
    assert item["expectedDate"] == "2026-04-01"
    assert item["customFields"][str(region.uuid)] == [option["EU"]]
    assert item["customFields"][str(sites.uuid)] == [option["A"], option["C"]]
    [approver] = item["customFields"][str(people.uuid)]
    assert approver["email"] == "AllanD@customers.example"
    assert item["requestor"] == USER and item["createdBy"] == USER
    assert item["ticketNo"] == ticket.pk and item["status"] == "Open"


def test_who_acts_is_said_but_the_rights_are_the_keys(api):
    agent = make_agent("Ann Agent", role=Role.ADMIN)
    who = {"id": str(agent.uuid), "name": "Ann", "email": agent.email}
    body = {"ticket": {"title": "x", "requestor": USER}, "user": who}
    item = api.post("/tickets", body).json()["item"]
    change = Change.objects.get(ticket=one(item))
    assert change.person_name == "Ann via Ledger"
    assert (change.person, change.origin, change.key.name) == (None, "compat:teamswork", "Ledger")
    assert item["createdBy"] == who


def test_an_assignee_who_is_no_agent_here_comes_back_as_he_came(api):
    stranger = {"id": "708edddc-xxxx", "name": "Alex Wilber", "email": "alexw@elsewhere.example"}
    item = api.create(assignee=stranger)
    assert one(item).assignee is None
    assert api.get(f"/tickets/{item['id']}").json()["item"]["assignee"] == stranger
    assert not User.objects.filter(email=stranger["email"]).exists()
    assert api.change(item["id"], title="Other")["assignee"] == stranger
    assert api.change(item["id"], assignee=None)["assignee"] is None


def test_what_has_no_home_here_comes_back_unharmed(api):
    item = api.create(severity={"level": [1, 2]}, status="Closed", ticketNo=7)
    assert item["severity"] == {"level": [1, 2]}
    assert item["status"] == "Open" and item["ticketNo"] != 7
    assert api.change(item["id"], title="Other")["severity"] == {"level": [1, 2]}


def test_the_same_origin_makes_one_ticket(api):
    origin = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    first = api.create(headers={"Helpdesk-Origin": origin})
    second = api.create(headers={"Helpdesk-Origin": origin}, title="Sent again")
    assert first["id"] == second["id"] and Ticket.objects.count() == 1
    assert second["title"] == "A ticket"
    assert first["trackingId"] == f"helpdesk:{origin}"
    ticket = one(first)
    assert ticket.source == f"helpdesk:{origin.rpartition('/')[0]}"
    assert ticket.source_ref == origin.rpartition("/")[2]


def test_an_origin_of_another_queues_ticket_is_not_free(api):
    origin = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    other = Caller(make_key(queues=[make_queue()])[1])
    secret = other.create(headers={"Helpdesk-Origin": origin}, title="Not yours")
    body = {"ticket": {"title": "x", "requestor": USER}, "user": USER}
    answer = api.post("/tickets", body, headers={"Helpdesk-Origin": origin})
    assert secret["id"] not in refused(answer, 400)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{not json", "JSON"),
        ("[1, 2]", "object"),
        ('{"ticket": NaN}', "JSON"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "JSON"),
        ({}, "ticket"),
        ({"ticket": [], "user": USER}, "ticket"),
        ({"ticket": {"requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": " ", "requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": {"a": 1}, "requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": "x" * 501, "requestor": USER}, "user": USER}, "title"),
        ({"ticket": {"title": "x"}, "user": USER}, "requestor"),
        ({"ticket": {"title": "x", "requestor": "me"}, "user": USER}, "requestor"),
        ({"ticket": {"title": "x", "requestor": {"email": "nobody"}}, "user": USER}, "requestor"),
        ({"ticket": {"title": "x", "requestor": USER}}, "user"),
        ({"ticket": {"title": "x", "requestor": USER}, "user": "Jason"}, "user"),
        ({"ticket": {"title": "x", "requestor": USER, "priority": "Huge"}, "user": USER}, "Low"),
        ({"ticket": {"title": "x", "requestor": USER, "priority": []}, "user": USER}, "Low"),
        ({"ticket": {"title": "x", "requestor": USER, "tags": "a"}, "user": USER}, "tags"),
        ({"ticket": {"title": "x", "requestor": USER, "tags": [7]}, "user": USER}, "tags"),
        (
            {
                "ticket": {
                    "title": "x",
                    "requestor": USER,
                    "tags": [{"text": "a", "tagCategoryId": NOWHERE}],
                },
                "user": USER,
            },
            NOWHERE,
        ),
        (
            {"ticket": {"title": "x", "requestor": USER, "expectedDate": "soon"}, "user": USER},
            "expectedDate",
        ),
        (
            {"ticket": {"title": "x", "requestor": USER, "expectedDate": 7}, "user": USER},
            "expectedDate",
        ),
        (
            {"ticket": {"title": "x", "requestor": USER, "customFields": []}, "user": USER},
            "customFields",
        ),
        (
            {
                "ticket": {"title": "x", "requestor": USER, "customFields": {NOWHERE: "x"}},
                "user": USER,
            },
            "invalid definition",
        ),
        ({"ticket": {"title": "x", "requestor": USER, "assignee": "Ann"}, "user": USER}, "assign"),
        (
            {"ticket": {"title": "x", "requestor": USER, "more": "y" * 30_000}, "user": USER},
            "characters",
        ),
    ],
)
def test_a_body_that_cannot_be_understood_is_refused_and_makes_nothing(api, body, words):
    assert words in refused(api.post("/tickets", body), 400)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("toggle", "yes"),
        ("date", "tomorrow"),
        ("date", 20260401),
        ("choice", "EU"),
        ("choice", [NOWHERE]),
        ("choice", [{"key": "EU"}]),
        ("choices", [1]),
        ("people", "ann@customers.example"),
        ("people", [{"id": "1", "name": "Ann", "email": "nowhere"}]),
        ("text", {"a": 1}),
        ("text", True),
        ("number", "many"),
        ("url", "javascript:alert(1)"),
        ("email", "ann@customers.example"),
    ],
)
def test_a_custom_value_of_the_wrong_type_names_its_field(api, kind, value):
    field = make_field("extra_field", kind, ["EU", "US"] if "choice" in kind else ())
    body = {
        "ticket": {"title": "x", "requestor": USER, "customFields": {str(field.uuid): value}},
        "user": USER,
    }
    assert "customFields" in refused(api.post("/tickets", body), 400)
    assert not Ticket.objects.exists()


def test_odd_characters_are_stored_as_text_or_left_out(api):
    item = api.create(title="\ud800 <script>alert(1)</script> \x00é", description="a\x00b\ud800")
    assert item["title"] == "� <script>alert(1)</script> é"
    assert item["description"] == "ab�"


def test_a_body_of_another_type_or_size_is_refused(api):
    http = Client()
    wrong = http.post(f"{BASE}/tickets?key={api.secret}", "a=1", content_type="text/plain")
    refused(wrong, 415)
    large = json.dumps({"ticket": {"title": "x" * 3_000_000}})
    assert "2 MB" in refused(api.post("/tickets", large), 413)


# Get, list, select -------------------------------------------------------------------------------


def test_a_list_is_newest_first_ten_at_a_time_and_every_row_is_reached(api):
    tickets = [make_ticket(f"Ticket {number}") for number in range(25)]
    seen, token, pages = [], "", 0
    while True:
        headers = {"continuationToken": token} if token else {}
        body = api.get("/tickets", headers=headers).json()
        seen += [item["id"] for item in body["items"]]
        pages += 1
        assert body["itemCount"] == 25
        if "continuationToken" not in body:
            break
        token = body["continuationToken"]
    assert pages == 3
    assert seen == [str(ticket.uuid) for ticket in reversed(tickets)]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize(
    "by",
    [
        "status",
        "ticketId",
        "title",
        "requestorName",
        "requestorEmail",
        "assigneeName",
        "assigneeEmail",
        "expectedDate",
        "priority",
        "createdDateTime",
        "lastInteraction",
    ],
)
def test_every_order_reaches_every_row_once_by_token(api, by, order):
    agent = make_agent("Zed")
    for number in range(7):
        make_ticket(
            "Same" if number % 2 else f"Title {number}",
            requester=make_user() if number % 3 else None,
            assignee=agent if number == 2 else None,
            due_at=datetime(2026, 4, 1 + number % 2, tzinfo=UTC) if number > 3 else None,
            priority=["low", "urgent"][number % 2],
        )
    seen, token = [], ""
    while True:
        headers = {"continuationToken": token} if token else {}
        query = {"orderBy": by, "order": order, "limit": 2}
        body = api.get("/tickets", headers=headers, **query).json()
        seen += [item["ticketNo"] for item in body["items"]]
        if not (token := body.get("continuationToken", "")):
            break
    whole = api.get("/tickets", orderBy=by, order=order).json()["items"]
    assert len(seen) == len(set(seen)) == 7
    assert seen == [item["ticketNo"] for item in whole]


def test_a_token_wins_over_offset_and_offset_counts_rows(api):
    tickets = [make_ticket() for _ in range(5)]
    body = api.get("/tickets", limit=2, offset=1).json()
    assert [item["ticketNo"] for item in body["items"]] == [tickets[3].pk, tickets[2].pk]
    headers = {"continuationToken": body["continuationToken"]}
    body = api.get("/tickets", headers=headers, limit=2, offset=4).json()
    assert [item["ticketNo"] for item in body["items"]] == [tickets[1].pk, tickets[0].pk]
    assert "continuationToken" not in body


@pytest.mark.parametrize("token", ["x", "1:2:3", "e30:1wX:abc", "é", "W10:1"])
def test_a_forged_token_is_refused(api, token):
    answer = api.get("/tickets", headers={"continuationToken": token})
    assert "continuationToken" in refused(answer, 400)


def test_lists_are_filtered(api):
    agent = make_agent("Alex")
    category = TagCategory.objects.create(name="Topics")
    vpn = make_tag("vpn_key")
    vpn.category = category
    vpn.save()
    printer = make_ticket("Printer jams", priority="urgent", tags=[vpn], body="paper tray")
    printer = actions.take_transition(printer, "Start", by=system("rule"))
    login = make_ticket("Login fails", priority="low", due_at=datetime(2026, 4, 1, tzinfo=UTC))
    done = make_ticket("Mail bounces", assignee=agent, created_at=datetime(2024, 3, 5, tzinfo=UTC))
    done = actions.take_transition(done, "Resolve", by=system("rule"), resolution="fixed")
    started = str(status("In progress").uuid)
    expected = {
        ("search", "paper"): {printer},
        ("title", "LOGIN"): {login},
        ("status", "Open"): {printer, login},
        ("status", "Reopened,Started"): {printer, login},
        ("status", "In Progress"): {printer, login},
        ("status", " Closed"): {done},
        ("statusId", "Started"): {printer},
        ("statusId", started): {printer},
        ("isResolved", "true"): {done},
        ("isResolved", "false"): {printer, login},
        ("priority", "Urgent,Low"): {printer, login},
        ("tags", f"{category.uuid}_vpn_key"): {printer},
        ("tags", f"{NOWHERE}_vpn_key"): set(),
        ("createdBefore", "2024-03-05"): {done},
        ("createdBefore", "2024-03-04"): set(),
        ("createdAfter", "2024-03-06"): {printer, login},
        ("createdAfter", "2024-03-05"): {printer, login, done},
        ("expectedDateAfter", "2026-04-01"): {login},
        ("expectedDateBefore", "2026-04-01"): {login},
        ("expectedDateBefore", "2026-03-31"): set(),
        ("lastUpdateAfter", "2020-01-01"): {printer, login, done},
        ("lastUpdateBefore", "2020-01-01"): set(),
    }
    for (name, value), tickets in expected.items():
        body = api.get("/tickets", **{name: value}).json()
        found = {item["ticketNo"] for item in body["items"]}
        assert found == {ticket.pk for ticket in tickets}, (name, value)
        assert body["itemCount"] == len(tickets)


def test_a_day_of_creation_begins_as_on_the_live_service(api):
    make_ticket(created_at=datetime(2024, 3, 5, 3, tzinfo=UTC))
    count = lambda **query: api.get("/tickets", **query).json()["itemCount"]  # noqa: E731
    assert count(createdAfter="2024-03-05", timezone="0") == 1
    assert count(createdAfter="2024-03-05", timezone="7") == 0
    assert count(createdAfter="2024-03-05T03:00:00Z") == 1
    assert count(createdAfter="2024-03-05T03:00:01Z") == 0
    assert count(createdBefore="2024-03-05T03:00:00Z") == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "NaN"},
        {"limit": "1e3"},
        {"offset": "-1"},
        {"status": "Sleeping"},
        {"statusId": "Sleeping"},
        {"isResolved": "maybe"},
        {"priority": "Huge"},
        {"orderBy": "assignee__password"},
        {"order": "sideways"},
        {"select": "password"},
        {"createdAfter": "yesterday"},
        {"createdAfter": "9999-12-31", "createdBefore": "0001-13-01"},
        {"timezone": "99"},
        {"timezone": "Berlin"},
        {"assignee__password__startswith": "a"},
        {"tag": "x"},
    ],
)
def test_an_unknown_parameter_or_value_is_an_error_that_names_it(api, query):
    make_ticket()
    message = refused(api.get("/tickets", **query), 400)
    assert any(name in message or value in message for name, value in query.items())


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "1000000000"},
        {"offset": "999999999999999999"},
        {"search": "\x00"},
        {"search": '"' * 50},
        {"search": "%' OR 1=1 --"},
        {"title": "%_\\"},
        {"tags": ",,_,"},
        {"createdBefore": "9999-12-31"},
        {"createdAfter": "0001-01-01", "timezone": "-12"},
        {"select": "description_HTML"},
    ],
)
def test_extreme_values_do_no_harm(api, query):
    make_ticket()
    assert api.get("/tickets", **query).status_code in (200, 400)


def test_the_limit_is_clamped_to_a_thousand(api):
    rows = [{"title": f"Ticket {number}"} for number in range(1001)]
    actions.open_tickets(rows, by=system("rule"))
    body = api.get("/tickets", limit=5000, select="id").json()
    assert len(body["items"]) == 1000 and body["itemCount"] == 1001
    assert body["continuationToken"]


def test_select_answers_what_was_selected(api):
    ticket = make_ticket("Printer", requester=make_user("Ann Lee"))
    [item] = api.get("/tickets", select="id, ticketId,requestorName").json()["items"]
    assert item == {
        "id": str(ticket.uuid),
        "ticketId": str(ticket.pk),
        "ticketNo": ticket.pk,
        "requestorName": "Ann Lee",
    }


def test_html_is_shown_when_it_is_asked_for_and_safe(api):
    item = api.create(description_HTML='<p onclick="x()">Hello <b>you</b></p><script>x</script>')
    assert "description_HTML" not in item
    assert "Hello" in item["description"] and "<" not in item["description"]
    path = f"/tickets/{item['id']}"
    shown = api.get(path, include="description_HTML").json()["item"]["description_HTML"]
    assert "<b>you</b>" in shown and "onclick" not in shown and "script" not in shown


def test_a_list_costs_the_same_whatever_its_length(api, django_assert_max_num_queries):
    people = make_field("approvers", "people")
    for number in range(20):
        api.create(
            title=f"Ticket {number}",
            requestor={**USER, "email": f"p{number}@customers.example"},
            customFields={str(people.uuid): [{**USER, "email": f"q{number}@customers.example"}]},
            tags=[{"text": f"tag {number}"}],
        )
    api.get("/tickets")
    with django_assert_max_num_queries(8) as short:
        assert len(api.get("/tickets", limit=1).json()["items"]) == 1
    with django_assert_max_num_queries(len(short)):
        assert len(api.get("/tickets", limit=20).json()["items"]) == 20


# Update ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["ticket", "updates"])
def test_an_update_is_partial_in_both_spellings(api, spelling):
    item = api.create(description="Stays", priority="Low")
    body = {spelling: {"title": "My 2nd ticket", "priority": "Urgent"}, "user": USER}
    answer = api.put(f"/tickets/{item['id']}", body)
    after = answer.json()["item"]
    assert (after["title"], after["priority"], after["description"]) == (
        "My 2nd ticket",
        "Urgent",
        "Stays",
    )
    assert after["lastUpdatedOn"] > item["lastUpdatedOn"]
    assert after["lastUpdatedBy"]["name"] == "Jason Doe via Ledger"


def test_an_update_that_changes_nothing_records_nothing(api):
    region = make_field("region", "choice", ["EU", "US"])
    [option, _other] = configuration().options_of[region.pk]
    item = api.create(
        priority="Low",
        tags=["a", "b"],
        expectedDate="2026-04-01",
        assignee={"id": "1", "name": "Far", "email": "far@elsewhere.example"},
        customFields={str(region.uuid): [str(option.uuid)]},
        odd=1,
    )
    names = ["title", "requestor", "assignee", "priority", "tags", "customFields", "odd"]
    same = {name: item[name] for name in [*names, "description", "expectedDate"]}
    assert api.change(item["id"], **same)["lastUpdatedOn"] == item["lastUpdatedOn"]
    assert Change.objects.count() == 1


def test_writing_back_what_was_read_loses_no_time_of_day_and_no_marks(api):
    due = datetime(2026, 4, 1, 15, 30, tzinfo=UTC)
    ticket = make_ticket(due_at=due, body="<p>Hello <b>you</b></p>", body_format="html")
    item = api.get(f"/tickets/{ticket.uuid}").json()["item"]
    item["requestor"] = USER
    api.change(item["id"], **item)
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.body_format) == (due, "html")
    assert ticket.body == "<p>Hello <b>you</b></p>"


def test_values_are_cleared_with_null(api):
    note = make_field("note")
    item = api.create(
        expectedDate="2026-04-01", tags=["a"], customFields={str(note.uuid): "x"}, description="d"
    )
    after = api.change(
        item["id"], expectedDate=None, tags=[], customFields={str(note.uuid): None}, description=""
    )
    assert (after["expectedDate"], after["tags"], after["customFields"]) == (None, [], {})
    assert after["description"] == ""


def test_a_due_day_is_the_callers_own(api):
    item = api.create()
    body = {"ticket": {"expectedDate": "2026-04-01"}, "user": USER}
    after = api.put(f"/tickets/{item['id']}", body, timezone="7").json()["item"]
    assert one(item).due_at == datetime(2026, 3, 31, 17, tzinfo=UTC)
    assert after["expectedDate"] == "2026-04-01"
    query = {"expectedDateAfter": "2026-04-01", "expectedDateBefore": "2026-04-01"}
    assert api.get("/tickets", timezone="7", **query).json()["itemCount"] == 1


def test_a_requestor_is_changed_and_the_known_one_kept(api):
    item = api.create()
    other = {"id": "9", "name": "Bea", "email": "Bea@Customers.example"}
    after = api.change(item["id"], requestor=other)
    assert after["requestor"] == other
    assert one(item).requester == User.objects.get(email="bea@customers.example")
    nameless = make_ticket(requester=make_user("No Mail", email=None))
    shown = api.get(f"/tickets/{nameless.uuid}").json()["item"]["requestor"]
    assert api.change(str(nameless.uuid), requestor=shown)["requestor"] == shown


# Status ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_status_is_changed_by_both_methods_with_resolution_and_comment(api, method):
    item = api.create()
    body = {"status": "Resolved", "resolution": "fixed", "comment": "Great job!", "user": USER}
    after = api.call(method, f"/tickets/{item['id']}/status", body).json()["item"]
    assert (after["status"], after["resolution"]) == ("Resolved", "fixed")
    assert after["lastResolutionComment"] == "Great job!" and after["lastResolutionOn"]
    ticket = one(item)
    assert (ticket.status.name, ticket.resolution) == ("Resolved", "fixed")
    assert Change.objects.filter(ticket=ticket, kind="transitioned").count() == 1


def test_every_status_word_leads_to_its_status(api):
    item = api.create()
    steps = [
        ("Started", "Started", "In progress"),
        ("In Progress", "Started", "In progress"),
        ("Resolved", "Resolved", "Resolved"),
        (" Closed", "Closed", "Closed"),
        ("Reopened", "Reopened", "Open"),
        ("Closed", "Closed", "Closed"),
        ("Started", "Started", "In progress"),
        (str(status("Waiting").uuid), "Started", "Waiting"),
        ("started", "Started", "Waiting"),
    ]
    for word, shown, name in steps:
        body = {"status": word, "user": USER}
        answer = api.put(f"/tickets/{item['id']}/status", body)
        assert answer.status_code == 200, (word, answer.content)
        assert answer.json()["item"]["status"] == shown
        assert one(item).status.name == name


def test_a_waiting_ticket_is_shown_as_started(api):
    ticket = make_ticket()
    actions.take_transition(ticket, "Wait", by=system("rule"))
    assert api.get(f"/tickets/{ticket.uuid}").json()["item"]["status"] == "Started"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "Sleeping", "user": USER}, "status"),
        ({"status": "", "user": USER}, "status"),
        ({"status": {"a": 1}, "user": USER}, "status"),
        ({"status": NOWHERE, "user": USER}, NOWHERE),
        ({"status": "Resolved", "resolution": "magic", "user": USER}, "resolution"),
        ({"status": "Started", "resolution": "fixed", "user": USER}, "resolution"),
        ({"status": "Resolved", "comment": 7, "user": USER}, "comment"),
        ({"status": "Resolved"}, "user"),
    ],
)
def test_a_status_that_cannot_be_is_refused(api, body, words):
    item = api.create()
    assert words in refused(api.put(f"/tickets/{item['id']}/status", body), 400)
    assert one(item).status.name == "Open"


def test_a_status_to_which_no_transition_leads_is_refused(api):
    item = api.create()
    for transition in configuration().transitions.values():
        if transition.name == "Start":
            transition.delete()
    answer = api.put(f"/tickets/{item['id']}/status", {"status": "Started", "user": USER})
    assert "Open now" in refused(answer, 400)


def test_a_resolution_may_be_corrected_later(api):
    item = api.create()
    path = f"/tickets/{item['id']}/status"
    api.put(path, {"status": "Resolved", "user": USER})
    body = {"status": "Resolved", "resolution": "cannotResolve", "comment": "Sorry", "user": USER}
    after = api.put(path, body).json()["item"]
    assert (after["resolution"], after["lastResolutionComment"]) == ("cannotResolve", "Sorry")


# Comments and activities -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["comments", "activities"])
def test_a_comment_is_added_by_both_paths(api, path):
    item = api.create()
    body = {"comment": "comment from API", "user": USER}
    answer = api.post(f"/tickets/{item['id']}/{path}", body)
    added = answer.json()["item"]
    assert answer.status_code == 201 and answer.json()["error"] is False
    assert added["comment"] == "comment from API" and added["user"] == USER
    assert (added["ticketId"], added["ticketNo"]) == (item["id"], item["ticketNo"])
    comment = Comment.objects.get(uuid=added["activityId"])
    assert comment.public and comment.author_name == "Jason Doe"
    assert comment.author == User.objects.get(email=USER["email"])
    assert Change.objects.get(comment=comment).person_name == "Jason Doe via Ledger"
    after = api.get(f"/tickets/{item['id']}").json()["item"]
    assert after["lastUpdatedOn"] > item["lastUpdatedOn"]


def test_a_customers_comment_opens_a_resolved_ticket_again(api):
    item = api.create()
    path = f"/tickets/{item['id']}"
    api.put(f"{path}/status", {"status": "Resolved", "user": USER})
    api.post(f"{path}/comments", {"comment": "Still broken", "user": USER})
    assert api.get(path).json()["item"]["status"] == "Reopened"


def test_an_agent_of_elsewhere_answers_without_opening_it_again(api):
    item = api.create()
    path = f"/tickets/{item['id']}"
    api.put(f"{path}/status", {"status": "Resolved", "user": USER})
    far = {"id": "7", "name": "Far Agent", "email": "far@elsewhere.example"}
    added = api.post(f"{path}/comments", {"comment": "Glad to hear", "user": far}).json()["item"]
    assert api.get(path).json()["item"]["status"] == "Resolved"
    comment = Comment.objects.get(uuid=added["activityId"])
    assert (comment.author, comment.author_name) == (None, "Far Agent")
    assert not User.objects.filter(email=far["email"]).exists()
    assert added["user"] == far
    assert api.get(f"{path}/activities").json()["items"][0]["createdBy"] == far


def test_a_comment_in_the_name_of_an_agent_is_shown_as_his(api):
    agent = make_agent("Alex Wilber")
    item = api.create()
    who = {"id": "1", "name": "Alex", "email": agent.email}
    api.post(f"/tickets/{item['id']}/comments", {"comment": "Hello", "user": who})
    comment = Comment.objects.get()
    assert (comment.author, comment.author_name, comment.origin) == (
        agent,
        "Alex",
        "compat:teamswork",
    )
    assert Change.objects.get(comment=comment).person is None


def test_a_private_comment_is_a_note_and_stays_private(api):
    item = api.create()
    path = f"/tickets/{item['id']}/activities"
    api.post(path, {"comment": "Between us", "isPrivate": True, "user": USER})
    assert Comment.objects.get().public is False
    [activity] = api.get(path).json()["items"]
    assert activity["isPrivate"] is True and activity["comment"] == "Between us"


def test_our_own_internal_notes_are_never_shown(api):
    ticket = make_ticket("Printer")
    note = make_comment(ticket, "The customer is a nuisance", public=False)
    make_comment(ticket, "We look into it")
    path = f"/tickets/{ticket.uuid}"
    activities = api.get(f"{path}/activities", include="comment_HTML").json()
    assert [item["comment"] for item in activities["items"]] == ["We look into it"]
    assert activities["itemCount"] == 1
    assert api.get("/tickets", search="nuisance").json()["items"] == []
    refused(api.get(f"/tickets/activity/{note.uuid}/attachments"), 404)
    assert "nuisance" not in json.dumps(api.get(path).json())


def test_a_file_of_an_internal_note_is_not_listed(api):
    ticket = make_ticket()
    upload = SimpleUploadedFile("secret.txt", b"internal")
    by = system("rule")
    make_comment(ticket, "See file", public=False, attachments=[actions.keep_file(upload, by=by)])
    assert api.get(f"/tickets/{ticket.uuid}/attachments").json()["items"] == []


def test_activities_mix_comments_and_changes_newest_first_and_page(api):
    item = api.create()
    path = f"/tickets/{item['id']}"
    api.post(f"{path}/comments", {"comment": "First", "user": USER})
    api.change(item["id"], priority="Urgent", title="New title", tags=["x"])
    api.put(f"{path}/status", {"status": "Resolved", "comment": "Done", "user": USER})
    body = api.get(f"{path}/activities").json()
    resolved, changed, said = body["items"]
    assert body["itemCount"] == 3 and "continuationToken" not in body
    assert {"name": "status", "oldValue": "Open", "newValue": "Resolved"} in resolved["changes"]
    assert resolved["comment"] == "Done"
    assert {"name": "priority", "oldValue": "Medium", "newValue": "Urgent"} in changed["changes"]
    assert {"name": "title", "oldValue": "A ticket", "newValue": "New title"} in changed["changes"]
    assert (said["comment"], said["changes"], said["createdBy"]) == ("First", [], USER)
    assert "comment_HTML" not in said
    seen, token = [], ""
    while True:
        headers = {"continuationToken": token} if token else {}
        page = api.get(f"{path}/activities", headers=headers, limit=1).json()
        seen += [one["id"] for one in page["items"]]
        if not (token := page.get("continuationToken", "")):
            break
    assert seen == [one["id"] for one in body["items"]]
    other = make_ticket()
    headers = {"continuationToken": api.get("/tickets", limit=1).json()["continuationToken"]}
    assert api.get(f"/tickets/{other.uuid}/activities", headers=headers).status_code in (400, 404)


def test_activities_cost_the_same_whatever_their_number(api, django_assert_max_num_queries):
    ticket = make_ticket()
    for number in range(12):
        make_comment(ticket, f"Comment {number}", author=make_user())
    api.get(f"/tickets/{ticket.uuid}/activities")
    with django_assert_max_num_queries(10) as short:
        api.get(f"/tickets/{ticket.uuid}/activities", limit=1)
    with django_assert_max_num_queries(len(short)):
        body = api.get(f"/tickets/{ticket.uuid}/activities", limit=12).json()
        assert len(body["items"]) == 12


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"user": USER}, "comment"),
        ({"comment": "", "user": USER}, "comment"),
        ({"comment": ["x"], "user": USER}, "comment"),
        ({"comment": "x" * 200_001, "user": USER}, "characters"),
        ({"comment": "x", "isPrivate": "perhaps", "user": USER}, "isPrivate"),
        ({"comment": "x"}, "user"),
        ({"comment": "x", "user": {}}, "user"),
    ],
)
def test_a_comment_that_cannot_be_understood_is_refused(api, body, words):
    item = api.create()
    assert words in refused(api.post(f"/tickets/{item['id']}/activities", body), 400)
    assert not Comment.objects.exists()


def test_the_same_origin_adds_one_comment(api):
    item = api.create()
    origin = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    path, body = f"/tickets/{item['id']}/comments", {"comment": "Once", "user": USER}
    headers = {"Helpdesk-Origin": origin}
    first = api.post(path, body, headers=headers).json()["item"]
    second = api.post(path, {**body, "comment": "Twice"}, headers=headers).json()["item"]
    assert first == second and Comment.objects.count() == 1
    api.post(path, body, headers={"Helpdesk-Origin": origin.rpartition("/")[0]})
    api.post(path, body, headers={"Helpdesk-Origin": origin.rpartition("/")[0]})
    assert Comment.objects.count() == 3


# Attachments -------------------------------------------------------------------------------------


def upload(api, identity: str, headers=None, **parts):
    files = parts.pop("files", [SimpleUploadedFile("log.txt", b"one line")])
    data = {"files": files, "user": json.dumps(USER), **parts}
    path = f"{BASE}/tickets/{identity}/attachments?key={api.secret}"
    return Client().post(path, data, headers=headers or {})


def test_files_are_added_listed_and_fetched_without_a_key(api):
    item = api.create()
    files = [SimpleUploadedFile("a.txt", b"aaa"), SimpleUploadedFile("b.zip", b"PK\x03\x04")]
    answer = upload(api, item["id"], files=files)
    assert answer.status_code == 201, answer.content
    assert [one["filename"] for one in answer.json()["items"]] == ["a.txt", "b.zip"]
    listed = api.get(f"/tickets/{item['id']}/attachments").json()["items"]
    by_name = {one["filename"]: one for one in listed}
    assert by_name["b.zip"]["isArchive"] and not by_name["a.txt"]["isHyperlink"]
    fetched = Client().get(by_name["a.txt"]["src"])
    assert b"".join(fetched.streaming_content) == b"aaa"
    assert fetched["Content-Disposition"].startswith("attachment")
    assert fetched["Content-Type"] == "application/octet-stream"
    assert api.secret not in by_name["a.txt"]["src"]
    assert api.get(f"/tickets/{item['id']}").json()["item"]["lastUpdatedOn"] > item["lastUpdatedOn"]
    [activity] = api.get(f"/tickets/{item['id']}/activities").json()["items"]
    assert len(activity["attachments"]) == 2
    of_activity = api.get(f"/tickets/activity/{activity['id']}/attachments").json()["items"]
    assert {one["id"] for one in of_activity} == {one["id"] for one in listed}


def test_a_file_address_is_worth_nothing_once_the_key_is(api):
    key, secret = make_key()
    api = Caller(secret)
    item = api.create()
    [file] = upload(api, item["id"]).json()["items"]
    assert Client().get(file["src"]).status_code == 200
    assert Client().get(file["src"][:-3]).status_code == 404
    key.revoked_at = datetime(2020, 1, 1, tzinfo=UTC)
    key.save()
    assert Client().get(file["src"]).status_code == 404


def test_files_with_a_comment_belong_to_it(api):
    item = api.create()
    answer = upload(api, item["id"], comment="See the log", isPrivate="true")
    comment = Comment.objects.get()
    assert answer.status_code == 201 and not comment.public
    assert comment.attachments.get().public is False
    files = api.get(f"/tickets/activity/{comment.uuid}/attachments").json()["items"]
    assert [one["id"] for one in files] == [one["id"] for one in answer.json()["items"]]


def test_links_are_added_as_json(api):
    item = api.create()
    link = {"src": "https://files.example/a.pdf", "caption": "The contract"}
    body = {"attachments": [link], "comment": "Look", "user": USER}
    [file] = api.post(f"/tickets/{item['id']}/attachments", body).json()["items"]
    assert (file["src"], file["caption"], file["isHyperlink"]) == (
        link["src"],
        link["caption"],
        True,
    )
    assert Comment.objects.get().body == "Look"


def test_the_same_origin_adds_files_once(api):
    item = api.create()
    headers = {"Helpdesk-Origin": "/".join(str(uuid.uuid4()) for _ in range(4))}
    first = upload(api, item["id"], headers=headers).json()["items"]
    second = upload(api, item["id"], headers=headers)
    assert second.status_code == 201
    assert [one["id"] for one in second.json()["items"]] == [one["id"] for one in first]
    assert one(item).attachments.count() == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"user": USER}, "attachments"),
        ({"attachments": [], "user": USER}, "attachments"),
        ({"attachments": ["x"], "user": USER}, "attachments"),
        ({"attachments": [{"src": "javascript:alert(1)"}], "user": USER}, "attachments"),
        ({"attachments": [{"src": "https://"}], "user": USER}, "attachments"),
        ({"attachments": [{"src": "https://a.example"}]}, "user"),
        ({"attachments": [{"src": "https://a.example"}], "comment": 7, "user": USER}, "comment"),
    ],
)
def test_a_link_that_cannot_be_understood_is_refused(api, body, words):
    item = api.create()
    assert words in refused(api.post(f"/tickets/{item['id']}/attachments", body), 400)
    assert not one(item).attachments.exists()


def test_a_form_without_files_or_user_is_refused(api, settings):
    item = api.create()
    assert "files" in refused(upload(api, item["id"], files="no file"), 400)
    assert "user" in refused(upload(api, item["id"], user="Jason"), 400)
    settings.MAX_UPLOAD_MB = 1
    large = SimpleUploadedFile("a.bin", b"0" * (1024 * 1024 + 10))
    assert "1 MB" in refused(upload(api, item["id"], files=[large]), 400)
    larger = SimpleUploadedFile("a.bin", b"0" * (2 * 1024 * 1024 + 10))
    assert "1 MB" in refused(upload(api, item["id"], files=[larger]), 413)


# Instance and tags -------------------------------------------------------------------------------


def test_the_instance_describes_the_queue(api):
    field = make_field("region", "choices", ["EU", "US"], required=True)
    make_field("elsewhere").queues.set([make_queue()])
    agent = make_agent("Alex Wilber")
    make_agent("Far Away", queues=[make_queue()])
    item = api.get("/instance", timezone="2").json()["item"]
    assert item["id"] == str(default_queue().uuid) and item["enabled"] is True
    [definition] = item["customFields"]
    assert definition["id"] == str(field.uuid) and definition["type"]["key"] == "list"
    assert definition["isMultiple"] and definition["isMandatory"]
    assert [option["text"] for option in definition["options"]] == ["EU", "US"]
    assert [person["email"] for person in item["assignees"]["peoples"]] == [agent.email]
    assert {"Open", "Waiting", "Closed"} <= {state["label"] for state in item["workflows"]}


def test_tags_come_with_their_categories(api):
    category = TagCategory.objects.create(name="Topics")
    TagCategory.objects.create(name="Empty")
    tag = make_tag("vpn")
    tag.category = category
    tag.save()
    make_tag("loose")
    items = {item["text"]: item for item in api.get("/tags").json()["items"]}
    assert items["Topics"]["id"] == str(category.uuid)
    assert items["Topics"]["tags"] == [{"text": "vpn", "deleted": False}]
    assert items["Empty"]["tags"] == []
    assert items[""]["tags"] == [{"text": "loose", "deleted": False}]
    assert api.create(tags=[{"tagCategoryId": items[""]["id"], "text": "new"}])["tags"] == ["new"]


# The examples of the vendor's documentation -----------------------------------------------------

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "services" / "examples"
shared = pytest.mark.shared
no_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the examples are not beside this repository"
)


def example(name: str) -> dict:
    return json.loads((EXAMPLES / f"teamswork-{name}.json").read_text())


@shared
@no_examples
def test_the_examples_work_as_they_are_ids_aside(api):
    made = api.post("/tickets", example("create"))
    assert made.status_code == 201, made.content
    full = example("create-full")
    people, choices, area, text, toggle, choice, day = full["ticket"].pop("customFields").values()
    values = {
        str(make_field("people_of", "people").uuid): people,
        str(make_field("area", "textarea").uuid): area,
        str(make_field("text", "text").uuid): text,
        str(make_field("toggle", "toggle").uuid): toggle,
        str(make_field("day", "date").uuid): day,
    }
    for key, kind, keys in [("many", "choices", choices), ("single", "choice", choice)]:
        field = make_field(key, kind, [f"Option {one}" for one in keys])
        own = [str(option.uuid) for option in configuration().options_of[field.pk]]
        values[str(field.uuid)] = own
    full["ticket"]["customFields"] = values
    category = TagCategory.objects.create(name="Topics")
    for tag in full["ticket"]["tags"]:
        tag["tagCategoryId"] = str(category.uuid)
    answer = api.post("/tickets", full)
    assert answer.status_code == 201, answer.content
    item = answer.json()["item"]
    assert item["assignee"] == full["ticket"]["assignee"]
    assert item["requestor"] == full["ticket"]["requestor"]
    assert (item["priority"], item["expectedDate"]) == ("Urgent", "2023-07-26")
    assert item["tags"] == ["my tag", "sdsad"]
    assert item["customFields"] == values | {
        identity: "2023-07-26" for identity, value in values.items() if value == day
    }
    path = f"/tickets/{item['id']}"
    update = example("update")
    [persons] = update["updates"].pop("customFields").values()
    update["updates"]["customFields"] = {next(iter(values)): persons}
    answer = api.put(path, update)
    assert answer.status_code == 200, answer.content
    assert answer.json()["item"]["title"] == "My 2nd ticket"
    assert api.post(f"{path}/comments", example("comment")).status_code == 201
    for method in ("PUT", "POST"):
        answer = api.call(method, f"{path}/status", example("status"))
        assert answer.json()["item"]["status"] == "Resolved", answer.content
