"""What becomes of a message: told from outside, by what a reader of the ticket sees."""

import signal
import time

import pytest
from django.test import Client

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.mail import parsing, receiving
from helpdesk.mail.addresses import bounce_address, reply_address, tagged
from helpdesk.mail.caps import CAPS
from helpdesk.mail.threads import remember
from helpdesk.models import (
    Comment,
    Mailbox,
    Participant,
    Recipient,
    SenderRule,
    StoredMessage,
    Ticket,
    TicketLink,
    User,
)
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
    status,
)
from tests.mail.messages import US, make_mailbox, message, proven, send, take

pytestmark = pytest.mark.django_db
State = StoredMessage.State


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(trusted_server="mx.helpdesk.example")


@pytest.fixture
def ann() -> User:
    return make_user("Ann", email="ann@customer.example")


@pytest.fixture
def ticket(ann) -> Ticket:
    return make_ticket("Printer on fire", requester=ann)


def test_a_message_opens_a_ticket_for_its_sender(mailbox):
    stored = send(mailbox, "My printer is on fire.\n\n-- \nAnn\n")
    ticket = stored.ticket
    assert (ticket.title, ticket.channel, ticket.queue) == (
        "Printer on fire", "email", mailbox.queue,
    )  # fmt: skip
    assert ticket.body.startswith("My printer is on fire.")
    assert ticket.requester.email == "ann@customer.example"
    assert ticket.requester_name == "Ann Customer"
    assert ticket.extra["mail"]["folds"][0][2] == "signature"
    assert stored.state == State.WORKED
    assert stored.may_answer


def test_the_same_bytes_have_one_effect(mailbox):
    raw = message()
    first, second = take(mailbox, raw), take(mailbox, raw)
    assert first == second
    assert Ticket.objects.count() == 1


def test_a_copy_by_another_way_has_no_effect_and_is_kept(mailbox):
    name = "<same@customer.example>"
    first = send(mailbox, Message_ID=name)
    copy = send(mailbox, "With a footer of a list.", Message_ID=name, Received="by somewhere")
    assert (copy.state, copy.copy_of) == (State.COPY, first)
    assert Ticket.objects.count() == 1


def test_a_message_id_of_somebody_else_hides_no_message(mailbox):
    name = "<same@customer.example>"
    send(mailbox, Message_ID=name)
    other = send(mailbox, "Different", sender="bob@other.example", Message_ID=name)
    assert other.state == State.WORKED
    assert Ticket.objects.count() == 2


def test_without_a_message_id_the_words_tell_messages_apart(mailbox):
    for words in ("One", "Two", "One"):
        raw = message(words, Message_ID="", Received=f"by way {words}")
        take(mailbox, raw.replace(b"Received", b"X-Way" if words == "Two" else b"Received"))
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(("copies", "tickets"), [("one", 1), ("each", 2)])
def test_one_message_to_two_mailboxes_is_one_ticket_or_two_by_rule(mailbox, copies, tickets):
    sales = make_mailbox("Sales", "sales@helpdesk.example", queue=make_queue(), copies=copies)
    raw = message()
    take(mailbox, raw)
    take(sales, raw)
    assert Ticket.objects.count() == tickets


# Which ticket ----------------------------------------------------------------------------------


def test_the_signed_address_leads_to_the_ticket(mailbox, ticket, ann):
    stored = send(mailbox, "More smoke", to=reply_address(ticket, ann, US), subject="Other words")
    assert (stored.ticket, stored.comment.public) == (ticket, True)
    assert stored.comment.author == ann
    assert stored.story["how"] == "address"


def test_an_address_with_a_wrong_signature_leads_nowhere(mailbox, ticket, ann):
    right = reply_address(ticket, ann, US)
    wrong = right.replace("@", "@", 1).replace(right[-30], "a" if right[-30] != "a" else "b", 1)
    forged = f"support+r.{ticket.pk}.{ann.pk}.{'a' * 20}@helpdesk.example"
    for address in (forged, wrong):
        stored = send(mailbox, to=address, subject="Other words")
        assert stored.ticket != ticket
    assert "forged address" in StoredMessage.objects.first().story["thread_notes"]


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_our_message_ids_lead_to_the_ticket(mailbox, ticket, header):
    remember("ours-1@helpdesk.example", ticket, is_ours=True)
    line = "<unknown@x> <ours-1@helpdesk.example> <other@y>"
    stored = send(mailbox, "More smoke", subject="Re: nothing", **{header: line})
    assert stored.ticket == ticket
    assert stored.story["how"] == "reference"


