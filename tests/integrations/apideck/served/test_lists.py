"""Lists of our Apideck endpoint: paged, sorted, filtered."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket
from tests.factories import default_queue, make_agent, make_queue, make_tag, make_ticket, make_user
from tests.integrations.apideck.served.caller import NOWHERE, ids, refused

pytestmark = pytest.mark.django_db
BY = system("rule")


def made(count: int) -> list[str]:
    return [str(make_ticket(f"Ticket {number}").uuid) for number in range(count)]


def test_a_page_says_where_it_is_and_where_it_goes_on(api):
    expected = made(5)
    body = api.get("/tickets", {"limit": "2", "filter[status]": ["open", "closed"]}).json()
    assert (body["status_code"], body["status"], body["operation"]) == (200, "OK", "all")
    assert ids(body["data"]) == expected[:2]
    cursor = body["meta"]["cursors"]["next"]
    assert body["meta"] == {
        "items_on_page": 2,
        "total_count": 5,
        "cursors": {"previous": None, "current": None, "next": cursor},
    }
    assert body["links"]["previous"] is None
    link = urlsplit(body["links"]["next"])
    asked = parse_qs(link.query)
    assert asked == {"limit": ["2"], "filter[status]": ["open", "closed"], "cursor": [cursor]}
    second = api.get("/tickets", asked).json()
    assert ids(second["data"]) == expected[2:4]
    assert second["meta"]["cursors"]["current"] == cursor
    last = api.get("/tickets", {**asked, "cursor": second["meta"]["cursors"]["next"]}).json()
    assert ids(last["data"]) == expected[4:]
    assert last["meta"]["cursors"]["next"] is None and last["links"]["next"] is None


@pytest.mark.parametrize("by", ["", "created_at", "updated_at"])
@pytest.mark.parametrize("direction", ["", "asc", "desc"])
def test_walking_gives_everything_once_though_tickets_are_added(api, by, direction):
    expected = made(7)
    asked = {"limit": "2"}
    asked |= {"sort[by]": by} if by else {}
    asked |= {"sort[direction]": direction} if direction else {}
    seen, cursor = [], None
    while True:
        body = api.get("/tickets", {**asked, **({"cursor": cursor} if cursor else {})}).json()
        seen += ids(body["data"])
        cursor = body["meta"]["cursors"]["next"]
        if not cursor or len(seen) > 40:
            break
        if len(seen) < 6:
            make_ticket("In between")
    wanted = expected[::-1] if direction == "desc" else expected
    assert len(seen) == len(set(seen))
    assert [one for one in seen if one in expected] == wanted


def test_twenty_are_usual_and_two_hundred_the_most(api):
    made(21)
    assert len(api.data("/tickets")) == 20
    assert len(api.data("/tickets", {"limit": "200"})) == 21
    ticket = Ticket.objects.first()
    for path in ["/tickets", "/users", "/tags", "!", f"/tickets/{ticket.uuid}/comments"]:
        for limit in ["0", "201", "-1", "x", "NaN", "1e9", str(10**30)]:
            words = refused(api.get(path, {"limit": limit}), 400, "RequestValidationError")
            assert "limit" in words and "200" in words


@pytest.mark.parametrize("path", ["/tickets", "/users", "/tags", "!", "/tickets/{}/comments"])
def test_a_cursor_of_nobody_or_of_another_list_is_refused(api, path):
    tickets = made(3)
    for number in range(3):
        make_tag(f"Tag {number}")
        make_agent(f"Agent {number}")
        make_queue(f"Queue {number}")
        actions.reply(Ticket.objects.get(uuid=tickets[0]), by=BY, body=f"Words {number}")
    path = path.format(tickets[0])
    others = {"/tickets", "/users", "/tags", f"/tickets/{tickets[0]}/comments"} - {path}
    foreign = [api.get(other, {"limit": "1"}).json()["meta"]["cursors"]["next"] for other in others]
    assert all(foreign)
    for cursor in ["x", "eyJhIjoxfQ", "a:b:c", *foreign]:
        refused(api.get(path, {"cursor": cursor}), 400, "InvalidCursorError")


def test_the_filters_of_tickets(api):
    agent, other = make_agent(), make_agent()
    opened = api.create()
    started = api.create(status="in_progress", assignees=[{"id": str(agent.uuid)}])
    waiting = api.create(status="waiting", assignees=[{"id": str(other.uuid)}])
    closed = api.create(status="closed", assignees=[{"id": str(agent.uuid)}])
    for query, expected in [
        ({}, [opened, started, waiting, closed]),
        ({"filter[status]": "open"}, [opened, started, waiting]),
        ({"filter[status]": "closed"}, [closed]),
        ({"filter[status]": "all"}, [opened, started, waiting, closed]),
        ({"filter[status]": "in_progress"}, [started, waiting]),
        ({"filter[status]": "waiting"}, [waiting]),
        ({"filter[status]": ["closed", "in_progress"]}, [started, waiting, closed]),
        ({"filter[status][]": ["closed", "in_progress"]}, [started, waiting, closed]),
        ({"filter[status][0]": "closed", "filter[status][1]": "waiting"}, [waiting, closed]),
        ({"filter[status]": "closed,waiting"}, [waiting, closed]),
        ({"filter[status]": "nonsense"}, []),
        ({"filter[assignee_id]": str(agent.uuid)}, [started, closed]),
        ({"filter[assignee_id]": NOWHERE}, []),
        ({"filter[assignee_id]": "12345"}, []),
        ({"filter[assignee_id]": str(agent.uuid), "filter[status]": "open"}, [started]),
        ({"pass_through[search]": "x", "filter[since]": ""}, [opened, started, waiting, closed]),
    ]:
        assert ids(api.data("/tickets", query)) == expected, query
    assert api.get("/tickets", {"filter[status]": "closed"}).json()["meta"]["total_count"] == 1


def test_since_filters_on_the_last_change(api):
    first, second = made(2)
    ticket = Ticket.objects.get(uuid=first)
    actions.reply(ticket, by=BY, body="A reply")
    changed = api.data(f"/tickets/{first}")["updated_at"]
    assert ids(api.data("/tickets", {"filter[since]": changed})) == [first]
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert api.data("/tickets", {"filter[since]": later}) == []
    assert len(api.data("/tickets", {"filter[since]": "2020-01-01T00:00:00.000Z"})) == 2
    by_change = {"sort[by]": "updated_at", "sort[direction]": "desc"}
    assert ids(api.data("/tickets", by_change)) == [first, second]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"filter[priority]": "high"}, "UnsupportedFiltersError"),
        ({"filter[assignee__password]": "x"}, "UnsupportedFiltersError"),
        ({"filter[since]": "yesterday"}, "RequestValidationError"),
        ({"sort[by]": "subject"}, "UnsupportedSortFieldError"),
        ({"sort[by]": "assignee__password"}, "UnsupportedSortFieldError"),
        ({"sort[direction]": "sideways"}, "RequestValidationError"),
    ],
)
def test_what_cannot_be_filtered_or_sorted_is_said(api, query, kind):
    refused(api.get("/tickets", query), 400, kind)


def test_the_users_are_who_may_be_assigned(api):
    agents = [make_agent(f"Ann {name} Lee") for name in ("A", "B", "C")]
    make_agent("Elsewhere", [make_queue()])
    admin, customer = make_user("Root", "admin"), make_user("Customer")
    found = api.walk("/users", {"limit": 1})
    assert ids(found) == [str(one.uuid) for one in [*agents, admin]]
    assert found[0] == {
        "id": str(agents[0].uuid),
        "name": "Ann A Lee",
        "first_name": "Ann A",
        "last_name": "Lee",
        "email": agents[0].email,
        "photo_url": None,
        "custom_mappings": None,
    }
    assert api.data(f"/users/{agents[0].uuid}") == found[0]
    assert api.data(f"/users/{admin.uuid}")["first_name"] == "Root"
    for identity in (customer.uuid, NOWHERE, agents[0].pk, "x"):
        refused(api.get(f"/users/{identity}"), 404)


def test_the_tags_are_listed_by_name(api):
    tags = {name: make_tag(name) for name in ("b", "C", "a")}
    found = api.walk("/tags", {"limit": 2})
    assert [tag["name"] for tag in found] == ["a", "b", "C"]
    assert found[0] == {"id": str(tags["a"].uuid), "name": "a", "custom_mappings": None}
    refused(api.get("/tags", {"sort[by]": "name"}), 400, "UnsupportedSortFieldError")


def test_a_collection_says_what_other_helpdesks_may_map(api):
    said = api.data("")
    assert (said["id"], said["name"]) == (str(default_queue().uuid), "Support")
    assert said["custom_mappings"]["helpdesk:fields"] == []
    assert said["custom_mappings"]["helpdesk:types"]
