"""Keys at the door: who they are, and how often they may call."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from helpdesk.doors.keys import (
    IN_HEADER,
    WINDOW,
    actor_for_secret,
    bearer_in,
    credential_of,
    spend,
)
from tests.factories import make_key, make_queue, make_user

pytestmark = pytest.mark.django_db


def test_a_secret_is_the_actor_of_its_key_in_two_statements(django_assert_num_queries):
    queue = make_queue()
    key, secret = make_key("read", [queue], person=make_user("Robot"))
    credential_of(secret)  # notes the use
    with django_assert_num_queries(2):
        actor = actor_for_secret(secret, "compat:teamswork", "r1")
    assert actor.key_id == key.pk
    assert actor.queues == {queue.pk}
    assert not actor.can_write
    assert (actor.origin, actor.request_id, actor.name) == ("compat:teamswork", "r1", key.name)


def test_a_key_of_all_queues_takes_one_statement(django_assert_num_queries):
    _key, secret = make_key()
    credential_of(secret)
    with django_assert_num_queries(1):
        assert actor_for_secret(secret).queues is None


@pytest.mark.parametrize("secret", ["", "hd_wrong", "x" * 10_000, "\0", "é", "\ud800"])
def test_what_is_no_secret_opens_nothing(secret):
    make_key()
    assert actor_for_secret(secret) is None


def test_expired_and_revoked_keys_open_nothing():
    past = timezone.now() - timedelta(seconds=1)
    for fields in ({"expires_at": past}, {"revoked_at": past}):
        _key, secret = make_key(**fields)
        assert actor_for_secret(secret) is None


def test_the_use_of_a_key_is_noted_once_a_minute(django_assert_num_queries):
    key, secret = make_key()
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        credential_of(secret)
    key.refresh_from_db()
    assert key.last_used_at == start
    soon = time_machine.travel(start + timedelta(seconds=59), tick=False)
    with soon, django_assert_num_queries(1):
        credential_of(secret)
    with time_machine.travel(start + timedelta(seconds=60), tick=False):
        credential_of(secret)
    key.refresh_from_db()
    assert key.last_used_at == start + timedelta(seconds=60)


def test_a_key_may_call_so_often_a_minute_and_is_told_when_again():
    key, _secret = make_key(rate_limit=2)
    with time_machine.travel(1_800_000_015, tick=False):
        assert spend(key).wait is None
        assert spend(key).remaining == 0
        refused = spend(key)
        assert refused.wait == 45
        assert refused.headers["Retry-After"] == "45"
    with time_machine.travel(1_800_000_060, tick=False):
        assert spend(key).wait is None


@pytest.mark.skipif(not settings.CACHE_URL, reason="needs the cache that processes share")
def test_what_was_counted_is_forgotten_with_its_window():
    key, _secret = make_key()
    with time_machine.travel(1_800_000_000, tick=False):
        assert [spend(key).remaining for _call in range(2)] == [IN_HEADER - 1, IN_HEADER - 2]
    name = cache.make_key(f"calls:{key.pk}:{1_800_000_000 // WINDOW}")
    assert 0 < cache._cache.get_client().ttl(name) <= WINDOW * 2


def test_each_key_and_each_bucket_has_its_own_allowance(same_minute):
    first, _secret = make_key(rate_limit=1)
    second, _secret = make_key(rate_limit=1)
    assert spend(first).wait is None
    assert spend(second).wait is None
    assert spend(first, bucket="other").wait is None
    assert spend(first).wait is not None


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("Bearer", ""),
        ("Bearer a b", ""),
        ("", ""),
    ],
)
def test_the_secret_stands_after_bearer(rf, header, secret):
    assert bearer_in(rf.get("/", HTTP_AUTHORIZATION=header)) == secret
