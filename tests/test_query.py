"""The typed query: read into parameters, written from them, its troubles at their words."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import query
from helpdesk.actor import system
from helpdesk.filters import TicketFilter
from helpdesk.models import CustomField, Status, Ticket
from tests.factories import make_agent, make_comment, make_field, make_ticket

BY = system("rule")
pytestmark = pytest.mark.django_db


def params(text: str) -> dict:
    found = query.read(text)
    assert not found.troubles, found.troubles
    return dict(found.params.lists())


def created(first: str, end: str) -> dict:
    return {"created_at_after": [first], "created_at_before": [end]}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("assignee:me", {"assignee": ["me"]}),
        ("status:Open", {"status": ["Open"]}),
        ("status:unresolved", {"category": ["unresolved"]}),
        ("is:open", {"category": ["open"]}),
        ("-is:closed", {"-category": ["closed"]}),
        ("is:snoozed", {"-snoozed_until": ["none"]}),
        ("-is:snoozed", {"snoozed_until": ["none"]}),
        ("is:overdue", {"overdue": ["true"]}),
        ("-is:overdue", {"overdue": ["false"]}),
        ("is:unassigned", {"assignee": ["none"]}),
        ("tag:vip tag:new", {"tag": ["vip", "new"]}),
        ("tag:vip,new", {"tag": ["vip,new"]}),
        ("-tag:spam", {"-tag": ["spam"]}),
        ('from:"Ann Lee"', {"requester": ["Ann Lee"]}),
        ('org:"Acme, Inc"', {"organisation": ["Acme, Inc"]}),
        (r'org:"The \"A\" team"', {"organisation": ['The "A" team']}),
        ("priority:high,urgent", {"priority": ["high,urgent"]}),
        ("#1042", {"id": ["1042"]}),
        ("created:2026-11-01", created("2026-11-01", "2026-11-02")),
        ("created:2026-11-01..2026-11-07", created("2026-11-01", "2026-11-08")),
        ("created:..2026-11-07", {"created_at_before": ["2026-11-08"]}),
        ("created:>2026-11-01", {"created_at_after": ["2026-11-02"]}),
        ("created:<=2026-12-31", {"created_at_before": ["2027-01-01"]}),
        ("updated:>7d", {"updated_at_before": ["-7d"]}),
        ("updated:<2h", {"updated_at_after": ["-2h"]}),
        ("due:<2h", {"due_at_before": ["2h"]}),
        ("sla:>1d", {"next_due_at_after": ["1d"]}),
        ("due:none", {"due_at": ["none"]}),
        ("-due:none", {"-due_at": ["none"]}),
        ("custom.region:EU", {"custom.region": ["EU"]}),
        ("field.region:EU", {"custom.region": ["EU"]}),
        ("printer on fire", {"search": ["printer on fire"]}),
        ('"on fire" status:Open now', {"search": ['"on fire" now'], "status": ["Open"]}),
        ("see https://example.org/a", {"search": ["see https://example.org/a"]}),
        ("10:30", {"search": ["10:30"]}),
        ("", {}),
    ],
)
def test_what_a_query_means(text, meant):
    assert params(text) == meant


def test_custom_fields_with_an_order_take_ranges():
    make_field("seats", CustomField.Kind.NUMBER)
    make_field("region", CustomField.Kind.TEXT)
    assert params("custom.seats:>3") == {"custom.seats.gt": ["3"]}
    assert params("custom.seats:3..5") == {"custom.seats.gte": ["3"], "custom.seats.lte": ["5"]}
    assert params("custom.seats:3") == {"custom.seats": ["3"]}
    assert params("custom.region:>3") == {"custom.region": [">3"]}


def test_the_order_is_told_apart():
    found = query.read("sort:-updated,priority is:open")
    assert (found.sort, found.troubles) == ("-updated_at,priority", [])
    assert dict(found.params.lists()) == {"category": ["open"]}


@pytest.mark.parametrize(
    ("text", "part", "words"),
    [
        ("printer status: now", "status:", "value"),
        ("is:lost", "is:lost", "Known: new"),
        ("sort:colour x", "sort:colour", "colour"),
        ("updated:7d", "updated:7d", ">7d or <7d"),
        ("-created:2026-11-01", "-created:2026-11-01", "turned round"),
        ("x -sort:title", "-sort:title", "sort:-name"),
        ("due:1d,2d", "due:1d,2d", "one time"),
    ],
)
def test_a_trouble_points_at_its_word(text, part, words):
    [trouble] = query.read(text).troubles
    assert text[trouble.start : trouble.end] == part
    assert words in trouble.message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("printer assignee:nobody-known is:open", "assignee:nobody-known"),
        ("created:>yesterday x", "created:>yesterday"),
        ("colour:red", "colour:red"),
        ("custom.nothing:1", "custom.nothing:1"),
        ("priority:enormous", "priority:enormous"),
        ("-created_at_after:2026-01-01", "-created_at_after:2026-01-01"),
        ("created:99999-01-01", "created:99999-01-01"),
    ],
)
def test_what_a_filter_refuses_points_at_its_word_too(text, part):
    make_ticket()
    found = query.read(text)
    assert not found.narrow(Ticket.objects.all(), BY).exists()
    [trouble] = found.troubles
    assert text[trouble.start : trouble.end] == part


def test_a_query_too_long_or_of_too_many_words_is_refused_whole():
    assert "2000" in query.read("x" * 2001).troubles[0].message
    assert "60" in query.read("x " * 61).troubles[0].message


def test_what_it_finds():
    ann, bob = make_agent("Ann"), make_agent("Bob")
    started = Status.objects.get(name="In progress")
    old = make_ticket("Old printer", assignee=ann, tags=["vip"], priority="high")
    new = make_ticket("New cable", assignee=bob, status=started)
    bare = make_ticket("Bare")
    make_comment(bare, "printer words")
    Ticket.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=9))
    make_field("seats", CustomField.Kind.NUMBER)
    Ticket.objects.filter(pk=new.pk).update(custom={"seats": 5}, due_at=timezone.now())

    def found(text: str) -> set[str]:
        asked = query.read(text)
        rows = asked.narrow(Ticket.objects.all(), BY)
        assert not asked.troubles
        return {ticket.title for ticket in rows}

    every = {"Old printer", "New cable", "Bare"}
    assert found("") == every
    assert found("printer") == {"Old printer", "Bare"}
    assert found("updated:>7d") == {"Old printer"}
    assert found("updated:<7d") == every - {"Old printer"}
    assert found("-tag:vip") == every - {"Old printer"}
    assert found("-assignee:Ann") == every - {"Old printer"}
    assert found("-assignee:none") == {"Old printer", "New cable"}
    assert found("-priority:high") == every - {"Old printer"}
    assert found("custom.seats:>=5") == {"New cable"}
    assert found("custom.seats:>5") == set()
    assert found("custom.seats:4..6") == {"New cable"}
    assert found("-custom.seats:5") == every - {"New cable"}
    assert found("-custom.seats:none") == {"New cable"}
    assert found("due:none") == every - {"New cable"}
    assert found("-due:none") == {"New cable"}
    assert found("is:open -status:Open") == {"New cable"}
    assert found(f"#{bare.pk}") == {"Bare"}


VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: text.strip('" ')
)
PLAIN = ["assignee", "requester", "-tag", "queue", "team", "type", "source", "custom.x", "-status"]


@given(st.dictionaries(st.sampled_from(PLAIN), VALUES, min_size=1, max_size=4))
def test_what_is_written_reads_back_as_it_was(said):
    said = {name: [one_value(value)] for name, value in said.items()}
    said = {name: values for name, values in said.items() if values[0]}
    text = query.write(MultiValueDict(said))
    found = query.read(text)
    assert not found.troubles, text
    assert {name: parts(values[0]) for name, values in found.params.lists()} == {
        name: parts(values[0]) for name, values in said.items()
    }


def one_value(text: str) -> str:
    return " ".join(text.split()).strip('," ')


def parts(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]


@pytest.mark.parametrize(
    "said",
    [
        {"category": ["open"]},
        {"category": ["open,waiting"]},
        {"not_tag": ["vip"]},
        {"created_at_after": ["2026-11-01"], "created_at_before": ["2026-11-07"]},
        {"updated_at_before": ["-7d"]},
        {"due_at_before": ["2h"]},
        {"due_at": ["none"]},
        {"overdue": ["true"]},
        {"search": ["printer on fire"]},
        {"custom.seats.gte": ["3"]},
    ],
)
def test_the_parameters_of_chips_are_written_and_read_back(said):
    make_field("seats", CustomField.Kind.NUMBER)
    text = query.write(MultiValueDict(said))
    again = dict(query.read(text).params.lists())
    if "not_tag" in said:
        assert again == {"-tag": ["vip"]}
    else:
        assert again == said, text


@given(st.text(max_size=200))
def test_nothing_that_is_typed_breaks_it(text):
    found = query.read(text)
    rows = found.narrow(Ticket.objects.all(), BY)
    assert list(rows) == []
    for trouble in found.troubles:
        assert 0 <= trouble.start <= trouble.end <= len(text)


def test_every_parameter_of_a_list_can_be_typed():
    for name in TicketFilter.declared_filters:
        found = query.read(f"{name}:none")
        assert not found.troubles, name
