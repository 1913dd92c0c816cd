import pytest
from django.core.checks import run_checks

from helpdesk.checks import secrets_are_given_where_several_machines_may_run as check

KEY = "A" * 43 + "="


def ids() -> set[str]:
    return {found.id for found in run_checks() if found.id.startswith("helpdesk.")}


def test_the_defaults_are_right():
    assert not ids()


@pytest.mark.parametrize(
    "fault, changed",
    [
        ("E001", {"WEB_PROCESSES": 2, "CACHE_URL": ""}),
        ("W006", {"WEB_PROCESSES": 2, "BROKER_URL": "filesystem://"}),
        ("E002", {"DEBUG": True, "ALLOWED_HOSTS": ["helpdesk.example"]}),
        ("E002", {"DEBUG": True, "ALLOWED_HOSTS": ["*"]}),
        ("E002", {"DEBUG": True, "PUBLIC_URL": "http://192.0.2.1"}),
        ("E004", {"ENCRYPTION_KEYS": [KEY, "short"]}),
        ("W005", {"PUBLIC_URL": "https://helpdesk.example"}),
        ("E007", {"OUTBOUND_ALLOW": ["localhost"]}),
    ],
)
def test_a_wrong_setting_is_said(settings, fault, changed):
    for name, value in changed.items():
        setattr(settings, name, value)
    assert f"helpdesk.{fault}" in ids()


def test_a_server_database_wants_secrets_from_the_environment(settings, monkeypatch):
    postgresql = "django.db.backends.postgresql"
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", postgresql)
    monkeypatch.setenv("SECRET_KEY", "given")
    monkeypatch.delenv("ENCRYPTION_KEYS", raising=False)
    [found] = check(None)
    assert found.msg.startswith("ENCRYPTION_KEYS were made")
    monkeypatch.setenv("ENCRYPTION_KEYS", KEY)
    assert check(None) == []
