"""The journal: found again, shown exchange by exchange, and only to those who see the ticket."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from integrations.models import Connection, Exchange
from integrations.operations import journal
from tests.budget import statements
from tests.factories import default_queue, make_agent, make_comment, make_queue, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Connection:
    return Connection.objects.create(name="Acme", service="teamswork", queue=default_queue())


def exchanged(connection, ticket=None, **fields) -> Exchange:
    said = {
        "at": timezone.now(),
        "method": "POST",
        "url": "https://acme.example/tickets",
        "request_body": '{"title": "One"}',
        "status": 200,
        "response_body": '{"id": 1}',
    }
    return Exchange.objects.create(connection=connection, ticket=ticket, **{**said, **fields})


def found(console, connection, **query) -> list[Exchange]:
    answer = console.get(reverse("connection-journal", args=[connection.uuid]), query)
    assert answer.status_code == 200, query
    return answer.context["exchanges"]


def test_each_filter_finds_its_own(console, made):
    ticket = make_ticket()
    now = timezone.now()
    yesterday = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    plain = exchanged(made, ticket)
    refused = exchanged(made, status=422, error="Refused.", method="PUT")
    broken = exchanged(made, status=503, error="Away.", response_body="Über Bord")
    silent = exchanged(made, status=None, error="No answer.")
    old = exchanged(made, at=now - timedelta(days=3), url="https://acme.example/old")
    for query, expected in [
        ({}, [old, silent, broken, refused, plain]),
        ({"ticket": f"#{ticket.pk}"}, [plain]),
        ({"outcome": "4xx"}, [refused]),
        ({"outcome": "5xx"}, [broken]),
        ({"outcome": "none"}, [silent]),
        ({"outcome": "failed"}, [silent, broken, refused]),
        ({"method": "PUT"}, [refused]),
        ({"text": "/old"}, [old]),
        ({"text": "bord"}, [broken]),
        ({"text": "away."}, [broken]),
        ({"until": yesterday}, [old]),
        ({"since": yesterday, "method": "PUT"}, [refused]),
    ]:
        assert list(found(console, made, **query)) == expected, query


@pytest.mark.parametrize(
    "query",
    [{"ticket": "x"}, {"outcome": "9xx"}, {"method": "LOOK"}, {"since": "soon"}, {"text": "a\0"}],
)
def test_what_is_wrong_is_said_and_nothing_searched(console, made, query):
    exchanged(made)
    answer = console.get(reverse("connection-journal", args=[made.uuid]), query)
    assert answer.status_code == 422 and not answer.context["exchanges"]


def test_words_are_looked_for_in_the_newest_alone_and_that_is_said(console, made, monkeypatch):
    monkeypatch.setattr(journal, "LOOKED_THROUGH", 2)
    old = exchanged(made, url="https://acme.example/needle")
    exchanged(made)
    assert list(found(console, made, text="needle")) == [old]
    exchanged(made)
    assert not found(console, made, text="needle")
    page = console.get(reverse("connection-journal", args=[made.uuid]), {"text": "needle"})
    assert "newest 2 exchanges" in page.content.decode()


def test_pages_keep_the_filter_and_cost_the_same(console, made):
    exchanged(made)
    found(console, made, method="POST")
    with statements() as few:
        found(console, made, method="POST")
    for _number in range(60):
        exchanged(made)
    url = reverse("connection-journal", args=[made.uuid])
    with statements() as many:
        first = console.get(url, {"method": "POST"})
    stamp = "helpdesk_stamp"  # looked at once a second
    few, many = ([one for one in some if stamp not in one] for some in (few, many))
    assert len(many) <= len(few) <= 13
    assert "method=POST" in first.context["next"]
    assert len(console.get(url + first.context["next"]).context["exchanges"]) == 11


def test_an_exchange_is_shown_whole_escaped_and_with_its_neighbours(console, made):
    ticket = make_ticket("Printer")
    first = exchanged(made, ticket, request_body="<script>alert(1)</script>")
    other = exchanged(made)
    second = exchanged(made, ticket, response_body="<img src=x onerror=alert(1)>", error="Refused.")
    text = console.get(reverse("exchange", args=[first.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in text and "<script>alert" not in text
    assert reverse("exchange", args=[second.pk]) in text and "Printer" in text
    assert reverse("exchange", args=[other.pk]) not in text
    text = console.get(reverse("exchange", args=[second.pk])).content.decode()
    assert "<img src=x" not in text and "Refused." in text
    with statements() as counted:
        console.get(reverse("exchange", args=[second.pk]))
    assert len(counted) <= 13


def test_who_does_not_see_the_ticket_sees_nothing_of_its_exchanges(client, console, made):
    ticket = make_ticket("Hidden", queue=make_queue("Secret"))
    about, without = exchanged(made, ticket), exchanged(made)
    client.force_login(make_agent())
    for one in (about, without):
        assert client.get(reverse("exchange", args=[one.pk])).status_code == 404
    client.force_login(make_agent(queues=[ticket.queue]))
    assert client.get(reverse("exchange", args=[about.pk])).status_code == 200


def test_a_ticket_in_the_trash_hides_its_exchanges_from_administrators_too(console, made):
    ticket = make_ticket()
    about = exchanged(made, ticket)
    actions.delete_ticket(ticket, by=actions_by())
    assert not found(console, made)
    assert console.get(reverse("exchange", args=[about.pk])).status_code == 404


def test_redaction_empties_the_journal(console, made):
    ticket = make_ticket()
    comment = make_comment(ticket, "A card number")
    about = exchanged(made, ticket, request_body="A card number")
    actions.redact_comment(comment, by=actions_by())
    changes.announce()
    assert "A card number" not in console.get(reverse("exchange", args=[about.pk])).content.decode()


def actions_by():
    return system("admin")
