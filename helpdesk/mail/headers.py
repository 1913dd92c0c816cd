"""What headers say, as text: words, names, addresses, Message-IDs, times. All of it bounded."""

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from inspect import signature
from urllib.parse import unquote_to_bytes

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from helpdesk.mail.charsets import decode
from helpdesk.mail.mime import parameter
from helpdesk.text import fold, one_line

MAX_WORDS = 4000  # characters of a header that is read for its words
MAX_LIST = 20_000  # characters of a list of addresses
MAX_ADDRESSES = 200
MAX_COMMENTS = 50
MAX_REFERENCES = 60
LONGEST_ID = 500
# Newer Pythons drop a whole list over one odd address unless told not to.
LENIENT = {"strict": False} if "strict" in signature(getaddresses).parameters else {}
_ID = re.compile(r"<([^<>\s]{1,500})>")
_BARE_ID = re.compile(r"^[^<>\s@]{1,240}@[^<>\s@]{1,240}$")
_WORD_GAP = re.compile(r"(\?=)\s+(=\?)")


def words(headers: Message, name: str, limit: int = MAX_WORDS) -> str:
    """The first header of this name in one line, its encoded words decoded."""
    return text_of(headers.get(name), limit)


def text_of(value: object, limit: int = MAX_WORDS) -> str:
    """A header's value as text: encoded words, raw bytes, and what is neither."""
    if value is None:
        return ""
    line = _readable(str(value)[: limit * 2])
    if "=?" not in line:
        return one_line(line)[:limit]
    try:
        pieces = decode_header(_WORD_GAP.sub(r"\1 \2", line))
    except (HeaderParseError, ValueError, IndexError):
        return one_line(line)[:limit]
    return one_line(_joined(pieces))[:limit]


def all_of(headers: Message, name: str, limit: int = MAX_WORDS) -> str:
    """All headers of this name, joined; not decoded."""
    return _readable(" ".join(str(one)[:limit] for one in headers.get_all(name, [])[:20]))[:limit]


def addresses(headers: Message, *names: str) -> list[tuple[str, str]]:
    """`(name, address)` of these headers, each address once, the malformed left out."""
    found: dict[str, tuple[str, str]] = {}
    for name in names:
        for value in headers.get_all(name, [])[:10]:
            line = _readable(str(value)[:MAX_LIST]).replace("\r", " ").replace("\n", " ")
            if line.count("(") > MAX_COMMENTS:  # the parser calls itself for each
                line = line.replace("(", " ").replace(")", " ")
            for said, address in getaddresses([line], **LENIENT)[:MAX_ADDRESSES]:
                if (clean := usable(address)) is not None:
                    found.setdefault(fold(clean), (text_of(said, 200), clean))
    return list(found.values())[:MAX_ADDRESSES]


def usable(address: str) -> str | None:
    """The address as it may be written to, or None."""
    address = one_line(address).strip("<>'\" ")
    if not address or len(address) > 254:
        return None
    local, _at, domain = address.rpartition("@")
    try:
        if not domain.isascii():
            domain = domain.encode("idna").decode()
        validate_email(f"{local}@{domain}")
    except (ValidationError, UnicodeError):
        return None
    return f"{local}@{domain}"


def message_ids(headers: Message, name: str) -> list[str]:
    """Message-IDs without their brackets, the last ones first, each once."""
    line = all_of(headers, name, MAX_LIST)
    found = _ID.findall(line) or [one for one in line.split() if _BARE_ID.match(one)]
    return list(dict.fromkeys(reversed(found)))[:MAX_REFERENCES]


def own_id(headers: Message) -> str:
    """The message's own id: its first, even if it has several."""
    found = headers.get("Message-ID")
    line = _readable(str(found or ""))[:1200]
    match = _ID.search(line)
    bare = "".join(line.split()).strip("<>")
    return match[1] if match else bare[:LONGEST_ID]


def sent_at(headers: Message, came_at: datetime) -> datetime:
    """When it was written, as far as the sender's clock can be believed; else when it came."""
    try:
        said = parsedate_to_datetime(str(headers.get("Date", ""))[:200])
        said = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return came_at
    is_sane = said.year >= 1990 and said <= came_at
    return said if is_sane else came_at


def file_name(headers: Message) -> str:
    """The name of a file by RFC 2231, by RFC 2047, or as it is."""
    for header, name in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        said = parameter(headers, name, header)
        if said:
            return text_of(_percent(said), 500)
    return ""


def _percent(said: str) -> str:
    """Some senders percent-encode a name without saying so."""
    if "%" not in said or not re.search("%[89A-Fa-f][0-9A-Fa-f]%", said):
        return said
    text, _name, _true = decode(unquote_to_bytes(said))
    return text


def _readable(line: str) -> str:
    """Raw bytes in a header, as the parser keeps them, as the letters they are."""
    try:
        line.encode("ascii")
        return line
    except UnicodeEncodeError:
        pass
    try:
        raw = line.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return line
    return decode(raw)[0]


def _joined(pieces: list[tuple]) -> str:
    """Decoded words; bytes of one charset side by side are read together, since a letter may be
    split between two words."""
    merged: list[list] = []
    for said, charset in pieces:
        raw = said if isinstance(said, bytes) else said.encode("utf-8", "surrogateescape")
        name = charset or ""
        if merged and merged[-1][1] == name and name:
            merged[-1][0] += raw
        else:
            merged.append([raw, name])
    return "".join(decode(raw, name)[0] for raw, name in merged)
