"""Files of a message, decoded to disk in steps: always what decoding them at once would give."""

from base64 import b64encode, encodebytes
from email.message import Message
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as some

from helpdesk.mail import mime
from helpdesk.mail.mime import Part


def written(content: bytes, way: str) -> bytes:
    head = Message()
    head["Content-Transfer-Encoding"] = way
    part, into = Part(head, memoryview(content)), BytesIO()
    assert part.write_decoded(into) == len(into.getvalue())
    assert into.getvalue() == part.decoded
    return into.getvalue()


WORDS = some.sampled_from(
    [b"QUJD", b"QQ==", b"QUI=", b"=", b"\r\n", b" ", b"\xff", b"Q", b"-", b""]
)


@given(pieces=some.lists(WORDS, max_size=12), step=some.integers(1, 9))
def test_odd_base64_is_the_same_in_steps(pieces, step):
    usual, mime.STEP = mime.STEP, step
    try:
        written(b"".join(pieces), "base64")
    finally:
        mime.STEP = usual


@pytest.mark.parametrize("wrap", [b64encode, encodebytes])
def test_a_file_of_several_steps_is_whole(wrap):
    content = bytes(range(256)) * 9000
    assert written(wrap(content), "base64") == content


@pytest.mark.parametrize("way", ["8bit", "", "quoted-printable", "odd"])
def test_what_is_not_base64_is_written_too(way):
    assert written(b"a=41=\r\nb\xff", way) == (
        b"aAb\xff" if way == "quoted-printable" else b"a=41=\r\nb\xff"
    )
