"""`$filter` against Python: whatever it says, the database finds the same rows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.models import DailyCount, Ticket
from helpdesk.reports.columns import Kind
from helpdesk.reports.expressions import (
    Both,
    Comparison,
    Either,
    Not,
    NotSupported,
    Wrong,
    condition,
    read,
)
from helpdesk.reports.tables import DAILY, TICKETS
from tests.factories import default_queue, make_agent, make_ticket, status

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
NUMBERS = ("reopened_count", "assignee_id")
TEXTS = ("title", "assignee", "priority", "status")
MOMENTS = ("created_at", "due_at")
WORDS = ["", "a", "A", "it's", "%", "_a", "ä", "Ann", "low", "open", "Ab"]


def column_of(name: str):
    if name not in TICKETS.by_name:
        raise Wrong(name)
    return TICKETS.by_name[name]


def moment_words(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


MOMENT_VALUES = st.integers(-3, 3).map(lambda hours: MORNING + timedelta(hours=hours))
ORDERS = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
SAME = st.sampled_from(["eq", "ne"])


@st.composite
def comparisons(draw) -> tuple[str, object]:
    """The words of a comparison, and what it is for a row in Python."""
    kind = draw(st.sampled_from(["number", "text", "moment", "called", "in", "null"]))
    if kind == "number":
        name, op, value = draw(st.sampled_from(NUMBERS)), draw(ORDERS), draw(st.integers(-2, 4))
        return f"{name} {op} {value}", compared(name, op, value)
    if kind == "moment":
        name, op, value = draw(st.sampled_from(MOMENTS)), draw(ORDERS), draw(MOMENT_VALUES)
        return f"{name} {op} {moment_words(value)}", compared(name, op, value)
    if kind == "null":
        name, op = draw(st.sampled_from((*NUMBERS, *TEXTS, *MOMENTS))), draw(SAME)
        return f"{name} {op} null", compared(name, op, None)
    name = draw(st.sampled_from(TEXTS))
    if kind == "in":
        values = draw(st.lists(st.none() | st.sampled_from(WORDS), min_size=1, max_size=3))
        said = ",".join("null" if one is None else quoted(one) for one in values)
        return f"{name} in ({said})", lambda row: row[name] in values
    value = draw(st.sampled_from(WORDS))
    if kind == "called":
        function = draw(st.sampled_from(["contains", "startswith"]))
        return f"{function}({name},{quoted(value)})", called(function, name, value)
    op = draw(SAME)
    return f"{name} {op} {quoted(value)}", compared(name, op, value)


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def compared(name: str, op: str, value):
    def judge(row) -> bool:
        found = row[name]
        if op in ("eq", "ne"):
            return (found == value) == (op == "eq")
        if found is None or value is None:
            return False
        return {
            "gt": found > value,
            "ge": found >= value,
            "lt": found < value,
            "le": found <= value,
        }[op]

    return judge


def called(function: str, name: str, value: str):
    def judge(row) -> bool:
        found = row[name]
        if found is None:
            return False
        return value in found if function == "contains" else found.startswith(value)

    return judge


def joined(parts):
    return st.one_of(
        parts.map(lambda one: (f"not ({one[0]})", lambda row: not one[1](row))),
        st.tuples(parts, parts).map(
            lambda two: (
                f"({two[0][0]}) and ({two[1][0]})",
                lambda row: two[0][1](row) and two[1][1](row),
            )
        ),
        st.tuples(parts, parts).map(
            lambda two: (
                f"(({two[0][0]}) or not ({two[1][0]}))",
                lambda row: two[0][1](row) or not two[1][1](row),
            )
        ),
    )


EXPRESSIONS = st.recursive(comparisons(), joined, max_leaves=6)


@pytest.fixture
def some_rows(db):
    ann = make_agent("Ann")
    for number, title in enumerate(["a", "A", "it's", "%", "_a", "ä", "Abba", "xAb"]):
        ticket = make_ticket(
            title,
            created_at=MORNING + timedelta(hours=number % 4 - 2),
            due_at=MORNING + timedelta(hours=number % 3) if number % 2 else None,
            assignee=ann if number % 3 == 0 else None,
            priority="low" if number < 4 else "normal",
        )
        Ticket.objects.filter(pk=ticket.pk).update(reopened_count=number % 3)
    names = (*NUMBERS, *TEXTS, *MOMENTS)
    paths = {f"x_{name}": TICKETS.by_name[name].path for name in names}
    rows = Ticket.objects.values_list("pk", *paths.values())
    return [dict(zip(("pk", *names), row, strict=True)) for row in rows]


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(expression=EXPRESSIONS)
def test_the_database_finds_what_python_finds(some_rows, expression):
    words, judge = expression
    found = Ticket.objects.filter(condition(read(words, column_of)))
    expected = {row["pk"] for row in some_rows if judge(row)}
    assert set(found.values_list("pk", flat=True)) == expected, words


@settings(max_examples=300)
@given(words=st.text(max_size=200))
def test_no_words_break_the_reader(words):
    refused_or_read(words)


TOKENS = st.sampled_from(
    """( ) , and or not in eq ne gt id title due_at 'a' '' null true 5 -7 2026-03-01T08:00:00Z
    contains startswith year tolower 'unclosed $ / 99999999999999999999""".split()
)


