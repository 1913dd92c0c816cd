"""A conversation from the customer's first mail to their second, over a real mail server."""

import pytest

from helpdesk.models import Comment, MailSending, Participant, User
from helpdesk.permissions import actor_of
from tests.factories import make_comment
from tests.mail.messages import US, message, take

pytestmark = pytest.mark.django_db
ANN, CY = "ann@customer.example", "cy@customer.example"


def answer_to(got, sender: str, text: str, **headers) -> bytes:
    """What a mail program sends when somebody presses reply."""
    said = {
        "sender": sender,
        "to": str(got.mail["Reply-To"] or got.mail["From"]),
        "subject": f"Re: {got.mail['Subject']}",
        "In_Reply_To": str(got.mail["Message-ID"]),
        "References": str(got.mail["Message-ID"]),
    }
    return message(text, **(said | headers))


def test_customers_and_agents_talk_by_mail(mailbox, agent, post, smtp_server, client):
    MailSending.objects.filter(mailbox=mailbox).update(acknowledges=True)
    first = take(mailbox, message("My printer is on fire.", Cc=CY))
    ticket = first.ticket
    [acknowledged] = post()
    assert acknowledged.to == [ANN]
    assert Participant.objects.filter(ticket=ticket, person__email=CY).exists()

    make_comment(ticket, "What a nuisance she is", public=False, by=actor_of(agent))
    client.force_login(agent)
    said = {"body": "Try to *switch it off*.", "kind": "reply", "version": ticket.version + 1}
    said |= {"recipients": "1", "to": f"Ann Customer <{ANN}>", "cc": CY}
    client.post(f"/tickets/{ticket.pk}/comments/", said)
    assert Comment.objects.filter(public=True).exists()
    post()
    [to_ann], [to_cy] = smtp_server.to(ANN)[1:], smtp_server.to(CY)
    assert "switch it off" in to_ann.text
    assert to_cy.mail["Message-ID"] == to_ann.mail["Message-ID"]

    for got, sender, lost in (
        (to_ann, ANN, {}),
        (to_ann, ANN, {"to": US, "References": "", "In_Reply_To": ""}),  # the tag alone
        (to_cy, CY, {"to": US}),  # the references alone
        (acknowledged, ANN, {}),
    ):
        stored = take(mailbox, answer_to(got, sender, "It still burns.", **lost))
        assert stored.ticket == ticket, lost
        assert stored.comment.public
        assert stored.comment.author == User.objects.get(email=sender)
    assert post() == []
    assert b"nuisance" not in b"".join(one.raw for one in smtp_server.got)
