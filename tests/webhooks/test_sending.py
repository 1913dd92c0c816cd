"""One request: where it may go, how long it may take, what is made of the answer."""

import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Delivery, DeliveryAttempt, Webhook
from helpdesk.webhooks import claiming, keeping, running, sending
from tests.factories import make_ticket
from tests.webhooks.conftest import INSIDE, tell

pytestmark = pytest.mark.django_db
State = Delivery.State


def attempt() -> DeliveryAttempt:
    return DeliveryAttempt.objects.latest("pk")


def test_an_address_that_is_not_public_is_never_reached(subscribe, receiver, settings):
    subscribe()
    settings.OUTBOUND_ALLOW = []
    make_ticket()
    tell()
    assert not receiver.letters and "not public" in attempt().error


def test_a_name_that_leads_inside_is_not_followed(subscribe, settings, monkeypatch):
    subscribe(url="http://warehouse.example/hook")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 80))]
    monkeypatch.setattr("helpdesk.outbound.fence.socket.getaddrinfo", lambda *a, **o: found)
    make_ticket()
    tell()
    assert "10.0.0.7, which is not public" in attempt().error


@pytest.mark.parametrize("host", INSIDE)
def test_however_an_inner_address_is_written_nothing_is_connected_to(
    subscribe, receiver, settings, host
):
    webhook = subscribe()
    port = urlsplit(receiver.url).port
    Webhook.objects.filter(pk=webhook.pk).update(url=f"http://{host}:{port}/hook")
    settings.OUTBOUND_ALLOW = []
    make_ticket()
    tell()
    assert not receiver.letters
    assert "not public" in attempt().error or "no such host" in attempt().error


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_the_same_addresses_are_reached_where_their_network_is_allowed(subscribe, receiver, host):
    webhook = subscribe()
    port = urlsplit(receiver.url).port
    Webhook.objects.filter(pk=webhook.pk).update(url=f"http://{host}:{port}/hook")
    make_ticket()
    tell()
    assert attempt().error == "" and len(receiver.letters) == 1


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"]])
def test_a_name_with_an_inner_address_is_never_connected_to(
    subscribe, receiver, settings, monkeypatch, answers
):
    webhook = subscribe()
    port = urlsplit(receiver.url).port
    url = f"http://127.0.0.1.nip.example:{port}/hook"
    Webhook.objects.filter(pk=webhook.pk).update(url=url)
    settings.OUTBOUND_ALLOW = []
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answers]
    monkeypatch.setattr("helpdesk.outbound.fence.socket.getaddrinfo", lambda *a, **o: found)
    make_ticket()
    tell()
    assert not receiver.letters and "not public" in attempt().error


def test_a_redirect_inside_is_not_followed(subscribe, receiver):
    subscribe()
    inner = "http://169.254.169.254/latest/meta-data/"
    receiver.answer = lambda letter: (302, {"Location": inner}, b"")
    make_ticket()
    tell()
    assert len(receiver.letters) == 1 and attempt().status == 302


def test_a_redirect_is_not_followed_and_no_success(subscribe, receiver):
    subscribe()
    receiver.answer = lambda letter: (307, {"Location": receiver.url + "/other"}, b"")
    make_ticket()
    tell()
    assert [letter.path for letter in receiver.letters] == ["/hook"]
    assert attempt().status == 307 and "elsewhere" in attempt().error


def test_a_long_answer_is_not_read_to_its_end_and_kept_capped(subscribe, receiver):
    subscribe()
    receiver.answer = lambda letter: (200, {}, b"x" * 5_000_000)
    make_ticket()
    tell()
    assert Delivery.objects.get().state == State.DELIVERED
    assert len(attempt().answer) == sending.KEPT_CHARACTERS


def test_a_receiver_that_is_not_there_is_said(subscribe):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    webhook = subscribe(url=f"http://127.0.0.1:{port}/")
    make_ticket()
    tell()
    webhook.refresh_from_db()
    assert webhook.last_error == "Refused the connection." and webhook.failing_since


