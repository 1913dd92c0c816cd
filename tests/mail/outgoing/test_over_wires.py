"""A whole conversation over real SMTP (aiosmtpd) and real IMAP (dovecot): nothing is handed over
within this process."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.mail.addresses import reply_address
from helpdesk.models import (
    MailSending,
    Participant,
    Recipient,
    Status,
)
from helpdesk.permissions import actor_of
from tests.factories import make_comment
from tests.mail.messages import US, message, proven
from tests.mail.outgoing.test_conversation import ANN, CY, answer_to
from tests.mail.outgoing.wires import Wires, to_of

pytestmark = pytest.mark.django_db
MAREN = "maren@helpdesk.example"


@pytest.fixture
def wires(smtp_server, mail_server, account, mailbox):
    MailSending.objects.filter(mailbox=mailbox).update(acknowledges=True)
    return Wires(smtp_server, mail_server, account, mailbox)


def test_customers_and_agents_talk_over_real_servers(wires, agent, post, smtp_server, client):
    first = wires.send(message("My printer is on fire.", Cc=CY), ANN, US)
    ticket = first.ticket
    assert (ticket.requester.email, ticket.title) == (ANN, "Printer on fire")
    [acknowledged] = post()
    assert acknowledged.to == [ANN]
    assert Participant.objects.filter(ticket=ticket, person__email=CY).exists()

    make_comment(ticket, "What a nuisance she is", public=False, by=actor_of(agent))
    client.force_login(agent)
    said = {"body": "Try to *switch it off*.", "kind": "reply", "version": ticket.version + 1}
    said |= {"recipients": "1", "to": f"Ann Customer <{ANN}>", "cc": CY}
    client.post(f"/tickets/{ticket.pk}/comments/", said)
    to_ann, to_cy = sorted(post(), key=lambda got: got.to)
    assert (to_ann.to, to_cy.to) == ([ANN], [CY])

    # Another client, which keeps nothing but the subject.
    broken = answer_to(
        to_ann, ANN, "It still burns.", to=US, References="<lost@client>", In_Reply_To=""
    )
    joined = wires.send(broken, ANN, US)
    assert (joined.ticket, joined.comment.author.email) == (ticket, ANN)
    assert joined.story["how"] == "tag"
    # The second customer, at the address that was made for them.
    joined = wires.send(answer_to(to_cy, CY, "Mine, too."), CY, to_of(str(to_cy.mail["Reply-To"])))
    assert (joined.ticket, joined.comment.author.email) == (ticket, CY)
    assert (joined.story["how"], joined.comment.public) == ("address", True)

    resolved = Status.objects.get(name="Resolved")
    actions.change_ticket(ticket, by=system("rule"), status=resolved)
    post()
    away = answer_to(to_ann, ANN, "I am on holiday.", Auto_Submitted="auto-replied (vacation)")
    kept = wires.send(away, ANN, to_of(str(to_ann.mail["Reply-To"])))
    ticket.refresh_from_db()
    assert (kept.ticket, kept.comment.public, kept.kind) == (ticket, False, "vacation")
    assert ticket.status == resolved, "nothing automatic opens it again"
    assert [got for got in post() if got.to in ([ANN], [CY])] == [], "nor is it answered"

    bounce = message(
        f"<{CY}>: 550 5.1.1 No such user",
        sender="MAILER-DAEMON@mx.example",
        to=to_cy.sender,
        subject="Undelivered Mail Returned to Sender",
        Auto_Submitted="auto-replied",
    )
    marked = wires.send(bounce, "", to_cy.sender)
    assert (marked.ticket, marked.kind) == (ticket, "bounce")
    assert Recipient.objects.get(address=CY).state == "bounced"
    assert Recipient.objects.get(address=ANN).state == "sent"

    signed = reply_address(ticket, agent, US)
    words = message("By mail, unproven.", sender=MAREN, to=signed)
    awaiting = wires.send(words, MAREN, signed)
    assert (awaiting.story["effect"], awaiting.comment.public) == ("await", False)
    assert [got for got in post() if got.to in ([ANN], [CY])] == []
    words = message(
        "By mail, proven.",
        sender=MAREN,
        to=signed,
        Authentication_Results=proven("helpdesk.example"),
    )
    spoken = wires.send(words, MAREN, signed)
    assert (spoken.comment.author, spoken.comment.public) == (agent, True)
    assert "By mail, proven." in next(got for got in post() if got.to == [ANN]).text

    everything = b"".join(got.raw for got in smtp_server.got)
    assert b"nuisance" not in everything
    assert b"unproven" not in everything
