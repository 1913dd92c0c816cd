"""Words that are rare and words that are common are found in ways of their own."""

import pytest
from django.db import connection
from django.http import QueryDict

from helpdesk import prepared, search
from helpdesk.actor import system
from helpdesk.doors.paging import Page
from helpdesk.models import Ticket
from helpdesk.models.base import Stamp
from helpdesk.models.configuration import recheck
from helpdesk.web.list_query import ListQuery
from helpdesk.web.rows import rows_of
from tests.budget import statements
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user

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
    monkeypatch.setitem(search._common, True, search.CommonWords(known, float("inf")))
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


@pytest.mark.parametrize("notes", [0, 5, 21])
@pytest.mark.parametrize("internal", [True, False])
def test_what_is_common_is_read_from_the_statistics(tickets, monkeypatch, notes, internal):
    for ticket in tickets[:notes]:
        make_comment(ticket, body="An escalation", public=False)
    search.index_all(tickets)
    monkeypatch.delitem(search._common, internal, raising=False)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE helpdesk_searchdocument")
    known = search._common_words(internal)
    monkeypatch.delitem(search._common, internal)
    assert known.shares["printer"] == pytest.approx(1.0)
    assert 0.9 < known.shares["floor"] < 1.0
    escalated = notes / 21 if internal else 0.0
    assert known.shares.get("escalation", 0.0) == pytest.approx(escalated)
    assert known.share_beginning("print") == pytest.approx(1.0)
    assert known.share_beginning("zzz") == 0.0


def test_without_statistics_every_word_is_looked_up(tickets, monkeypatch):
    monkeypatch.setitem(search._common, True, search.CommonWords({}, float("inf")))
    ids, sql = found("printer")
    assert len(ids) == 21
    assert "ANY(ARRAY(" in sql


def _settle(monkeypatch) -> None:
    """As if all that the test configured had been committed long ago."""
    monkeypatch.setattr(Stamp, "uncommitted", list)
    recheck()


def _page_of(query: ListQuery) -> Page:
    return query.page(lambda found: rows_of(found, query.actor))


def test_words_of_a_list_are_looked_for_as_they_are_rare_or_common(tickets, monkeypatch):
    """Lists put the statement together once for all words that are looked for alike."""

    def listed(words: str) -> tuple[int, str]:
        query = ListQuery(QueryDict(f"search={words}"), actor_of(ann))
        with statements() as sent:
            page = _page_of(query)
        assert not query.errors
        return len(page.rows), sent[-1]

    ann = make_agent("Ann")
    make_ticket(title="The 100th printer")
    prepared.forget()
    _settle(monkeypatch)
    for words, count in [("printer", 22), ("floor", 20), ("100th print", 1)] * 2:
        number, sql = listed(words)
        assert number == count
        assert ("ANY(ARRAY(" in sql) == (words == "100th print")
    assert listed("zymurgy")[0] == listed("smells")[0] == 1
    assert len(prepared._repeated) == 2
    assert listed("nothing of the kind")[0] == listed("1042")[0] == 0


def test_who_sees_no_notes_finds_no_words_of_notes(tickets, monkeypatch):
    customer, ann = make_user("Bob"), make_agent("Ann")
    mine = make_ticket(title="Mine", requester=customer)
    make_comment(mine, body="A zymurgy of ours", public=False)
    search.index(mine)
    _settle(monkeypatch)
    for _time in range(2):
        for person, count in ((ann, 2), (customer, 0)):
            query = ListQuery(QueryDict("search=zymurgy"), actor_of(person))
            assert len(_page_of(query).rows) == count


def _vectors(ticket) -> list:
    """What is stored for the public words and for both, and what is stored by the words alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT public_vector = to_tsvector('simple', public), both_vector IS NULL,"
            " both_vector = to_tsvector('simple', public || ' ' || internal)"
            " FROM helpdesk_searchdocument WHERE ticket_id = %s",
            [ticket.pk],
        )
        [row] = cursor.fetchall()
    return list(row)


def test_what_is_internal_is_stored_for_tickets_that_have_notes_alone():
    ticket = make_ticket(title="A printer")
    assert _vectors(ticket) == [True, True, None]
    note = make_comment(ticket, body="A zymurgy of ours", public=False)
    search.index(ticket)
    assert _vectors(ticket) == [True, False, True]
    note.deleted_at = note.happened_at
    note.save()
    search.index(ticket)
    assert _vectors(ticket) == [True, True, None]


@pytest.mark.parametrize("is_common", [True, False])
def test_words_are_found_whether_a_ticket_has_notes_or_not(monkeypatch, is_common):
    noted, plain, old = (make_ticket(title=f"A smoky printer, {n}") for n in range(3))
    make_comment(noted, body="It is a zymurgy", public=False)
    for ticket in (noted, plain, old):
        search.index(ticket)
    with connection.cursor() as cursor:  # as it was stored once for every ticket
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE helpdesk_searchdocument DISABLE TRIGGER both_vector")
        cursor.execute(
            "UPDATE helpdesk_searchdocument SET both_vector = public_vector WHERE ticket_id = %s",
            [old.pk],
        )
        cursor.execute("ALTER TABLE helpdesk_searchdocument ENABLE TRIGGER both_vector")
    shares = {"printer": 0.9, "smoky": 0.9, "zymurgy": 0.9} if is_common else {}
    monkeypatch.setitem(search._common, True, search.CommonWords(shares, float("inf")))
    everything = {noted.pk, plain.pk, old.pk}
    for words, expected in {
        "printer": everything,
        '"smoky printer"': everything,
        '"printer smoky"': set(),
        "zymurgy printer": {noted.pk},
        "zymurgy": {noted.pk},
    }.items():
        assert found(words)[0] == expected, words
    old.title = "A quiet one"
    search.index(old)
    assert found("printer")[0] == everything - {old.pk}
