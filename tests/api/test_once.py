"""Secrets are told once: a call that is repeated by its name says so, and what to do."""

import pytest

from helpdesk.models import RequestKey
from tests.api.conftest import Caller, caller
from tests.mail.messages import make_mailbox

pytestmark = pytest.mark.django_db
NAMED = {"Idempotency-Key": "once"}
MEMBERS = {"keys": "secret", "webhooks": "secret", "mailboxes": "address"}


@pytest.fixture
def owner(db) -> Caller:
    return caller(scopes=["keys", "webhooks", "configuration:manage", "tickets:write"])


def calls_of(owner: Caller) -> dict[str, tuple[str, dict]]:
    """Each call that answers with a secret, and its body."""
    webhook = {"name": "W", "url": "https://hook.example/"}
    may = {"all_queues": True, "scope": "write", "scopes": ["tickets:write"]}
    key = {"name": "New", "with_twin": True, **may}
    hooked = owner.post("webhooks/", webhook).json()["id"]
    made = owner.post("keys/", key).json()["id"]
    mailbox = make_mailbox(protocol="http", provider="raw").pk
    return {
        "keys": ("keys/", key),
        "keys, rotated": (f"keys/{made}/rotate/", {}),
        "webhooks": ("webhooks/", webhook),
        "webhooks, rotated": (f"webhooks/{hooked}/rotate-secret/", {}),
        "mailboxes, renewed": (f"mailboxes/{mailbox}/door/", None),
    }


@pytest.mark.parametrize(
    "which", ["keys", "keys, rotated", "webhooks", "webhooks, rotated", "mailboxes, renewed"]
)
def test_a_repeated_answer_says_why_there_is_no_secret_and_how_to_get_one(owner, which):
    path, body = calls_of(owner)[which]
    member = MEMBERS[which.partition(",")[0]]
    first = owner.post(path, body, headers=NAMED)
    again = owner.post(path, body, headers=NAMED)
    assert first["Cache-Control"] == "no-store" and again["Idempotent-Replayed"] == "true"
    told, repeated = first.json(), again.json()
    assert told[member] and "notice" not in told
    kept = RequestKey.objects.get().body
    assert told[member] not in kept
    assert "first answer alone" in repeated["notice"]
    assert repeated[member] is None and again.status_code == first.status_code
    if twin := told.get("secondary"):
        assert twin["secret"] and twin["secret"] not in kept
        assert repeated["secondary"] == twin | {"secret": None}
    left_out = (member, "notice", "secondary")
    assert [{k: v for k, v in one.items() if k not in left_out} for one in (told, repeated)] == [
        {k: v for k, v in told.items() if k not in left_out}
    ] * 2
    address = repeated["notice"].partition("POST ")[2].split()[0]
    renewed = owner.post(address, {}, headers={"Idempotency-Key": "another"}).json()
    assert renewed[member] not in (None, told[member])
