"""The scope of a connection: the query is understood before it counts, and never reaches wider."""

import pytest
from django.urls import reverse

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change
from integrations import mirror, scope
from integrations.models import Connection, Link
from tests.budget import statements
from tests.factories import make_agent, make_queue, make_tag, make_ticket, status
from tests.integrations.console.conftest import connect, cost, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(acme) -> Connection:
    return connect()


def post(client, connection, query: str, **more):
    url = reverse("connection-scope", args=[connection.uuid])
    answer = client.post(url, {"query": query, **more}, follow=True)
    connection.refresh_from_db()
    return answer


def announce(*tickets) -> None:
    ids = [ticket.pk for ticket in tickets]
    mirror.mark_due(list(Change.objects.filter(ticket_id__in=ids)))


def linked() -> set[int]:
    return set(Link.objects.values_list("ticket_id", flat=True))


# What a query is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  ?status=Open ", "status=Open"),
        ("https://desk.example/tickets/?tag=vip&sort=-priority&layout=table", "tag=vip"),
        ("/tickets/?priority=high,urgent&cursor=abc", "priority=high,urgent"),
        ("tag=&priority=high", "priority=high"),
        ("tag=a&tag=b", "tag=a&tag=b"),
        ("search=printer on fire", "search=printer%20on%20fire"),
    ],
)
def test_what_is_typed_or_pasted_becomes_a_query(typed, kept):
    assert scope.tidy(typed) == kept


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("status=nonsense", "status", "There is no “nonsense”"),
        ("colour=red", "colour", "There is no parameter “colour”"),
        ("created_at_after=yesterdayish", "created_at_after", "is not a time"),
        ("custom.secret=1", "custom.secret", "There is no parameter"),
        ("assignee__password=x", "assignee__password", "There is no parameter"),
        ("queue=nowhere", "queue", "There is no “nowhere”"),
        ("assignee=me", "assignee", "“me” is nobody here"),
        ("just words", "", "is no query"),
    ],
)
def test_a_wrong_query_is_refused_with_the_parameter_by_name(
    console, made, query, parameter, words
):
    answer = post(console, made, query)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text and made.query == ""
    assert not parameter or f"<strong>{parameter}</strong>" in text
    assert "Not run" in text


def test_a_query_that_is_too_long_is_refused(console, made):
    assert post(console, made, "search=" + "x" * 2000).status_code == 422


# What the page shows -----------------------------------------------------------------------------


def test_the_page_shows_how_many_tickets_match_and_the_first_five(console, made):
    tag = make_tag("vip")
    tickets = [make_ticket(f"Printer {number}", tags=[tag]) for number in range(7)]
    make_ticket("Not meant")
    Link.objects.create(connection=made, ticket=tickets[-1])
    text = post(console, made, "tag=vip", look="1").content.decode()
    assert "It would find" in text and "7 tickets" in text and "The newest 5." in text
    assert "Printer 6" in text and "Printer 1" not in text and "Not meant" not in text
    assert "mirrored already" in text
    assert made.query == ""
    answer = post(console, made, "tag=vip")
    assert "In the scope now" in answer.content.decode() and made.query == "tag=vip"


def test_a_stored_query_that_is_wrong_by_now_is_said_on_its_pages(console, made):
    Connection.objects.update(query="tag=vanished")
    assert "While the query cannot be understood" in page(console, "connection-scope", made.uuid)
    assert "There is no “vanished”" in page(console, "connection", made.uuid)


def test_the_page_has_a_budget(console, made):
    Connection.objects.update(query="category=unresolved")
    page(console, "connection-scope", made.uuid)
    with statements() as few:
        page(console, "connection-scope", made.uuid)
    for _number in range(20):
        make_ticket()
    with statements() as many:
        page(console, "connection-scope", made.uuid)
    assert cost(many) <= cost(few) <= 14


def test_agents_do_not_get_in(client, made):
    client.force_login(make_agent())
    assert client.get(reverse("connection-scope", args=[made.uuid])).status_code == 403


# What joins the connection -----------------------------------------------------------------------


def test_only_tickets_that_the_query_finds_join(made):
    tag = make_tag("vip")
    Connection.objects.update(query="tag=vip")
    meant, other = make_ticket(tags=[tag]), make_ticket()
    announce(meant, other)
    assert linked() == {meant.pk}


def test_a_ticket_joins_once_the_query_finds_it_and_stays_when_it_leaves(made):
    tag = make_tag("vip")
    Connection.objects.update(query="tag=vip")
    ticket = make_ticket()
    announce(ticket)
    assert linked() == set()
    actions.change_ticket(ticket, by=system("rule"), tags=[tag])
    announce(ticket)
    assert linked() == {ticket.pk}
    Link.objects.update(due_at=None)
    actions.change_ticket(ticket, by=system("rule"), tags=[])
    announce(ticket)
    assert Link.objects.get().due_at is not None


def test_a_query_never_reaches_beyond_the_queue_unless_it_names_one(made):
    sales = make_queue("Sales")
    here, there = make_ticket(), make_ticket(queue=sales)
    Connection.objects.update(query="category=open")
    announce(here, there)
    assert linked() == {here.pk}
    Connection.objects.update(query="category=open&queue=sales")
    announce(here, there)
    assert linked() == {here.pk, there.pk}


def test_a_ticket_that_came_over_a_connection_does_not_join_whatever_the_query(made):
    Connection.objects.update(query="category=open")
    came = make_ticket(by=system(f"connection:{made.pk}"))
    announce(came)
    assert linked() == set()


def test_while_the_query_is_wrong_nothing_joins_and_the_others_go_on(made):
    Connection.objects.update(query="tag=vanished")
    other = connect("Other")
    ticket = make_ticket()
    announce(ticket)
    assert set(Link.objects.values_list("connection_id", flat=True)) == {other.pk}


def test_a_backfill_keeps_to_the_query(made):
    Connection.objects.update(query="category=resolved")
    make_ticket()
    done = make_ticket()
    actions.change_ticket(done, by=system("rule"), status=status("Resolved"), resolution="fixed")
    made.refresh_from_db()
    assert mirror.backfill(made) == 1
    assert linked() == {done.pk}
