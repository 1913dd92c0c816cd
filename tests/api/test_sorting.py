"""Lists of tickets in the order of any column, also of custom fields."""

import pytest

from helpdesk.filters import SORTS
from helpdesk.models import SavedView
from tests.api.conftest import fields_of
from tests.factories import make_field, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets() -> list:
    make_field("region")
    make_field("seats", "number")
    make_field("who", "people")
    return [
        make_ticket("a", custom={"region": "EU", "seats": 10}),
        make_ticket("b", custom={"region": "APAC", "seats": 9}),
        make_ticket("c"),
        make_ticket("d", custom={"region": "EU"}),
    ]


def walked(api, address: str) -> str:
    """The titles of all pages, forward; and the way back from the last of them."""
    there = []
    while address:
        page = api.get(address).json()
        there.append("".join(one["title"] for one in page["results"]))
        address, last = page["next"], page
    back = []
    while last["previous"]:
        last = api.get(last["previous"]).json()
        back.append("".join(one["title"] for one in last["results"]))
    assert back[::-1] == there[:-1]
    return "".join(there)


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("custom.region", "badc"),
        ("-custom.region", "dabc"),
        ("custom.seats,title", "bacd"),
        ("-custom.seats,-title", "abdc"),
        ("custom.region,-custom.seats", "badc"),
        ("queue,-title", "dcba"),
    ],
)
def test_pages_go_there_and_back(api, tickets, sort, titles):
    for limit in (1, 3, 200):
        assert walked(api, f"tickets/?sort={sort}&limit={limit}") == titles
    assert walked(api, f"tickets/?sort={sort}&limit=2&offset=0") == titles


@pytest.mark.parametrize("name", SORTS)
def test_each_column_is_walked_whole(api, tickets, name):
    for sign in ("", "-"):
        assert sorted(walked(api, f"tickets/?sort={sign}{name}&limit=3")) == list("abcd")


def test_it_goes_with_expand_typed_queries_and_views(api, tickets):
    assert walked(api, "tickets/?sort=-custom.seats&limit=2&expand=comments") == "abdc"
    assert walked(api, "tickets/?q=sort:custom.seats&limit=2") == "bacd"
    view = SavedView.objects.create(name="All", sort="-custom.seats")
    assert walked(api, f"views/{view.pk}/tickets/?limit=1") == "abdc"


@pytest.mark.parametrize(
    "sort",
    [
        *("custom.nothing", "custom.who", "custom.", "custom.region'--", "custom.region.gte"),
        *("custom__region", "--custom.region", "queue__name", "tags", "body", "extra"),
        *("custom.x" * 500, "a\0b"),
    ],
)
def test_what_is_no_order_is_refused_by_what_is(api, tickets, sort):
    refused = api.get("tickets/", data={"sort": sort})
    assert fields_of(refused) == ["sort"]
    if "\0" not in sort:
        assert "custom.<key>" in refused.json()["detail"]
