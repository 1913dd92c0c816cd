from collections import namedtuple
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from helpdesk import health, tasks
from helpdesk.models import Heartbeat
from helpdesk.nudging import NUDGE_FAILED

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def alive():
    health._last_beats.clear()
    health.beat("worker")
    health.beat("scheduler")


def words_of(client, name: str) -> str:
    """What is said of the part, which must be the only one that is not well."""
    answer = client.get(reverse("healthz"), headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json()["ok"] is False
    [failed] = [check for check in answer.json()["checks"] if not check["ok"]]
    assert failed["name"] == name
    return failed["words"]


def test_a_well_helpdesk_answers_200_with_every_part(client):
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 200
    lines = answer.content.decode().splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"ok    {name}"
        for name in (
            "database",
            "migrations",
            "cache",
            "broker",
            "worker",
            "scheduler",
            "announcements",
            "disk",
            "encryption",
            "connections",
            "webhooks",
            "mail",
            "mail sign-in",
            "outgoing mail",
        )
    ]


def test_it_needs_no_sign_in_and_no_session(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        answer = client.get(reverse("healthz"))
    assert not answer.cookies


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_a_silent_process_is_named(client, name):
    Heartbeat.objects.filter(name=name).update(at=timezone.now() - timedelta(minutes=2))
    assert words_of(client, name).startswith("silent since")
    Heartbeat.objects.filter(name=name).delete()
    assert words_of(client, name).startswith("never heard of")


def test_the_heartbeat_task_is_a_sign_of_both(client):
    Heartbeat.objects.all().delete()
    health._last_beats.clear()
    tasks.heartbeat.apply()
    assert client.get(reverse("healthz")).status_code == 200


def test_beats_are_written_rarely(django_assert_num_queries):
    with django_assert_num_queries(0):
        health.beat("worker")


def test_a_refused_nudge_is_said(client):
    cache.set(NUDGE_FAILED, "ConnectionRefusedError", 60)
    assert "BROKER_URL" in words_of(client, "broker")


def test_a_broker_that_is_not_there_is_said(client, settings):
    settings.BROKER_URL = "redis://127.0.0.1:9/0"
    assert "cannot be reached" in words_of(client, "broker")


def test_a_cache_that_is_not_there_is_said(client, settings):
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:9/0"}}
    assert "correct CACHE_URL" in words_of(client, "cache")


def test_a_full_disk_is_said(client, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(1, 1, 1024**2))
    assert words_of(client, "disk") == "1 MB free where DATA is. Make room."


def test_a_lost_key_is_said(client, settings):
    client.get(reverse("healthz"))
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "ENCRYPTION_KEYS" in words_of(client, "encryption")


def test_without_a_database_it_still_answers(client, monkeypatch):
    def refuse():
        raise OperationalError("password of the database")

    monkeypatch.setattr(health, "check_database", refuse)
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 503
    assert b"FAIL  database: Cannot be examined" in answer.content
    assert b"password" not in answer.content
