"""A mailbox that writes to itself finds out whether addresses with a plus arrive."""

import pytest
from django.urls import reverse

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.mail.addresses import probe_address
from helpdesk.mail.outgoing.probing import probe
from helpdesk.models import Mailbox, MailSending, OutgoingMail, StoredMessage, Ticket
from helpdesk.permissions import actor_of
from tests.factories import make_user
from tests.mail.messages import US, make_mailbox, message, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(db) -> Mailbox:
    return make_mailbox()


def test_without_a_test_answers_go_to_the_address_itself(mailbox, ann, agent, ticket, post):
    actions.reply(ticket, by=actor_of(agent), body="Try to switch it off.")
    [got] = post()
    assert (got.sender, got.mail["Reply-To"]) == (US, US)


def test_a_test_that_comes_back_turns_plus_addresses_on(mailbox, ann, agent, ticket, post, client):
    client.force_login(make_user("Ada", role="admin"))
    client.post(reverse("mailbox-test", args=[mailbox.uuid]))
    client.post(reverse("mailbox-test", args=[mailbox.uuid]))
    [got] = post()
    assert got.to == [probe_address(mailbox)]
    assert got.mail["Auto-Submitted"] == "auto-generated"
    stored = take(mailbox, got.raw)
    assert (stored.state, stored.story["effect"]) == (StoredMessage.State.WORKED, "probe")
    assert MailSending.objects.get(mailbox=mailbox).has_plus
    assert Ticket.objects.get() == ticket
    actions.reply(ticket, by=actor_of(agent), body="Try to switch it off.")
    [got] = post()
    assert "+r." in str(got.mail["Reply-To"])


def test_where_plus_addresses_are_refused_they_stay_unused(mailbox, post, smtp_server):
    smtp_server.refuses[probe_address(mailbox)] = "550 No such person"
    probe(mailbox, by=system("rule"))
    post()
    assert OutgoingMail.objects.get().state == "failed"
    assert not MailSending.objects.filter(has_plus=True).exists()


@pytest.mark.parametrize("how", ["forged", "of another mailbox", "from a stranger"])
def test_nobody_else_turns_them_on(mailbox, how):
    other = make_mailbox("Sales", "sales@helpdesk.example")
    to = probe_address(other if how == "of another mailbox" else mailbox)
    if how == "forged":
        mac = to.partition("@")[0].rpartition(".")[2]
        to = to.replace(mac, "a" * len(mac))
    sender = "mallory@evil.example" if how == "from a stranger" else US
    take(mailbox, message("x", sender=sender, to=to))
    assert not MailSending.objects.filter(has_plus=True).exists()
