"""What stands beside the conversation: steps, time, reasons, paper, the next ticket of a list."""

import itertools
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions import sending
from helpdesk.models import Draft
from helpdesk.web.forms.working import TimeForm
from tests.budget import statements
from tests.factories import (
    actor_of,
    make_agent,
    make_comment,
    make_field,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    return make_ticket("Export stops", requester=make_user("Leila Haddad"))


def address(ticket, name="ticket", *more) -> str:
    return reverse(name, args=[ticket.pk, *more])


def words(response) -> str:
    return response.content.decode()


# Steps and time ----------------------------------------------------------------------------------


def test_steps_are_added_ticked_off_moved_and_removed_without_script(client, agent, ticket):
    url = address(ticket, "ticket-checklist")
    for text in ("Order desks", "Move servers"):
        assert client.post(url, {"text": text}).status_code == 302
    first, second = ticket.checklist.order_by("position")
    client.post(address(ticket, "ticket-step", first.pk), {"deed": "done"})
    client.post(address(ticket, "ticket-step", second.pk), {"deed": "up"})
    assert [one.text for one in ticket.checklist.order_by("position")] == [
        "Move servers",
        "Order desks",
    ]
    assert "1 of 2" in words(client.get(address(ticket)))
    client.post(address(ticket, "ticket-step", first.pk), {"deed": "remove"})
    assert "Order desks" not in words(client.get(url))
    assert client.post(url, {"text": " "}).status_code == 422


def test_each_change_of_the_steps_can_be_undone(client, agent, ticket):
    url = address(ticket, "ticket-checklist")

    def steps() -> list[tuple[str, bool]]:
        rows = ticket.checklist.order_by("position", "pk")
        return [(one.text, one.is_done) for one in rows]

    def undo(response) -> None:
        way = re.search(rf"/tickets/{ticket.pk}/[a-z/]*[0-9a-f-]{{36}}/[a-z/]*", words(response))
        answer = client.post(way[0], headers=HTMX)
        assert answer.status_code == 200 and answer["HX-Trigger"] == "undone"

    undo(client.post(url, {"text": "Never mind"}, headers=HTMX))
    assert steps() == []
    for text in ("One", "Two", "Three"):
        actions.add_step(ticket, by=actor_of(agent), text=text)
    before = steps()
    for text, deed in (("One", "done"), ("Three", "up")):
        step = ticket.checklist.get(text=text)
        undo(client.post(address(ticket, "ticket-step", step.pk), {"deed": deed}, headers=HTMX))
        assert steps() == before
    step = ticket.checklist.get(text="Two")
    undo(client.post(address(ticket, "ticket-step", step.pk), {"deed": "remove"}, headers=HTMX))
    assert sorted(steps()) == sorted(before)


@pytest.mark.parametrize(("kind", "hold"), [("note", 0), ("reply", 0), ("reply", 10)])
def test_time_typed_in_the_composer_is_noted_with_the_message(client, agent, ticket, kind, hold):
    agent.preferences = {"undo_send": hold}
    agent.save()
    assert 'name="minutes"' in words(client.get(address(ticket)))
    said = {"kind": kind, "body": "Looked into it", "version": ticket.version, "minutes": "1:20"}
    assert client.post(address(ticket, "ticket-comments"), said).status_code == 302
    if hold:
        assert not ticket.time_spent.exists()
        Draft.objects.update(send_after=timezone.now())
        assert sending.send_due() == 1
    entry = ticket.time_spent.get()
    assert (entry.minutes, entry.comment.body, entry.person) == (80, "Looked into it", agent)


def test_a_time_that_makes_no_sense_sends_nothing_and_keeps_the_words(client, agent, ticket):
    said = {"kind": "note", "body": "Kept", "version": ticket.version, "minutes": "soon"}
    answer = client.post(address(ticket, "ticket-comments"), said)
    assert answer.status_code == 422 and "Kept</textarea>" in words(answer)
    assert "Write a time as" in words(answer) and not ticket.comments.filter(body="Kept").exists()


def test_a_step_of_another_ticket_is_not_found(client, agent, ticket):
    other = actions.add_step(make_ticket(), by=actor_of(agent), text="Elsewhere")
    url = address(ticket, "ticket-step", other.pk)
    assert client.post(url, {"deed": "remove"}).status_code == 404


def test_who_only_reads_sees_steps_and_time_and_changes_neither(client, agent, ticket):
    actions.add_step(ticket, by=actor_of(agent), text="Order desks")
    actions.note_time(ticket, by=actor_of(agent), minutes=25)
    client.force_login(make_agent("Rita", access="read"))
    for name in ("ticket-checklist", "ticket-time"):
        html = words(client.get(address(ticket, name)))
        assert "Order desks" in html or "25 m" in html
        assert "<input" not in html.split('id="main"')[1]
        assert client.post(address(ticket, name), {"text": "x", "minutes": "5"}).status_code == 403


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("25", 25), ("1:20", 80), ("1h 20m", 80), ("1.5h", 90), ("2 h", 120), ("45min", 45)],
)
def test_a_time_is_written_as_people_write_it(typed, minutes):
    form = TimeForm({"minutes": typed})
    assert form.is_valid() and form.cleaned_data["minutes"] == minutes


