"""What a TeamsWork list may be asked for."""

from datetime import UTC, datetime

import pytest

from integrations.services.teamswork.listing import ListQuery, project, read_query
from integrations.services.teamswork.values import WireError


def test_nothing_asked_for_means_ten_newest_first():
    query = read_query({"key": "k", "timezone": "7"})

    assert query == ListQuery()
    assert (query.limit, query.order_by, query.descending) == (10, "createdDateTime", True)


@pytest.mark.parametrize(
    ("parameters", "statuses"),
    [
        ({"status": "Open"}, ("new", "open", "started", "waiting")),
        ({"status": "In Progress"}, ("new", "open", "started", "waiting")),
        ({"status": " Closed"}, ("closed", "resolved")),
        ({"status": "Open,Closed"}, None),
        ({"isResolved": "true"}, ("closed", "resolved")),
        ({"isResolved": "false"}, ("new", "open", "started", "waiting")),
        ({"statusId": "Started"}, ("started", "waiting")),
        ({"statusId": "Closed"}, ("closed",)),
        ({"statusId": "Closed", "isResolved": "false"}, ()),
    ],
)
def test_a_status_filter_means_resolved_or_not_and_an_id_the_exact_state(parameters, statuses):
    assert read_query(parameters).statuses == statuses


def test_a_state_of_ours_is_named_by_its_uuid():
    identity = "3FA85F64-5717-4562-b3fc-2c963f66afa6"
    query = read_query({"statusId": identity})

    assert (query.statuses, query.status_id) == (None, identity.lower())


def test_every_parameter_is_read():
    query = read_query(
        {
            "search": " a ",
            "title": "b",
            "priority": "important,Low",
            "tags": "c1_vip,plain",
            "orderBy": "lastInteraction",
            "order": "asc",
            "select": "id, title",
            "include": "description_HTML",
            "limit": "5000",
            "offset": "20",
        }
    )

    assert (query.search, query.title, query.priorities) == ("a", "b", ("high", "low"))
    assert query.tags == (("c1", "vip"), ("", "plain"))
    assert (query.order_by, query.descending) == ("lastInteraction", False)
    assert (query.limit, query.offset, query.with_html) == (1000, 20, True)


def test_dates_are_whole_days_moved_by_the_time_zone():
    query = read_query(
        {
            "timezone": "7",
            "createdAfter": "2026-01-02",
            "createdBefore": "2026-01-03",
            "expectedDateBefore": "2026-01-03",
            "lastUpdateAfter": "2026-01-02T10:00:00Z",
        }
    )

    first, end = datetime(2026, 1, 2, 7, tzinfo=UTC), datetime(2026, 1, 4, 7, tzinfo=UTC)
    assert query.between == {
        "created": (first, end),
        "due": (None, datetime(2026, 1, 3, 17, tzinfo=UTC)),
        "updated": (datetime(2026, 1, 2, 10, tzinfo=UTC), None),
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"assignee": "1"},
        {"status": "Gone"},
        {"statusId": "Gone"},
        {"isResolved": "perhaps"},
        {"priority": "Blocker"},
        {"orderBy": "assignee__password"},
        {"order": "down"},
        {"select": "id,password"},
        {"limit": "0"},
        {"limit": "NaN"},
        {"limit": "9" * 5000},
        {"offset": "-1"},
        {"timezone": "15"},
        {"timezone": "5.5"},
        {"createdAfter": "soon"},
        {"createdBefore": "9999-12-31"},
    ],
)
def test_what_is_unknown_is_refused_by_its_name(parameters):
    (name,) = parameters

    with pytest.raises(WireError, match=name):
        read_query(parameters)


def test_only_the_selected_members_are_shown():
    item = {"id": "1", "ticketNo": 7, "title": "A", "requestor": {"name": "Ann"}, "x": 1}
    item["description_HTML"] = "<b>"

    assert project(item, read_query({"select": "id,requestorName"})) == {
        "id": "1",
        "ticketNo": 7,
        "requestorName": "Ann",
    }
    assert "description_HTML" not in project(item, ListQuery())
    assert project(item, ListQuery(with_html=True)) == item
