"""What agents and callers see of what became of a reply."""

import pytest

from helpdesk import actions
from helpdesk.mail.addresses import bounce_address
from helpdesk.models import OutgoingMail, Recipient
from helpdesk.permissions import actor_of
from tests.factories import make_agent, make_key, make_queue
from tests.mail.messages import US, message, take

pytestmark = pytest.mark.django_db
ANN = "ann@customer.example"


@pytest.fixture
def page(client, agent, ticket):
    client.force_login(agent)
    return lambda: client.get(f"/tickets/{ticket.pk}/").content.decode()


def replied(ticket, agent):
    return actions.reply(ticket, by=actor_of(agent), body="Try to switch it off.")


def where(comment, rest: str = "") -> str:
    return f"/tickets/{comment.ticket_id}/comments/{comment.uuid}/deliveries/{rest}"


def test_each_message_says_what_became_of_it(ticket, agent, post, smtp_server, page, due_now):
    comment = replied(ticket, agent)
    assert where(comment) not in page()
    smtp_server.refuses[ANN] = "451 Busy"
    post()
    assert where(comment) in page()
    assert "waiting" in page()
    smtp_server.refuses[ANN] = "550 No such person"
    due_now()
    post()
    assert "not delivered" in page()
    smtp_server.refuses.clear()
    actions.resend_mail(OutgoingMail.objects.get(), by=actor_of(agent))
    post()
    assert "Sent by mail" in page()


def test_a_bounce_is_shown_on_the_message_and_it_can_be_sent_again(
    mailbox, ticket, agent, post, page, client
):
    comment = replied(ticket, agent)
    post()
    recipient = Recipient.objects.get()
    take(
        mailbox,
        message(
            "550 5.1.1 No such user",
            sender="MAILER-DAEMON@mx.example",
            to=bounce_address(recipient, US),
            subject="Undelivered Mail Returned to Sender",
            Return_Path="<>",
        ),
    )
    assert "came back" in page()
    shown = client.get(where(comment)).content.decode()
    mail = OutgoingMail.objects.get()
    assert where(comment, f"{mail.uuid}/resending/") in shown
    client.post(where(comment, f"{mail.uuid}/resending/"))
    [got] = post()
    assert got.to == [ANN]
    assert "Sent by mail" in page()


def test_a_message_that_arrived_offers_no_resending(ticket, agent, post, client):
    comment = replied(ticket, agent)
    post()
    client.force_login(agent)
    shown = client.get(where(comment)).content.decode()
    assert ANN in shown
    assert "resending" not in shown


def test_who_only_reads_may_not_send_again(ticket, agent, post, smtp_server, client):
    smtp_server.refuses[ANN] = "550 No"
    comment = replied(ticket, agent)
    post()
    mail = OutgoingMail.objects.get()
    client.force_login(make_agent("Lightly", role="light"))
    assert "resending" not in client.get(where(comment)).content.decode()
    assert client.post(where(comment, f"{mail.uuid}/resending/")).status_code == 403
    client.force_login(make_agent("Elsewhere", [make_queue()]))
    assert client.get(where(comment)).status_code == 404


def test_the_api_lists_mail_and_sends_it_again(ticket, agent, post, smtp_server, client):
    smtp_server.refuses[ANN] = "550 No such person"
    comment = replied(ticket, agent)
    post()
    _key, secret = make_key()
    headers = {"Authorization": f"Bearer {secret}"}
    url = f"/api/v1/tickets/{ticket.pk}/comments/{comment.pk}/mail/"
    [row] = client.get(url, headers=headers).json()["results"]
    assert (row["state"], row["address"]) == ("failed", ANN)
    assert "550" in row["error"]
    answer = client.post(f"{url}{row['id']}/resend/", headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    again = client.post(f"{url}{row['id']}/resend/", headers=headers)
    assert again.status_code == 400
