"""OData for reading: what a connector asks for, what it gets, and what is refused by name."""

import base64
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.test import Client

from helpdesk import changes
from helpdesk.models import DailyCount, Ticket
from helpdesk.reports import expressions
from helpdesk.reports.csdl import EDM, EDMX
from helpdesk.reports.tables import ENTITIES
from tests.api.conftest import caller
from tests.budget import statements
from tests.factories import default_queue, make_comment, make_queue, make_ticket, make_user, status

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/odata/"
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)


def ask(api, path: str = "", **options):
    said = "&".join(f"${name}={quote(str(value))}" for name, value in options.items())
    response = api.get(f"{ROOT}{path}{'?' if said else ''}{said}")
    assert response["OData-Version"] == "4.0"
    return response


def found(api, path: str = "Tickets", **options) -> dict:
    response = ask(api, path, **options)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("application/json;odata.metadata=minimal")
    return response.json()


def ids(api, path: str = "Tickets", **options) -> list[int]:
    return [row["id"] for row in found(api, path, **options)["value"]]


def refused(response, status: int) -> dict:
    assert response.status_code == status, response.content
    assert response["OData-Version"] == "4.0"
    error = response.json()["error"]
    assert error["code"] and error["message"]
    return error


def one_of_each() -> Ticket:
    ticket = make_ticket("It's", created_at=MORNING, requester=make_user())
    make_comment(ticket)
    changes.announce()
    place = {"queue": default_queue(), "status": status("Open"), "priority": "low", "tickets": 1}
    DailyCount.objects.create(day=date(2026, 3, 1), **place)
    return ticket


def test_the_service_names_its_sets(api):
    service = found(api, "")
    assert service["@odata.context"] == "http://testserver/api/v1/odata/$metadata"
    assert {one["url"] for one in service["value"]} == set(ENTITIES)


@pytest.mark.parametrize("name", ENTITIES)
def test_rows_are_what_the_metadata_says(api, name):
    one_of_each()
    document = ask(api, "$metadata")
    assert document["Content-Type"] == "application/xml"
    schema = ElementTree.fromstring(document.content).find(f".//{{{EDM}}}Schema")
    assert ElementTree.fromstring(document.content).tag == f"{{{EDMX}}}Edmx"
    [entity_set] = [one for one in schema.iter(f"{{{EDM}}}EntitySet") if one.get("Name") == name]
    kind = entity_set.get("EntityType").rpartition(".")[2]
    [entity] = [one for one in schema.iter(f"{{{EDM}}}EntityType") if one.get("Name") == kind]
    properties = {one.get("Name"): one for one in entity.iter(f"{{{EDM}}}Property")}
    [row] = found(api, name)["value"]
    assert list(row) == list(properties)
    python = {
        "Edm.Int64": int,
        "Edm.String": str,
        "Edm.Boolean": bool,
        "Edm.Date": str,
        "Edm.DateTimeOffset": str,
    }
    for column, value in row.items():
        said = properties[column]
        if value is None:
            assert said.get("Nullable") != "false", column
        else:
            assert type(value) is python[said.get("Type")], column


def test_a_row_can_be_asked_for_by_its_key(api):
    ticket = one_of_each()
    one = found(api, f"Tickets({ticket.pk})")
    assert one["title"] == "It's"
    assert one["@odata.context"].endswith("$metadata#Tickets/$entity")
    assert found(api, f"Tickets(id={ticket.pk})", select="id")["id"] == ticket.pk
    refused(ask(api, "Tickets(987654)"), 404)
    refused(ask(api, "People(1)"), 404)
    refused(ask(api, "People"), 404)


def test_rows_are_narrowed_selected_and_counted(api):
    low = make_ticket("Low", priority="low")
    make_ticket("High", priority="high")
    page = found(api, filter="priority eq 'low'", select="id,title", count="true")
    assert page["value"] == [{"id": low.pk, "title": "Low"}]
    assert page["@odata.count"] == 1
    assert page["@odata.context"].endswith("#Tickets(id,title)")
    plain = ask(api, "Tickets/$count", filter="priority eq 'low'")
    assert (plain.content, plain["Content-Type"]) == (b"1", "text/plain")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("startswith(title,'It''s')", {"a"}),
        ("contains(title,'o') and not (priority eq 'high')", {"a", "b"}),
        ("due_at eq null", {"b", "c"}),
        ("due_at ge 2026-03-01T00:00:00Z", {"a"}),
        ("due_at lt 2026-03-01T00:00:00Z or priority in ('high','urgent')", {"c"}),
        ("not (due_at gt 2026-03-01T00:00:00Z)", {"b", "c"}),
        ("status eq 'Open' and queue_id ne null", {"a", "b", "c"}),
        ("assignee eq null", {"a", "b", "c"}),
        ("first_response_at ne null", set()),
    ],
)
def test_filters_find(api, words, expected):
    named = {
        make_ticket("It's one", due_at=MORNING).pk: "a",
        make_ticket("Another").pk: "b",
        make_ticket("Two", priority="high").pk: "c",
    }
    assert {named[pk] for pk in ids(api, filter=words)} == expected