def test_the_tag_in_the_subject_leads_to_the_ticket(mailbox, ticket):
    stored = send(mailbox, "More smoke", subject=f"AW: {tagged('Printer', ticket)}")
    assert stored.ticket == ticket
    assert stored.story["how"] == "tag"


def test_the_signed_address_counts_before_references_and_these_before_the_tag(mailbox, ann):
    by_address, by_reference, by_tag = (make_ticket(requester=ann) for _one in range(3))
    remember("ours@helpdesk.example", by_reference, is_ours=True)
    both = {"In_Reply_To": "<ours@helpdesk.example>", "subject": f"[#{by_tag.pk}] x"}
    assert send(mailbox, to=reply_address(by_address, ann, US), **both).ticket == by_address
    assert send(mailbox, **both).ticket == by_reference


def test_a_stranger_with_a_stolen_reference_opens_a_linked_ticket(mailbox, ticket):
    remember("ours@helpdesk.example", ticket, is_ours=True)
    stored = send(
        mailbox,
        "Tell me more",
        sender="eve@elsewhere.example",
        subject=f"[#{ticket.pk}] Printer",
        In_Reply_To="<ours@helpdesk.example>",
    )
    assert stored.ticket != ticket
    assert TicketLink.objects.filter(ticket=stored.ticket, other=ticket).exists()
    assert not ticket.comments.exists()


def test_a_guessed_number_links_nothing(mailbox, ticket):
    stored = send(mailbox, sender="eve@elsewhere.example", subject=f"[#{ticket.pk}] x")
    assert stored.ticket != ticket
    assert not TicketLink.objects.exists()


def test_a_stolen_signed_address_opens_a_linked_ticket(mailbox, ticket, ann):
    address = reply_address(ticket, ann, US)
    stored = send(mailbox, sender="eve@elsewhere.example", to=address)
    assert stored.ticket != ticket
    assert TicketLink.objects.filter(ticket=stored.ticket, other=ticket).exists()


def test_mail_that_its_domain_disowns_joins_by_the_signed_address_alone(mailbox, ticket, ann):
    refuted = "mx.helpdesk.example; dmarc=fail header.from=customer.example"
    fields = {"subject": tagged("x", ticket), "Authentication_Results": refuted}
    assert send(mailbox, **fields).ticket != ticket
    assert send(mailbox, to=reply_address(ticket, ann, US), **fields).ticket == ticket


def test_a_merged_ticket_leads_on(mailbox, ticket, ann):
    other = make_ticket(requester=ann)
    actions.merge(ticket, other, by=system("rule"))
    assert send(mailbox, to=reply_address(ticket, ann, US)).ticket == other


def test_an_answer_to_a_ticket_in_the_trash_opens_a_new_one(mailbox, ticket, ann):
    actions.delete_ticket(ticket, by=system("rule"))
    stored = send(mailbox, to=reply_address(ticket, ann, US))
    assert stored.state == State.WORKED
    assert stored.ticket != ticket


@pytest.mark.parametrize("name", ["Waiting", "Resolved", "Closed"])
def test_an_answer_opens_a_ticket_again(mailbox, ticket, ann, name):
    actions.change_ticket(ticket, by=system("rule"), status=status(name))
    send(mailbox, to=reply_address(ticket, ann, US))
    ticket.refresh_from_db()
    assert ticket.status_category == "open"


