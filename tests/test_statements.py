"""What a connection of PostgreSQL holds says what a cursor says, and is given up when need be."""

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from helpdesk.models import Tag
from helpdesk.postgresql import statements

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="its statements are held"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
ASK = "SELECT %s::bigint + 1, '100 %%', %s::text"


def held_names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for [name] in cursor.fetchall()}


@pytest.fixture(autouse=True)
def fresh():
    connection.close()
    yield
    connection.close()


def ask(number: int, words: str | None = "a%b\\'") -> list[tuple]:
    return connection.fetched(ASK, (number, words))


def test_it_says_the_same_each_time_and_is_held_from_the_second():
    for _time in range(3):
        assert ask(6) == [(7, "100 %", "a%b\\'")]
    assert ask(2**40, None) == ask(2**40, None) == [(2**40 + 1, "100 %", None)]
    assert ask(-1, "") == [(0, "100 %", "")]
    with CaptureQueriesContext(connection) as asked:
        assert ask(6) == [(7, "100 %", "a%b\\'")]
    assert len(asked) == 1
    assert held_names()


def test_it_lasts_through_a_rollback():
    ask(1), ask(1)
    before = held_names()
    assert before
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert ask(2) == [(3, "100 %", "a%b\\'")]
        raise ZeroDivisionError
    assert ask(3) == [(4, "100 %", "a%b\\'")]
    assert held_names() == before


def test_a_transaction_that_begins_with_what_is_no_longer_held_goes_on():
    ask(1), ask(1)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with transaction.atomic():
        assert ask(2) == [(3, "100 %", "a%b\\'")]
        assert connection.connection.pgconn.transaction_status == 2


def test_what_is_refused_at_its_end_is_an_error_and_nothing_is_stored():
    tag = Tag.objects.create(name="Twice")
    with pytest.raises(IntegrityError), transaction.atomic():
        ask(1), ask(1)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO helpdesk_ticket_tags (ticket_id, tag_id) VALUES (%s, %s)",
                [2**40, tag.pk],
            )
    assert not Tag.objects.get(pk=tag.pk).tickets.exists()
    assert ask(1)


def test_a_transaction_begins_with_it():
    ask(1), ask(1)
    with transaction.atomic():
        ask(1)
        assert connection.connection.pgconn.transaction_status == 2
        Tag.objects.create(name="gone")
        transaction.set_rollback(True)
    assert not Tag.objects.filter(name="gone").exists()
    assert connection.connection.pgconn.transaction_status == 0


def test_what_somebody_took_away_is_asked_by_a_cursor():
    ask(1), ask(1)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert ask(4) == ask(4) == [(5, "100 %", "a%b\\'")]


def test_columns_that_changed_are_read_anew():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE shifting (a int)")
        cursor.execute("INSERT INTO shifting VALUES (1)")
        rows = "SELECT * FROM shifting WHERE a = %s"
        assert [connection.fetched(rows, (1,)) for _time in range(3)] == [[(1,)]] * 3
        cursor.execute("ALTER TABLE shifting ADD b int DEFAULT 2")
    assert [connection.fetched(rows, (1,)) for _time in range(3)] == [[(1, 2)]] * 3


def test_errors_are_those_of_django():
    wrong = "SELECT 1 / %s::int"
    for _time in range(3):
        assert connection.fetched(wrong, (1,)) == [(1,)]
        with pytest.raises(DataError, match="division by zero"):
            connection.fetched(wrong, (0,))
    tag = Tag.objects.create(name="once")
    again = "UPDATE helpdesk_tag SET id = id WHERE id = %s RETURNING id"
    for _time in range(3):
        assert connection.fetched(again, (tag.pk,)) == [(tag.pk,)]
    double = "INSERT INTO helpdesk_tag SELECT * FROM helpdesk_tag WHERE id = %s"
    for _time in range(3):
        with pytest.raises(IntegrityError):
            connection.fetched(double, (tag.pk,))
    assert Tag.objects.count() == 1


def test_two_statements_at_once_cannot_be_held_and_do_not_end_the_transaction(monkeypatch):
    ask(1)
    monkeypatch.setattr(statements, "_numbered", lambda _sql: b"SELECT 1; SELECT 2")
    with transaction.atomic():
        Tag.objects.create(name="stays")
        for number in range(3):
            assert ask(number) == [(number + 1, "100 %", "a%b\\'")]
    assert Tag.objects.filter(name="stays").exists()
    assert not held_names()


def test_a_connection_that_the_server_ended_says_so():
    ask(1), ask(1)
    mine = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [mine])
    other.close()
    with pytest.raises(OperationalError):
        ask(1)
    assert connection.errors_occurred
    connection.close_if_unusable_or_obsolete()
    assert ask(1) == [(2, "100 %", "a%b\\'")]