def test_order_top_and_skip(api):
    made = [make_ticket(created_at=MORNING - timedelta(hours=number)).pk for number in range(5)]
    assert ids(api) == made
    assert ids(api, orderby="created_at") == made[::-1]
    assert ids(api, orderby="created_at desc,id", top=2) == made[:2]
    assert ids(api, skip=1, top=2) == made[1:3]
    assert ids(api, skip=9) == ids(api, top=0) == []


def test_pages_are_followed_to_their_end_and_no_row_comes_twice(api):
    made = [make_ticket(created_at=MORNING).pk for _number in range(7)]
    headers = {"Prefer": "odata.maxpagesize=2"}
    for options, expected in {
        "": made,
        "?$orderby=created_at desc": made[::-1],
        "?$top=5": made[:5],
        "?$skip=2&$top=3": made[2:5],
        "?$filter=priority eq 'normal'&$select=id": made,
    }.items():
        address, seen = f"{ROOT}Tickets{options}", []
        while address:
            page = api.get(address, headers=headers).json()
            seen += [row["id"] for row in page["value"]]
            address = page.get("@odata.nextLink")
            assert len(page["value"]) <= 2
        assert seen == expected, options


def test_a_cursor_belongs_to_its_question(api):
    for _number in range(3):
        make_ticket()
    link = found(api, top=1)  # no more is wanted: nothing follows
    assert "@odata.nextLink" not in link
    page = api.get(f"{ROOT}Tickets?$orderby=id", headers={"Prefer": "maxpagesize=1"}).json()
    other = page["@odata.nextLink"].replace("$orderby=id", "$orderby=id%20desc")
    refused(api.get(other), 400)
    refused(ask(api, "Tickets", skiptoken="forged"), 400)


def test_it_is_only_read(api):
    for method in ("post", "put", "patch", "delete"):
        response = getattr(api, method)(f"{ROOT}Tickets")
        assert refused(response, 405)
        assert response["Allow"] == "GET, HEAD"


