"""Tokens that stand for a key: good for a while, at one door, and no longer than the key."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from helpdesk.doors.keys import credential_of
from integrations.gateway import tokens
from tests.budget import statements
from tests.factories import default_queue, make_key

pytestmark = pytest.mark.django_db
DOOR = "compat:acme"


def test_a_token_opens_what_its_key_opens():
    key, secret = make_key("read", queues=[default_queue()])
    found = tokens.credential(tokens.hand_out(key, DOOR, seconds=60), DOOR)
    assert found.key == key
    assert found.actor == credential_of(secret, DOOR).actor


def test_a_token_costs_no_more_statements_than_a_secret():
    key, secret = make_key()
    credential_of(secret, DOOR)  # notes its use
    token = tokens.hand_out(key, DOOR, seconds=60)
    with statements() as by_secret:
        credential_of(secret, DOOR)
    with statements() as by_token:
        tokens.credential(token, DOOR)
    assert len(by_token) == len(by_secret) == 1


def test_a_token_ends_with_its_time():
    token = tokens.hand_out(make_key()[0], DOOR, seconds=60)
    with time_machine.travel(timezone.now() + timedelta(seconds=50)):
        assert tokens.credential(token, DOOR)
    with time_machine.travel(timezone.now() + timedelta(seconds=62)):
        assert tokens.credential(token, DOOR) is None


def test_a_token_ends_with_its_key():
    for name in ("revoked_at", "expires_at"):
        key, _secret = make_key()
        token = tokens.hand_out(key, DOOR, seconds=60)
        assert tokens.credential(token, DOOR)
        setattr(key, name, timezone.now())
        key.save()
        assert tokens.credential(token, DOOR) is None, name


def test_a_new_secret_ends_the_tokens_of_the_old_one():
    key, _secret = make_key()
    old = tokens.hand_out(key, DOOR, seconds=60)
    key.renew_secret()
    key.save()
    assert tokens.credential(old, DOOR) is None
    assert tokens.credential(tokens.hand_out(key, DOOR, seconds=60), DOOR)


def test_tokens_live_on_while_the_former_secret_does():
    key, _secret = make_key()
    old = tokens.hand_out(key, DOOR, seconds=600)
    key.renew_secret(overlap_until=timezone.now() + timedelta(seconds=60))
    key.save()
    assert tokens.credential(old, DOOR)
    with time_machine.travel(timezone.now() + timedelta(seconds=62)):
        assert tokens.credential(old, DOOR) is None


def test_a_key_signs_in_with_its_uuid_and_secret():
    key, secret = make_key()
    other, _secret = make_key()
    assert tokens.signed_in(f" {str(key.uuid).upper()} ", secret, DOOR).key == key
    for identity, said in [(str(other.uuid), secret), ("", secret), (str(key.uuid), "x"), ("", "")]:
        assert tokens.signed_in(identity, said, DOOR) is None


def test_a_token_of_a_deleted_key_opens_nothing():
    key, _secret = make_key()
    token = tokens.hand_out(key, DOOR, seconds=60)
    key.delete()
    assert tokens.credential(token, DOOR) is None


@pytest.mark.parametrize("text", ["", "a", "a:b:c", "x" * 5000, "…", "\0"])
def test_what_is_no_token_opens_nothing(text):
    assert tokens.credential(text, DOOR) is None


def test_a_token_opens_no_other_door_and_is_no_secret():
    key, secret = make_key()
    token = tokens.hand_out(key, DOOR, seconds=60)
    assert tokens.credential(token, "compat:other") is None
    assert tokens.credential(secret, DOOR) is None
    assert credential_of(token, DOOR) is None
    assert tokens.credential(signing.dumps([key.pk, "", 2**40], salt="other"), DOOR) is None


def test_a_token_tells_nothing_of_the_secret():
    key, secret = make_key()
    token = tokens.hand_out(key, DOOR, seconds=60)
    said = signing.loads(token, salt=f"{tokens.SALT}:{DOOR}")
    assert key.digest[:12] not in str(said) and secret[3:12] not in token


def test_the_twin_of_a_token_is_its_own():
    first, second = (tokens.hand_out(make_key()[0], DOOR, seconds=60) for _ in range(2))
    assert tokens.twin_of(first) == tokens.twin_of(first) != tokens.twin_of(second)
    assert tokens.twin_of(first) not in first
