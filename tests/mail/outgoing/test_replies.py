"""Replies that leave, as a real mail server gets them."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actions.sending import say
from helpdesk.actor import system
from helpdesk.mail.addresses import bounced_recipient, token_in
from helpdesk.mail.outgoing import sending
from helpdesk.models import (
    Comment,
    MailReference,
    MailSending,
    OutgoingMail,
    Participant,
    Recipient,
)
from helpdesk.permissions import actor_of
from tests.factories import make_comment, make_queue, make_ticket, make_user
from tests.mail.messages import US

pytestmark = pytest.mark.django_db
ANN = "ann@customer.example"
State = OutgoingMail.State


def reply(ticket, agent, body="Try to switch it off.", **said):
    return actions.reply(ticket, by=actor_of(agent), body=body, **said)


def test_a_public_reply_goes_to_the_requester(ticket, agent, post):
    reply(ticket, agent, "Try to **switch it off**.")
    [got] = post()
    mail = got.mail
    assert got.to == [ANN]
    assert mail["To"] == "Ann Customer <ann@customer.example>"
    assert mail["From"] == f"Acme Support <{US}>"
    assert mail["Subject"] == f"[#{ticket.pk}] Re: Printer on fire"
    assert "switch it off" in got.text
    assert "<strong>switch it off</strong>" in got.html
    assert mail["Auto-Submitted"] is None
    token, forged = token_in([str(mail["Reply-To"])])
    assert (token.ticket_id, token.person_id, forged) == (ticket.pk, ticket.requester_id, False)


def test_its_html_has_nothing_that_a_mail_program_would_have_to_look_up(ticket, agent, post):
    """Neither a style sheet nor a class nor a picture: there is nothing to be written into tags."""
    table = "| a | b |\n|-|-|\n| 1 | 2 |"
    reply(ticket, agent, f"**b** `c` @Maren #1\n\n> q\n\n- one\n\n```\ncode\n```\n\n{table}")
    [got] = post()
    assert "<blockquote>" in got.html and "<li>" in got.html
    for one in ("<style", "<link", " style=", " class=", "<img", "<script", "@import"):
        assert one not in got.html


def test_it_is_sent_once_however_often_is_looked(ticket, agent, post):
    reply(ticket, agent)
    assert len(post()) == 1
    assert post() == []
    assert OutgoingMail.objects.get().state == State.SENT
    assert Recipient.objects.get().state == "sent"


def test_its_message_id_is_remembered_before_it_is_sent(ticket, agent, post):
    reply(ticket, agent)
    changes.announce()
    known = MailReference.objects.get(is_ours=True)
    [got] = post()
    assert got.mail["Message-ID"] == f"<{known.message_id}>"
    assert known.ticket == ticket


def test_a_later_reply_names_the_messages_before_it(ticket, agent, post):
    reply(ticket, agent, "First")
    [first] = post()
    reply(ticket, agent, "Second")
    [second] = post()
    assert first.mail["In-Reply-To"] is None
    assert second.mail["In-Reply-To"] == first.mail["Message-ID"]
    assert second.mail["References"] == first.mail["Message-ID"]


def test_a_note_appears_in_no_mail(ticket, agent, post, smtp_server):
    actions.follow(ticket, ticket.requester, by=system("rule"), kind=Participant.Kind.CC)
    other = make_user("Other Agent", role="admin", email="other@helpdesk.example")
    actions.change_ticket(ticket, by=actor_of(agent), assignee=other)
    make_comment(ticket, "The secret of the printer", public=False, by=actor_of(agent))
    reply(ticket, agent, "Words for all")
    from_notices = post()
    raw = b"".join(one.raw for one in smtp_server.got)
    assert from_notices
    assert b"secret of the printer" not in raw


def test_each_unseen_copy_goes_alone_and_appears_in_no_other(ticket, agent, post, smtp_server):
    recipients = [
        {"kind": "to", "address": ANN, "name": "Ann"},
        {"kind": "cc", "address": "cy@customer.example", "name": "Cy"},
        {"kind": "bcc", "address": "boss@secret.example", "name": "Boss"},
        {"kind": "bcc", "address": "lawyer@secret.example", "name": "Lawyer"},
    ]
    say(ticket, by=actor_of(agent), kind="reply", body="Words", recipients=recipients)
    got = post()
    assert [one.to for one in got] == [
        [ANN], ["cy@customer.example"], ["boss@secret.example"], ["lawyer@secret.example"],
    ]  # fmt: skip
    for one in got:
        assert one.mail["Cc"] == "Cy <cy@customer.example>"
        assert b"secret.example" not in one.raw
    assert len({one.mail["Message-ID"] for one in got}) == 1


def test_who_is_copied_in_gets_it_and_may_end_that(ticket, agent, post, smtp_server):
    cy = make_user("Cy", email="cy@customer.example")
    actions.follow(ticket, cy, by=system("rule"), kind=Participant.Kind.CC)
    reply(ticket, agent)
    post()
    [to_ann], [to_cy] = smtp_server.to(ANN), smtp_server.to("cy@customer.example")
    assert to_ann.mail["Cc"] == "Cy <cy@customer.example>"
    assert to_ann.mail["List-Unsubscribe"] is None
    assert to_cy.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_reply_whose_recipients_were_all_taken_away_goes_to_nobody(ticket, agent, post):
    say(ticket, by=actor_of(agent), kind="reply", body="For the record", recipients=[])
    assert post() == []


def test_customers_words_are_mailed_to_no_customer(ticket, ann, post):
    actions.reply(ticket, by=actor_of(ann), body="It still burns")
    assert post() == []


@pytest.mark.parametrize("origin", ["import:7", "connection:3"])
def test_what_was_said_elsewhere_is_not_mailed_from_here(ticket, post, origin):
    actions.reply(ticket, by=system(origin), body="Said there")
    assert post() == []


def test_what_another_installation_says_here_is_not_mailed_twice(ticket, post):
    actions.reply(
        ticket, by=system("compat:onna"), body="Said there", source="helpdesk:a/b", source_ref="1"
    )
    assert post() == []


def test_silent_replies_are_not_mailed(ticket, agent, post):
    reply(ticket, agent, silent=True)
    assert post() == []


def test_a_queue_without_a_mailbox_sends_nothing(ticket, agent, ann, post):
    elsewhere = make_ticket("Elsewhere", requester=ann, queue=make_queue())
    actions.reply(elsewhere, by=system("rule"), body="Words")
    assert post() == []


def test_a_sandbox_sends_nothing(mailbox, ticket, agent, post):
    type(mailbox.queue).objects.filter(pk=mailbox.queue_id).update(is_sandbox=True)
    mailbox.queue.refresh_from_db()
    mailbox.queue.save()
    reply(ticket, agent)
    assert post() == []


def test_our_own_addresses_are_never_written_to(ticket, agent, post):
    said = [{"kind": "to", "address": ANN}, {"kind": "cc", "address": US}]
    say(ticket, by=actor_of(agent), kind="reply", body="Words", recipients=said)
    [got] = post()
    assert got.to == [ANN]


def test_what_was_redacted_before_it_left_stays_here(ticket, agent, post):
    comment = reply(ticket, agent, "Words to take back")
    changes.announce()
    actions.redact_comment(comment, by=system("rule"))
    assert post() == []
    assert OutgoingMail.objects.get().state == State.DROPPED


def test_bounces_of_each_message_are_known_by_their_address(ticket, agent, post):
    reply(ticket, agent)
    [got] = post()
    assert bounced_recipient([got.sender]) == Recipient.objects.get().pk


def test_a_mailbox_without_plus_addresses_is_written_to_plainly(mailbox, ticket, agent, post):
    MailSending.objects.filter(mailbox=mailbox).update(has_plus=False)
    reply(ticket, agent)
    [got] = post()
    assert (got.sender, got.mail["Reply-To"]) == (US, US)


def test_what_no_person_wrote_says_that_it_is_automatic(ticket, post):
    actions.reply(ticket, by=system("rule"), body="Closed after a week")
    [got] = post()
    assert got.mail["Auto-Submitted"] == "auto-generated"


def test_signatures_of_the_agent_and_of_the_mailbox_stand_below(mailbox, ticket, agent, post):
    MailSending.objects.filter(mailbox=mailbox).update(signature="Acme Inc.", names_agent=True)
    agent.signature = "Maren\nSecond level"
    agent.save()
    reply(ticket, agent, "Words")
    [got] = post()
    words = got.text.replace("\r\n", "\n").rstrip()
    assert words.endswith("Words\n\n-- \nMaren\nSecond level\n\nAcme Inc.")
    assert str(got.mail["From"]).startswith('"Maren Agent, Acme Support"')


HOSTILE = "Printer\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script>"


def test_nothing_a_person_names_becomes_a_header(mailbox, agent, post):
    cy = make_user("Cy\r\nBcc: thief@evil.example <x@evil.example>", email="cy@customer.example")
    ticket = make_ticket("x", requester=cy)
    type(ticket).objects.filter(pk=ticket.pk).update(title=HOSTILE)
    MailSending.objects.filter(mailbox=mailbox).update(from_name="Us\nBcc: thief@evil.example")
    reply(ticket, agent)
    [got] = post()
    assert got.to == ["cy@customer.example"]
    assert got.mail["Bcc"] is None
    assert [one.addr_spec for one in got.mail["To"].addresses] == ["cy@customer.example"]
    assert [one.addr_spec for one in got.mail["From"].addresses] == [US]
    assert "<script" not in got.html


def test_files_go_along_and_large_ones_as_links(ticket, agent, post, settings, client):
    settings.MAIL_ATTACH_MB = 1
    by = actor_of(agent)
    small = actions.keep_file(ContentFile(b"small", name="a.txt"), by=by, name="a.txt")
    large = ContentFile(b"x" * 1_100_000, name="large.txt")
    large = actions.keep_file(large, by=by, name="large.txt")
    reply(ticket, agent, attachments=[small, large])
    [got] = post()
    [file] = got.mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.txt", b"small")
    [line] = [one for one in got.text.splitlines() if "large.txt" in one]
    path = line.rpartition(settings.PUBLIC_URL)[2]
    answer = client.get(path)
    assert b"".join(answer.streaming_content) == b"x" * 1_100_000
    assert answer["Content-Disposition"].startswith("attachment")
    large.refresh_from_db()
    actions.remove_attachment(large, by=system("rule"))
    assert client.get(path).status_code == 404


# When the server does not take it ---------------------------------------------------------------


def test_a_server_that_is_busy_is_tried_again(ticket, agent, post, smtp_server, due_now):
    smtp_server.refuses[ANN] = "451 Try again later"
    reply(ticket, agent)
    assert post() == []
    mail = OutgoingMail.objects.get()
    assert mail.state == State.WAITING
    assert mail.due_at > timezone.now()
    assert "451 Try again later" in mail.last_error
    smtp_server.refuses.clear()
    due_now()
    assert len(post()) == 1


def test_an_address_that_is_refused_for_good_is_said_and_can_be_sent_again(
    ticket, agent, post, smtp_server
):
    smtp_server.refuses[ANN] = "550 No such person"
    reply(ticket, agent)
    assert post() == []
    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.recipient.state) == (State.FAILED, "failed")
    assert "550 No such person" in mail.last_error
    smtp_server.refuses.clear()
    actions.resend_mail(mail, by=actor_of(agent))
    [got] = post()
    assert got.mail["Message-ID"] == f"<{mail.message_id}>"
    mail.refresh_from_db()
    assert (mail.state, mail.recipient.state) == (State.SENT, "sent")


def test_a_server_that_is_away_for_a_day_ends_in_a_visible_place(
    ticket, agent, post, settings, due_now
):
    settings.EMAIL_PORT = 1
    reply(ticket, agent)
    post()
    assert OutgoingMail.objects.get().state == State.WAITING
    OutgoingMail.objects.update(give_up_at=timezone.now() - timedelta(minutes=1), tries=5)
    due_now()
    post()
    mail = OutgoingMail.objects.get()
    assert mail.state == State.FAILED
    assert "can't be reached" in mail.last_error


def test_a_worker_that_died_leaves_its_message_to_the_next(ticket, agent, post):
    reply(ticket, agent)
    changes.announce()
    claimed = sending.claim()
    assert sending.claim() is None
    assert post() == []
    OutgoingMail.objects.filter(pk=claimed.pk).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )
    assert len(post()) == 1


def test_a_message_that_arrived_is_not_sent_again(ticket, agent, post):
    reply(ticket, agent)
    post()
    with pytest.raises(Exception, match="Only what could not be sent"):
        actions.resend_mail(OutgoingMail.objects.get(), by=actor_of(agent))


def test_many_replies_become_mail_in_a_number_of_statements_that_does_not_grow(
    ticket, agent, ann, django_assert_max_num_queries
):
    for number in range(2):
        reply(ticket, agent, f"Words {number}")
    with django_assert_max_num_queries(60) as few:
        changes.announce()
    for number in range(12):
        other = make_ticket(f"Ticket {number}", requester=ann)
        reply(other, agent, f"Words {number}")
    with django_assert_max_num_queries(60) as many:
        changes.announce()
    assert len(many) <= len(few) + 4
    assert OutgoingMail.objects.count() == Comment.objects.count() == 14