def test_by_its_queue_s_rule_an_answer_to_a_closed_ticket_opens_a_follow_up(mailbox, ticket, ann):
    queue = default_queue()
    queue.reopens_closed = False
    queue.save()
    actions.change_ticket(ticket, by=system("rule"), status=status("Closed"))
    stored = send(mailbox, "Again", to=reply_address(ticket, ann, US))
    ticket.refresh_from_db()
    assert ticket.status_category == "closed"
    assert stored.ticket != ticket
    assert TicketLink.objects.filter(ticket=stored.ticket, other=ticket).exists()


def test_whoever_was_copied_in_may_answer(mailbox, ann):
    first = send(mailbox, Cc="Bob <bob@customer.example>, " + US)
    people = Participant.objects.filter(ticket=first.ticket, kind="cc")
    assert [one.person.email for one in people] == ["bob@customer.example"]
    answer = send(
        mailbox,
        "Me too",
        sender="bob@customer.example",
        In_Reply_To=f"<{first.message_id}>",
    )
    assert answer.ticket == first.ticket
    assert answer.comment.author.email == "bob@customer.example"


def test_nobody_is_copied_in_where_no_address_is_known_to_be_ours(mailbox):
    stored = send(mailbox, to="alias@elsewhere.example", Cc="bob@customer.example")
    assert not Participant.objects.filter(ticket=stored.ticket).exists()


# Who -------------------------------------------------------------------------------------------


def agent_s_mail(mailbox, ticket, agent, **fields):
    fields.setdefault("to", reply_address(ticket, agent, US))
    return send(mailbox, "Try turning it off", sender=f"Someone <{agent.email}>", **fields)


def test_an_agent_answers_by_mail_with_token_and_proof(mailbox, ticket):
    agent = make_agent("Gita")
    quoted = "Off and on\n\nOn 2 Nov 2026 at 10:00 Helpdesk wrote:\n> internal\n> words\n"
    stored = send(
        mailbox,
        quoted,
        sender=agent.email,
        to=reply_address(ticket, agent, US),
        Authentication_Results=proven("example.com"),
    )
    comment = stored.comment
    assert (comment.public, comment.author, comment.ticket) == (True, agent, ticket)
    assert comment.body == "Off and on"
    assert not stored.may_answer


@pytest.mark.parametrize(
    ("results", "own_token"),
    [
        ("", True),
        (proven("elsewhere.example"), True),
        (proven("example.com", by="mx.elsewhere.example"), True),
        ("mx.helpdesk.example; dkim=fail header.d=example.com", True),
        ("mx.helpdesk.example; none\nAuthentication-Results: " + proven("example.com"), True),
        (proven("example.com"), False),
    ],
    ids=["nothing", "other domain", "other server", "failed", "below the true one", "no token"],
)
def test_an_agent_s_mail_without_either_waits_as_a_note(mailbox, ticket, ann, results, own_token):
    agent = make_agent("Gita")
    to = reply_address(ticket, agent if own_token else ann, US)
    raw = message("Pay to me", sender=agent.email, to=to)
    lines = f"Authentication-Results: {results}\n".encode() if results else b""
    stored = take(mailbox, lines + raw)
    comment = stored.comment
    assert (comment.public, comment.author, comment.ticket) == (False, None, ticket)
    assert "unproven" in comment.author_name
    assert comment.extra["mail"]["awaits"] == agent.pk


def test_a_name_that_looks_like_an_address_is_not_believed(mailbox):
    agent = make_agent("Gita")
    stored = send(mailbox, sender=f'"{agent.email}" <eve@elsewhere.example>')
    assert stored.ticket.requester.email == "eve@elsewhere.example"


def test_several_authors_are_said_and_one_counts(mailbox):
    stored = send(mailbox, sender="a@x.example, b@x.example", Sender="b@x.example")
    assert stored.ticket.requester.email == "b@x.example"
    assert "several authors" in stored.story["sender_notes"]


def test_without_an_author_its_answers_address_counts(mailbox):
    stored = send(mailbox, sender="", Reply_To="c@x.example")
    assert stored.ticket.requester.email == "c@x.example"


def test_nobody_s_mail_goes_to_quarantine(mailbox):
    stored = send(mailbox, sender="")
    assert stored.state == State.QUARANTINED
    assert "nobody" in stored.reason


