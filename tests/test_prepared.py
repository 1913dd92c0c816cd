"""Queries that are put together once give what Django would, for each who asks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.db.models import Exists, F, JSONField, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils import timezone

from helpdesk import actions, prepared
from helpdesk.actor import system
from helpdesk.models import Comment, Ticket, User
from helpdesk.models.base import Stamp
from helpdesk.models.configuration import configuration
from helpdesk.postgresql.base import DatabaseWrapper
from helpdesk.prepared import Shape, Written
from helpdesk.web.list_query import ListQuery
from helpdesk.web.rows import rows_of
from tests.factories import (
    actor_of,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db


def asked(person: int, number: int) -> QuerySet:
    said = Comment.objects.filter(ticket=OuterRef("pk"), author=person)
    rows = Ticket.objects.select_related("requester").filter(pk=number)
    return rows.annotate(has_spoken=Exists(said))


def test_the_second_call_has_its_own_values():
    ann, bob = make_user("Ann"), make_user("Bob")
    first, second = make_ticket(requester=ann), make_ticket(requester=bob)
    make_comment(first, author=ann)

    def found(person, ticket) -> tuple:
        [one] = prepared.rows("a test", asked, person=person.pk, number=ticket.pk)
        return one.pk, one.requester.name, one.has_spoken

    assert found(ann, first) == (first.pk, "Ann", True)
    assert found(bob, first) == (first.pk, "Ann", False)
    assert found(ann, second) == (second.pk, "Bob", False)


def test_equal_ids_in_two_places_are_kept_apart():
    ann = make_user("Ann")
    ticket = make_ticket(requester=ann)
    same = prepared.rows("a test", asked, person=ticket.pk, number=ticket.pk)
    assert [one.has_spoken for one in same] == [False]
    assert prepared.rows("a test", asked, person=ann.pk, number=ticket.pk)[0].pk == ticket.pk


def test_what_is_read_twice_is_read_anew():
    ticket = make_ticket(title="Before")
    [before] = prepared.rows("a test", asked, person=0, number=ticket.pk)
    Ticket.objects.filter(pk=ticket.pk).update(title="After")
    [after] = prepared.rows("a test", asked, person=0, number=ticket.pk)
    assert (before.title, after.title) == ("Before", "After")


def test_a_row_can_be_worked_on_like_any_other():
    ticket = make_ticket()
    [one] = prepared.rows("a test", asked, person=0, number=ticket.pk)
    one.refresh_from_db()
    assert one == ticket
    assert list(one.comments.all()) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans for itself")
def test_the_second_time_it_is_planned_for_good():
    def planned() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'title'")
            return cursor.fetchone()[0]

    for number in range(4):
        prepared.rows("a test", asked, person=0, number=number)
        if number == 1:
            before = planned()
    assert planned() == before > 0


MOMENTS = (
    "0001-01-01 00:00:00+00",
    "1969-12-31 23:59:59.000001+00",
    "2026-03-29 01:30:00.5+02",
    "9999-12-31 23:59:59.999999+00",
    None,
)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="what its driver reads")
def test_moments_are_read_in_utc():
    ask = "SELECT %s::timestamptz"
    for said in MOMENTS * 3:
        with connection.cursor() as cursor:
            cursor.execute(ask, [said])
            for [found] in (cursor.fetchone(), *connection.fetched(ask, (said,))):
                assert found == (said and datetime.fromisoformat(said))
                assert said is None or found.tzinfo is UTC


VALUES = ({}, [], {"a": [1.5, None, True, 'ü\n"\\'], "b": 10**30}, "words", 7, -0.5, False, None)


def test_json_is_read_as_django_reads_it():
    ticket = make_ticket()
    for value in VALUES:
        Ticket.objects.filter(pk=ticket.pk).update(extra=Value(value, JSONField()))
        rows = Ticket.objects.values_list("extra", "custom", "extra__a")

        def of(number: int, rows=rows) -> QuerySet:
            return rows.filter(pk=number)

        [found] = prepared.rows("json", of, number=ticket.pk)
        assert found == rows.get(pk=ticket.pk)
        assert found[0] == value
        assert type(found[0]) is type(value)


@pytest.mark.parametrize(("said", "is_on"), [({}, True), ({"prepared": "off"}, False)])
def test_a_pooler_needs_it_off(said, is_on):
    usual = connections.settings["default"] | {"NAME": "any", "OPTIONS": said}
    database = DatabaseWrapper({**usual, "ENGINE": "helpdesk.postgresql"})
    params = database.get_connection_params()
    assert database.holds_statements == is_on
    assert params["prepare_threshold"] is None and "prepared" not in params


KINDS = {
    "models with joined ones": lambda rows: rows.select_related("requester__organisation"),
    "dictionaries": lambda rows: rows.values("pk", "custom", "due_at", name=F("requester__name")),
    "tuples": lambda rows: rows.values_list("custom", "title"),
    "values": lambda rows: rows.values_list("tag_ids", flat=True),
    "named tuples": lambda rows: rows.values_list("title", "version", named=True),
    "an order that is not shown": lambda rows: rows.values("title").distinct().order_by("-version"),
    "prefetched ones": lambda rows: rows.prefetch_related("comments"),
    "less of a model": lambda rows: rows.only("title").annotate(other=F("version") + 1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_what_django_makes_of_them(kind):
    def build(number: int) -> QuerySet:
        return KINDS[kind](Ticket.objects.filter(pk__gte=number).order_by("pk"))

    first = make_ticket("A", requester=make_user("Ann"))
    make_ticket("B", requester=None)
    Ticket.objects.update(custom={"seats": 3})

    def told(one) -> object:
        if not isinstance(one, Ticket):
            return type(one).__name__, one
        joined = one.requester if "requester" in one._state.fields_cache else None
        prefetched = list(vars(one).get("_prefetched_objects_cache", ()))
        kept = {name: value for name, value in vars(one).items() if not name.startswith("_")}
        return kept, prefetched, one._state.db, one._state.adding, joined

    expected = [told(one) for one in build(first.pk)]
    assert len(expected) == 2
    for _time in range(2):
        assert [told(one) for one in prepared.rows(kind, build, number=first.pk)] == expected


def newest(title: str) -> list[str]:
    """By `repeated`: of tickets of that title the newest first."""

    def build() -> QuerySet:
        return Ticket.objects.filter(title=title).order_by("-pk").values_list("body", flat=True)

    return prepared.repeated(Shape(("newest", title)), build)


def test_what_is_repeated_reads_anew_and_keeps_two_shapes_apart():
    make_ticket("A 100 %", body="first")
    assert (newest("A 100 %"), newest("B"), newest("A 100 %")) == (["first"], [], ["first"])
    make_ticket("A 100 %", body="second")
    assert (newest("A 100 %"), newest("B")) == (["second", "first"], [])


def test_what_passes_with_time_is_built_each_time():
    moment = timezone.now() - timedelta(hours=1)

    def older() -> QuerySet:
        return Ticket.objects.filter(created_at__lt=moment)

    ticket = make_ticket()
    assert prepared.repeated(Shape("older"), older) == []
    moment = timezone.now() + timedelta(hours=1)
    assert prepared.repeated(Shape("older"), older) == [ticket]


def test_values_are_set_into_what_is_repeated():
    def beyond(moment: datetime, number: int) -> QuerySet:
        found = Ticket.objects.filter(
            Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=number)
        )
        return found.order_by("-created_at", "-pk")

    first, second, third = [make_ticket() for _number in range(3)]
    for ticket, before in ((third, [second, first]), (second, [first]), (first, [])):
        said = {"moment": ticket.created_at, "number": ticket.pk}
        assert prepared.repeated(Shape("beyond"), beyond, **said) == before


def test_a_number_that_no_mark_fits_is_set_in_all_the_same():
    """A mark is larger than a small column holds: Django leaves such a condition out."""

    def up_to(version: int, number: int) -> QuerySet:
        return Ticket.objects.filter(version__lte=version, pk__gte=number)

    def of_version(version: int) -> QuerySet:
        return Ticket.objects.filter(version=version)

    ticket = make_ticket()
    for version in (ticket.version, ticket.version - 1) * 2:
        expected = [ticket] if version == ticket.version else []
        assert (
            prepared.repeated(Shape("up to"), up_to, version=version, number=ticket.pk) == expected
        )
        assert prepared.repeated(Shape("of version"), of_version, version=version) == expected


def test_what_the_database_was_asked_for_is_asked_each_time():
    def of_the_newest_person() -> QuerySet:
        return Ticket.objects.filter(requester=User.objects.order_by("-pk").first())

    make_ticket(requester=make_user("Ann"))
    assert len(prepared.repeated(Shape("of the newest"), of_the_newest_person)) == 1
    make_user("Bob")
    assert prepared.repeated(Shape("of the newest"), of_the_newest_person) == []


def test_a_changed_configuration_is_followed():
    def in_a_queue() -> QuerySet:
        return Ticket.objects.filter(queue__in=list(configuration().queues))

    make_ticket()
    assert len(prepared.repeated(Shape("in a queue"), in_a_queue)) == 1
    make_ticket(queue=make_queue("Later"))
    assert len(prepared.repeated(Shape("in a queue"), in_a_queue)) == 2


def test_a_text_is_written_into_one_statement_each_time():
    def found(title: str) -> list[Ticket]:
        def build() -> QuerySet:
            same = RawSQL("SELECT id FROM helpdesk_ticket WHERE title = %s", [Written(title)])
            return Ticket.objects.filter(pk__in=same).exclude(title="100 %")

        return prepared.repeated(Shape("of a title", title), build)

    titles = ("It's 5 %s", "B", '"C" \\ %%')
    made = [make_ticket(title) for title in titles]
    for _time in range(2):
        assert [found(title) for title in titles] == [[one] for one in made]
        assert found("100 %") == []
    if connection.vendor == "postgresql":
        assert len(prepared._repeated) == 1


def test_a_text_that_the_statement_lacks_is_no_reason_to_keep_it():
    def build() -> QuerySet:
        return Ticket.objects.filter(title="A")

    ticket = make_ticket("A")
    assert prepared.repeated(Shape("of A", "B"), build) == [ticket]
    assert not any(prepared._repeated.values())


ASKED = (
    "category=open&category=waiting",
    "status=Open",
    "assignee=me",
    "assignee=none",
    "assignee=ann@desk.example",
    "-priority=high",
    "priority=high&priority=low",
    "created_at_after=2020-01-01",
    "overdue=true",
    "due_at=none",
    "search=printer",
    "search=printer first&priority=low",
    "search=7",
)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("sort", ["-number", "priority", "due_at,-title"])
def test_a_list_is_the_same_however_often_it_is_asked_for(asked, sort, monkeypatch):
    """What is listed beside what Django lists, before and after a change, for two who ask."""
    ann, bob = make_agent("Ann", email="ann@desk.example"), make_agent("Bob")
    make_ticket("First", assignee=ann, priority="high", due_at=timezone.now())
    make_ticket("A printer", assignee=bob)

    def listed(agent, *, anew: bool) -> list[int]:
        if anew:
            prepared.forget()
        query = ListQuery(QueryDict(f"{asked}&sort={sort}"), actor_of(agent))
        page = query.page(lambda tickets: rows_of(tickets, query.actor))
        assert not query.errors
        return [row["id"] for row in page.rows]

    monkeypatch.setattr(Stamp, "uncommitted", list)  # as if Ann and Bob had long been there
    for change in ({}, {"priority": "low"}, {"assignee": None}):
        for ticket in Ticket.objects.all() if change else ():
            actions.change_ticket(ticket, by=system("rule"), **change)
        for agent in (ann, bob):
            often = [listed(agent, anew=False) for _time in range(3)]
            assert often == [listed(agent, anew=True)] * 3
    lasts = [found is not None for found in prepared._repeated.values()]
    if connection.vendor == "postgresql":
        passes = any(word in asked for word in ("overdue", "_after", "search=7"))
        assert lasts == ([] if passes else [True])
    ann.email = "anna@desk.example"
    ann.save()
    query = ListQuery(QueryDict("assignee=ann@desk.example"), actor_of(bob))
    assert "assignee" in query.errors