@pytest.mark.parametrize("typed", ["", "soon", "1:75", "-5", "h", "5 5"])
def test_what_is_no_time_is_refused(typed):
    assert not TimeForm({"minutes": typed}).is_valid()


def test_time_is_noted_for_a_message_and_summed_up(client, agent, ticket):
    reply = make_comment(ticket, by=actor_of(agent))
    url = address(ticket, "ticket-time")
    client.post(url, {"minutes": "1:20", "note": "On the phone", "message": str(reply.uuid)})
    client.post(url, {"minutes": "10"})
    html = words(client.get(url))
    assert "1 h 20 m" in html and "On the phone" in html and "1 h 30 m" in html
    assert "1 h 30 m" in words(client.get(address(ticket)))
    row = ticket.time_spent.get(comment=reply)
    client.post(address(ticket, "ticket-time-remove", row.pk))
    assert "On the phone" not in words(client.get(url))


def test_a_message_of_another_ticket_takes_no_time(client, agent, ticket):
    foreign = make_comment(make_ticket())
    posted = {"minutes": "5", "message": str(foreign.uuid)}
    assert client.post(address(ticket, "ticket-time"), posted).status_code == 422
    assert not ticket.time_spent.exists()


# Reasons -----------------------------------------------------------------------------------------


def test_a_field_says_who_made_it_what_it_is_and_through_which_door(client, agent, ticket):
    make_field("region")
    actions.change_ticket(ticket, by=actor_of(agent), priority="urgent", custom={"region": "EU"})
    actions.change_ticket(ticket, by=actor_of(make_agent("Tomasz"), "mail"), priority="low")
    html = words(client.get(address(ticket, "ticket-why", "priority")))
    latest, before = html.index("Tomasz"), html.index("Maren Holt", html.index("Tomasz"))
    assert latest < before and "by mail" in html and "in the workspace" in html
    assert "EU" not in html
    assert "EU" in words(client.get(address(ticket, "ticket-why", "custom.region")))
    part = client.get(address(ticket, "ticket-why", "priority"), headers=HTMX)
    assert "<html" not in words(part)


def test_a_field_that_nobody_changed_says_so_and_an_unknown_one_is_not_found(client, agent, ticket):
    assert "Nobody changed it" in words(client.get(address(ticket, "ticket-why", "team")))
    for name in ("nonsense", "custom.nonsense", "assignee__password"):
        assert client.get(address(ticket, "ticket-why", name)).status_code == 404


def test_a_parent_out_of_sight_stays_nameless_among_the_reasons(client, agent, ticket):
    hidden = make_ticket("Secret merger", queue=make_queue("Board"))
    actions.set_parent(ticket, hidden, by=actor_of(make_user("Ada", role="admin")))
    assert "Secret merger" not in words(client.get(address(ticket, "ticket-why", "parent")))