def test_our_own_address_as_sender_goes_to_quarantine(mailbox):
    for sender in (US, "Support <SUPPORT+x@helpdesk.example>"):
        assert send(mailbox, sender=sender).state == State.QUARANTINED
    assert not Ticket.objects.exists()


def test_a_deactivated_person_s_mail_goes_to_quarantine(mailbox, ann):
    actions.change_person(ann, by=system("rule"), is_active=False)
    stored = send(mailbox)
    assert stored.state == State.QUARANTINED
    assert "deactivated" in stored.reason


def test_the_lists_block_and_allow(mailbox):
    SenderRule.objects.create(pattern="@customer.example", verdict="block")
    assert send(mailbox).state == State.QUARANTINED
    SenderRule.objects.create(pattern="ann@customer.example", verdict="allow")
    assert send(mailbox, X_Spam_Flag="YES").state == State.WORKED


def test_what_the_server_marked_as_spam_opens_nothing_but_joins(mailbox, ticket, ann):
    assert send(mailbox, X_Spam_Flag="YES").state == State.QUARANTINED
    joined = send(mailbox, X_Spam_Flag="YES", to=reply_address(ticket, ann, US))
    assert joined.ticket == ticket


# What kind -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "kind", "answered"),
    [
        ({}, "human", True),
        ({"Auto_Submitted": "no"}, "human", True),
        ({"X_Auto_Response_Suppress": "All"}, "human", False),
        ({"List_Id": "<l.example.com>"}, "list", False),
        ({"Precedence": "list"}, "list", False),
        ({"Precedence": "bulk"}, "robot", False),
        ({"Auto_Submitted": "auto-generated"}, "robot", False),
        ({"sender": "no-reply@shop.example"}, "robot", False),
        ({"List_Unsubscribe": "<mailto:x@y.example>"}, "robot", False),
        ({"Return_Path": "<>"}, "robot", False),
    ],
)
def test_what_opens_tickets_and_what_is_answered(mailbox, headers, kind, answered):
    stored = send(mailbox, **headers)
    assert (stored.kind, stored.may_answer) == (kind, answered)
    assert stored.ticket is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"subject": "Abwesenheitsnotiz: Printer", "Auto_Submitted": "auto-generated"},
        {"subject": "Automatic reply: Printer", "X_Auto_Response_Suppress": "All"},
    ],
)
def test_an_automatic_answer_is_a_note_that_opens_nothing_again(mailbox, ticket, ann, headers):
    actions.change_ticket(ticket, by=system("rule"), status=status("Resolved"))
    stored = send(mailbox, "I am away", to=reply_address(ticket, ann, US), **headers)
    ticket.refresh_from_db()
    assert ticket.status_category == "resolved"
    assert (stored.comment.public, stored.comment.author) == (False, ann)
    assert not stored.may_answer
    assert ticket.changes.latest("version").silent


def test_an_automatic_answer_to_nothing_goes_to_quarantine(mailbox):
    stored = send(mailbox, Auto_Submitted="auto-replied")
    assert stored.state == State.QUARANTINED
    assert not Ticket.objects.exists()


def test_a_person_who_writes_of_being_out_of_office_is_a_person(mailbox):
    assert send(mailbox, subject="Out of office phones broken").kind == "human"


def test_what_takes_too_long_to_read_ends_and_stops_nobody(mailbox, monkeypatch):
    read = parsing.read

    def slow(raw, came_at):
        began = time.process_time()
        while b"Subject: Slow" in raw and time.process_time() - began < 10:
            pass
        return read(raw, came_at)

    monkeypatch.setattr(receiving, "READ_SECONDS", 0.1)
    monkeypatch.setattr(parsing, "read", slow)
    held = send(mailbox, subject="Slow")
    assert (held.state, held.reason) == (
        State.QUARANTINED,
        "It takes too long to read. Its original is kept.",
    )
    monkeypatch.setattr(receiving, "READ_SECONDS", 20)
    assert send(mailbox).state == State.WORKED
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    client, began = Client(), time.process_time()
    client.force_login(make_agent("Gita"))
    page = client.get(f"/mail/messages/{held.uuid}/").content.decode()
    assert "It takes too long to read" in page and "Its words were not read." in page
    assert time.process_time() - began < 10, "nor is it read to show it"


