"""Orders by custom fields and by texts that may be empty: whole, both ways, nothing twice."""

import pytest
from django.core.exceptions import ValidationError

from helpdesk import query
from helpdesk.actor import Actor, Role, system
from helpdesk.doors.paging import beside, first_of, page_at, page_of
from helpdesk.filters import TicketFilter, sort_keys
from helpdesk.models import Ticket
from tests.factories import make_field, make_ticket

pytestmark = pytest.mark.django_db
BY = system("rule")
CUSTOMER = Actor(role=Role.CUSTOMER, origin="web", person_id=1)
VALUES = {  # by kind, in order; None is not set
    "text": ["Ärger", "apple", "Berlin", "10", "9", "apple", None, None],
    "textarea": ["x" * 5000 + "b", "x" * 5000 + "a", "short", None],
    "number": [10, 9, 2.5, -3, 10**15, 10, 0.1, None, None],
    "date": ["2026-11-02", "2025-01-31", "2026-11-02", None],
    "toggle": [True, False, True, None],
    "choice": ["Zulu", "Alpha", "Mike", "Alpha", None],
    "email": ["b@example.com", "A@example.com", None],
    "url": ["https://b.example.com/", "https://a.example.com/", None],
}


def filled(kind: str) -> dict[int, object]:
    """Tickets with the values of a kind, by number; one has a null and one another kind's value."""
    make_field("it", kind, ["Zulu", "Mike", "Alpha"] if kind == "choice" else ())
    made = {}
    for value in VALUES[kind]:
        said = {"custom": {"it": value}} if value is not None else {}
        ticket = make_ticket(**said)
        made[ticket.pk] = ticket.custom.get("it")
    for odd in (None, ["x"], {"a": 1}):
        ticket = make_ticket()
        Ticket.objects.filter(pk=ticket.pk).update(custom={"it": odd})
        made[ticket.pk] = None
    return made


def walked(name: str, limit: int, rows) -> list[int]:
    """The ids in order; the same way back is checked."""
    sort, there, cursor = sort_keys(name, BY), [], ""
    while cursor is not None:
        last = page_of(rows, sort, scope="s", cursor=cursor, limit=limit)
        there.append([row["id"] if isinstance(row, dict) else row.pk for row in last.rows])
        cursor = last.next
    back, cursor = [], last.previous
    while cursor is not None:
        page = page_of(rows, sort, scope="s", cursor=cursor, limit=limit)
        back.append([row["id"] if isinstance(row, dict) else row.pk for row in page.rows])
        cursor = page.previous
    assert back[::-1] == there[:-1]
    return [pk for page in there for pk in page]


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("sign", ["", "-"])
def test_each_row_comes_once_there_and_back_and_empty_ones_last(kind, sign):
    values = filled(kind)
    name = f"{sign}custom.it"
    ids = walked(name, 2, Ticket.objects.values("id", "title"))
    assert sorted(ids) == sorted(values)
    assert ids == walked(name, 3, Ticket.objects.all())
    empty = [values[pk] is None for pk in ids]
    assert empty == sorted(empty)
    found, _more = page_at(Ticket.objects.all(), sort_keys(name, BY), offset=0, limit=200)
    assert [row.pk for row in found] == ids
    assert [row.pk for row in first_of(Ticket.objects.all(), sort_keys(name, BY), 99)] == ids
    assert beside(Ticket.objects.all(), sort_keys(name, BY), ids[1]).pk == ids[2]
    assert beside(Ticket.objects.all(), sort_keys(name, BY), ids[1], backwards=True).pk == ids[0]


def ordered(kind: str, name: str = "custom.it") -> list:
    values = filled(kind)
    return [values[pk] for pk in walked(name, 4, Ticket.objects.all()) if values[pk] is not None]


def test_numbers_are_compared_as_numbers():
    assert ordered("number") == [-3, 0.1, 2.5, 9, 10, 10, 10**15]


def test_dates_and_truths_have_their_order():
    assert ordered("date") == ["2025-01-31", "2026-11-02", "2026-11-02"]
    make_field("yes", "toggle")
    pair = [make_ticket(custom={"yes": one}).pk for one in (True, False)]
    assert walked("custom.yes", 9, Ticket.objects.filter(pk__in=pair)) == pair[::-1]


def test_texts_are_compared_without_their_capitals():
    assert ordered("email") == ["A@example.com", "b@example.com"]


def test_choices_come_in_the_order_of_the_options():
    custom = make_field("it", "choice", ["Zulu", "Mike", "Alpha"])
    labels = {str(one.uuid): one.label for one in custom.options.all()}
    for label in ("Alpha", "Zulu", "Mike"):
        make_ticket(custom={"it": label})
    ids = walked("custom.it", 2, Ticket.objects.all())
    found = [labels[Ticket.objects.get(pk=pk).custom["it"]] for pk in ids]
    assert found == ["Zulu", "Mike", "Alpha"]


@pytest.mark.parametrize("name", ["source", "requester_name"])
def test_an_empty_text_is_no_value(name):
    rows = [make_ticket() for _number in range(4)]
    for row, value in zip(rows, ["b", "", "a", ""], strict=True):
        Ticket.objects.filter(pk=row.pk).update(**{name: value})
    a, b, c, d = (row.pk for row in rows)
    assert walked(name, 1, Ticket.objects.all()) == [c, a, b, d]
    assert walked(f"-{name}", 1, Ticket.objects.values("id")) == [a, c, d, b]


def refused(name: str, actor=BY) -> str:
    with pytest.raises(ValidationError) as refusal:
        sort_keys(name, actor)
    assert list(refusal.value.message_dict) == ["sort"]
    return refusal.value.message_dict["sort"][0].replace(name, "…", 1)


def test_what_has_no_order_or_is_not_seen_is_refused_as_what_is_not_there():
    for kind in ("choices", "people"):
        make_field(kind, kind)
    make_field("hidden", staff_only=True)
    unknown = refused("custom.nothing")
    assert "custom.<key>" in unknown
    for name in ("custom.choices", "custom.people", "custom.", "custom.hidden.gte"):
        assert refused(name) == unknown
    assert sort_keys("custom.hidden", BY)
    for actor in (CUSTOMER, None):
        assert refused("custom.hidden", actor) == unknown


@pytest.mark.parametrize(
    "name", ["custom.it'--", 'custom.it"', "custom.it}", "custom__it", "custom.%s", "custom.IT"]
)
def test_nothing_is_put_into_the_statement(name):
    make_field("it")
    assert "…" in refused(name)


def test_a_typed_query_orders_by_fields_that_its_reader_sees():
    make_field("hidden", staff_only=True)
    for word in ("sort:-custom.hidden", "sort:-field.hidden"):
        asked = query.read(word)
        assert (asked.sort, asked.troubles) == ("-custom.hidden", [])
        asked.blame(TicketFilter({}, Ticket.objects.all(), actor=BY))
        assert not asked.troubles
    asked.blame(TicketFilter({}, Ticket.objects.all(), actor=CUSTOMER))
    unknown = query.read("sort:-custom.nothing")
    unknown.blame(TicketFilter({}, Ticket.objects.all(), actor=CUSTOMER))
    [hidden], [nothing] = asked.troubles, unknown.troubles
    assert hidden.message.replace("hidden", "nothing") == nothing.message
    assert (asked.sort, unknown.sort) == ("", "")
