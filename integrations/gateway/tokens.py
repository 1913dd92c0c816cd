"""Tokens that a served API hands out for a key: signed, kept nowhere, dead with the key.

A token names its key, the secret the key had then, the door and the moment it ends. It opens
nothing once the key is revoked, expired or has a new secret, and nothing at another door.
"""

from __future__ import annotations

import time

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from helpdesk.doors.keys import Credential, credential_for, credential_of
from helpdesk.models import ApiKey

SALT = "helpdesk.token"
LONGEST = 400  # characters of a token of ours


def hand_out(key: ApiKey, door: str, *, seconds: int) -> str:
    """A token that stands for a key at a door, such as `compat:onna`, for so many seconds."""
    said = [key.pk, _mark_of(key.digest), int(time.time()) + seconds]
    return signing.dumps(said, salt=f"{SALT}:{door}")


def credential(token: str, door: str) -> Credential | None:
    """The key of a token and its actor; None if the token or the key is no longer good.

    Fits `Dialect.credential`.
    """
    if not token or len(token) > LONGEST:
        return None
    try:
        key_id, mark, ends = signing.loads(token, salt=f"{SALT}:{door}")
    except signing.BadSignature:
        return None
    if ends <= time.time():
        return None
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None or not any(constant_time_compare(mark, one) for one in _marks_of(key)):
        return None
    return credential_for(key, door)


def signed_in(identity: str, secret: str, door: str) -> Credential | None:
    """The key whose uuid and secret are handed in together; None if they do not belong together."""
    found = credential_of(secret, door)
    known = str(found.key.uuid) if found is not None else ""
    return found if constant_time_compare(known, identity.strip().lower()) else None


def twin_of(token: str) -> str:
    """A second secret that goes with a token, for services that want two: no page can guess it."""
    return salted_hmac(f"{SALT}.twin", token, algorithm="sha256").hexdigest()[:40]


def _marks_of(key: ApiKey) -> list[str]:
    """Of the present secret, and of the former one while that still works."""
    former = [key.previous_digest] if key.has_former_secret else []
    return [_mark_of(digest) for digest in (key.digest, *former)]


def _mark_of(digest: str) -> str:
    """Changes with the key's secret, and tells nothing of it."""
    return salted_hmac(SALT, digest, algorithm="sha256").hexdigest()[:20]