REFUSED = {
    "$expand=comments": (501, "$expand"),
    "$search=x": (501, "$search"),
    "$apply=aggregate($count as n)": (501, "$apply"),
    "$compute=1": (501, "$compute"),
    "$filter=tags eq 'a'": (501, "tags"),
    "$filter=requester eq 'a'": (501, "requester"),
    "$filter=year(created_at) eq 2026": (501, "year"),
    "$filter=queue/name eq 'a'": (501, "queue/name"),
    "$filter=password eq 'a'": (400, "password"),
    "$filter=id eq 'a'": (400, "id"),
    "$filter=": (400, "$filter"),
    "$orderby=title": (501, "title"),
    "$orderby=id up": (400, "$orderby"),
    "$orderby=": (400, "$orderby"),
    "$select=body": (400, "body"),
    "$select=comments/body": (501, "comments/body"),
    "$top=-1": (400, "$top"),
    "$top=1e9": (400, "$top"),
    "$skip=10001": (400, "$skip"),
    "$count=yes": (400, "$count"),
    "$format=atom": (501, "$format"),
    "$top=1&$top=2": (400, "$top"),
    "$nothing=1": (400, "$nothing"),
    "top=1": (400, "top"),
    "@p=1": (501, "@p"),
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_is_not_supported_is_refused_by_name(api, options):
    status_code, named = REFUSED[options]
    error = refused(api.get(f"{ROOT}Tickets?{options}"), status_code)
    assert named in error["message"]


HOSTILE = [
    "x" * 5_000,
    "(" * 3_000,
    "not " * 1_500 + "id eq 1",
    "title eq '" + "a" * 3_900 + "'",
    "title eq '\ud800'".encode("utf-8", "replace").decode(),
    "title eq '\0'",
    "id eq " + "9" * 4_000,
    "id in (" + ",".join(["1"] * 1_900) + ")",
    "contains(title,'%_\\') or title eq '\\'''",
    "created_at gt 0001-01-01 and created_at lt 9999-12-31",
    "queue_id eq 9223372036854775807 or reopened_count lt -9223372036854775807",
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_read_or_refused(api, words):
    make_ticket()
    response = ask(api, "Tickets", filter=words)
    assert response.status_code in (200, 400), response.content[:300]


@pytest.mark.parametrize("name", ENTITIES)
def test_every_column_that_narrows_and_sorts_does(api, name):
    one_of_each()
    table, values = ENTITIES[name], {"number": "0", "text": "'a'", "truth": "true"}
    values |= {"moment": "2026-01-01T00:00:00Z", "day": "2026-01-01"}
    for column in table.columns:
        if column.path is not None:
            for op in ("eq", "ne"):
                found(api, name, filter=f"{column.name} {op} {values[column.kind]}")
            found(api, name, filter=f"not ({column.name} eq null)")
        if column.is_sorted:
            assert len(ids(api, name, orderby=f"{column.name} desc")) == 1


# Who sees what --------------------------------------------------------------------------------


def test_a_key_narrows_by_nothing_that_it_is_not_told():
    own = make_queue("Own")
    bound, plain = caller("read", [own]), caller("read", scopes=["reports:read"])
    make_ticket("Secret", queue=own)
    for api, words in (
        (bound, "organisation_id eq 1"),
        (plain, "organisation_id eq 1"),
        (plain, "startswith(title,'S')"),
    ):
        assert "can't be narrowed" in refused(ask(api, "Tickets", filter=words), 501)["message"]
    assert ids(plain, filter="priority eq 'normal'")
    assert found(plain)["value"][0]["title"] is None


@pytest.mark.parametrize("name", ENTITIES)
def test_a_key_sees_its_queues_alone(name):
    own, foreign = make_queue("Own"), make_queue("Foreign")
    for queue in (own, foreign):
        make_comment(make_ticket(queue=queue))
        place = {"queue": queue, "status": status("Open"), "priority": "low", "tickets": 1}
        DailyCount.objects.create(day=date(2026, 3, 1), **place)
    changes.announce()
    page = found(caller("read", [own]), name, count="true")
    assert {row["queue_id"] for row in page["value"]} == {own.pk}
    assert page["@odata.count"] == len(page["value"]) == 1


def test_a_key_may_be_the_password_of_basic(api):
    make_ticket()
    pair = base64.b64encode(f"anybody:{api.secret}".encode()).decode()
    with_basic = Client(headers={"authorization": f"Basic {pair}"})
    assert with_basic.get(f"{ROOT}Tickets").status_code == 200
    assert with_basic.get("/api/v1/tickets/").status_code == 401  # at this door alone


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!!", "Basic /////w==", "Basic YTpi"])
def test_without_a_key_there_is_nothing_and_a_challenge(db, header):
    nobody = Client(headers={"authorization": header} if header else {})
    for path in ("", "$metadata", "Tickets", "Tickets/$count", "Tickets(1)"):
        response = nobody.get(ROOT + path)
        refused(response, 401)
        assert response["WWW-Authenticate"].startswith("Basic ")


def test_a_key_without_the_scope_is_told_so():
    response = ask(caller("read", scopes=["tickets:read"]), "Tickets")
    assert refused(response, 403)["code"] == "missing_scope"


def test_a_page_takes_as_many_statements_for_many_rows_as_for_one(reader):
    make_comment(make_ticket())
    changes.announce()
    reader.get("me/")
    counts = {}
    for number in (1, 30):
        for name in ENTITIES:
            options = {"filter": "id gt 0", "count": "true"}
            with statements() as counted:
                found(reader, name, **options)
            counts.setdefault(name, []).append(len([one for one in counted if "SET" not in one]))
        for _more in range(number):
            make_comment(make_ticket())
        changes.announce()
    for name, (few, many) in counts.items():
        assert many <= few <= 5, (name, counts)


def test_the_longest_list_of_values_is_bounded(api):
    words = ",".join("1" for _value in range(expressions.MAX_VALUES))
    assert ask(api, "Tickets", filter=f"id in ({words})").status_code == 200
    assert "200" in refused(ask(api, "Tickets", filter=f"id in ({words},1)"), 400)["message"]
