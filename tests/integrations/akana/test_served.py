"""Our Akana endpoint: the door, media types, tickets and lists."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import ApiKey, Ticket
from integrations.gateway import credentials, tokens
from integrations.services.akana import markup, values
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_ticket,
    make_user,
)
from tests.integrations.akana.caller import BASE, HIGH, NOWHERE, Caller, one, refused, ticket

pytestmark = pytest.mark.django_db
BY = system("rule")
ORIGIN = {"Helpdesk-Origin": "/".join(f"0000000{n}-aaaa-4bbb-8ccc-123456789abc" for n in (1, 2, 3))}
WRITES = [
    ("/api/tickets", ticket()),
    ("/api/tickets/{}/actions", {"ActionName": "ticket.action.close"}),
    ("/api/tickets/{}/comments", {"Content": "x"}),
    ("/api/tickets/{}/marks", "u"),
    ("/api/boards/items/artifacts", {}),
    ("/api/boards/items/{}/artifacts", {}),
]
READS = [
    "/api/tickets",
    "/api/tickets/{}",
    "/api/boards/items/{}/commentdetails",
    "/api/workflow/objects/{}/actions",
]


# The door ----------------------------------------------------------------------------------------


def test_a_sign_in_takes_any_e_mail_and_the_secret_of_a_key(api):
    answer = api.log_in(email="nobody@nowhere.example")
    cookies = answer.cookies
    auth, csrf = cookies["AtmoAuthToken_support"], cookies["Csrf-Token_support"]
    assert auth["httponly"] and auth["samesite"] == csrf["samesite"] == "Strict"
    assert auth["path"] == csrf["path"] == BASE and auth["max-age"] == 1800
    assert auth.value.startswith("TokenID%3D") and "%2CUserFDN%3D" in auth.value
    assert csrf.value.startswith("TokenID%3D")
    assert api.secret not in auth.value + csrf.value
    assert answer.json()["UserID"].endswith(".support")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "a@b.example", "password": "wrong"}, 401),
        ({"email": "a@b.example", "password": ""}, 401),
        ({"email": "a@b.example"}, 400),
        ({"email": "", "password": "x"}, 400),
        ({"email": 7, "password": "x"}, 400),
        ([], 400),
        ("{", 400),
    ],
)
def test_a_wrong_sign_in_is_refused(body, status):
    client = Caller("", signed_in=False)
    refused(client.post("/api/login", body), status)
    assert not client.http.cookies


def test_a_person_s_own_password_opens_nothing():
    person = make_user("Ann", role="admin")
    person.set_password("her own password")
    person.save()
    body = {"email": person.email, "password": "her own password"}
    refused(Caller("", signed_in=False).post("/api/login", body), 401)


@pytest.mark.parametrize("path", [*READS, "/api/nothing", "/api/login/renewToken"])
def test_without_a_cookie_nothing_is_looked_up(path):
    stranger = Caller("", signed_in=False)
    refused(stranger.get(path.format(NOWHERE)), 401)
    for value in ("x", "TokenID%3Dx", "TokenID%3DWzFd%3A1%3Ax", "%00"):
        stranger.http.cookies["AtmoAuthToken_support"] = value
        refused(stranger.get(path.format(NOWHERE)), 401)


def test_a_cookie_dies_with_its_key_with_its_secret_and_after_half_an_hour(api, monkeypatch):
    assert api.get("/api/tickets").status_code == 200
    key = ApiKey.objects.get()
    key.revoked_at = timezone.now()
    key.save()
    refused(api.get("/api/tickets"), 401)
    key.revoked_at = None
    key.save()
    assert api.get("/api/tickets").status_code == 200
    later = datetime.now(UTC).timestamp() + 1801
    with monkeypatch.context() as patch:
        patch.setattr(tokens.time, "time", lambda: later)
        refused(api.get("/api/tickets"), 401)
    key.renew_secret()
    key.save()
    refused(api.get("/api/tickets"), 401)


def test_a_cookie_is_renewed_while_it_is_good(api):
    answer = api.post("/api/login/renewToken", {})
    assert answer.status_code == 200 and "AtmoAuthToken_support" in answer.cookies
    assert api.get("/api/tickets").status_code == 200
    refused(api.post("/api/login/renewToken", {}, token=""), 401)
    refused(Caller("", signed_in=False).post("/api/login/renewToken", {}), 401)


@pytest.mark.parametrize("token", ["", "x", "TokenID%3Dx", "TokenID%3D%2CexpirationTime%3D1"])
def test_a_write_without_the_token_is_refused_and_does_nothing(api, token):
    made = make_ticket()
    for path, body in WRITES:
        words = refused(api.post(path.format(made.uuid), body, token=token), 401)
        assert "X-Csrf-Token_support" in words
    assert Ticket.objects.count() == 1 and not made.comments.exists()


def test_the_token_of_another_sign_in_is_worth_nothing(api):
    foreign = Caller(make_key(queues=[default_queue()], rate_limit=1000)[1])
    refused(api.post("/api/tickets", ticket(), token=foreign.token), 401)


def test_the_token_is_taken_under_the_name_that_web_servers_let_pass_too(api):
    headers = {"X-Csrf-Token-support": api.token}
    assert api.post("/api/tickets", ticket(), token="", headers=headers).status_code == 200


def test_a_read_only_key_signs_in_reads_and_never_writes():
    made = make_ticket()
    reader = Caller(make_key("read", queues=[default_queue()])[1])
    assert reader.listed()["totalResults"] == 1
    actions_now = reader.get(f"/api/workflow/objects/{made.uuid}/actions").json()
    assert actions_now == {"Action": []}
    for path, body in WRITES:
        refused(reader.post(path.format(made.uuid), body), 403)
    assert Ticket.objects.count() == 1 and not made.comments.exists()


def test_too_many_calls_are_told_when_to_come_back(same_minute):
    api = Caller(make_key(queues=[default_queue()], rate_limit=3)[1])
    api.get("/api/tickets")
    api.get("/api/tickets")
    answer = api.get("/api/tickets")
    assert "3 calls" in refused(answer, 429) and 1 <= int(answer["Retry-After"]) <= 60


def test_a_queue_is_a_tenant_and_nothing_of_another_is_there():
    home, other = make_queue("Ledger"), make_queue("Other")
    here, elsewhere = make_ticket(queue=home), make_ticket(queue=other)
    comment = make_comment(elsewhere)
    api = Caller(make_key(home_queue=home)[1], home.slug)
    assert [one["TicketID"] for one in api.listed()["Ticket"]] == [f"{here.uuid}.{home.slug}"]
    assert one(api.create()).queue == home
    made_up = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    for identity in (elsewhere.uuid, made_up, "812", f"{elsewhere.uuid}.{home.slug}"):
        said = {refused(api.get(path.format(identity)), 404) for path in READS[1:]}
        said |= {refused(api.post(path.format(identity), body), 404) for path, body in WRITES[1:4]}
        assert said == {"There is nothing at this address."}
        assert api.listed(ItemID=identity)["Ticket"] == []
    for identity in (comment.uuid, made_up):
        path = f"/api/boards/items/comments/{identity}/artifacts"
        refused(api.upload(path), 404)


# Addresses, verbs, media types -------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/api", "/api/tickets/", "/api/Tickets", "/", "/api/x/y", "/../a"]
)
def test_unknown_addresses_answer_404_and_never_redirect(api, path):
    refused(api.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/tickets/{}"),
        ("DELETE", "/api/tickets/{}"),
        ("PATCH", "/api/tickets/{}"),
        ("DELETE", "/api/tickets"),
        ("GET", "/api/tickets/{}/comments"),
        ("GET", "/api/login"),
        ("POST", "/api/workflow/objects/{}/actions"),
        ("GET", "/api/businesses/{}/ticketsettings"),
    ],
)
def test_another_verb_answers_405(api, method, path):
    made = make_ticket()
    refused(api.call(method, path.format(made.uuid), {} if method != "GET" else None), 405)
    made.refresh_from_db()
    assert made.deleted_at is None


TYPES = [
    "application/json",
    "application/xml",
    *(f"application/vnd.soa.v{version}+json" for version in (71, 72, 80, 81)),
    *(f"application/vnd.soa.v{version}+xml" for version in (71, 72, 80, 81)),
]


@pytest.mark.parametrize("kind", TYPES)
def test_every_media_type_is_read_and_answered(api, kind):
    is_xml = kind.endswith("xml")
    body = markup.write("Ticket", ticket(Tag=["a"])) if is_xml else json.dumps(ticket(Tag=["a"]))
    made = api.post("/api/tickets", body, kind=f"{kind}; charset=UTF-8")
    assert made.status_code == 200, made.content
    identity = made.content.decode()
    for path, root in [
        (f"/api/tickets/{identity}", "Ticket"),
        ("/api/tickets", "Tickets"),
        (f"/api/boards/items/{identity}/commentdetails", "Comments"),
        (f"/api/workflow/objects/{identity}/actions", "Actions"),
    ]:
        answer = api.get(path, headers={"Accept": f"text/html;q=0.3, {kind}, */*;q=0.1"})
        assert answer["Content-Type"] == kind
        found = markup.read(answer.content, root, strict=True) if is_xml else answer.json()
        assert "TicketID" not in found or found["Tag"] == ["a"]


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/vnd.soa.v99+json", "x"])
def test_an_accept_that_cannot_be_met_answers_405_and_does_nothing(api, accept):
    made, headers = make_ticket(), {"Accept": accept}
    for path in READS:
        refused(api.get(path.format(made.uuid), headers=headers), 405)
    for path, body in WRITES:
        refused(api.post(path.format(made.uuid), body, headers=headers), 405)
    assert Ticket.objects.count() == 1 and not made.comments.exists()


def test_the_accept_of_the_vendor_s_sample_is_met(api):
    headers = {"Accept": "text/html, */*; q=0.01"}
    assert api.post("/api/tickets", ticket(), headers=headers).status_code == 200


def test_a_missing_type_answers_405_and_a_wrong_one_400(api):
    made = make_ticket()
    for path, body in WRITES:
        path = path.format(made.uuid)
        body = body if isinstance(body, str) else json.dumps(body)
        refused(api.post(path, body, kind=""), 405)
        refused(api.post(path, body, kind="text/html"), 400)
    refused(Caller(api.secret, signed_in=False).post("/api/login", "{}", kind=""), 405)
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><Ticket>&x;</Ticket>',
        b"<a>" * 3000 + b"</a>" * 3000,
        b'<Ticket xmlns="http://x.example"/>',
        b"<Ticket",
        b" ",
    ],
)
def test_hostile_xml_answers_400(api, body):
    refused(api.post("/api/tickets", body, kind="application/xml"), 400)


@pytest.mark.parametrize("body", [" ", "{", "[]", "null", '{"Title": NaN}', "[" * 100_000])
def test_bad_json_answers_400(api, body):
    refused(api.post("/api/tickets", body), 400)


def test_too_large_bodies_answer_413(api):
    for kind in ("application/json", "application/xml"):
        refused(api.post("/api/tickets", b" " * (2 * 1024 * 1024 + 1), kind=kind), 413)


def test_a_fault_of_ours_is_one_line_and_logged(api, monkeypatch, caplog):
    def fail(*arguments):
        raise RuntimeError("a table is missing")

    monkeypatch.setattr("integrations.gateway.page_of", fail)
    assert "table" not in refused(api.get("/api/tickets"), 500)
    assert "a table is missing" in caplog.text


def test_answers_name_the_installation_and_are_not_cached(api):
    answer = api.get("/api/tickets")
    assert answer["Helpdesk-Installation"] and answer["Cache-Control"] == "no-store"


# Tickets -----------------------------------------------------------------------------------------


def test_a_ticket_is_opened_and_shown_with_all_it_came_with(api):
    identity = api.create(
        APIID="api7.acme",
        AppID="app7.acme",
        UserID="u7.acme",
        Environment="sandbox",
        Label=["bug", HIGH],
        Tag=["payment", "bug"],
        Unknown={"a": 1},
    )
    shown = api.read(identity)
    assert (shown["APIID"], shown["AppID"], shown["UserID"]) == (
        "api7.acme",
        "app7.acme",
        "u7.acme",
    )
    assert (shown["Environment"], shown["State"]) == ("Sandbox", "OPEN")
    assert shown["Label"] == ["bug", HIGH] and sorted(shown["Tag"]) == ["bug", "payment"]
    assert shown["DescriptionMediaType"] == "text/markdown"
    assert datetime.fromisoformat(shown["Created"]).tzinfo and shown["Created"].endswith("Z")
    assert "Unknown" not in shown
    made = one(identity)
    assert (made.priority, made.body_format, made.requester) == ("high", "markdown", None)
    assert made.channel == "api" and made.extra["akana"]["user"]["id"] == "u7.acme"


def test_what_is_left_out_is_filled_in(api):
    identity = api.create(DescriptionMediaType="text/plain", BoardItemArtifacts=None)
    shown, queue = api.read(identity), default_queue()
    assert shown["APIID"] == f"{queue.uuid}.support"
    assert shown["UserID"] == f"{ApiKey.objects.get().uuid}.support"
    assert shown["DescriptionMediaType"] == "text/plain" and "AppID" not in shown


def test_a_person_of_ours_who_is_named_as_user_is_the_requester(api):
    ann = make_user("Ann Lee", email="ann@customers.example")
    first = make_ticket(requester=ann)
    shown = api.read(str(first.uuid))
    assert (shown["UserID"], shown["UserName"]) == (f"{ann.uuid}.support", "Ann Lee")
    assert one(api.create(UserID=shown["UserID"])).requester == ann
    stranger = make_user("Bea")  # of no ticket that this key sees
    made = one(api.create(UserID=f"{stranger.uuid}.support"))
    assert made.requester is None


@pytest.mark.parametrize(
    ("label", "ours", "shown"),
    [
        ("low", "low", "low"),
        ("medium", "normal", "medium"),
        ("critical", "urgent", "critical"),
        ("urgent", "urgent", "urgent"),
        ("p1", "normal", "p1"),
    ],
)
def test_labels_are_priorities_and_keep_their_spelling(api, label, ours, shown):
    identity = api.create(Label=[values.PRIORITY + label])
    assert one(identity).priority == ours
    assert api.read(identity)["Label"] == [values.PRIORITY + shown]
    actions.change_ticket(one(identity), by=BY, priority="high")
    assert api.read(identity)["Label"] == [HIGH]


@pytest.mark.parametrize("kind", ["choice", "text"])
def test_the_environment_is_a_custom_field_where_there_is_one(api, kind):
    options = ["Production", "Sandbox"] if kind == "choice" else []
    field = make_field("environment", kind, options)
    identity = api.create(Environment="Sandbox")
    chosen = "Sandbox"
    if kind == "choice":
        chosen = str(field.options.get(label="Sandbox").uuid)
    assert one(identity).custom == {"environment": chosen}
    other = "Production"
    if kind == "choice":
        other = str(field.options.get(label="Production").uuid)
    actions.change_ticket(one(identity), by=BY, custom={"environment": other})
    assert api.read(identity)["Environment"] == "Production"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"Title": ""}, "Title"),
        ({"Title": "x" * 600}, "Title"),
        ({"Description": None}, "Description"),
        ({"Environment": "Test"}, "Environment"),
        ({"Label": []}, "Label"),
        ({"Tag": [7]}, "Tag"),
        ({"BoardItemArtifacts": 7}, "BoardItemArtifacts"),
        (
            {"BoardItemArtifacts": {"BoardItemArtifact": {"ContextID": NOWHERE, "FileName": "x"}}},
            "BoardItemArtifacts",
        ),
    ],
)
def test_what_is_wrong_is_named(api, changed, word):
    assert word in refused(api.post("/api/tickets", ticket(**changed)), 400)
    assert not Ticket.objects.exists()


def test_a_repeated_create_of_one_origin_answers_the_first_ticket(api):
    reference = "helpdesk:" + ORIGIN["Helpdesk-Origin"]
    first = api.create(headers=ORIGIN, Tag=["vip", reference])
    assert api.create(headers=ORIGIN, Title="Sent again", Tag=["vip", reference]) == first
    shown = api.read(first)
    assert shown["Title"] == "Payments hang" and sorted(shown["Tag"]) == sorted(["vip", reference])
    assert one(first).tags.count() == 1, "the reference is no tag of ours"
    assert [one["TicketID"] for one in api.listed(Tag=reference)["Ticket"]] == [first]
    assert api.listed(Tag=reference.replace("1", "4"))["Ticket"] == []


def test_states_are_shown_by_their_four_words(api):
    identity = api.create()
    for transition, state in [("Start", "OPEN"), ("Resolve", "RESOLVED"), ("Reopen", "REOPEN")]:
        more = {"resolution": "fixed"} if transition == "Resolve" else {}
        actions.take_transition(one(identity), transition, by=BY, **more)
        assert api.read(identity)["State"] == state


# Lists -------------------------------------------------------------------------------------------


def ids(api, **query) -> list[str]:
    return [item["Title"] for item in api.listed(**query)["Ticket"]]


def test_a_list_is_newest_first_in_parts_and_every_row_is_reached(api):
    for number in range(7):
        make_ticket(f"T{number}", created_at=datetime(2026, 1, 1 + number, tzinfo=UTC))
    whole = [f"T{number}" for number in reversed(range(7))]
    assert ids(api) == whole and ids(api, SortBy="AscendingDate") == whole[::-1]
    seen, start = [], 0
    while part := api.listed(start=start, count=3)["Ticket"]:
        seen += [item["Title"] for item in part]
        start += len(part)
    assert seen == whole
    page = api.listed(start=5, count=3)
    assert (page["totalResults"], page["startIndex"], len(page["Ticket"])) == (7, 5, 2)
    assert api.listed(start=99)["Ticket"] == []


def test_lists_are_filtered(api):
    first = api.create(Title="First", APIID="a.acme", AppID="b.acme", UserID="u.acme", Tag=["vpn"])
    api.create(Title="Second", Label=[values.PRIORITY + "low"], Tag=["vpn", "mail"])
    ann = make_user("Ann", email="ann@customers.example")
    done = make_ticket("Third", requester=ann)
    actions.take_transition(done, "Resolve", by=BY, resolution="fixed")
    again = make_ticket("Fourth")
    actions.take_transition(again, "Resolve", by=BY, resolution="fixed")
    actions.take_transition(Ticket.objects.get(pk=again.pk), "Reopen", by=BY)
    own = f"{default_queue().uuid}.support"
    expected = {
        ("APIID", "a.acme"): {"First"},
        ("APIID", own): {"First", "Second", "Third", "Fourth"},
        ("APIID", "none.acme"): set(),
        ("AppID", "b.acme"): {"First"},
        ("AuthorID", "u.acme"): {"First"},
        ("AuthorID", f"{ann.uuid}.support"): {"Third"},
        ("AuthorID", "x' OR 1=1"): set(),
        ("TicketState", "RESOLVED"): {"Third"},
        ("TicketState", "REOPEN"): {"Fourth"},
        ("TicketState", "com.x.open"): {"First", "Second"},
        ("TicketState", "OPEN,REOPEN"): {"First", "Second", "Fourth"},
        ("TicketState", "Resolved, Closed"): {"Third"},
        ("TicketLabel", HIGH): {"First"},
        ("TicketLabel", "low"): {"Second"},
        ("TicketLabel", "nonesuch"): set(),
        ("Tag", "mail"): {"Second"},
        ("Tag", "vpn,mail"): {"First", "Second"},
        ("Tag", "nonesuch"): set(),
        ("ItemID", first): {"First"},
        ("ItemType", "com.soa.ticket"): {"First", "Second", "Third", "Fourth"},
        ("ItemType", "Discussion"): set(),
        ("Nonsense", "x"): {"First", "Second", "Third", "Fourth"},
    }
    for (name, value), titles in expected.items():
        assert set(ids(api, **{name: value})) == titles, (name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start", "-1"),
        ("start", "x"),
        ("count", "0"),
        ("count", "1e9"),
        ("count", "٣"),
        ("SortBy", "assignee__password"),
        ("TicketState", "nonesuch"),
        ("IncludeComments", "maybe"),
        ("NumberOfComments", "-1"),
    ],
)
def test_a_wrong_parameter_is_named(api, name, value):
    query = {"IncludeComments": "true"} if name == "NumberOfComments" else {}
    assert name in refused(api.get("/api/tickets", **query, **{name: value}), 400)


def test_comments_and_actions_come_with_a_list_if_they_are_asked_for(api):
    made = make_ticket()
    for number in range(3):
        at = timezone.now() - timedelta(minutes=9 - number)
        make_comment(made, f"Reply {number}", at=at)
    make_comment(made, "A note", public=False)
    [item] = api.listed(IncludeComments="true", NumberOfComments=2, IncludeActions="true")["Ticket"]
    assert item["Comments"] == 3
    assert [said["Content"] for said in item["Comment"]] == ["Reply 1", "Reply 2"]
    assert {"Name": "ticket.action.resolve"} in item["Action"]
    [item] = api.listed()["Ticket"]
    assert "Comment" not in item and "Action" not in item


def test_a_list_and_a_ticket_cost_the_same_however_much_there_is(api):
    def fill(count):
        for number in range(count):
            made = make_ticket(requester=make_user())
            make_comment(made, "x")
            api.post(f"/api/tickets/{made.uuid}/marks", f"u{number}", kind="text/plain")

    fill(1)
    api.listed()
    with statements() as few:
        api.listed(count=50)
    fill(9)
    with statements() as many:
        assert len(api.listed(count=50)["Ticket"]) == 10
    assert len(many) <= len(few) <= 11, many
    whole = {"IncludeComments": "true", "NumberOfComments": 2, "IncludeActions": "true"}
    with statements() as with_all:
        assert len(api.listed(count=50, **whole)["Ticket"]) == 10
    assert len(with_all) <= 13, with_all
    identity = api.listed()["Ticket"][0]["TicketID"]
    with statements() as single:
        api.read(identity)
    assert len(single) <= 11, single
    with statements() as said:
        api.said(identity)
    assert len(said) <= 9, said


def test_credentials_are_told_in_the_service_s_own_terms():
    key, secret = make_key(queues=[default_queue()])
    said = credentials.said_of("akana", key, secret)
    assert list(said) == ["base_url", "email", "password", "tenant"]
    client = Client()
    body = {"email": said["email"], "password": said["password"]}
    answer = client.post(f"{BASE}/api/login", body, content_type="application/json")
    assert f"AtmoAuthToken_{said['tenant']}" in answer.cookies
