"""Pages by cursor: whole, in order, both ways, whatever comes and goes."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from helpdesk.doors.paging import limit_in, page_of, scope_of
from helpdesk.filters import SORTS, SortKey, sort_keys
from helpdesk.models import Ticket
from tests.factories import make_ticket, make_user

pytestmark = pytest.mark.django_db
NUMBER = [SortKey("id")]


def pages(sort, limit, **options):
    """Every page forward, then every page back."""
    forward, cursor = [], ""
    while cursor is not None:
        page = page_of(Ticket.objects.all(), sort, scope="s", cursor=cursor, limit=limit)
        forward.append([ticket.pk for ticket in page.rows])
        last, cursor = page, page.next
    back, cursor = [], last.previous
    while cursor is not None:
        page = page_of(Ticket.objects.all(), sort, scope="s", cursor=cursor, limit=limit)
        back.append([ticket.pk for ticket in page.rows])
        cursor = page.previous
    return forward, back


@pytest.fixture
def tickets():
    now = timezone.now()
    people = [make_user("Zoe"), make_user("ann"), None]
    return [
        make_ticket(
            f"Title {number % 3}",
            priority=["low", "urgent"][number % 2],
            requester=people[number % 3],
            due_at=now + timedelta(days=number % 2) if number % 3 else None,
        )
        for number in range(7)
    ]


@pytest.mark.parametrize("name", [*SORTS, *(f"-{name}" for name in SORTS), "due_at,-title"])
@pytest.mark.parametrize("limit", [1, 3])
def test_every_row_comes_once_forward_and_back(tickets, name, limit):
    forward, back = pages(sort_keys(name), limit)
    assert sorted(pk for page in forward for pk in page) == [one.pk for one in tickets]
    flat = [pk for page in forward for pk in page]
    assert [pk for page in reversed(back) for pk in page] == flat[: len(flat) - len(forward[-1])]


@pytest.mark.parametrize("name", ["due_at", "-due_at", "assignee", "-requester"])
def test_empty_values_come_last_both_ways(tickets, name):
    page = page_of(Ticket.objects.all(), sort_keys(name), scope="s", limit=200)
    column = name.removeprefix("-").removesuffix("_at")
    values = [getattr(row, "due_at" if column == "due" else f"{column}_id") for row in page.rows]
    empty = [value is None for value in values]
    assert empty == sorted(empty)


def test_ties_follow_the_direction_of_the_first_column(tickets):
    page = page_of(Ticket.objects.all(), sort_keys("-priority"), scope="s", limit=3)
    assert [row.pk for row in page.rows] == sorted((row.pk for row in page.rows), reverse=True)


def test_rows_that_come_and_go_while_walking_disturb_no_others(tickets):
    first = page_of(Ticket.objects.all(), NUMBER, scope="s", limit=3)
    Ticket.objects.filter(pk=tickets[2].pk).update(title="moved")
    new = make_ticket("New")
    rest = page_of(Ticket.objects.all(), NUMBER, scope="s", cursor=first.next, limit=200)
    assert [row.pk for row in rest.rows] == [*(one.pk for one in tickets[3:]), new.pk]


def test_a_page_of_values_is_one_statement(tickets, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = page_of(Ticket.objects.values("id", "title"), sort_keys("title"), scope="s", limit=2)
    assert [row["title"] for row in page.rows] == ["Title 0", "Title 0"]


def test_beyond_the_end_the_way_back_remains(tickets):
    first = page_of(Ticket.objects.all(), NUMBER, scope="s", limit=6)
    gone = Ticket.objects.exclude(pk=tickets[6].pk)
    beyond = page_of(gone, NUMBER, scope="s", cursor=first.next, limit=6)
    assert beyond.rows == [] and beyond.next is None
    back = page_of(gone, NUMBER, scope="s", cursor=beyond.previous, limit=6)
    assert [row.pk for row in back.rows][-1] == tickets[4].pk


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        lambda cursor: "A" + cursor,
        lambda cursor: "garbage",
        lambda cursor: "\0",
        lambda cursor: "é:é:é",
        lambda cursor: cursor * 1000,
    ],
)
def test_a_forged_cursor_is_refused(tickets, spoilt):
    cursor = spoilt(page_of(Ticket.objects.all(), NUMBER, scope="s", limit=2).next)
    with pytest.raises(ValidationError) as refusal:
        page_of(Ticket.objects.all(), NUMBER, scope="s", cursor=cursor, limit=2)
    assert list(refusal.value.message_dict) == ["cursor"]


def test_a_cursor_of_another_list_or_order_is_refused(tickets):
    cursor = page_of(Ticket.objects.all(), NUMBER, scope="s", limit=2).next
    with pytest.raises(ValidationError):
        page_of(Ticket.objects.all(), NUMBER, scope="other", cursor=cursor, limit=2)
    with pytest.raises(ValidationError):
        page_of(Ticket.objects.all(), sort_keys("-number"), scope="s", cursor=cursor, limit=2)


def test_a_scope_tells_lists_and_their_filters_apart_but_not_their_pages():
    assert scope_of("t", {"status": ["a"]}) != scope_of("t", {"status": ["b"]})
    assert scope_of("t", {}) != scope_of("u", {})
    assert scope_of("t", {"limit": ["3"], "cursor": ["x"]}) == scope_of("t", {})


def test_limits_are_whole_numbers_up_to_200():
    assert limit_in({}) == 50
    assert limit_in({"limit": "200"}) == 200


@pytest.mark.parametrize("text", ["0", "-1", "201", "1000000000", "NaN", "1.5", "٣", "1e2", " 5"])
def test_other_limits_are_refused(text):
    with pytest.raises(ValidationError) as refusal:
        limit_in({"limit": text})
    assert list(refusal.value.message_dict) == ["limit"]