@settings(max_examples=500)
@given(words=st.lists(TOKENS, max_size=40).map(" ".join))
def test_no_order_of_words_breaks_the_reader(words):
    refused_or_read(words)


def refused_or_read(words: str) -> None:
    try:
        node = read(words, column_of)
    except Wrong as refusal:
        assert str(refusal)
    else:
        assert isinstance(node, Comparison | Not | Both | Either)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "title",
        "title eq",
        "title eq 'a",
        "title eq 5",
        "id eq '5'",
        "id eq 99999999999999999999999999",
        "id eq 9223372036854775808",
        "id eq 1.5",
        "created_at eq 2026-13-01T00:00:00Z",
        "created_at eq 2026-02-30",
        "created_at eq 0001-01-01T00:00:00+10:00",
        "created_at eq 9999-12-31T23:00:00-05:00",
        "(id eq 1",
        "id eq 1)",
        "id eq 1 id eq 2",
        "id in ()",
        "id in (1,)",
        "password eq 'a'",
        "nothing(id)",
        "contains(id,'a')",
        "title eq 'a\0'",
        "(" * 5000 + "id eq 1",
        "(" * 40 + "id eq 1" + ")" * 40,
        "id eq 1" + " or id eq 1" * 350,
        f"id in ({','.join('1' * 1 for _number in range(300))})",
        "not " * 10 + "",
    ],
)
def test_what_cannot_be_read_is_refused(words):
    with pytest.raises(Wrong) as refusal:
        read(words, column_of)
    assert not isinstance(refusal.value, NotSupported)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("year(created_at) eq 2026", "year"),
        ("tolower(title) eq 'a'", "tolower"),
        ("endswith(title,'a')", "endswith"),
        ("id mod 2 eq 0", "mod"),
        ("'a' eq title", "property first"),
        ("title gt 'a'", "title"),
        ("contains(tolower(title),'a')", "contains"),
        ("created_at eq now()", "now"),
    ],
)
def test_what_odata_knows_and_this_does_not_is_refused_by_name(words, named):
    with pytest.raises(NotSupported, match=named):
        read(words, column_of)


def test_a_truth_stands_alone():
    columns = {"rebuilt": DAILY.by_name["rebuilt"]}
    place = {"queue": default_queue(), "status": status("Open"), "priority": "low", "tickets": 1}
    for number, is_rebuilt in enumerate((True, False)):
        DailyCount.objects.create(day=date(2026, 3, 1 + number), rebuilt=is_rebuilt, **place)

    def found(words: str) -> set[int]:
        rows = DailyCount.objects.filter(condition(read(words, columns.__getitem__)))
        return {row.day.day for row in rows}

    assert found("rebuilt") == found("rebuilt eq true") == found("not not rebuilt") == {1}
    assert found("not rebuilt") == found("rebuilt ne true") == {2}


def test_times_are_read_in_every_form_of_the_standard():
    forms = ["2026-03-01T08:00Z", "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.000000000000Z"]
    forms += ["2026-03-01T09:30:00+01:30", "2026-03-01T09:30:00 01:30", "2026-03-01T03:00-05:00"]
    for words in forms:
        assert read(f"created_at eq {words}", column_of).value == MORNING, words
    assert read("created_at ge 2026-03-01", column_of).value == MORNING.replace(hour=0)


def test_every_kind_of_column_has_values():
    assert {column.kind for column in (*TICKETS.columns, *DAILY.columns)} == set(Kind)
