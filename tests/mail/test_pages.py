"""What agents and administrators see of mail that came in, and what they decide."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.changes import announce
from helpdesk.mail.addresses import reply_address
from helpdesk.models import (
    Attachment,
    Mailbox,
    MailGrant,
    RawMessage,
    SenderRule,
    StoredMessage,
    Ticket,
)
from tests.budget import statements
from tests.factories import make_agent, make_queue, make_ticket, make_user
from tests.mail.messages import US, make_mailbox, proven, send, take

pytestmark = pytest.mark.django_db
State = StoredMessage.State


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(trusted_server="mx.helpdesk.example")


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def agent(mailbox) -> Client:
    return signed_in(make_agent("Gita"))


@pytest.fixture
def stranger() -> Client:
    """An agent of another queue."""
    return signed_in(make_agent("Otto", [make_queue("Elsewhere")]))


@pytest.fixture
def admin() -> Client:
    return signed_in(make_user("Ada", "admin"))


def page(client, message, rest=""):
    return client.get(reverse("mail-message", args=[message.uuid]) + rest)


def decide(client, message, decision):
    return client.post(reverse("mail-decide", args=[message.uuid]), {"decision": decision})


def test_the_quarantine_lists_what_is_held_back_and_why(agent, mailbox):
    send(mailbox, subject="Held <b>back</b>", sender=US)
    words = agent.get(reverse("mail-messages")).content.decode()
    assert "Held &lt;b&gt;back&lt;/b&gt;" in words
    assert "one of our own addresses" in words


def test_the_list_costs_the_same_however_long(agent, mailbox, django_assert_max_num_queries):
    for _one in range(12):
        send(mailbox, sender=US)
    agent.get(reverse("mail-messages"))
    with django_assert_max_num_queries(8):
        agent.get(reverse("mail-messages"))


def test_a_message_is_shown_with_its_story_and_never_runs(agent, mailbox):
    stored = send(
        mailbox, "Hi <script>alert(1)</script>", html="<p>Hi</p><script>alert(1)</script>"
    )
    words = page(agent, stored).content.decode()
    assert "opened a ticket" in words
    assert "written by a person" in words
    assert "<script>alert(1)" not in words
    designed = page(agent, stored, "html/").content.decode()
    assert "<p>Hi</p>" in designed
    assert "alert(1)" not in designed


def test_the_story_says_how_it_came_and_what_is_cleaned_away(agent, mailbox):
    html = (
        '<style>p{color:red}</style><p onclick="x()" style="color:red">Hi</p><script>x()</script>'
        '<a href="java&#x09;script:x()">x</a><form><input></form><iframe src="x"></iframe>'
        '<img src="https://track.example/1.png"><img src="cid:logo@x">'
    )
    words = page(agent, send(mailbox, html=html)).content.decode()
    assert "into Support, handed over by a mail server on this machine" in words
    assert "what would run (3)" in words
    assert "fields and buttons (2), frames, drawings and players (1), styles (2)" in words
    assert "pictures from elsewhere, until asked for (1)" in words
    assert "Cleaned away" not in page(agent, send(mailbox, html="<p>Hi</p>")).content.decode()


def test_the_original_is_text_and_fenced(agent, mailbox):
    stored = send(mailbox, html="<script>alert(1)</script>")
    response = page(agent, stored, "source/")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"From: Ann Customer" in response.content


def test_pictures_from_elsewhere_are_held_back_until_asked_for(agent, mailbox):
    picture = '<p>x</p><img src="https://track.example/1.png"><img src="cid:logo@x">'
    stored = send(mailbox, html=picture)
    first = page(agent, stored, "html/")
    assert "track.example" not in first.content.decode()
    assert "1 picture from elsewhere" in first.content.decode()
    asked = page(agent, stored, "html/?pictures=1")
    assert "https://track.example/1.png" in asked.content.decode()
    assert "https:" in asked["Content-Security-Policy"]
    assert "https:" not in first["Content-Security-Policy"].split("img-src")[1].split(";")[0]


def test_pictures_of_the_message_are_shown(agent, mailbox):
    raw = (
        b"From: ann@customer.example\nTo: support@helpdesk.example\nSubject: Picture\n"
        b"Message-ID: <p1@x>\nContent-Type: multipart/related; boundary=b\n\n"
        b'--b\nContent-Type: text/html\n\n<p>See</p><img src="cid:pic@x" alt="a">\n'
        b"--b\nContent-Type: image/png; name=a.png\nContent-ID: <pic@x>\n"
        b"Content-Transfer-Encoding: base64\n\niVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAA"
        b"C0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=\n--b--\n"
    )
    stored = take(mailbox, raw)
    file = Attachment.objects.get(ticket=stored.ticket)
    assert (file.name, file.content_type) == ("a.png", "image/png")
    words = page(agent, stored, "html/").content.decode()
    assert reverse("attachment", args=[file.uuid]) in words


def test_a_file_of_another_ticket_that_a_message_names_is_neither_taken_nor_shown(
    agent, mailbox, settings
):
    kept = actions.keep_file(
        ContentFile(b"secret", "wages.png"), by=system("rule"), content_id="pic@x"
    )
    other = make_ticket("Wages", attachments=[kept])
    address = reverse("attachment", args=[kept.uuid])
    named = ["cid:pic@x", f"cid:{kept.uuid}", address, f"{settings.PUBLIC_URL}{address}"]
    stored = send(mailbox, html="".join(f'<p>See</p><img src="{one}">' for one in named))
    assert str(kept.uuid) not in page(agent, stored, "html/").content.decode()
    assert stored.ticket != other
    assert not Attachment.objects.filter(ticket=stored.ticket).exists()
    kept.refresh_from_db()
    assert (kept.ticket, kept.comment) == (other, None)


@pytest.mark.parametrize("rest", ["", "source/", "html/"])
def test_only_who_sees_the_ticket_or_the_queue_sees_a_message(mailbox, stranger, rest):
    for stored in (send(mailbox, html="<p>x</p>"), send(mailbox, html="<p>x</p>", sender=US)):
        assert page(stranger, stored, rest).status_code == 404
    assert "Printer" not in stranger.get(reverse("mail-messages")).content.decode()


def test_a_customer_and_nobody_see_none(mailbox):
    stored = send(mailbox)
    customer = signed_in(stored.ticket.requester)
    assert page(customer, stored).status_code == 403
    assert page(Client(), stored).status_code == 302


def test_a_released_message_becomes_a_ticket(agent, mailbox):
    stored = send(mailbox, sender=US, Reply_To="bob@form.example")
    decide(agent, stored, "release")
    stored.refresh_from_db()
    assert stored.state == State.WORKED
    assert stored.ticket.requester.email == "bob@form.example"


def test_what_is_tried_again_meets_the_same_rules(agent, mailbox):
    rule = SenderRule.objects.create(pattern="@customer.example", verdict="block")
    stored = send(mailbox)
    decide(agent, stored, "retry")
    stored.refresh_from_db()
    assert stored.state == State.QUARANTINED
    rule.delete()
    decide(agent, stored, "retry")
    stored.refresh_from_db()
    assert stored.state == State.WORKED


def test_a_discarded_message_comes_to_nothing_and_stays_to_be_read(agent, mailbox):
    stored = send(mailbox, sender=US)
    decide(agent, stored, "discard")
    stored.refresh_from_db()
    assert (stored.state, Ticket.objects.count()) == (State.DISCARDED, 0)
    assert page(agent, stored).status_code == 200


def test_what_was_decided_is_not_decided_again(agent, mailbox):
    stored = send(mailbox)
    decide(agent, stored, "release")
    assert Ticket.objects.count() == 1


def test_a_light_agent_decides_nothing(mailbox):
    light = signed_in(make_agent("Lightly", role="light"))
    stored = send(mailbox, sender=US)
    assert decide(light, stored, "release").status_code == 403
    assert not Ticket.objects.exists()


def test_an_agent_s_unproven_words_are_posted_once_approved(mailbox):
    gita, ann = make_agent("Gita"), make_user("Ann", email="ann@customer.example")
    ticket = make_ticket(requester=ann)
    to = reply_address(ticket, gita, US)
    stored = send(mailbox, "Off and on", sender=gita.email, to=to)
    client = signed_in(make_agent("Hans"))
    assert "not proven" in page(client, stored).content.decode()
    path = reverse("mail-approve", args=[stored.uuid])
    assert client.post(path).status_code == 302
    client.post(path)
    reply = ticket.comments.get(public=True)
    assert (reply.body.strip(), reply.author) == ("Off and on", gita)


def test_a_proven_agent_s_words_wait_for_nobody(mailbox, agent):
    gita, ticket = make_agent("Gita"), make_ticket()
    to, seen = reply_address(ticket, gita, US), proven("example.com")
    stored = send(mailbox, "Off and on", sender=gita.email, to=to, Authentication_Results=seen)
    assert agent.post(reverse("mail-approve", args=[stored.uuid])).status_code == 302
    assert ticket.comments.count() == 1


def test_a_redacted_comment_takes_its_original_along(mailbox, agent):
    ann = make_user("Ann", email="ann@customer.example")
    ticket = make_ticket(requester=ann)
    stored = send(mailbox, "My card is 4111", to=reply_address(ticket, ann, US))
    actions.redact_comment(stored.comment, by=system("rule"))
    announce()
    assert not RawMessage.objects.filter(stored=stored).exists()
    assert page(agent, stored, "source/").status_code == 404
    assert "4111" not in page(agent, stored).content.decode()


def test_an_erased_person_s_mail_is_forgotten(mailbox):
    stored = send(mailbox)
    actions.erase_person(stored.ticket.requester, by=system("rule"))
    stored.refresh_from_db()
    assert (stored.sender, stored.story) == ("", {})
    assert not RawMessage.objects.exists()


# Mailboxes and senders ---------------------------------------------------------------------------

FILLED = {
    "name": "Sales",
    "address": "sales@helpdesk.example",
    "protocol": "imap",
    "security": "tls",
    "host": "mail.helpdesk.example",
    "username": "sales",
    "password": "very secret",
    "folder": "INBOX",
    "afterwards": "move",
    "done_folder": "Done",
    "every": "60",
    "max_megabytes": "30",
    "copies": "one",
}


def filled(**changed) -> dict:
    return FILLED | {"queue": make_queue().pk} | changed


def test_a_mailbox_is_made_and_its_password_is_never_shown(admin):
    assert admin.post(reverse("mailbox-new"), filled()).status_code == 302
    mailbox = Mailbox.objects.get(name="Sales")
    assert mailbox.password == "very secret"
    assert "very secret" not in mailbox.secret
    words = admin.get(reverse("mailbox", args=[mailbox.uuid])).content.decode()
    assert "very secret" not in words
    admin.post(reverse("mailbox", args=[mailbox.uuid]), filled(password="", every="90"))
    mailbox.refresh_from_db()
    assert (mailbox.password, mailbox.every) == ("very secret", 90)


def test_a_password_is_not_carried_to_another_server(admin):
    admin.post(reverse("mailbox-new"), filled())
    mailbox = Mailbox.objects.get(name="Sales")
    said = filled(password="", host="mail.elsewhere.example")
    answer = admin.post(reverse("mailbox", args=[mailbox.uuid]), said)
    assert answer.status_code == 422
    assert "Enter the password" in answer.content.decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"host": ""},
        {"protocol": "pop3"},
        {"aliases": "no address"},
        {"every": "1"},
        {"port": "70000"},
    ],
)
def test_a_mailbox_that_could_not_work_is_refused(admin, changed):
    assert admin.post(reverse("mailbox-new"), filled(**changed)).status_code == 422


def test_the_test_button_says_what_is_wrong(admin, mailbox):
    Mailbox.objects.filter(pk=mailbox.pk).update(protocol="imap", host="127.0.0.1", port=1)
    answer = admin.post(reverse("mailbox-test", args=[mailbox.uuid]), follow=True)
    assert "takes no connections" in answer.content.decode()


def test_a_mailbox_is_paused_and_goes_on(admin, mailbox):
    path = reverse("mailbox-pause", args=[mailbox.uuid])
    admin.post(path, {"paused": "1"})
    mailbox.refresh_from_db()
    assert mailbox.paused
    admin.post(path, {"paused": "0"})
    mailbox.refresh_from_db()
    assert not mailbox.paused


def test_senders_are_put_on_the_list_and_taken_off(admin):
    path = reverse("mail-senders")
    assert admin.post(path, {"pattern": "@Spam.example ", "verdict": "block"}).status_code == 302
    rule = SenderRule.objects.get()
    assert rule.pattern == "@spam.example"
    assert admin.post(path, {"pattern": "spam", "verdict": "block"}).status_code == 422
    admin.post(reverse("mail-sender-remove", args=[rule.pk]))
    assert not SenderRule.objects.exists()


@pytest.mark.parametrize("name", ["mailboxes", "mailbox-new", "mail-senders"])
def test_only_administrators_configure_mail(agent, name):
    assert agent.get(reverse(name)).status_code == 403


def test_the_ticket_page_folds_quotes_and_leads_to_the_story(agent, mailbox):
    words = "It burns\n\nOn 1 Nov 2026 at 10:00 Gita <g@x.example> wrote:\n> Is it\n> warm?\n"
    stored = send(mailbox, words)
    page_words = agent.get(f"/tickets/{stored.ticket_id}/").content.decode()
    assert '<details class="quoted" data-kind="quote">' in page_words
    assert "Is it" in page_words
    assert reverse("mail-message", args=[stored.uuid]) in page_words


def test_an_edited_text_is_shown_whole(agent, mailbox):
    ann = make_user("Ann", email="ann@customer.example")
    ticket = make_ticket(requester=ann)
    stored = send(mailbox, "It burns\n\n-- \nAnn\n", to=reply_address(ticket, ann, US))
    actions.edit_comment(stored.comment, by=system("rule"), body="Edited")
    page_words = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Edited" in page_words
    assert 'class="quoted"' not in page_words


def test_an_unproven_note_says_so_on_the_ticket_page(agent, mailbox):
    gita, ticket = make_agent("Gita"), make_ticket()
    send(mailbox, "Off", sender=gita.email, to=reply_address(ticket, gita, US))
    assert "Look, and approve" in agent.get(f"/tickets/{ticket.pk}/").content.decode()


def test_a_mailbox_in_trouble_says_so_and_one_that_soon_is_does_too(admin, mailbox):
    soon = make_mailbox("Sales", "sales@helpdesk.example")
    now = timezone.now()
    MailGrant.objects.create(
        mailbox=soon,
        client_id="client",
        failing_since=now,
        last_error="The provider gave no token: busy",
        expires_at=now + timedelta(minutes=12),
    )
    Mailbox.objects.filter(pk=mailbox.pk).update(failing_since=now, last_error="It is refused")
    words = admin.get(reverse("mailboxes")).content.decode()
    assert "in trouble" in words and "It is refused" in words
    assert "soon in trouble" in words and "gave no token: busy" in words
    assert "It can sign in until" in words
    assert "It is refused" in admin.get(reverse("mailbox", args=[mailbox.uuid])).content.decode()
    Mailbox.objects.update(paused=True)
    words = admin.get(reverse("mailboxes")).content.decode()
    assert "It is refused" not in words and "busy" not in words


def test_the_pages_of_mailboxes_keep_their_budgets(admin, mailbox):
    paths = {
        reverse("mailboxes"): 5,
        reverse("mailbox", args=[mailbox.uuid]): 8,
        reverse("mailbox-sign-in", args=[mailbox.uuid]): 8,
        reverse("ticket-new"): 8,
    }
    few = {path: cost(admin, path) for path in paths}
    for number in range(10):
        make_mailbox(f"Box {number}", f"box{number}@helpdesk.example", queue=make_queue())
    assert {path: cost(admin, path) for path in paths} == few
    assert not {path: number for path, number in few.items() if number > paths[path]}


def cost(client: Client, path: str) -> int:
    client.get(path)
    with statements() as counted:
        assert client.get(path).status_code == 200
    return len(counted)