@pytest.mark.parametrize("said", ["120", "date"])
def test_a_receiver_that_asks_for_a_pause_gets_it_for_all_tickets(subscribe, receiver, said):
    webhook = subscribe()
    moment = timezone.now() + timedelta(seconds=120)
    said = moment.strftime("%a, %d %b %Y %H:%M:%S GMT") if said == "date" else said
    receiver.answer = lambda letter: (429, {"Retry-After": said}, b"")
    make_ticket()
    tell()
    make_ticket()
    tell()
    assert len(receiver.letters) == 1
    wanted = Delivery.objects.earliest("pk").due_at - timezone.now()
    assert timedelta(seconds=90) < wanted <= timedelta(seconds=121)
    webhook.refresh_from_db()
    assert webhook.wait_until > timezone.now() + timedelta(seconds=90)


def test_pauses_grow_are_spread_and_end_at_an_hour():
    first = {running._pause(1, None) for _number in range(20)}
    assert len(first) > 1 and all(4 <= pause <= 6 for pause in first)
    assert 8 <= running._pause(2, None) <= 12
    assert running._pause(30, None) <= 1.2 * running.LONGEST_PAUSE
    assert running._pause(1, 600) == 600


def test_a_gone_receiver_ends_the_subscription(subscribe, receiver):
    webhook = subscribe()
    receiver.answer = lambda letter: (410, {}, b"")
    ticket = make_ticket()
    actions.change_ticket(ticket, by=system("rule"), title="Once more")
    tell()
    make_ticket()
    tell()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.died) == (Webhook.State.ENDED, 2)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DEAD}
    assert len(receiver.letters) == 1


def test_what_a_killed_worker_had_taken_up_is_told_by_another(subscribe, receiver):
    subscribe()
    make_ticket()
    changes.announce()
    [taken] = claiming.claim(5)
    assert claiming.claim(5) == []  # leased: nobody else takes it
    assert tell() == 0
    Delivery.objects.filter(pk=taken.pk).update(leased_until=timezone.now())
    tell()
    [letter] = receiver.taken
    assert (letter.delivery_id, letter.attempt) == (str(taken.uuid), 2)


def test_a_worker_that_lost_its_lease_writes_nothing(subscribe):
    subscribe()
    make_ticket()
    changes.announce()
    [slow] = claiming.claim(5)
    Delivery.objects.update(leased_until=timezone.now())
    [quick] = claiming.claim(5)
    outcome = sending.Outcome(at=timezone.now(), status=500, error="Answered 500.")
    running._note(slow, None, outcome)
    assert not DeliveryAttempt.objects.exists()
    running._note(quick, None, sending.Outcome(at=timezone.now(), status=200))
    assert Delivery.objects.get().state == State.DELIVERED


def test_a_failing_subscription_leaves_room_for_the_others(subscribe):
    bad, good = subscribe(name="Bad"), subscribe(name="Good")
    Webhook.objects.filter(pk=bad.pk).update(failing_since=timezone.now())
    for _number in range(6):
        make_ticket()
    changes.announce()
    found = [delivery.webhook_id for delivery in claiming.claim(claiming.SLOTS)]
    assert found.count(bad.pk) == claiming.OF_A_FAILING_ONE
    assert found.count(good.pk) == claiming.OF_ONE


def test_health_says_that_a_receiver_keeps_failing_and_no_more(subscribe, receiver):
    webhook = subscribe()
    assert keeping.check_webhooks()[0]
    Webhook.objects.update(failing_since=timezone.now() - timedelta(hours=1))
    ok, words = keeping.check_webhooks()
    assert not ok and webhook.name not in words and webhook.url not in words
    make_ticket()
    tell()
    assert keeping.check_webhooks()[0]


def test_a_lost_encryption_key_is_a_failure_in_words(subscribe, receiver, settings):
    subscribe()
    settings.ENCRYPTION_KEYS = ["b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgISE="]
    make_ticket()
    tell()
    assert not receiver.letters and "cannot be decrypted" in attempt().error
