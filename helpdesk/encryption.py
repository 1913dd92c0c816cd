"""Secrets at rest: encrypted by the first of `ENCRYPTION_KEYS`, decrypted by any of them."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class LostKey(Exception):
    """None of the keys decrypts a stored secret: the key that made it is gone."""

    def __init__(self):
        super().__init__(
            "A stored secret cannot be decrypted. Put the key it was made with back into"
            " ENCRYPTION_KEYS, after the current one, or enter the secret again."
        )


def encrypt(secret: str) -> str:
    """The secret as text that only a holder of the keys can read; different each time."""
    return _box().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str:
    """The secret that `encrypt` was given. Raises LostKey."""
    try:
        return _box().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise LostKey from None


def rotate(stored: str) -> str:
    """The same secret, encrypted anew by the first key. Raises LostKey."""
    try:
        return _box().rotate(stored.encode()).decode()
    except InvalidToken:
        raise LostKey from None


def _box() -> MultiFernet:
    return _box_of(tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in keys])
