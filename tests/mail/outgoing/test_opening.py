"""A ticket that an agent, or a caller, opens for a customer is mailed to them when it is asked."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.mail.outgoing.links import FILE_DAYS
from helpdesk.models import Comment, OutgoingMail, Ticket
from helpdesk.permissions import actor_of
from tests.api.conftest import caller
from tests.budget import statements
from tests.factories import make_agent, make_queue
from tests.mail.messages import US, message, take
from tests.mail.outgoing.test_conversation import answer_to

pytestmark = pytest.mark.django_db
ANN = "ann@customer.example"
AT_THE_DOOR = 2  # the session and the person


def form(queue, **fields) -> dict:
    said = {"title": "Your invoice", "body": "It is *paid*.", "queue": queue.pk}
    return said | {"requester": ANN, "priority": "normal"} | fields


def test_what_an_agent_says_is_mailed_and_the_answer_joins(mailbox, ann, agent, client, post):
    client.force_login(agent)
    page = client.get("/tickets/new/").content.decode()
    assert 'name="mail_requester" id="id_mail_requester" checked' in page.replace(
        ' aria-describedby="id_mail_requester_helptext"', ""
    )
    client.post("/tickets/new/", form(mailbox.queue, mail_requester="on"))
    ticket = Ticket.objects.get()
    [got] = post()
    assert got.to == [ANN]
    assert got.mail["Subject"] == f"[#{ticket.pk}] Your invoice"
    assert got.mail["In-Reply-To"] is None
    assert "It is paid." in got.text
    assert "<em>paid</em>" in got.html
    words = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f"/tickets/{ticket.pk}/opening/deliveries/" in words
    assert ANN in client.get(f"/tickets/{ticket.pk}/opening/deliveries/").content.decode()
    stored = take(mailbox, answer_to(got, ANN, "Thank you."))
    assert stored.ticket == ticket
    assert Comment.objects.get().body.strip() == "Thank you."


def test_without_the_tick_nothing_is_mailed(mailbox, ann, agent, client, post):
    client.force_login(agent)
    client.post("/tickets/new/", form(mailbox.queue))
    assert Ticket.objects.count() == 1
    assert post() == []


def test_where_no_queue_has_a_mailbox_there_is_no_tick(agent, client):
    client.force_login(agent)
    assert "mail_requester" not in client.get("/tickets/new/").content.decode()


def test_a_caller_asks_for_it(mailbox, ann, post):
    said = {"title": "Your invoice", "body": "It is paid.", "requester": ANN}
    assert caller().post("tickets/", said).status_code == 201
    assert post() == [], "a key does not unless it says so"
    assert caller().post("tickets/", said | {"mail_requester": True}).status_code == 201
    [got] = post()
    assert got.to == [ANN]


@pytest.mark.parametrize(
    "more",
    [
        {"silent": True},
        {"body": "  "},
        {"requester": None},
        {"requester": {"email": "support@helpdesk.example"}},
    ],
)
def test_what_is_silent_or_has_nobody_to_go_to_is_not_mailed(mailbox, ann, post, more):
    api = caller(writes_for_others=True)
    said = {"title": "x", "body": "y", "requester": ANN, "mail_requester": True} | more
    assert api.post("tickets/", said).status_code == 201
    assert post() == []


@pytest.mark.parametrize("origin", ["mail", "import:7", "connection:7", "compat:akana", "rule"])
def test_what_came_from_elsewhere_is_not_mailed(mailbox, ann, post, origin):
    actions.open_ticket(by=system(origin), title="x", body="y", requester=ann, mail_requester=True)
    assert post() == []


def test_a_queue_without_a_mailbox_mails_nothing(mailbox, ann, post):
    api = caller()
    queue = make_queue("Without")
    said = {"title": "x", "body": "y", "requester": ANN, "mail_requester": True}
    assert api.post("tickets/", said | {"queue": queue.slug}).status_code == 201
    assert post() == []
    assert not OutgoingMail.objects.exists()


def test_the_page_of_such_a_ticket_keeps_its_budget(mailbox, ann, agent, client, post, settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    said = {"title": "x", "body": "y", "requester": ANN, "mail_requester": True}
    number = caller().post("tickets/", said).json()["id"]
    post()
    client.force_login(agent)
    client.get(f"/tickets/{number}/")
    with statements() as counted:
        client.get(f"/tickets/{number}/")
    assert len(counted) - AT_THE_DOOR <= 8, counted


# What did not arrive -----------------------------------------------------------------------------


@pytest.fixture
def opened(mailbox, ann):
    """A ticket whose own text is to be mailed to Ann."""
    said = {"title": "Your invoice", "body": "It is paid.", "requester": ANN}
    number = caller().post("tickets/", said | {"mail_requester": True}).json()["id"]
    return Ticket.objects.get(pk=number)


def deliveries(ticket: Ticket, rest: str = "") -> str:
    return f"/tickets/{ticket.pk}/opening/deliveries/{rest}"


def test_what_was_refused_is_sent_again_to_the_address_as_it_is_by_now(
    opened, ann, agent, client, post, smtp_server
):
    smtp_server.refuses[ANN] = "550 No such person"
    assert post() == []
    client.force_login(agent)
    assert "not delivered" in client.get(f"/tickets/{opened.pk}/").content.decode()
    mail = OutgoingMail.objects.get()
    page = client.get(deliveries(opened)).content.decode()
    assert "550 No such person" in page
    assert deliveries(opened, f"{mail.uuid}/resending/") in page
    actions.change_person(ann, by=system("rule"), email="ann.miller@customer.example")
    client.post(deliveries(opened, f"{mail.uuid}/resending/"))
    [got] = post()
    assert got.to == ["ann.miller@customer.example"]
    assert got.mail["Message-ID"] == f"<{mail.message_id}>"
    assert "resending" not in client.get(deliveries(opened)).content.decode()


def test_what_arrived_is_not_sent_again(opened, agent, client, post):
    post()
    mail = OutgoingMail.objects.get()
    client.force_login(agent)
    client.post(deliveries(opened, f"{mail.uuid}/resending/"))
    assert post() == []


def test_who_only_reads_or_does_not_see_it_sends_nothing_again(opened, post, smtp_server, client):
    smtp_server.refuses[ANN] = "550 No"
    post()
    mail = OutgoingMail.objects.get()
    client.force_login(make_agent("Lightly", role="light"))
    assert "resending" not in client.get(deliveries(opened)).content.decode()
    assert client.post(deliveries(opened, f"{mail.uuid}/resending/")).status_code == 403
    client.force_login(make_agent("Elsewhere", [make_queue()]))
    assert client.post(deliveries(opened, f"{mail.uuid}/resending/")).status_code == 404


def test_a_ticket_that_is_for_nobody_by_now_is_said(opened, post, smtp_server):
    smtp_server.refuses[ANN] = "550 No"
    post()
    actions.change_ticket(opened, by=system("rule"), requester=None)
    answer = caller().post(f"tickets/{opened.pk}/mail/{OutgoingMail.objects.get().pk}/resend/", {})
    assert answer.status_code == 400
    assert "for nobody who has an address" in answer.content.decode()


def test_the_api_lists_what_became_of_it_and_sends_it_again(opened, post, smtp_server):
    smtp_server.refuses[ANN] = "550 No such person"
    post()
    url = f"tickets/{opened.pk}/mail/"
    [row] = caller().get(url).json()["results"]
    assert (row["state"], row["address"], row["kind"]) == ("failed", ANN, "to")
    assert "550" in row["error"]
    smtp_server.refuses.clear()
    answer = caller().post(f"{url}{row['id']}/resend/", {})
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    assert len(post()) == 1
    assert caller().post(f"{url}{row['id']}/resend/", {}).status_code == 400


def bounced(message_id: str, *, to: str) -> bytes:
    return message(
        f"<{ANN}>: 550 5.1.1 No such user\n\nMessage-ID: {message_id}",
        sender="MAILER-DAEMON@mx.example",
        to=to,
        subject="Undelivered Mail Returned to Sender",
        Return_Path="<>",
    )


@pytest.mark.parametrize("way", ["address", "Message-ID"])
def test_one_that_comes_back_is_marked_and_can_be_sent_again(
    mailbox, opened, agent, post, client, way
):
    [got] = post()
    assert "+m." in got.sender
    if way == "address":  # of this message alone, whatever the bounce says
        raw = bounced("<lost@mx.example>", to=got.sender)
    else:
        raw = bounced(str(got.mail["Message-ID"]), to=US)
    stored = take(mailbox, raw)
    assert (stored.kind, stored.ticket) == ("bounce", opened)
    mail = OutgoingMail.objects.get()
    assert (mail.state, "550 5.1.1 No such user" in mail.last_error) == ("failed", True)
    client.force_login(agent)
    assert "not delivered" in client.get(f"/tickets/{opened.pk}/").content.decode()
    actions.resend_mail(mail, by=actor_of(agent))
    assert len(post()) == 1


def test_a_large_file_of_it_is_a_link_that_ends(mailbox, ann, agent, post, settings, client):
    settings.MAIL_ATTACH_MB = 1
    by = actor_of(agent)
    content = ContentFile(b"x" * 1_100_000, name="large.txt")
    large = actions.keep_file(content, by=by, name="large.txt")
    actions.open_ticket(
        by=by, title="x", body="y", requester=ann, mail_requester=True, attachments=[large]
    )
    [got] = post()
    [line] = [one for one in got.text.splitlines() if "large.txt" in one]
    path = line.rpartition(settings.PUBLIC_URL)[2].strip()
    assert b"".join(client.get(path).streaming_content) == b"x" * 1_100_000
    with time_machine.travel(timezone.now() + timedelta(days=FILE_DAYS, seconds=1)):
        assert client.get(path).status_code == 404
