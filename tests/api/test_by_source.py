"""A ticket by its reference at a source."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.models import Change, Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import make_queue, make_ticket

pytestmark = pytest.mark.django_db
ADDRESS = "tickets/by-source/shop/order/7/"


def test_the_first_call_opens_it_and_the_next_ones_change_it(api):
    opened = api.put(ADDRESS, {"title": "Order 7", "priority": "high"})
    assert opened.status_code == 201
    assert (opened.json()["source"], opened.json()["source_ref"]) == ("shop", "order/7")
    changed = api.put(ADDRESS, {"priority": "low"})
    assert (changed.status_code, changed.json()["priority"]) == (200, "low")
    assert changed.json()["title"] == "Order 7"
    same = api.put(ADDRESS, {"priority": "low"})
    assert same.json() == changed.json()
    assert Ticket.objects.count() == 1
    assert Change.objects.count() == 2
    assert api.get(ADDRESS).json() == same.json()
    assert api.get(ADDRESS)["ETag"] == changed["ETag"]


def test_a_new_one_needs_a_title(api):
    assert fields_of(api.put(ADDRESS, {"priority": "high"})) == ["title"]


def test_the_address_alone_names_it(api):
    assert fields_of(api.put(ADDRESS, {"title": "A", "source": "x", "source_ref": "y"})) == [
        "source",
        "source_ref",
    ]


def test_conditions_hold(api):
    api.put(ADDRESS, {"title": "A"})
    api.put(ADDRESS, {"title": "B"})
    late = api.put(ADDRESS, {"title": "C"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    collision = api.put(ADDRESS, {"title": "C", "version": 1})
    assert collision.status_code == 409
    merged = api.put(ADDRESS, {"priority": "high", "version": 1})
    assert (merged.json()["title"], merged.json()["priority"]) == ("B", "high")


def test_another_keys_source_stays_its_own(api):
    queue = make_queue("Own")
    api.put(ADDRESS, {"title": "A"})
    other = caller(queues=[queue])
    assert other.get(ADDRESS).status_code == 404
    refused = other.put(ADDRESS, {"title": "B"})
    assert fields_of(refused) == ["source"]
    assert (
        refused.json()["detail"]
        == other.put("tickets/by-source/shop/made-up/", {"title": "B"}).json()["detail"]
    )


def test_a_reference_that_lies_where_the_key_does_not_see_is_not_found(api):
    own = make_queue("Own")
    bound = caller(queues=[own])
    bound.put("tickets/by-source/own/1/", {"title": "A"})
    Ticket.objects.update(queue=make_queue("Foreign"))
    assert bound.get("tickets/by-source/own/1/").status_code == 404
    assert fields_of(bound.put("tickets/by-source/own/1/", {"title": "B"})) == ["source_ref"]
    assert Ticket.objects.get().title == "A"


def test_a_bound_key_takes_no_source_that_had_tickets_before_it(api):
    make_ticket(source="import", source_ref="1", queue=make_queue("Foreign"))
    bound = caller(queues=[make_queue("Own")])
    for ref in ("1", "2"):
        assert fields_of(bound.put(f"tickets/by-source/import/{ref}/", {"title": "A"})) == [
            "source"
        ]
    assert api.put("tickets/by-source/import/1/", {"title": "A"}).status_code == 200


@pytest.mark.parametrize("source", ["helpdesk:x", "mail:y"])
def test_names_with_a_colon_are_ours(api, source):
    assert fields_of(api.put(f"tickets/by-source/{source}/1/", {"title": "A"})) == ["source"]


def test_files_come_only_with_the_opening(api):
    make_ticket()
    file = api.upload("attachments/", file=_file()).json()["uuid"]
    opened = api.put(ADDRESS, {"title": "A", "attachments": [file]})
    assert opened.status_code == 201
    other = api.upload("attachments/", file=_file()).json()["uuid"]
    assert fields_of(api.put(ADDRESS, {"attachments": [other]})) == ["attachments"]


def _file():
    return SimpleUploadedFile("a.txt", b"text")


@pytest.mark.parametrize("address", ["%20/%20", "%00/%00", "shop/%20", "%09/7", "shop/%C2%A0"])
def test_blanks_name_no_ticket_although_most_have_no_source(api, address):
    ticket = make_ticket("Untouched")
    path = f"tickets/by-source/{address}/"
    assert api.get(path).status_code == 404
    assert {"source", "source_ref"} >= set(fields_of(api.put(path, {"title": "Another"}))) != set()
    ticket.refresh_from_db()
    assert (ticket.title, Ticket.objects.count()) == ("Untouched", 1)


@pytest.mark.parametrize("condition", ['"1"', "*"])
def test_if_match_opens_nothing(api, condition):
    refused = api.put(ADDRESS, {"title": "A"}, headers={"If-Match": condition})
    assert (refused.status_code, refused.json()["difference"]) == (412, [])
    assert not Ticket.objects.exists()


def test_if_none_match_changes_nothing(api):
    only_new = {"If-None-Match": "*"}
    assert api.put(ADDRESS, {"title": "A"}, headers=only_new).status_code == 201
    refused = api.put(ADDRESS, {"title": "B"}, headers=only_new)
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert Ticket.objects.get().title == "A"
    other = api.put(ADDRESS, {"title": "B"}, headers={"If-None-Match": '"1"'})
    assert fields_of(other) == ["If-None-Match"]


def test_it_is_read_as_by_its_number(api):
    api.put(ADDRESS, {"title": "A"})
    assert api.get(f"{ADDRESS}?fields=title").json() == {"title": "A"}
    whole = api.get(f"{ADDRESS}?expand=comments").json()
    assert whole["comments"] == {"results": [], "next": None, "previous": None}
    tag = api.get(ADDRESS)["ETag"]
    same = api.get(ADDRESS, headers={"If-None-Match": tag})
    assert (same.status_code, same["ETag"]) == (304, tag)