# Moving messages ---------------------------------------------------------------------------------


def test_a_message_moves_to_the_ticket_of_a_number(client, agent, ticket):
    into = make_ticket("Invoice is wrong")
    said = make_comment(ticket, "About the invoice", by=actor_of(agent))
    url = address(ticket, "comment-move", said.uuid)
    assert "About the invoice" in words(client.get(url))
    answer = client.post(url, {"into": f"#{into.pk}"})
    assert answer["Location"] == f"{address(into)}#comment-{said.uuid}"
    assert into.comments.get() == said
    assert "moved messages to" in words(client.get(address(ticket)))
    assert "moved messages here from" in words(client.get(address(into)))


def test_an_unseen_ticket_gets_no_message_and_answers_as_a_made_up_one(client, agent, ticket):
    said = make_comment(ticket)
    hidden = make_ticket(queue=make_queue("Board"))
    answers = [
        client.post(address(ticket, "comment-move", said.uuid), {"into": number})
        for number in (hidden.pk, 999_999)
    ]
    assert [one.status_code for one in answers] == [422, 422]
    assert not hidden.comments.exists()


def test_the_menu_of_a_message_offers_what_one_may_do(client, agent, ticket):
    said = make_comment(ticket, by=actor_of(agent))
    html = words(client.get(address(ticket, "comment-menu", said.uuid), headers=HTMX))
    for word in ("Quote in a reply", "Edit", "Move to another ticket", "Redact", "Note time"):
        assert word in html
    client.force_login(make_agent("Rita", access="read"))
    html = words(client.get(address(ticket, "comment-menu", said.uuid), headers=HTMX))
    assert "Link to this message" in html and "Redact" not in html and "Quote" not in html


# Paper, neighbours, merged tickets ---------------------------------------------------------------


def test_paper_has_all_of_it_and_without_notes_nothing_internal(client, agent, ticket):
    make_field("secret", staff_only=True)
    actions.change_ticket(ticket, by=actor_of(agent), custom={"secret": "Gold"}, priority="urgent")
    for number in range(60):
        make_comment(ticket, f"Message {number}.")
    make_comment(ticket, "Among us", public=False, by=actor_of(agent))
    html = words(client.get(address(ticket, "ticket-print")))
    for word in ("Message 0.", "Message 59.", "Among us", "Gold", "<bdi>Urgent</bdi>"):
        assert word in html
    html = words(client.get(address(ticket, "ticket-print"), {"notes": "0"}))
    assert "Message 0." in html and "Among us" not in html and "Gold" not in html


def test_the_neighbours_of_a_list_are_a_step_away(client, agent):
    tickets = [make_ticket(f"Number {number}") for number in range(3)]
    listed = "view=all&sort=-number"
    going = address(tickets[1], "ticket-beside", "next") + f"?list={quote(listed)}"
    assert client.get(going)["Location"].startswith(address(tickets[0]) + "?list=view")
    back = address(tickets[1], "ticket-beside", "previous") + f"?list={quote(listed)}"
    assert client.get(back)["Location"].startswith(address(tickets[2]))
    end = address(tickets[0], "ticket-beside", "next") + f"?list={quote(listed)}"
    assert client.get(end)["Location"].startswith("/tickets/?")


@pytest.mark.parametrize(
    "came_from", ["/tickets/{}/?list=view%3Dall%26sort%3Dtitle", "/tickets/?view=all&sort=title"]
)
def test_a_change_on_the_page_forgets_its_list_neither_with_nor_without_script(
    client, agent, ticket, came_from
):
    came_from = f"http://testserver{came_from.format(ticket.pk)}"
    said = {"only": "priority", "priority": "high", "version": ticket.version}
    part = client.post(
        address(ticket, "ticket-change"), said, headers={**HTMX, "Referer": came_from}
    )
    listed = "?list=view%3Dall%26sort%3Dtitle"
    assert address(ticket, "ticket-beside", "next") + listed in words(part)
    assert 'href="/tickets/?view=all&amp;sort=title"' in words(part)
    plain = client.post(address(ticket, "ticket-change"), said, headers={"Referer": came_from})
    assert plain["Location"] == address(ticket) + listed


