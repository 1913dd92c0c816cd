"""What people see of the mirror, and what they can do about it."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from helpdesk import actions, changes
from helpdesk.actor import Role
from integrations import mirror, tasks
from integrations.models import Connection, Link
from integrations.panels import mirror_marks, sync_panel
from tests.factories import actor_of, make_agent, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_agent("Ann")


@pytest.fixture
def agent(person):
    return actor_of(person)


@pytest.fixture
def browser(client, person):
    client.force_login(person)
    return client


def test_the_panel_says_where_and_how_a_ticket_is_mirrored(
    connection, there, settle, agent, browser
):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    page = browser.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "Acme" in page
    assert "In step" in page
    assert f"#{there.only['ticketNo']}" in page


def test_the_panel_shows_the_error_and_retry_sends_it_again(
    connection, there, settle, agent, browser
):
    there.refuse = lambda method, path, body: 422 if method == "POST" else None
    ticket = make_ticket("One", by=agent)
    settle(connection)
    link = Link.objects.get()
    page = browser.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "refused a value" in page
    assert reverse("link-retry", args=[link.pk]) in page

    there.refuse = lambda method, path, body: None
    answer = browser.post(reverse("link-retry", args=[link.pk]))
    assert answer.url == reverse("ticket", args=[ticket.pk])
    settle(connection)
    assert there.only["title"] == "One"
    assert mirror_marks([ticket.pk], agent)[ticket.pk]["state"] == "synced"


def test_a_person_settles_a_conflict_on_the_page(connect, there, settle, agent, browser):
    connection = connect(winner="ask")
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Ours")
    there.change(there.only, title="Theirs")
    settle(connection)
    page = browser.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "Take theirs" in page
    assert "<bdi>Theirs</bdi>" in page
    assert mirror_marks([ticket.pk], agent)[ticket.pk]["state"] == "conflict"

    settle_url = reverse("link-settle", args=[Link.objects.get().pk])
    assert browser.post(settle_url, {"field": "body", "side": "ours"}).status_code == 404
    browser.post(settle_url, {"field": "title", "side": "theirs"})
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.title == there.only["title"] == "Theirs"


def test_an_older_ticket_is_mirrored_when_a_person_asks(connect, there, settle, agent, browser):
    ticket = make_ticket("Old", by=agent)
    changes.announce()
    connection = connect()
    begin = reverse("link-begin", args=[ticket.pk, connection.pk])
    assert begin in browser.get(reverse("ticket", args=[ticket.pk])).content.decode()
    browser.post(begin)
    settle(connection)
    assert there.only["title"] == "Old"


def test_links_of_tickets_that_one_does_not_see_do_not_exist(connection, there, settle, browser):
    stranger = actor_of(make_agent("Zoe", role=Role.ADMIN))
    ticket = make_ticket("Hidden", by=stranger, queue=make_queue("Secret"))
    Connection.objects.update(queue=ticket.queue)
    mirror.begin(Connection.objects.get(), ticket)
    link = Link.objects.get()
    for url in (
        reverse("link-retry", args=[link.pk]),
        reverse("link-settle", args=[link.pk]),
        reverse("link-begin", args=[ticket.pk, connection.pk]),
    ):
        assert browser.post(url).status_code == 404
        assert browser.get(url).status_code == 405


def test_customers_see_nothing_of_the_mirror(connection, there, settle, agent):
    customer = make_user("Cora")
    ticket = make_ticket("One", by=agent, requester=customer)
    settle(connection)
    assert sync_panel(ticket, actor_of(customer)) is None
    assert mirror_marks([ticket.pk], actor_of(customer)) == {}


def test_panel_and_marks_cost_one_statement(
    connection, there, settle, agent, django_assert_num_queries
):
    tickets = [make_ticket(f"Ticket {number}", by=agent) for number in range(5)]
    settle(connection)
    with django_assert_num_queries(1):
        sync_panel(tickets[0], agent)
    with django_assert_num_queries(1):
        assert len(mirror_marks([ticket.pk for ticket in tickets], agent)) == 5


def test_a_connection_is_made_by_command(httpserver, there, settle, agent, capsys):
    call_command(
        "add_connection",
        "teamswork",
        "--queue=support",
        "--name=Acme",
        f"--set=base_url={httpserver.url_for('/api')}",
        "--set=key=primary-key",
        "--set=user_email=desk@here.example",
        "--calls-per-minute=600",
    )
    connection = Connection.objects.get(pk=int(capsys.readouterr().out))
    assert connection.entered["key"] == "primary-key"
    assert "key" not in connection.setup
    settle(connection)
    make_ticket("One", by=agent)
    call_command("sync_now")
    assert there.only["title"] == "One"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "--queue=support"], "no service named nothing"),
        (["teamswork", "--queue=nowhere"], "Known: support"),
        (["teamswork", "--queue=support", "--set=colour=red"], "Known: region"),
        (["teamswork", "--queue=support", "--set=key=a"], "base_url: Choose a region"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("add_connection", *arguments)
    assert not Connection.objects.exists()


def test_tasks_give_out_connections_with_work(connection, there, agent, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks, "ask_for", lambda task, *args, **options: asked.append((task, args)))
    make_ticket("One", by=agent)
    changes.announce()
    tasks.sync_due()
    assert asked == [("integrations.sync", (connection.pk,))]
    tasks.sync(connection.pk)
    assert there.only["title"] == "One"


def test_what_was_left_out_is_said_in_words(connection, there, settle, agent, browser):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    Link.objects.update(left_out=["due_at", "replies"])
    page = browser.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "<bdi>due</bdi>" in page
    assert "<bdi>replies</bdi>" in page
    assert "due_at</bdi>" not in page
