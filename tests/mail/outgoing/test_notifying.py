"""What agents are told of, here and by mail, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actions.notice_times import mail_time
from helpdesk.actions.sending import say
from helpdesk.actor import system
from helpdesk.mail.addresses import bounced_mail
from helpdesk.mail.outgoing import notices
from helpdesk.models import Notification, OutgoingMail, Participant
from helpdesk.permissions import actor_of
from tests.budget import statements
from tests.factories import make_agent, make_comment, make_queue, make_ticket, make_user
from tests.mail.messages import send

pytestmark = pytest.mark.django_db
MAREN = "maren@helpdesk.example"


@pytest.fixture
def mine(ticket, agent):
    actions.change_ticket(ticket, by=actor_of(agent), assignee=agent)
    changes.announce()
    return ticket


@pytest.fixture
def told():
    """What each person is told, as `(name, what, reason)`."""

    def run() -> list[tuple[str, str, str]]:
        changes.announce()
        rows = Notification.objects.select_related("person").order_by("pk")
        return [(one.person.name, one.what, one.reason) for one in rows]

    return run


def due(**by):
    Notification.objects.filter(mail_at__isnull=False).update(
        mail_at=timezone.now() - timedelta(**(by or {"seconds": 1}))
    )


def test_an_answer_is_told_to_whom_the_ticket_is_assigned(mine, ann, told):
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    assert told() == [("Maren Agent", "answered", "mine")]


def test_nobody_is_told_of_what_they_did(mine, agent, told):
    actions.reply(mine, by=actor_of(agent), body="Try this")
    assert told() == []


def test_who_is_mentioned_follows_or_gets_a_ticket_is_told_why(ticket, agent, told):
    bea = make_agent("Bea", email="bea@helpdesk.example")
    cid = make_agent("Cid", email="cid@helpdesk.example")
    actions.follow(ticket, cid, by=actor_of(cid))
    say(ticket, by=actor_of(agent), kind="note", body="What do you say, @Bea?")
    assert set(told()) == {("Bea", "mentioned", "mentioned"), ("Cid", "noted", "followed")}
    actions.change_ticket(ticket, by=actor_of(agent), assignee=bea)
    assert ("Bea", "assigned", "mine") in told()


def test_new_tickets_of_nobody_are_told_to_who_asked_for_it(ticket, agent, told):
    assert told() == []
    agent.preferences = {"notify": {"unassigned": ["web"]}}
    agent.save()
    make_agent("Elsewhere", [make_queue()], preferences=agent.preferences)
    make_ticket("Another one")
    assert told() == [("Maren Agent", "opened", "unassigned")]


def test_imports_and_silent_changes_tell_nobody(mine, ann, told):
    actions.reply(mine, by=system("import:3"), body="Old words", author=ann)
    actions.reply(mine, by=system("rule"), body="Old words", author=ann, silent=True)
    assert told() == []


def test_who_follows_is_told_wherever_their_team_works(ticket, told):
    bea = make_agent("Bea", [make_queue()])
    actions.follow(ticket, bea, by=system("rule"))
    make_comment(ticket)
    assert told() == [("Bea", "replied", "followed")]


def test_who_is_no_agent_any_more_is_told_nothing(mine, agent, ann, told):
    agent.is_active = False
    agent.save()
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    assert told() == []


def test_a_notification_is_mailed_with_its_words_and_can_be_answered(mine, ann, post, agent):
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    assert post() == []  # it waits a moment: who reads it here needs no mail
    due()
    [got] = post()
    assert got.to == [MAREN]
    assert "It still burns" in got.text
    assert "because it is assigned to you" in got.text
    assert f"/tickets/{mine.pk}/" in got.text
    assert f"+r.{mine.pk}." in str(got.mail["Reply-To"])
    assert bounced_mail([got.sender]) == OutgoingMail.objects.get(kind="notice").pk
    assert got.mail["Auto-Submitted"] == "auto-generated"
    assert post() == []


def test_an_answer_hangs_on_the_customer_s_message_and_never_on_what_an_agent_was_told(
    mailbox, agent, post, smtp_server
):
    stored = send(mailbox, Message_ID="<first@customer.example>")
    actions.change_ticket(stored.ticket, by=system("rule"), assignee=agent)
    changes.announce()
    due()
    [told] = post()
    assert told.to == [MAREN]
    actions.reply(stored.ticket, by=actor_of(agent), body="Try this")
    [got] = post()
    assert got.mail["In-Reply-To"] == "<first@customer.example>"
    assert got.mail["References"] == "<first@customer.example>"


def test_what_an_agent_is_told_of_a_ticket_hangs_together(mine, ann, post, smtp_server):
    for number in range(3):
        actions.reply(mine, by=actor_of(ann), body=f"Words {number}")
        changes.announce()
        due()
        post()
    first, *others = OutgoingMail.objects.filter(kind="notice").order_by("pk")
    said = [one.mail for one in smtp_server.to(MAREN)]
    assert said[0]["References"] is None
    assert [str(one["References"]) for one in said[1:]] == [f"<{first.message_id}>"] * 2
    assert len(others) == 2


def test_what_was_seen_meanwhile_is_not_mailed(mine, ann, agent, post, client):
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    changes.announce()
    client.force_login(agent)
    client.get(f"/tickets/{mine.pk}/")
    assert Notification.objects.get().seen_at is not None
    due()
    assert post() == []


def test_several_things_come_as_one_mail(mine, ann, post):
    for number in range(3):
        actions.reply(mine, by=actor_of(ann), body=f"Words {number}")
    changes.announce()
    due()
    [got] = post()
    assert got.mail["Subject"] == f"[#{mine.pk}] 3 things happened"
    assert got.text.count("Ann Customer answered") == 3


def test_the_words_of_a_note_are_in_no_notification(mine, post):
    make_comment(mine, "The secret of the printer", public=False)
    changes.announce()
    due()
    [got] = post()
    assert "added a note" in got.text
    assert b"secret of the printer" not in got.raw


def test_a_ticket_that_its_reader_lost_is_not_mailed(mine, agent, ann, post):
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    changes.announce()
    due()
    notices.gather()
    actions.change_ticket(mine, by=system("rule"), queue=make_queue(), assignee=None)
    post()
    mail = OutgoingMail.objects.get(kind="notice")
    assert mail.state == "dropped"


def test_without_a_mail_server_nothing_is_kept_to_be_mailed(mine, ann, settings):
    settings.EMAIL_URL = ""
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    changes.announce()
    assert Notification.objects.get().mail_at is None


@pytest.mark.parametrize(
    ("notify", "now", "then"),
    [
        ({}, "2026-03-02T10:00", "2026-03-02T10:01"),
        ({"digest": "hourly"}, "2026-03-02T10:20", "2026-03-02T11:00"),
        ({"digest": "daily"}, "2026-03-02T10:20", "2026-03-03T08:00"),
        ({"digest": "daily"}, "2026-03-02T06:20", "2026-03-02T08:00"),
        ({"quiet": ["20:00", "07:00"]}, "2026-03-02T23:00", "2026-03-03T07:00"),
        ({"quiet": ["20:00", "07:00"]}, "2026-03-02T06:00", "2026-03-02T07:00"),
        ({"quiet": ["20:00", "07:00"]}, "2026-03-02T12:00", "2026-03-02T12:01"),
        ({"quiet": ["12:00", "13:00"]}, "2026-03-02T12:30", "2026-03-02T13:00"),
        ({"quiet": ["x", None]}, "2026-03-02T12:30", "2026-03-02T12:31"),
    ],
)
def test_mail_waits_for_its_hour(notify, now, then):
    person = make_user(preferences={"notify": notify}, timezone="UTC")
    at = mail_time(person, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert at == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_the_bell_counts_what_is_unseen(mine, ann, agent, client):
    client.force_login(agent)
    assert client.get("/notifications/count/?shown=0").status_code == 204
    actions.reply(mine, by=actor_of(ann), body="It still burns")
    changes.announce()
    assert ">1 <" in client.get("/notifications/count/?shown=0").content.decode()
    shown = client.get("/notifications/").content.decode()
    assert "because it is assigned to you" in shown and "data-unseen" in shown
    client.post("/notifications/seen/")
    assert "data-unseen" not in client.get("/notifications/").content.decode()


def test_the_list_costs_the_same_however_long_it_is(mine, ann, agent, client):
    def cost() -> int:
        changes.announce()
        client.get("/notifications/")
        with statements() as counted:
            client.get("/notifications/")
        return len(counted)

    client.force_login(agent)
    actions.reply(mine, by=actor_of(ann), body="Words")
    few = cost()
    for number in range(20):
        actions.reply(mine, by=actor_of(ann), body=f"Words {number}")
    assert cost() == few


def test_wishes_are_kept(agent, client):
    client.force_login(agent)
    said = {
        "mine": ["web", "mail"], "mentioned": ["mail"], "digest": "daily",
        "quiet_from": "20:00", "quiet_until": "07:00",
    }  # fmt: skip
    assert client.post("/notifications/settings/", said).status_code == 302
    agent.refresh_from_db()
    assert agent.preferences["notify"] == {
        "mine": ["web", "mail"], "mentioned": ["mail"], "followed": [], "unassigned": [],
        "digest": "daily", "quiet": ["20:00", "07:00"],
    }  # fmt: skip
    said.pop("quiet_until")
    assert client.post("/notifications/settings/", said).status_code == 422


def test_one_click_ends_copies_for_that_person_alone(ticket, agent, post, smtp_server, client):
    cy, di = make_user("Cy", email="cy@customer.example"), make_user("Di", email="di@x.example")
    for person in (cy, di):
        actions.follow(ticket, person, by=system("rule"), kind=Participant.Kind.CC)
    make_comment(ticket, by=actor_of(agent))
    post()
    [got] = smtp_server.to("cy@customer.example")
    path = str(got.mail["List-Unsubscribe"]).strip("<>").partition("://")[2]
    path = path[path.index("/") :]
    assert client.get(path).status_code == 200
    assert Participant.objects.filter(ticket=ticket).count() == 2
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [one.person for one in Participant.objects.filter(ticket=ticket)] == [di]
    assert client.post(path[:-2] + "x/").status_code == 404