def test_a_ticket_that_is_opened_from_a_table_without_script_keeps_its_list(client, agent, ticket):
    headers = {"Referer": "http://testserver/tickets/?view=all&sort=title"}
    opened = client.get(address(ticket), {"earlier": "1"}, headers=headers)
    listed = "list=view%3Dall%26sort%3Dtitle"
    assert opened["Location"] == f"{address(ticket)}?earlier=1&{listed}"
    headers["Referer"] = f"http://testserver{opened['Location']}"
    said = {"only": "priority", "priority": "high", "version": ticket.version}
    answer = client.post(address(ticket, "ticket-change"), said, headers=headers)
    assert answer["Location"] == f"{address(ticket)}?{listed}"
    assert client.get(answer["Location"], headers=headers).status_code == 200


def test_who_has_lists_as_tables_sees_none_beside_the_ticket_and_goes_on_in_it(
    client, agent, ticket
):
    page = words(client.get(address(ticket), {"list": "view=all&sort=title"}))
    assert 'id="ticket-list"' not in page
    assert address(ticket, "ticket-beside", "next") + "?list=view%3Dall%26sort%3Dtitle" in page


def test_the_next_ticket_costs_the_same_however_long_the_list_is(client, agent):
    first = make_ticket()
    url = address(first, "ticket-beside", "previous")
    counts = []
    for more in (2, 40):
        for _number in range(more):
            make_ticket()
        client.get(url)
        with statements() as counted:
            client.get(url)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_a_merged_ticket_leads_on_and_nobody_writes_there(client, agent, ticket):
    into = make_ticket("The same")
    actions.merge(ticket, into, by=actor_of(agent))
    html = words(client.get(address(ticket)))
    assert "Merged into" in html and address(into) in html and 'id="composer"' not in html
    assert "You may read this queue" not in html


def test_the_neighbours_of_a_grouped_list_are_those_of_its_group(client, agent):
    tickets = [
        make_ticket(f"{number} {priority}", priority=priority)
        for number, priority in enumerate(["low", "urgent", "low", "urgent"])
    ]
    agent.preferences = {"shapes": {"all": {"group": "priority"}}}
    agent.save()
    listed = "view=all&sort=title"
    order = [tickets[1], tickets[3], tickets[0], tickets[2]]
    for here, there in itertools.pairwise(order):
        way = address(here, "ticket-beside", "next") + f"?list={quote(listed)}"
        assert client.get(way)["Location"].startswith(address(there) + "?")


def test_each_menu_of_the_head_says_why(client, agent, ticket):
    for name in ("assignee", "team", "tags"):
        menu = client.get(address(ticket, "ticket-menu", name), headers=HTMX).content.decode()
        assert address(ticket, "ticket-why", name) in menu
    page = client.get(address(ticket)).content.decode()
    assert address(ticket, "ticket-why", "status") in page
    actions.change_ticket(ticket, by=actor_of(agent), tags=["vip"])
    assert "vip" in client.get(address(ticket, "ticket-why", "tags")).content.decode()


def test_a_view_of_its_own_lists_what_is_snoozed(client, agent):
    soon = timezone.now() + timedelta(days=1)
    asleep, awake = make_ticket("Asleep"), make_ticket("Awake")
    actions.snooze(asleep, by=actor_of(agent), until=soon)
    for query in ("view=snoozed", "q=is:snoozed"):
        page = client.get(f"/tickets/?{query}").content.decode()
        assert asleep.title in page and awake.title not in page
    assert awake.title in client.get("/tickets/?q=-is:snoozed").content.decode()
