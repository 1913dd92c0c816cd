"""Words that are rare and words that are common are found in ways of their own."""

import pytest
from django.db import connection

from helpdesk import search
from helpdesk.actor import system
from helpdesk.models import Ticket
from tests.budget import statements
from tests.factories import make_ticket

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one way"),
]


@pytest.fixture
def tickets(monkeypatch):
    """Twenty-one tickets, in the midst of many that do not smell."""
    made = [make_ticket(title=f"A printer of floor {number}") for number in range(20)]
    made.append(make_ticket(title="A printer that smells of zymurgy"))
    known = {"printer": 0.9, "floor": 0.9, "zymurgy": 0.001}
    monkeypatch.setitem(search._common, "both_vector", (float("inf"), known))
    return made


def found(words: str) -> tuple[set[int], str]:
    rows = search.matching(Ticket.objects.all(), words, system("rule")).order_by("-pk")[:50]
    with statements() as sent:
        ids = {ticket.pk for ticket in rows}
    [sql] = sent
    return ids, sql


def test_a_rare_word_is_looked_up_first_and_as_a_whole(tickets):
    ids, sql = found("zymurgy")
    assert ids == {tickets[-1].pk}
    assert "ANY(ARRAY(" in sql


def test_a_common_word_is_looked_for_down_the_list(tickets):
    ids, sql = found("printer")
    assert ids == {ticket.pk for ticket in tickets}
    assert "ANY(ARRAY(" not in sql


def test_a_common_word_with_a_rare_one_is_looked_up(tickets):
    ids, sql = found("zymurgy printer")
    assert ids == {tickets[-1].pk}
    assert "ANY(ARRAY(" in sql


def test_a_beginning_is_as_common_as_all_words_that_begin_so(tickets):
    ids, sql = found("print")
    assert len(ids) == 21
    assert "ANY(ARRAY(" not in sql


def test_what_is_common_is_read_from_the_statistics(tickets, monkeypatch):
    monkeypatch.delitem(search._common, "both_vector")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE helpdesk_searchdocument")
    shares = search._common_words("both_vector")
    monkeypatch.delitem(search._common, "both_vector")
    assert shares["printer"] == 1.0
    assert 0.9 < shares["floor"] < 1.0


def test_without_statistics_every_word_is_looked_up(tickets, monkeypatch):
    monkeypatch.setitem(search._common, "both_vector", (float("inf"), {}))
    ids, sql = found("printer")
    assert len(ids) == 21
    assert "ANY(ARRAY(" in sql