def test_our_own_notification_that_comes_back_does_nothing(mailbox, ticket):
    remember("ours@helpdesk.example", ticket, is_ours=True)
    stored = send(mailbox, sender=US, Message_ID="<ours@helpdesk.example>")
    assert (stored.state, stored.kind, stored.ticket) == (State.WORKED, "own", None)


BOUNCE = """From: Mail Delivery System <mailer-daemon@mx.elsewhere.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}.bounce@mx.elsewhere.example>
Date: Mon, 02 Nov 2026 10:00:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

I'm sorry.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.elsewhere.example

Final-Recipient: rfc822; ann@customer.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user
--r
Content-Type: text/rfc822-headers

Message-ID: <{original}>
Subject: Re: Printer
--r--
"""


def bounce(number=1, to=US, action="failed", status="5.1.1", original="ours@helpdesk.example"):
    values = {"number": number, "to": to, "action": action, "status": status}
    return BOUNCE.format(original=original, **values).encode()


@pytest.fixture
def sent(ticket) -> Recipient:
    comment = make_comment(ticket, "Try this", by=system("rule"))
    remember("ours@helpdesk.example", ticket, comment, is_ours=True)
    return Recipient.objects.create(comment=comment, address="ann@customer.example")


@pytest.mark.parametrize("way", ["Message-ID", "address"])
def test_a_bounce_marks_the_recipient_and_says_so_on_the_ticket(mailbox, sent, way):
    if way == "address":
        raw = bounce(to=bounce_address(sent, US), original="lost@x.example")
    else:
        raw = bounce()
    stored = take(mailbox, raw)
    sent.refresh_from_db()
    assert sent.state == "bounced"
    note = sent.comment.ticket.comments.get(public=False)
    assert "550 5.1.1 no such user" in note.body
    assert (stored.kind, stored.ticket) == ("bounce", sent.comment.ticket)


def test_a_bounce_marks_an_address_however_it_was_written(mailbox, sent):
    Recipient.objects.update(address="Ann@Customer.example")
    take(mailbox, bounce())
    sent.refresh_from_db()
    assert sent.state == "bounced"


def test_a_delay_marks_nothing(mailbox, sent):
    stored = take(mailbox, bounce(action="delayed", status="4.4.1"))
    sent.refresh_from_db()
    assert (sent.state, stored.state) == ("pending", State.WORKED)
    assert stored.story["bounce"]["how_long"] == "temporary"


def test_a_bounce_of_nothing_of_ours_goes_to_quarantine(mailbox):
    assert take(mailbox, bounce()).state == State.QUARANTINED


@pytest.fixture
def caps(monkeypatch):
    """Narrower caps than usual."""

    def narrow(changed: dict) -> None:
        for name, number in changed.items():
            monkeypatch.setitem(CAPS, name, number)

    return narrow


# The last net ----------------------------------------------------------------------------------


def test_more_than_the_cap_to_one_ticket_goes_to_quarantine(mailbox, ticket, ann, caps):
    caps({"ticket_hour": 3})
    to = reply_address(ticket, ann, US)
    states = [send(mailbox, f"Words {number}", to=to).state for number in range(5)]
    assert states == [State.WORKED] * 3 + [State.QUARANTINED] * 2


def test_more_than_the_cap_of_a_day_goes_to_quarantine(mailbox, caps):
    caps({"address_day": 2})
    assert [send(mailbox).state for _one in range(3)][-1] == State.QUARANTINED
    assert send(mailbox, sender="other@customer.example").state == State.WORKED


def test_automatic_answers_have_caps_of_their_own(mailbox, ticket, ann, caps):
    caps({"answers_ticket_day": 2, "answers_address_day": 3})
    to = reply_address(ticket, ann, US)
    assert [send(mailbox, to=to).may_answer for _one in range(3)] == [True, True, False]
    assert [send(mailbox).may_answer for _one in range(2)] == [True, False]
    assert Comment.objects.filter(ticket=ticket).count() == 3
