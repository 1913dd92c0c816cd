"""The first answer: off until wanted, once for a ticket, and never in a circle."""

import re
from email import message_from_bytes, policy

import pytest

from helpdesk.mail.caps import CAPS
from helpdesk.models import MailSending, OutgoingMail, Ticket
from tests.mail.messages import US, message, send, take

pytestmark = pytest.mark.django_db
ANN = "ann@customer.example"


@pytest.fixture
def answering(mailbox):
    MailSending.objects.filter(mailbox=mailbox).update(acknowledges=True)
    return mailbox


def test_it_is_off_until_somebody_wants_it(mailbox, post):
    send(mailbox)
    assert post() == []


def test_who_opens_a_ticket_by_mail_is_told_its_number(answering, post):
    stored = send(answering, Message_ID="<first@customer.example>")
    [got] = post()
    assert got.to == [ANN]
    assert str(got.mail["Subject"]).startswith(f"[#{stored.ticket_id}] We got your message")
    assert got.mail["In-Reply-To"] == "<first@customer.example>"
    assert got.mail["Auto-Submitted"] == "auto-replied"
    assert got.mail["X-Auto-Response-Suppress"] == "All"
    assert "Hello Ann," in got.text
    assert "printer is on fire" not in got.text


def test_an_answer_to_it_joins_and_is_not_acknowledged(answering, post):
    stored = send(answering)
    [got] = post()
    again = send(answering, "More words", subject="Re: x", In_Reply_To=str(got.mail["Message-ID"]))
    assert again.ticket == stored.ticket
    assert post() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.customer.example>"},
        {"sender": "no-reply@customer.example"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
    ],
)
def test_nothing_that_looks_automatic_is_acknowledged(answering, post, headers):
    send(answering, **headers)
    assert post() == []


def test_markup_in_a_subject_stays_words(answering, post):
    send(answering, subject="[win](http://evil.example) <img src=x> **now**")
    [got] = post()
    assert "<img" not in got.html
    assert 'href="http://evil.example' not in got.html
    assert "<strong>now" not in got.html


def other_installation(raw: bytes, number: int, *, is_polite: bool) -> bytes:
    """What another helpdesk sends when it gets our mail: its own acknowledgement."""
    came = message_from_bytes(raw, policy=policy.default)
    headers = {"Message_ID": f"<{number}.ack@customer.example>"}
    if is_polite:
        headers |= {"Auto_Submitted": "auto-replied", "In_Reply_To": str(came["Message-ID"])}
        to, subject = str(came["Reply-To"]), f"[#{number}] We got: {came['Subject']}"
    else:  # it writes like a person, to the bare address, and cuts tags and references
        to, subject = US, re.sub(r"\[#\d+\] ?", "", f"Case {number} {came['Subject']}")[:200]
    return message("We got your message.", sender=ANN, to=to, subject=subject, **headers)


@pytest.mark.parametrize("is_polite", [True, False])
def test_two_installations_that_acknowledge_each_other_go_quiet(answering, post, is_polite):
    """A thousand rounds offered: whatever the other side sends, we answer at most the cap."""
    send(answering)
    answered = 0
    for number in range(1000):
        got = post()
        answered += len(got)
        if not got:
            break
        take(answering, other_installation(got[-1].raw, number, is_polite=is_polite))
    assert 1 <= answered <= CAPS["answers_address_day"]
    assert number < 1000 - 1
    if is_polite:
        assert (answered, Ticket.objects.count()) == (1, 1)


def test_a_flood_of_mail_from_one_address_gets_at_most_the_cap(answering, post):
    for number in range(CAPS["answers_address_day"] + 15):
        send(answering, subject=f"Case {number}")
    assert len(post()) <= CAPS["answers_address_day"]
    assert OutgoingMail.objects.filter(kind="ack").count() <= CAPS["answers_address_day"]
