"""What a list takes beside its filters: counts, offsets, chosen members, a typed query."""

import pytest

from tests.api.conftest import fields_of
from tests.budget import statements
from tests.factories import make_agent, make_comment, make_field, make_tag, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets() -> list:
    ann = make_agent("Ann")
    rows = [
        make_ticket(f"Ticket {number}", assignee=ann if number % 2 else None) for number in range(5)
    ]
    return rows[::-1]  # newest first, as a list has them


def titles(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["title"] for one in response.json()["results"]]


class TestCount:
    def test_all_rows_are_counted_on_request_by_one_more_statement(self, api, tickets):
        api.get("tickets/")
        with statements() as plain:
            assert "count" not in api.get("tickets/?limit=2").json()
        with statements() as counted:
            assert api.get("tickets/?limit=2&count=exact").json()["count"] == 5
        assert len(counted) == len(plain) + 1

    def test_it_counts_what_the_filters_leave(self, api, tickets):
        assert api.get("tickets/?assignee=none&count=exact").json()["count"] == 3
        assert api.get("tags/?count=exact").json()["count"] == 0

    def test_only_exact_is_known(self, api):
        assert fields_of(api.get("tickets/?count=about")) == ["count"]


class TestOffset:
    def test_pages_by_offset_show_every_row_once(self, api, tickets):
        seen, address = [], "/api/v1/tickets/?limit=2&offset=0"
        while address:
            page = api.get(address)
            seen += titles(page)
            address = page.json()["next"]
        assert seen == [ticket.title for ticket in tickets]

    def test_the_way_back(self, api, tickets):
        page = api.get("tickets/?limit=2&offset=3").json()
        assert page["next"] is None
        assert titles(api.get(page["previous"])) == ["Ticket 3", "Ticket 2"]

    def test_it_takes_a_sort(self, api, tickets):
        page = api.get("tickets/?limit=2&offset=1&sort=title")
        assert titles(page) == ["Ticket 1", "Ticket 2"]

    @pytest.mark.parametrize("offset", ["-1", "10001", "x", "1e3", "٣", "9" * 30])
    def test_the_depth_is_bounded(self, api, offset):
        assert fields_of(api.get("tickets/", data={"offset": offset})) == ["offset"]

    def test_offset_and_cursor_do_not_go_together(self, api, tickets):
        page = api.get("tickets/?limit=2").json()
        assert fields_of(api.get(page["next"] + "&offset=2")) == ["offset"]


class TestFields:
    def test_only_what_was_asked_for_is_shown(self, api, tickets):
        page = api.get("tickets/?fields=title,assignee.name,status.id&limit=2").json()
        assert [set(one) for one in page["results"]] == [{"title", "assignee", "status"}] * 2
        assert page["results"][1]["assignee"] == {"name": "Ann"}
        assert page["results"][0]["assignee"] is None
        assert set(page["results"][0]["status"]) == {"id"}

    def test_the_whole_wins_over_a_part_of_it(self, api, tickets):
        for fields in ("assignee,assignee.name", "assignee.name,assignee"):
            found = api.get(f"tickets/{tickets[1].pk}/?fields={fields}").json()
            assert set(found["assignee"]) == {"id", "uuid", "name", "email"}

    def test_members_of_a_map_may_have_any_name(self, api):
        make_field("region")
        ticket = make_ticket(custom={"region": "EU"})
        found = api.get(f"tickets/{ticket.pk}/?fields=custom.region,custom.nothing").json()
        assert found == {"custom": {"region": "EU"}}

    def test_inside_of_what_is_expanded(self, api):
        ticket = make_ticket()
        make_comment(ticket, "Hello")
        address = f"tickets/{ticket.pk}/?expand=comments&fields=id,comments.results.body"
        found = api.get(address).json()
        assert found == {"id": ticket.pk, "comments": {"results": [{"body": "Hello"}]}}

    @pytest.mark.parametrize(
        "fields", ["nothing", "title.x", "assignee.password", "", "title,,id", "custom."]
    )
    def test_what_is_not_there_is_named_even_where_no_row_is(self, api, fields):
        response = api.get("tickets/", data={"fields": fields})
        if fields == "custom.":
            assert response.status_code == 200
        else:
            assert "fields" in fields_of(response)

    @pytest.mark.parametrize(
        ("noun", "member"),
        [
            ("tags", "category.name"),
            ("users", "organisation.name"),
            ("organisations", "name"),
            ("queues", "workflow.name"),
            ("statuses", "category"),
            ("custom-fields", "options.label"),
        ],
    )
    def test_every_list_has_it(self, api, noun, member):
        make_tag("vip")
        make_field("region", "choice", ["EU"])
        make_ticket(requester={"email": "ann@example.org"})
        response = api.get(f"{noun}/?fields={member}")
        assert response.status_code == 200, response.content
        for row in response.json()["results"]:
            assert list(row) == [member.partition(".")[0]]
        assert fields_of(api.get(f"{noun}/?fields=nothing")) == ["fields"]


class TestTyped:
    def test_a_query_narrows_and_sorts(self, api, tickets):
        assert titles(api.get("tickets/", data={"q": "assignee:none sort:title"})) == [
            "Ticket 0",
            "Ticket 2",
            "Ticket 4",
        ]

    def test_filters_beside_it_narrow_further(self, api, tickets):
        found = api.get("tickets/", data={"q": "assignee:none", "id": str(tickets[0].pk)})
        assert titles(found) == ["Ticket 4"]

    def test_a_sort_beside_it_wins(self, api, tickets):
        found = api.get("tickets/", data={"q": "sort:title", "sort": "-title", "limit": 1})
        assert titles(found) == ["Ticket 4"]

    def test_what_is_wrong_is_said_with_its_place(self, api):
        response = api.get("tickets/", data={"q": "printer assignee:nobody"})
        assert fields_of(response) == ["q"]
        assert "characters 8–23" in response.json()["detail"]

    def test_none_of_a_value_as_a_parameter(self, api, tickets):
        assert titles(api.get("tickets/?-assignee=none")) == ["Ticket 3", "Ticket 1"]

    def test_its_pages_go_on(self, api, tickets):
        page = api.get("tickets/", data={"q": "assignee:none", "limit": 2})
        assert titles(api.get(page.json()["next"])) == ["Ticket 0"]
