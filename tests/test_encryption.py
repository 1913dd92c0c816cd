import pytest
from cryptography.fernet import Fernet

from helpdesk.encryption import LostKey, decrypt, encrypt, rotate

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_secret_is_read_back_and_not_stored_as_it_is():
    stored = encrypt("pässword")
    assert "pässword" not in stored
    assert decrypt(stored) == "pässword"


def test_the_same_secret_is_never_stored_twice_alike():
    assert encrypt("same") != encrypt("same")


def test_the_first_key_encrypts_and_all_decrypt(settings):
    settings.ENCRYPTION_KEYS = [OLD]
    stored = encrypt("kept")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(stored) == "kept"
    renewed = rotate(stored)
    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(renewed) == "kept"
    with pytest.raises(LostKey, match="ENCRYPTION_KEYS"):
        decrypt(stored)
    with pytest.raises(LostKey):
        rotate(stored)


@pytest.mark.parametrize("stored", ["", "plain", "gAAAA"])
def test_what_was_never_encrypted_is_refused(stored):
    with pytest.raises(LostKey):
        decrypt(stored)
