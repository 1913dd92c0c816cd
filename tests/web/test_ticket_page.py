"""The ticket page, read and worked on without JavaScript."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from helpdesk.models import Change, ReadMark, Ticket
from helpdesk.web import ticket_page
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def customer():
    return make_user("Leila Haddad", timezone="Asia/Beirut")


@pytest.fixture
def ticket(customer):
    return make_ticket("Export stops", body="It stops at 65,536", requester=customer)


def address(ticket, name="ticket", *more) -> str:
    return reverse(name, args=[ticket.pk, *more])


def page_of(client, ticket, query="") -> str:
    response = client.get(address(ticket) + query)
    assert response.status_code == 200
    return response.content.decode()


# What is shown -----------------------------------------------------------------------------------


def test_the_page_shows_who_asked_and_what(client, agent, ticket):
    html = page_of(client, ticket)
    assert "Export stops" in html and "It stops at 65,536" in html
    assert "Leila Haddad" in html and "Beirut" in html


def test_notes_replies_and_customers_are_told_apart(client, agent, customer, ticket):
    make_comment(ticket, "From the customer", by=actor_of(customer))
    make_comment(ticket, "From the agent", by=actor_of(agent))
    make_comment(ticket, "Among us", public=False, by=actor_of(agent))
    html = page_of(client, ticket)
    kinds = [part.split('"', 1)[0] for part in html.split('data-kind="')[1:]]
    assert kinds == ["customer", "customer", "reply", "note"]
    assert html.count("Internal note</span>") == 1


def test_changes_of_one_person_and_minute_are_one_line(client, agent, ticket):
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1)  # after it opened
    by = actor_of(agent)
    actions.change_ticket(ticket, by=by, priority="urgent", at=at)
    actions.change_ticket(ticket, by=by, title="Export stops early", at=at + timedelta(seconds=9))
    html = page_of(client, ticket)
    assert html.count('class="event"') == 1
    assert "<bdi>Normal</bdi> → <bdi>Urgent</bdi>" in html and "Export stops early" in html


def test_a_resolution_is_told_with_its_comment(client, agent, ticket):
    actions.take_transition(
        ticket, "Resolve", by=actor_of(agent), resolution="fixed", comment="Cleared the cache"
    )
    html = page_of(client, ticket)
    assert "Fixed" in html and '<q dir="auto">Cleared the cache</q>' in html


def test_a_redacted_message_says_so(client, agent, ticket):
    note = make_comment(ticket, "the password is 1234", public=False, by=actor_of(agent))
    actions.redact_comment(note, by=actor_of(agent))
    html = page_of(client, ticket)
    assert "This message was redacted" in html and "1234" not in html


def test_a_comment_of_a_connection_says_through_what_it_came(client, agent, customer, ticket):
    by = actor_of(agent, "connection:7")
    make_comment(ticket, "Hello", by=by, author=customer, author_name="Ann")
    html = page_of(client, ticket)
    assert '<bdi class="person">Ann</bdi>' in html and "via Maren Holt" in html


def test_a_long_conversation_is_folded_and_nothing_is_lost(client, agent, ticket):
    for number in range(120):
        make_comment(ticket, f"Message {number}.")
    latest = page_of(client, ticket)
    assert "71 earlier messages" in latest
    assert "Message 119." in latest and "Message 70." in latest and "Message 69." not in latest
    middle = page_of(client, ticket, "?earlier=1")
    assert "Message 69." in middle and "Message 20." in middle and "Message 119." not in middle
    first = page_of(client, ticket, "?earlier=2")
    assert "Message 19." in first and "Message 0." in first and "It stops at" in first
    assert "earlier message" not in first and "100 later messages" in first


def test_an_older_window_shows_the_changes_of_its_time(client, agent, ticket):
    start = timezone.now() - timedelta(days=1)
    by = actor_of(agent)
    for number in range(60):
        make_comment(ticket, f"Message {number}.", at=start + timedelta(minutes=number))
    actions.change_ticket(ticket, by=by, priority="low", at=start + timedelta(minutes=3))
    actions.change_ticket(ticket, by=by, priority="high", at=start + timedelta(minutes=57))
    assert "<bdi>Normal</bdi> → <bdi>Low</bdi>" not in page_of(client, ticket)
    assert "<bdi>Low</bdi> → <bdi>High</bdi>" in page_of(client, ticket)
    older = page_of(client, ticket, "?earlier=1")
    assert "<bdi>Normal</bdi> → <bdi>Low</bdi>" in older
    assert "<bdi>Low</bdi> → <bdi>High</bdi>" not in older


def test_more_changes_than_are_shown_point_to_the_history(client, agent, ticket):
    by = actor_of(agent)
    for number in range(205):
        actions.change_ticket(ticket, by=by, title=f"Title {number}")
    html = page_of(client, ticket)
    assert "Older changes are in the history" in html


def test_other_open_tickets_of_the_requester_are_named(client, agent, customer, ticket):
    other = make_ticket("Another one", requester=customer)
    done = make_ticket("Done already", requester=customer)
    actions.take_transition(done, "Resolve", by=actor_of(agent), resolution="fixed")
    html = page_of(client, ticket)
    assert "This customer has 1 other open ticket:" in html and f"#{other.pk}" in html
    assert "Done already" not in html


def test_a_ticket_named_in_a_change_is_nameless_to_whoever_may_not_see_it(client, agent, ticket):
    hidden = make_ticket("Secret merger", queue=make_queue("Board"))
    admin = actor_of(make_user("Ada", role="admin"))
    actions.set_parent(ticket, hidden, by=admin)
    actions.link(ticket, hidden, by=admin)
    for name in ("ticket", "ticket-history", "ticket-links"):
        html = client.get(address(ticket, name)).content.decode()
        assert "Secret merger" not in html and f"#{hidden.pk} " not in html


def test_hostile_words_stay_words_everywhere(client, agent):
    field = make_field("mood", name="Mood" + HOSTILE, help_text=HOSTILE)
    option = make_field("region", "choice", [HOSTILE])
    queue = default_queue()
    queue.name = "Q" + HOSTILE
    queue.save()
    ticket = make_ticket(
        HOSTILE,
        body=HOSTILE,
        body_format="html",
        requester={"email": "x@example.com", "name": HOSTILE},
        tags=[make_tag(HOSTILE)],
        custom={field.key: HOSTILE, option.key: HOSTILE},
        source="s",
        source_ref=HOSTILE,
    )
    by = actor_of(agent)
    for body_format in ("html", "markdown", "plain"):
        make_comment(ticket, HOSTILE, format=body_format, author_name=HOSTILE)
    actions.change_ticket(ticket, by=by, title=HOSTILE + "2", custom={"mood": HOSTILE + "2"})
    other = make_ticket(HOSTILE)
    actions.link(ticket, other, by=by)
    pages = [address(ticket), address(ticket) + "?edit=1", reverse("ticket-new")]
    pages += [address(ticket, name) for name in ("ticket-history", "ticket-links")]
    pages += [address(ticket, "ticket-delete"), address(ticket, "ticket-description")]
    for page in pages:
        html = client.get(page).content.decode()
        assert "<script>alert" not in html and "<img" not in html, page
        assert "onerror=alert(1)>" not in html.replace("onerror=alert(1)&gt;", ""), page


def test_what_integrations_add_stands_beside_the_ticket(client, agent, ticket, monkeypatch):
    shown = ("tickets/requester.html", {"requester": {"name": "Beside it"}})
    panels = (lambda ticket, actor: shown, lambda ticket, actor: None)
    monkeypatch.setattr(ticket_page, "panels", lambda: panels)
    assert "Beside it" in page_of(client, ticket)


# Who may see and do what -------------------------------------------------------------------------

POSTS = {
    "ticket-comments": {"kind": "note", "body": "Hello"},
    "ticket-change": {"only": "priority", "priority": "high"},
    "ticket-description": {"body": "New words"},
    "ticket-follow": {"follow": "1"},
    "ticket-links": {"kind": "related", "other": "1"},
    "ticket-attach": {},
    "ticket-delete": {},
}


@pytest.mark.parametrize("name", ["ticket", "ticket-history", "ticket-links", *POSTS])
def test_a_foreign_ticket_answers_as_one_that_does_not_exist(client, agent, name):
    foreign = make_ticket("Not yours", queue=make_queue("Board"))
    answers = []
    for number in (foreign.pk, 999_999, 10**30):
        url = reverse(name, args=[number])
        answer = client.post(url, POSTS[name]) if name in POSTS else client.get(url)
        answers.append((answer.status_code, answer.content))
    assert answers[0][0] == 404
    assert answers[0] == answers[1] == answers[2]
    assert Change.objects.filter(ticket=foreign).count() == 1


def test_a_foreign_comment_or_transition_is_not_found(client, agent, ticket):
    foreign = make_ticket("Not yours", queue=make_queue("Board"))
    comment = make_comment(foreign, "Words")
    urls = [
        address(ticket, "comment-edit", comment.uuid),
        address(ticket, "comment-redact", comment.uuid),
        address(foreign, "comment-redact", comment.uuid),
        address(ticket, "ticket-transition", 999_999),
        address(foreign, "ticket-transition", 1),
    ]
    assert [client.post(url, {"body": "x"}).status_code for url in urls] == [404] * 5


def test_a_light_agent_writes_notes_and_nothing_else(client, ticket):
    client.force_login(make_agent("Lia", role="light"))
    html = page_of(client, ticket)
    assert 'value="note"' in html and 'value="reply"' not in html and "Edit properties" not in html
    url = address(ticket, "ticket-comments")
    assert client.post(url, {"kind": "reply", "body": "Hi"}).status_code == 422
    assert client.post(url, {"kind": "note", "body": "Hi"}).status_code == 302
    assert client.post(address(ticket, "ticket-change"), {"priority": "low"}).status_code == 403
    assert client.get(reverse("ticket-new")).status_code == 403
    assert not ticket.comments.get().public


def test_who_only_reads_a_queue_gets_no_forms(client, ticket):
    client.force_login(make_agent("Rita", access="read"))
    html = page_of(client, ticket)
    assert "composer" not in html and "Edit properties" not in html
    assert "You may read this queue, not write in it." in html
    for name in ("ticket-comments", "ticket-change", "ticket-description", "ticket-delete"):
        assert client.post(address(ticket, name), POSTS[name]).status_code == 403


def test_nobody_reads_without_signing_in(client, ticket):
    assert client.get(address(ticket)).status_code == 302
    client.force_login(make_user("Customer"))
    assert client.get(address(ticket)).status_code == 403


# Trash, following, description, links ------------------------------------------------------------


def test_deleting_asks_first_and_the_trash_gives_back(client, agent, ticket):
    asked = client.get(address(ticket, "ticket-delete")).content.decode()
    assert "any agent of this queue can restore it" in asked
    client.post(address(ticket, "ticket-delete"), {"version": ticket.version})
    assert not Ticket.objects.visible_to(actor_of(agent)).filter(pk=ticket.pk).exists()
    assert "Export stops" in client.get(reverse("trash")).content.decode()
    html = page_of(client, ticket)
    assert "moved this ticket to the trash" in html and "composer" not in html
    client.post(address(ticket, "ticket-restore"))
    assert Ticket.objects.visible_to(actor_of(agent)).filter(pk=ticket.pk).exists()


def test_deleting_is_held_when_the_customer_wrote_meanwhile(client, agent, customer, ticket):
    make_comment(ticket, "Wait, one more thing", by=actor_of(customer))
    answer = client.post(address(ticket, "ticket-delete"), {"version": ticket.version})
    assert answer.status_code == 409 and "Wait, one more thing" in answer.content.decode()


def test_the_trash_is_read_in_pages(client, agent):
    for number in range(52):
        actions.delete_ticket(make_ticket(f"Gone {number:02}."), by=actor_of(agent))
    first = client.get(reverse("trash")).content.decode()
    assert "Gone 51." in first and "Gone 02." in first and "Gone 01." not in first
    oldest = Ticket.objects.get(title="Gone 02.").pk
    assert "Gone 01." in client.get(reverse("trash"), {"before": oldest}).content.decode()


def test_one_follows_and_stops_following(client, agent, ticket):
    url = address(ticket, "ticket-follow")
    client.post(url, {"follow": "1"})
    assert 'value="0" aria-pressed="true"' in page_of(client, ticket)
    client.post(url, {"follow": "0"})
    assert not ticket.participations.exists()


def test_the_description_is_edited(client, agent, ticket):
    url = address(ticket, "ticket-description")
    client.post(url, {"body": "It stops\r\nat noon", "version": ticket.version})
    ticket.refresh_from_db()
    assert ticket.body == "It stops\nat noon"


def test_a_description_that_another_changed_is_held(client, agent, ticket):
    actions.change_ticket(ticket, by=actor_of(make_agent("Tomasz")), body="Other words")
    url = address(ticket, "ticket-description")
    answer = client.post(url, {"body": "My words", "version": ticket.version})
    assert answer.status_code == 409 and "My words" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.body == "Other words"


def test_tickets_are_linked_and_unlinked(client, agent, ticket):
    other = make_ticket("The cause")
    url = address(ticket, "ticket-links")
    client.post(url, {"kind": "blocks", "other": f"#{other.pk}"})
    assert "The cause" in client.get(url).content.decode()
    assert "blocked by" in client.get(address(other, "ticket-links")).content.decode()
    client.post(address(ticket, "ticket-unlink", other.pk), {"kind": "blocks", "ours": "1"})
    assert not ticket.links_out.exists()


def test_an_unseen_ticket_is_linked_no_more_than_a_made_up_one(client, agent, ticket):
    foreign = make_ticket("Not yours", queue=make_queue("Board"))
    answers = [
        client.post(address(ticket, "ticket-links"), {"kind": "related", "other": number})
        for number in (foreign.pk, 999_999)
    ]
    assert [one.status_code for one in answers] == [422, 422]
    for one in answers:
        assert "There is no such ticket." in one.content.decode()


def test_the_history_shows_every_change_in_pages(client, agent, ticket):
    by = actor_of(agent)
    for number in range(105):
        actions.change_ticket(ticket, by=by, title=f"Title {number}.")
    url = address(ticket, "ticket-history")
    first = client.get(url).content.decode()
    assert "Title 104." in first and "opened the ticket" not in first
    assert "opened the ticket" in client.get(url, {"before": 7}).content.decode()


# Read marks, size and statements -----------------------------------------------------------------


def test_opening_a_ticket_marks_it_read_once(client, agent, ticket):
    page_of(client, ticket)
    assert ReadMark.objects.get(person=agent).version == ticket.version
    with statements() as counted:
        page_of(client, ticket)
    assert not [one for one in counted if one.startswith(("INSERT", "UPDATE"))]
    make_comment(ticket)
    page_of(client, ticket)
    assert ReadMark.objects.get(person=agent).version == ticket.version + 1


SESSION_AND_PERSON = (
    'SELECT "django_session"',
    'SELECT "helpdesk_user"."id", ',
)


def counted_page(client, ticket, query="") -> int:
    page_of(client, ticket, query)
    with statements() as counted:
        page_of(client, ticket, query)
    return len([one for one in counted if not one.startswith(SESSION_AND_PERSON)])


def test_a_page_costs_the_same_however_much_there_is(client, agent, customer, ticket, settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3_600  # or a slow test sees it once more
    make_comment(ticket)
    actions.attach(
        ticket, [actions.keep_link("https://example.com/", by=actor_of(agent))], by=actor_of(agent)
    )
    few = counted_page(client, ticket)
    for number in range(110):
        make_comment(ticket, f"Message {number}", public=bool(number % 3), by=actor_of(agent))
    for number in range(60):
        actions.change_ticket(ticket, by=actor_of(agent), title=f"Title {number}")
    make_other_tickets(customer, 200)
    assert counted_page(client, ticket) == few
    assert few <= 8


def make_other_tickets(customer, count):
    rows = [{"title": f"Other {number}", "requester": customer} for number in range(count)]
    actions.open_tickets(rows, by=actor_of(make_user("Ada", role="admin")))


def test_an_everyday_page_is_small(client, agent, customer):
    ticket = make_ticket("Everyday", body="word " * 428, requester=customer)
    for _number in range(3):
        make_comment(ticket, "word " * 40, by=actor_of(agent))
    make_field("region", "choice", ["EU", "US"])
    make_field("plan")
    assert len(page_of(client, ticket).encode()) <= 40_000
