"""What is not in step: listed, tried again, left, decided, and told apart from what is well."""

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from integrations.models import CommentLink, Link
from integrations.operations import failures
from tests.budget import statements
from tests.factories import make_comment, make_ticket

pytestmark = pytest.mark.django_db


def failing(connection, state=Link.State.ERROR, error="TeamsWork refused this.", **fields) -> Link:
    fields.setdefault("ticket", make_ticket())
    return Link.objects.create(connection=connection, state=state, error=error, **fields)


def deed(console, connection, name, **said):
    url = reverse("connection-failures", args=[connection.uuid])
    return console.post(url, {"deed": name, **said})


def test_the_page_lists_filters_and_finds(console, connection):
    broken = failing(connection, ticket=make_ticket("<b>Printer</b>"), remote_number="812")
    asked = failing(connection, Link.State.CONFLICT, "")
    Link.objects.create(connection=connection, ticket=make_ticket("Well"), state=Link.State.OK)
    url = reverse("connection-failures", args=[connection.uuid])
    text = console.get(url).content.decode()
    assert "&lt;b&gt;Printer&lt;/b&gt;" in text and "812" in text and "Well" not in text
    for query, found in [
        ({"sort": "conflict"}, [asked]),
        ({"text": f"#{broken.ticket_id}"}, [broken]),
        ({"text": "printer"}, [broken]),
        ({"text": "refused THIS"}, [broken]),
        ({"text": "812"}, [broken]),
        ({"text": "nothing like it\0"}, []),
        ({"sort": "nonsense", "before": "x"}, [asked, broken]),
    ]:
        rows = console.get(url, query).context["rows"]
        assert [row["link"] for row in rows] == found, query


def test_the_page_costs_the_same_for_many(console, connection):
    failing(connection)
    url = reverse("connection-failures", args=[connection.uuid])
    console.get(url)
    with statements() as few:
        console.get(url)
    for _number in range(60):
        failing(connection)
    with statements() as many:
        answer = console.get(url)
    assert len(many) <= len(few) <= 16
    second = console.get(url + answer.context["next"])
    assert len(answer.context["rows"]) + len(second.context["rows"]) == 61


def test_one_is_tried_again_and_all_but_those_that_a_person_must_see_to(console, connection):
    one, two = failing(connection), failing(connection)
    maybe = failing(connection, Link.State.MAYBE_CREATED, attempt_began_at=timezone.now())
    asked = failing(connection, Link.State.CONFLICT, "")
    deed(console, connection, "retry", link=one.pk)
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.due_at and two.due_at is None
    deed(console, connection, "retry-all")
    for link in (two, maybe, asked):
        link.refresh_from_db()
    assert two.due_at and maybe.due_at is None and asked.due_at is None
    assert maybe.attempt_began_at


def test_a_skipped_one_rests_until_the_ticket_changes(console, connection, there, agent, settle):
    there.refuse = lambda method, path, body: 422 if method == "PUT" else None
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Two")
    settle(connection)
    link = Link.objects.get()
    assert link.state == Link.State.ERROR
    deed(console, connection, "skip", link=link.pk)
    there.refuse = lambda method, path, body: None
    settle(connection)
    link.refresh_from_db()
    assert (link.state, link.error, link.due_at) == (Link.State.OK, "", None)
    assert "Skipped by Ada Admin" in link.left_out[0] and there.only["title"] == "One"
    actions.change_ticket(ticket, by=agent, priority="high")
    settle(connection)
    assert there.only["title"] == "Two"


def test_an_unlinked_one_is_listed_no_more(console, connection):
    link = failing(connection)
    deed(console, connection, "unlink", link=link.pk)
    link.refresh_from_db()
    assert link.state == Link.State.ENDED
    assert not console.get(reverse("connection-failures", args=[connection.uuid])).context["rows"]


def test_a_conflict_is_decided_by_field_or_all_by_a_policy(connect, console, there, agent, settle):
    connection = connect(winner="ask")
    tickets = [make_ticket(f"Ticket {number}", by=agent) for number in range(3)]
    settle(connection)
    for ticket, theirs in zip(tickets, there.tickets.values(), strict=True):
        actions.change_ticket(ticket, by=agent, title=f"Ours {ticket.pk}")
        there.change(theirs, title=f"Theirs {ticket.pk}")
    settle(connection)
    first, *others = Link.objects.order_by("pk")
    assert first.state == Link.State.CONFLICT
    deed(console, connection, "settle", link=first.pk, field="title", side="theirs")
    deed(console, connection, "settle-all", policy="ours")
    settle(connection)
    titles = sorted(one["title"] for one in there.tickets.values())
    assert titles == sorted(
        [f"Theirs {first.ticket_id}", *(f"Ours {link.ticket_id}" for link in others)]
    )
    assert not Link.objects.filter(state=Link.State.CONFLICT).exists()


def test_the_later_one_counts_where_that_is_the_policy(connect, there, agent, settle):
    connection = connect(winner="ask")
    ticket = make_ticket("One", by=agent)
    settle(connection)
    actions.change_ticket(ticket, by=agent, title="Ours")
    there.change(there.only, title="Theirs, later")
    settle(connection)
    failures.settle_all(connection, Link.objects.select_related("ticket"), "later")
    settle(connection)
    ticket.refresh_from_db()
    assert ticket.title == "Theirs, later"


def test_a_reply_that_arrived_is_not_sent_again(console, connection, there, agent, settle):
    ticket = make_ticket("One", by=agent)
    settle(connection)
    comment = make_comment(ticket, "Only once", by=agent)
    link = Link.objects.get()
    CommentLink.objects.create(
        link=link, connection=connection, comment=comment, attempt_began_at=timezone.now(),
        error="Lost.", ours_hash="x",
    )  # fmt: skip
    Link.objects.update(state=Link.State.MAYBE_CREATED, error="Lost.")
    deed(console, connection, "arrived", link=link.pk)
    settle(connection)
    assert there.texts(there.only) == []
    link.refresh_from_db()
    assert link.state == Link.State.OK


@pytest.mark.parametrize(
    "said",
    [
        {"deed": "nonsense"},
        {"deed": "retry"},
        {"deed": "retry", "link": "0"},
        {"deed": "retry", "link": "²"},
        {"deed": "settle", "field": "title", "side": "both"},
        {"deed": "settle-all", "policy": "whatever"},
    ],
)
def test_what_does_not_exist_is_not_done(console, connection, said):
    link = failing(connection)
    url = reverse("connection-failures", args=[connection.uuid])
    if said["deed"] == "settle":
        said = {**said, "link": link.pk}
    assert console.post(url, said).status_code == 404
    link.refresh_from_db()
    assert link.state == Link.State.ERROR


def test_a_link_of_another_connection_is_not_found(console, connect):
    mine, other = connect(), connect(name="Other")
    link = failing(other)
    assert deed(console, mine, "retry", link=link.pk).status_code == 404


def test_a_ticket_in_the_trash_is_not_shown(console, connection, agent):
    link = failing(connection)
    actions.delete_ticket(link.ticket, by=agent)
    assert not console.get(reverse("connection-failures", args=[connection.uuid])).context["rows"]
    assert deed(console, connection, "retry", link=link.pk).status_code == 404
