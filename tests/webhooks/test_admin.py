"""Webhooks in the administration: made with their secret shown once, tested, renewed, removed."""

import re

import pytest
from django.urls import reverse

from helpdesk.encryption import decrypt
from helpdesk.models import Delivery, Webhook
from tests.factories import default_queue, make_agent, make_ticket, make_user
from tests.webhooks.conftest import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client):
    client.force_login(make_user("Ada Admin", "admin"))
    return client


def url(page: str, *args, model: str = "webhook") -> str:
    return reverse(f"admin:helpdesk_{model}_{page}", args=args)


def form(**fields) -> dict:
    return {"name": "Warehouse", "url": "https://example.com/hook", "state": "active", **fields}


def secret_in(answer) -> str:
    return re.search(r"whsec_[\w-]+", answer.content.decode())[0]


def test_the_secret_is_shown_when_it_is_made_and_never_again(site, receiver):
    queue = default_queue()
    chosen = {"events": ["ticket.opened"], "queues": [queue.pk]}
    answer = site.post(url("add"), form(url=receiver.url, **chosen))
    webhook = Webhook.objects.get()
    secret = secret_in(answer)
    assert decrypt(webhook.secret) == secret
    assert list(webhook.queues.all()) == [queue] and webhook.owner.name == "Ada Admin"
    assert "whsec_" not in site.get(url("change", webhook.pk)).content.decode()
    make_ticket()
    tell()
    assert receiver.taken[0].is_signed_by(secret)


def test_what_the_verb_refuses_is_said_in_the_form(site):
    answer = site.post(url("add"), form(url="http://10.0.0.1/", query="status:nonesuch"))
    assert answer.status_code == 200 and not Webhook.objects.exists()
    body = answer.content.decode()
    assert "which is not public" in body and "nonesuch" in body


def test_it_is_changed_renewed_tested_told_again_and_removed(site, subscribe, receiver):
    webhook = subscribe()
    site.post(url("change", webhook.pk), form(url=receiver.url, name="Store"))
    answer = site.post(f"/admin/helpdesk/webhook/{webhook.pk}/renew/", {"overlap": "24"})
    secret = secret_in(answer)
    site.post(f"/admin/helpdesk/webhook/{webhook.pk}/test/")
    receiver.answer = lambda letter: (410 if len(receiver.letters) == 1 else 200, {}, b"")
    tell()
    assert receiver.letters[0].is_signed_by(secret)
    assert receiver.letters[0].is_signed_by(webhook.plain)
    webhook.refresh_from_db()
    assert (webhook.name, webhook.state) == ("Store", "ended")
    site.post(url("change", webhook.pk), form(url=receiver.url))
    site.post(f"/admin/helpdesk/webhook/{webhook.pk}/replay/")
    tell()
    delivery = Delivery.objects.get()
    assert delivery.state == "delivered"
    shown = site.get(url("change", delivery.pk, model="delivery")).content.decode()
    assert "webhook.test" in shown
    again = {"action": "tell_again", "_selected_action": [delivery.pk]}
    site.post(url("changelist", model="delivery"), again)
    tell()
    assert len(receiver.letters) == 3
    site.post(url("delete", webhook.pk), {"post": "yes"})
    assert not Webhook.objects.exists()


def test_agents_see_none_of_it(client, subscribe):
    webhook = subscribe()
    client.force_login(make_agent())
    for page in (url("changelist"), url("change", webhook.pk), url("add")):
        assert client.get(page).status_code == 302
