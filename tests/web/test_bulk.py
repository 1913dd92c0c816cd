"""Changing many tickets of a list: selected, previewed, carried out, taken back."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, Comment, Job, Participant, Ticket
from helpdesk.web import bulk_running
from tests.budget import statements
from tests.factories import (
    actor_of,
    make_agent,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def many(count: int, **fields) -> list[Ticket]:
    rows = [{"title": f"Ticket {number}", **fields} for number in range(count)]
    return actions.open_tickets(rows, by=system("import:1"))


def selected(client, tickets, action: str, **more) -> str:
    """Select tickets and ask for an action: the address of what comes then."""
    data = {"action": action, "list": "view=all", **more}
    if tickets is not None:
        data["ticket"] = [one.pk for one in tickets]
    answer = client.post("/tickets/bulk/", data)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def look(client, address: str, **fields):
    """The preview of what these fields would do."""
    answer = client.post(address, fields)
    assert answer.status_code == 200
    return answer


def confirm(client, address: str, **fields):
    """Look at what will happen, then do exactly that."""
    seen = look(client, address, **fields).context["seen"]
    answer = client.post(address, {**fields, "seen": seen, "start": "1"})
    assert answer.status_code == 302, answer.context["preview"].skipped
    return client.get(answer["Location"])


def the_job() -> Job:
    return Job.objects.get(kind=Job.Kind.SELECTION)


# Selecting ---------------------------------------------------------------------------------------


def test_every_row_has_a_box_with_its_number(client, agent):
    one, two = make_ticket(), make_ticket()
    page = client.get("/tickets/?view=all").content.decode()
    assert sorted(re.findall(r"name=ticket value=(\d+)", page)) == [str(one.pk), str(two.pk)]


def test_what_is_selected_is_frozen_and_changed(client, agent):
    wanted, other = many(3), many(1)[0]
    page = confirm(client, selected(client, wanted, "priority"), priority="urgent")
    assert page.context["counts"] == {"done": 3, "unchanged": 0, "refused": 0}
    assert {one.priority for one in Ticket.objects.filter(pk__in=[x.pk for x in wanted])} == {
        "urgent"
    }
    other.refresh_from_db()
    assert other.priority == "normal"


def test_everything_in_the_view_is_selected_by_its_query_and_later_arrivals_are_not_hit(
    client, agent
):
    high = many(60, priority="high")
    many(3)
    address = selected(client, high[:1], "team", all="1", list="priority=high")
    late = many(1, priority="high")[0]
    assert the_job().total == 60
    confirm(client, address, team="none", add="swept")
    bulk_running.run(the_job())
    late.refresh_from_db()
    assert late.tag_list == []
    assert Change.objects.filter(change_set=the_job().uuid).count() == 60


def test_a_ticket_of_others_is_never_part_of_a_selection(client, agent):
    own = make_ticket()
    foreign = make_ticket(queue=make_queue("Elsewhere"))
    selected(client, [own, foreign], "priority")
    assert the_job().options["ids"] == [own.pk]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "priority"}, "No ticket is selected."),
        ({"action": "priority", "all": "1", "list": "colour=red"}, "There is no parameter"),
        ({"action": "merge", "ticket": "1"}, "Select from two to 50"),
    ],
)
def test_a_selection_that_cannot_be_is_refused_with_the_reason(client, agent, data, words):
    make_ticket()
    if data.get("ticket"):
        data = {**data, "ticket": Ticket.objects.get().pk}
    answer = client.post("/tickets/bulk/", data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.exists()


def test_more_tickets_than_the_limit_are_refused_with_the_limit(client, agent, monkeypatch):
    monkeypatch.setattr(bulk_running, "MOST", 3)
    many(4)
    answer = client.post("/tickets/bulk/", {"action": "status", "all": "1", "list": "view=all"})
    assert answer.status_code == 422
    assert "At most 3 tickets at once." in answer.content.decode()


def test_the_selection_of_somebody_else_does_not_exist(client, agent):
    address = selected(client, many(2), "priority")
    client.force_login(make_agent())
    assert client.get(address).status_code == 404
    path = address.partition("?")[0]
    assert client.post(f"{path}undoing/").status_code == 404
    assert client.post(f"{path}stopping/").status_code == 404


# Looking -----------------------------------------------------------------------------------------


def test_the_preview_says_what_changes_and_what_is_skipped_and_why(client, agent):
    one, two = many(2)
    done = make_ticket("Was urgent", priority="urgent")
    page = look(client, selected(client, [one, two, done], "priority"), priority="urgent")
    text = page.content.decode()
    assert [(line.before, line.after, line.count) for line in page.context["preview"].lines] == [
        ("Normal", "Urgent", 2)
    ]
    assert "Nothing would change" in text
    assert "Change 2 tickets" in text
    assert not Change.objects.filter(kind="changed").exists()


def test_a_status_to_which_no_way_leads_is_skipped_with_the_reason(client, agent):
    closed = make_ticket(status=status("Closed"))
    page = look(client, selected(client, [closed], "status"), status=str(status("Waiting").pk))
    [(_ticket, reason)] = page.context["preview"].skipped
    assert reason == "No way leads from Closed to Waiting"
    assert page.context["preview"].changing == []


def test_the_preview_of_a_reply_names_who_gets_mail(client, agent):
    leila, rami = make_user("Leila"), make_user("Rami")
    one, two = make_ticket(requester=leila), make_ticket(requester=leila)
    actions.follow(one, rami, by=system("rule"), kind=Participant.Kind.CC)
    page = look(client, selected(client, [one, two], "reply"), body="Fixed tonight.")
    assert [str(person) for person in page.context["preview"].readers] == ["Leila", "Rami"]
    assert "Change 2 tickets, mail 2 people" in page.content.decode()


def test_nothing_is_done_that_was_not_looked_at(client, agent):
    [one] = many(1)
    address = selected(client, [one], "priority")
    seen = look(client, address, priority="high").context["seen"]
    answer = client.post(address, {"priority": "urgent", "seen": seen, "start": "1"})
    assert answer.status_code == 200
    one.refresh_from_db()
    assert one.priority == "normal"


def test_the_number_of_statements_does_not_grow_with_the_selection(client, agent):
    def cost(count: int) -> int:
        address = selected(client, many(count), "status")
        with statements() as said:
            look(client, address, status=str(status("Waiting").pk), body="Words")
        return len(said)

    cost(1)
    assert cost(2) == cost(40)


# Doing -------------------------------------------------------------------------------------------


def test_all_that_is_filled_in_is_one_change_a_ticket(client, agent):
    colour = make_field("colour", "choice", options=["Red", "Blue"])
    make_tag("old")
    tickets = many(2, tags=["old"])
    sam = make_agent("Sam")
    confirm(
        client,
        selected(client, tickets, "note"),
        body="Taken over.",
        assignee="Sam",
        priority="high",
        add="vip, new one",
        remove="OLD",
        **{"custom.colour": str(colour.options.get(label="Blue").uuid)},
    )
    for ticket in tickets:
        ticket = Ticket.objects.get(pk=ticket.pk)
        assert (ticket.assignee, ticket.priority) == (sam, "high")
        assert [tag.name for tag in ticket.tag_list] == ["new one", "vip"]
        assert ticket.custom["colour"] == str(colour.options.get(label="Blue").uuid)
        [change] = ticket.changes.filter(change_set=the_job().uuid)
        assert change.kind == "noted"
        assert not change.comment.public


def test_a_reply_goes_out_as_a_public_comment_of_the_agent(client, agent):
    tickets = many(2)
    confirm(client, selected(client, tickets, "reply"), body="Fixed tonight.")
    said = Comment.objects.filter(ticket__in=tickets)
    assert [(one.public, one.author) for one in said] == [(True, agent)] * 2


def test_an_assignee_is_taken_away_with_none_and_me_is_oneself(client, agent):
    [one] = many(1)
    confirm(client, selected(client, [one], "assign"), assignee="me")
    one.refresh_from_db()
    assert one.assignee == agent
    job = the_job()
    job.delete()
    confirm(client, selected(client, [one], "assign"), assignee="none")
    one.refresh_from_db()
    assert one.assignee is None


def test_tickets_are_merged_into_the_chosen_one_and_given_back(client, agent):
    one, two, three = many(3)
    page = confirm(client, selected(client, [one, two, three], "merge"), into=str(two.pk))
    assert page.context["counts"] == {"done": 2, "unchanged": 1, "refused": 0}
    assert set(Ticket.objects.filter(merged_into=two)) == {one, three}
    client.post(f"/tickets/bulk/{the_job().uuid}/undoing/")
    assert not Ticket.objects.filter(merged_into=two).exists()


def test_tickets_are_deleted_and_restored(client, agent):
    tickets = many(3)
    confirm(client, selected(client, tickets, "delete"))
    assert Ticket.objects.filter(deleted_at=None).count() == 0
    client.post(f"/tickets/bulk/{the_job().uuid}/undoing/")
    assert Ticket.objects.filter(deleted_at=None).count() == 3


def test_one_ticket_that_is_refused_stops_no_other_and_says_why(client, agent):
    one, two = many(2)
    waiting = str(status("Waiting").pk)
    address = selected(client, [one, two], "status")
    seen = look(client, address, status=waiting).context["seen"]
    actions.delete_ticket(one, by=system("rule"))
    job = the_job()
    page = client.post(address, {"status": waiting, "seen": seen, "start": "1"})
    assert page.status_code == 200, "what was looked at has changed"
    page = confirm(client, address, status=waiting)
    assert page.context["counts"] == {"done": 1, "unchanged": 0, "refused": 1}
    assert job.rows.get(outcome="refused").message == "No longer there"


def test_more_than_fifty_run_in_the_background_with_progress(client, agent):
    tickets = many(60)
    page = confirm(client, selected(client, tickets, "priority"), priority="low")
    assert page.context["is_active"]
    assert "0 of 60" in page.content.decode()
    assert not Ticket.objects.filter(priority="low").exists()
    assert bulk_running.run_jobs() == 1
    page = client.get(f"/tickets/bulk/{the_job().uuid}/")
    assert page.context["counts"]["done"] == 60
    assert Ticket.objects.filter(priority="low").count() == 60


def test_a_job_that_dies_goes_on_where_it_stopped_and_does_nothing_twice(client, agent):
    tickets = many(60)
    confirm(client, selected(client, tickets, "note"), body="Once.")
    job = the_job()
    bulk_running.run(job, seconds=0)
    assert job.done == 10
    bulk_running.run_jobs()
    assert Comment.objects.filter(body="Once.").count() == 60


def test_a_job_is_stopped_and_what_it_did_is_taken_back(client, agent):
    confirm(client, selected(client, many(60), "priority"), priority="low")
    job = the_job()
    bulk_running.run(job, seconds=0)
    client.post(f"/tickets/bulk/{job.uuid}/stopping/")
    assert bulk_running.run_jobs() == 0
    assert Ticket.objects.filter(priority="low").count() == 10
    client.post(f"/tickets/bulk/{job.uuid}/undoing/")
    bulk_running.run_jobs()
    assert not Ticket.objects.filter(priority="low").exists()


def test_who_lost_the_right_meanwhile_changes_nothing(client, agent):
    confirm(client, selected(client, many(60), "priority"), priority="low")
    type(agent).objects.filter(pk=agent.pk).update(is_active=False)
    bulk_running.run_jobs()
    job = the_job()
    assert (job.state, job.error) == ("failed", "Who asked for this may no longer do it.")
    assert not Ticket.objects.filter(priority="low").exists()


def test_a_light_agent_sees_that_nothing_may_be_changed(client):
    light = make_agent(role="light")
    client.force_login(light)
    page = look(client, selected(client, many(1), "priority"), priority="low")
    assert [reason for _one, reason in page.context["preview"].skipped] == [
        "You may not change tickets here"
    ]


# Taking back -------------------------------------------------------------------------------------


def test_one_undo_takes_the_whole_set_back_but_not_what_others_changed_since(client, agent):
    one, two = many(2)
    confirm(client, selected(client, [one, two], "priority"), priority="urgent")
    actions.change_ticket(two, by=actor_of(make_agent()), priority="low")
    page = client.post(f"/tickets/bulk/{the_job().uuid}/undoing/", follow=True)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.priority, two.priority) == ("normal", "low")
    assert page.context["counts"]["undone"] == 1
    assert page.context["kept"] == [[two.pk, "Changed since."]]
    assert not page.context["may_undo"]


def test_undo_of_a_note_gives_the_fields_back_and_says_that_the_note_stays(client, agent):
    [one] = many(1)
    confirm(client, selected(client, [one], "note"), body="Urgent!", priority="urgent")
    page = client.post(f"/tickets/bulk/{the_job().uuid}/undoing/", follow=True)
    one.refresh_from_db()
    assert one.priority == "normal"
    assert page.context["kept"] == [[one.pk, "The note stays."]]


def test_drafts_and_old_results_are_forgotten(client, agent):
    selected(client, many(1), "priority")
    assert bulk_running.clean() == 0
    Job.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert bulk_running.clean() == 1
