"""The administrators' pages of mail that leaves."""

import pytest

from helpdesk.mail.outgoing import templates
from helpdesk.models import MailSending, MailTemplate
from helpdesk.permissions import actor_of
from tests.factories import make_comment, make_user
from tests.mail.messages import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    person = make_user("Ada", role="admin", email="ada@helpdesk.example")
    client.force_login(person)
    return person


def test_agents_do_not_reach_these_pages(mailbox, agent, client):
    client.force_login(agent)
    for path in ("sending/", "templates/reply/", f"mailboxes/{mailbox.uuid}/sending/"):
        assert client.get(f"/mail/{path}").status_code == 403


def test_words_of_the_administrator_are_used_and_taken_back(mailbox, admin, post, client):
    MailSending.objects.filter(mailbox=mailbox).update(acknowledges=True)
    said = {"subject": "Number {{ticket.number}}", "body": "Dear **{{requester.name}}**, thanks."}
    assert client.post("/mail/templates/ack/", said).status_code == 302
    stored = send(mailbox)
    [got] = post()
    assert got.mail["Subject"] == f"[#{stored.ticket_id}] Number {stored.ticket_id}"
    assert "<strong>Ann Customer</strong>" in got.html
    client.post("/mail/templates/ack/reset/")
    assert not MailTemplate.objects.exists()


def test_a_preview_shows_an_example_and_saves_nothing(admin, client):
    said = {"subject": "S", "body": "Hello {{requester.first_name}}: {{message.text}}"}
    shown = client.post("/mail/templates/reply/", {**said, "preview": "1"}).content.decode()
    assert "Hello Ann: " in shown
    assert not MailTemplate.objects.exists()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ack", "{{agent.password}}"),
        ("ack", "{{message.text}}"),
        ("reply", "Nothing of what was said"),
        ("reply", "{{message.text}} {{field.secret}}"),
    ],
)
def test_variables_that_do_not_exist_or_are_missing_are_refused(admin, client, kind, body):
    answer = client.post(f"/mail/templates/{kind}/", {"subject": "S", "body": body})
    assert answer.status_code == 422
    assert not MailTemplate.objects.exists()


def test_there_are_no_other_templates(admin, client):
    assert client.get("/mail/templates/other/").status_code == 404


def test_values_are_words_whatever_they_hold():
    hostile = "**b** <i>x</i> {{message.text}} [a](http://e.example) \ue0000\ue001"
    values = {"ticket.subject": templates.plain(hostile), "message.text": templates.plain("said")}
    words = templates.fill_in(
        "reply", "{{ticket.subject}}\n{{ticket.subject}}", "{{ticket.subject}}", values
    )
    assert "\n" not in words.subject
    assert "said" not in words.html and "said" not in words.text
    assert "<i>" not in words.html and "<b>" not in words.html and "<a " not in words.html


def test_how_a_mailbox_speaks_is_kept_and_used(mailbox, ticket, admin, agent, post, client):
    said = {"from_name": "The Help", "signature": "Yours", "has_plus": "on"}
    assert client.post(f"/mail/mailboxes/{mailbox.uuid}/sending/", said).status_code == 302
    make_comment(ticket, by=actor_of(agent))
    [got] = post()
    assert str(got.mail["From"]).startswith("The Help <")
    assert "Yours" in got.text
    assert client.get("/mail/sending/").status_code == 200
