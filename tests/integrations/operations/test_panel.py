"""The sync panel and its page: what waits field by field, and what can be done about it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import Role
from integrations.models import CommentLink, Link
from integrations.panels import mirrored, sync_panel
from tests.budget import statements
from tests.factories import actor_of, make_agent, make_comment, make_queue, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_agent("Ann")


@pytest.fixture
def browser(client, person):
    client.force_login(person)
    return client


@pytest.fixture
def mirrored_ticket(connection, there, settle, person):
    ticket = make_ticket("One", by=actor_of(person))
    settle(connection)
    return ticket


def page(browser, ticket) -> str:
    return browser.get(reverse("ticket-mirror", args=[ticket.pk])).content.decode()


def test_what_waits_is_shown_field_by_field(browser, mirrored_ticket, person):
    actions.change_ticket(mirrored_ticket, by=actor_of(person), title="Two", tags=["vip"])
    ticket = type(mirrored_ticket).objects.get(pk=mirrored_ticket.pk)
    [row] = mirrored(ticket, actor_of(person))["rows"]
    waiting = {one["words"]: one for one in row["pending"]}
    assert (waiting["subject"]["agreed"], waiting["subject"]["ours"]) == ("One", "Two")
    assert waiting["subject"]["theirs"] == "One" and waiting["tags"]["ours"] == "vip"
    assert "Still to be sent" in page(browser, ticket)
    assert "Two" in browser.get(reverse("ticket", args=[ticket.pk])).content.decode()


def test_panel_and_page_cost_as_before(browser, mirrored_ticket, person):
    actions.change_ticket(mirrored_ticket, by=actor_of(person), title="Two")
    ticket = type(mirrored_ticket).objects.select_related("requester", "assignee").get()
    with statements() as counted:
        sync_panel(ticket, actor_of(person))
    assert len(counted) == 1
    page(browser, ticket)
    with statements() as counted:
        page(browser, ticket)
    assert len(counted) <= 13


def test_a_ticket_is_paused_resumed_unlinked_and_linked_again(
    browser, mirrored_ticket, connection, there, settle, person
):
    link = Link.objects.get()
    for name in ("link-pause", "link-unlink", "link-skip", "link-arrived"):
        assert browser.get(reverse(name, args=[link.pk])).status_code == 405
    answer = browser.post(reverse("link-pause", args=[link.pk]), {"page": "mirror"})
    assert answer.url == reverse("ticket-mirror", args=[mirrored_ticket.pk])
    actions.change_ticket(mirrored_ticket, by=actor_of(person), title="Two")
    settle(connection)
    assert there.only["title"] == "One" and "Resume" in page(browser, mirrored_ticket)
    browser.post(reverse("link-retry", args=[link.pk]))
    settle(connection)
    assert there.only["title"] == "Two"
    browser.post(reverse("link-unlink", args=[link.pk]))
    actions.change_ticket(mirrored_ticket, by=actor_of(person), title="Three")
    settle(connection)
    assert there.only["title"] == "Two" and "Unlinked from Acme" in page(browser, mirrored_ticket)
    browser.post(reverse("link-begin", args=[mirrored_ticket.pk, connection.pk]))
    settle(connection)
    assert there.only["title"] == "Three"


def test_several_fields_are_decided_at_once(connect, browser, there, settle, person):
    connection = connect(winner="ask")
    ticket = make_ticket("One", by=actor_of(person))
    settle(connection)
    actions.change_ticket(ticket, by=actor_of(person), title="Ours", priority="high")
    there.change(there.only, title="Theirs", priority="Low")
    settle(connection)
    url = reverse("link-settle", args=[Link.objects.get().pk])
    assert "Apply choices and sync" in page(browser, ticket)
    for wrong in ({}, {"choice-title": "both"}, {"choice-body": "ours"}):
        assert browser.post(url, wrong).status_code == 404
    browser.post(url, {"choice-title": "theirs", "choice-priority": "ours"})
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, there.only["priority"]) == ("Theirs", "Important")


def existing(browser, ticket, connection, **said):
    return browser.post(reverse("link-existing", args=[ticket.pk, connection.pk]), said)


@pytest.mark.parametrize(("wins", "title"), [("ours", "Here"), ("theirs", "There")])
def test_a_ticket_is_linked_to_one_that_is_there(
    connect, browser, there, settle, person, wins, title
):
    ticket = make_ticket("Here", by=actor_of(person), tags=["mine"])
    make_comment(ticket, "Said on both sides", by=actor_of(person))
    remote = there.add("There", tags=[{"text": "theirs"}])
    there.say(remote, "Said on both sides")
    changes.announce()
    connection = connect()
    settle(connection)
    there.calls.clear()
    shown = existing(browser, ticket, connection, there=remote["id"]).content.decode()
    assert (
        "There" in shown and "Link #" in shown and not Link.objects.filter(ticket=ticket).exists()
    )
    assert {method for method, _path in there.calls} == {"GET"}
    existing(browser, ticket, connection, there=remote["id"], confirm="1", wins=wins)
    settle(connection)
    ticket.refresh_from_db()
    assert (ticket.title, there.tickets[remote["id"]]["title"]) == (title, title)
    assert there.texts(remote) == ["Said on both sides"] and ticket.comments.count() == 1
    assert CommentLink.objects.count() == 1 and len(there.tickets) == 1
    kept = "mine" if wins == "ours" else "theirs"
    assert [tag.name for tag in ticket.tag_list] == [kept]
    tags = there.tickets[remote["id"]]["tags"]
    assert [tag["text"] if isinstance(tag, dict) else tag for tag in tags] == [kept]


def test_it_is_found_by_its_number_too(connect, browser, there, settle, person):
    ticket, remote = make_ticket("Here", by=actor_of(person)), there.add("There")
    connection = connect()
    shown = existing(browser, ticket, connection, there=f"#{remote['ticketNo']}")
    assert shown.status_code == 200 and "There" in shown.content.decode()


@pytest.mark.parametrize(("said", "words"), [("", "Enter the id"), ("nonesuch", "no ticket there")])
def test_what_is_not_there_is_said(connect, browser, there, person, said, words):
    ticket = make_ticket("Here", by=actor_of(person))
    answer = existing(browser, ticket, connect(), there=said)
    assert answer.status_code == 422 and words in answer.content.decode()


def test_one_that_is_linked_already_is_refused(mirrored_ticket, connection, there, browser, person):
    other = make_ticket("Other", by=actor_of(person))
    answer = existing(browser, other, connection, there=there.only["id"])
    assert f"linked to #{mirrored_ticket.pk}" in answer.content.decode()
    Link.objects.update(ticket=make_ticket("Hidden", queue=make_queue("Secret")))
    answer = existing(browser, other, connection, there=there.only["id"], confirm="1", wins="ours")
    assert "linked to another one here" in answer.content.decode()
    assert Link.objects.count() == 1


def test_what_was_maybe_created_is_looked_for_and_taken(connect, browser, there, settle, person):
    ticket = make_ticket("Lost", by=actor_of(person))
    changes.announce()
    connection = connect()
    settle(connection)
    began = timezone.now()
    remote = there.add("Lost", requestor={"id": "", "name": "Desk", "email": "desk@here.example"})
    link = Link.objects.create(
        connection=connection, ticket=ticket, state=Link.State.MAYBE_CREATED, attempt_began_at=began
    )
    found = existing(browser, ticket, connection, search="1").content.decode()
    assert "Show it" in found and remote["id"] in found
    existing(browser, ticket, connection, there=remote["id"], confirm="1", wins="ours")
    settle(connection)
    link.refresh_from_db()
    assert (link.remote_id, link.state, len(there.tickets)) == (remote["id"], Link.State.OK, 1)


def test_what_one_does_not_see_does_not_exist(connection, there, browser):
    stranger = actor_of(make_agent("Zoe", role=Role.ADMIN))
    ticket = make_ticket("Hidden", by=stranger, queue=make_queue("Secret"))
    link = Link.objects.create(connection=connection, ticket=ticket)
    urls = [reverse(name, args=[link.pk]) for name in ("link-pause", "link-skip", "link-unlink")]
    urls.append(reverse("link-existing", args=[ticket.pk, connection.pk]))
    for url in urls:
        assert browser.post(url).status_code == 404
    assert browser.get(reverse("ticket-mirror", args=[ticket.pk])).status_code == 404
    link.refresh_from_db()
    assert link.state == Link.State.WAITING


def test_who_may_only_read_sees_the_page_and_does_nothing(connection, client, there, settle):
    ticket = make_ticket("One")
    settle(connection)
    client.force_login(make_agent("Light", role=Role.LIGHT))
    assert "Mirror now" not in page(client, ticket)
    link = Link.objects.get()
    for name in ("link-pause", "link-unlink", "link-skip", "link-retry", "link-arrived"):
        assert client.post(reverse(name, args=[link.pk])).status_code == 403
