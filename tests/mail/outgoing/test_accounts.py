"""What a mailbox says leaves through its own account, signed in to by OAuth 2."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.models import MailGrant, OutgoingMail
from helpdesk.permissions import actor_of
from tests.factories import make_queue, make_ticket
from tests.mail.messages import US, make_mailbox
from tests.mail.outgoing import smtp

pytestmark = pytest.mark.django_db
ANN, TOKEN = "ann@customer.example", "access-1"


@pytest.fixture
def account():
    """The mail server of the mailbox's own provider."""
    server = smtp.Account(user=US, token=TOKEN)
    server, controller = smtp.start(server, auth_required=True, auth_require_tls=False)
    yield server
    controller.stop()


@pytest.fixture
def grant(mailbox, account) -> MailGrant:
    mailbox.username = US
    mailbox.save()
    grant = MailGrant(
        mailbox=mailbox,
        provider="other",
        token_url="http://127.0.0.1:1/token",
        client_id="client",
        sends=True,
        smtp_host="127.0.0.1",
        smtp_port=account.port,
        smtp_security="none",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    grant.access_token = TOKEN
    grant.save()
    return grant


@pytest.fixture
def reply(ticket, agent):
    return actions.reply(ticket, by=actor_of(agent), body="Try to switch it off.")


@pytest.fixture
def reply_elsewhere(mailbox, ann):
    """Of a queue whose mailbox has no account of its own."""
    queue = make_queue("Sales")
    make_mailbox("Sales", "sales@helpdesk.example", queue=queue)
    other = make_ticket("Other", queue=queue, requester=ann)
    return lambda agent: actions.reply(other, by=actor_of(agent), body="Of course.")


def test_mail_leaves_through_the_account_of_its_mailbox(grant, account, reply, post):
    assert post() == [], "nothing by the server of the installation"
    [got] = account.got
    assert got.to == [ANN]
    assert account.signed_in == [f"user={US}\x01auth=Bearer {TOKEN}\x01\x01"]
    assert OutgoingMail.objects.get().state == "sent"


def test_several_messages_sign_in_once(grant, account, ticket, agent, reply, post):
    actions.reply(ticket, by=actor_of(agent), body="And on again.")
    post()
    assert (len(account.got), len(account.signed_in)) == (2, 1)


def test_without_the_tick_the_server_of_the_installation_is_used(grant, account, reply, post):
    MailGrant.objects.update(sends=False)
    assert len(post()) == 1
    assert account.got == []


@pytest.mark.parametrize("trouble", ["refused", "no token", "no server", "no name"])
def test_an_account_in_trouble_holds_up_nobody_else(
    grant, account, reply, reply_elsewhere, agent, post, due_now, trouble
):
    if trouble == "refused":
        account.token = "another"
    elif trouble == "no token":
        MailGrant.objects.update(expires_at=timezone.now())
    elif trouble == "no server":
        MailGrant.objects.update(smtp_port=1)
    else:
        MailGrant.objects.update(smtp_host="")
    reply_elsewhere(agent)
    [got] = post()
    assert "sales@helpdesk.example" in str(got.mail["From"])
    waiting = OutgoingMail.objects.get(state="waiting")
    assert waiting.ticket == reply.ticket
    assert waiting.last_error
    assert TOKEN not in waiting.last_error
    account.token = TOKEN
    MailGrant.objects.update(
        expires_at=timezone.now() + timedelta(hours=1),
        smtp_host="127.0.0.1",
        smtp_port=account.port,
    )
    due_now()
    post()
    assert len(account.got) == 1


def test_a_server_of_the_installation_in_trouble_holds_up_no_account(
    grant, account, reply, reply_elsewhere, agent, post, settings
):
    reply_elsewhere(agent)
    settings.EMAIL_PORT = 1
    post()
    assert len(account.got) == 1
    assert "can't be reached" in OutgoingMail.objects.get(state="waiting").last_error
