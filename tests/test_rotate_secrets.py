"""Changing the encryption key."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone

from helpdesk.encryption import LostKey, decrypt, encrypt
from helpdesk.models import Heartbeat
from integrations.models import Connection
from tests.factories import default_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored():
    Heartbeat.objects.create(name="canary", at=timezone.now(), words=encrypt("canary"))
    Heartbeat.objects.create(name="worker", at=timezone.now())
    return Connection.objects.create(
        name="Acme",
        service="teamswork",
        queue=default_queue(),
        credentials=encrypt("s3cret"),
        memory=encrypt("t0ken"),
    )


def test_after_rotation_the_old_key_may_go(stored, settings, capsys):
    [old], new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, old]
    call_command("rotate_secrets")
    assert "3 secrets" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [new]
    stored.refresh_from_db()
    assert decrypt(stored.credentials) == "s3cret"
    assert decrypt(stored.memory) == "t0ken"
    assert decrypt(Heartbeat.objects.get(name="canary").words) == "canary"


def test_a_lost_key_is_said_and_nothing_changes(stored, settings):
    before = stored.credentials
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="cannot be decrypted"):
        call_command("rotate_secrets")
    with pytest.raises(LostKey):
        decrypt(before)
    stored.refresh_from_db()
    assert stored.credentials == before
