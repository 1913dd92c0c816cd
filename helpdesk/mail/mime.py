"""A message cut into its parts, without recursion and in one pass over each level.

The standard library's parser calls itself for every level, reads line by line past every open
boundary, and keeps several copies of a message. A message of a stranger may hold a thousand levels
or a million boundaries: here depth, parts and header sizes are bounded, and bodies are windows into
the one copy of the bytes. Only headers go through the standard library.
"""

import re
from base64 import b64decode
from binascii import Error as BadBase64
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from quopri import decodestring
from typing import BinaryIO

from helpdesk.mail.charsets import decode

MAX_DEPTH = 16
MAX_PARTS = 300
MAX_HEAD = 256 * 1024  # bytes of the headers of one part
MAX_FIELDS = 2000
MAX_FIELD = 4000  # characters of a structured header
MAX_BOUNDARY = 200  # the standard allows 70
STEP = 1024 * 1024  # bytes decoded at once

_END_OF_HEAD = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_UUENCODED = re.compile(rb"^begin [0-7]{3} .{1,200}$", re.MULTILINE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


@dataclass
class Part:
    """One leaf: a text or a file. `content` is as it was sent, see `decoded`."""

    headers: Message
    content: memoryview
    parents: tuple[str, ...] = ()  # the types of the multiparts around it, the outermost first
    choice: int = 0  # which multipart/alternative it stands in, 0 for none
    note: str = ""  # why it was not read further

    @property
    def type(self) -> str:
        return self.headers.get_content_type()[:120]

    @property
    def disposition(self) -> str:
        return (self.headers.get_content_disposition() or "")[:40]

    @property
    def charset(self) -> str:
        return parameter(self.headers, "charset")[:60]

    @property
    def decoded(self) -> bytes:
        """The bytes that the sender meant, however badly they are wrapped."""
        way = self._way
        if way == "base64":
            return _from_base64(bytes(self.content))
        if way == "quoted-printable":
            return decodestring(bytes(self.content))
        return bytes(self.content)

    def write_decoded(self, into: BinaryIO) -> int:
        """Write what `decoded` is to a file; returns how many bytes. Of a large file in base64, or
        as it is, no copy stands in memory."""
        way = self._way
        if way == "base64" and _write_base64(self.content, into):
            return into.tell()
        into.seek(0)
        into.truncate()
        is_plain = way not in ("base64", "quoted-printable")
        into.write(self.content if is_plain else self.decoded)
        return into.tell()

    @property
    def _way(self) -> str:
        return str(self.headers.get("Content-Transfer-Encoding", "")).strip().lower()[:40]


@dataclass
class Parts:
    headers: Message
    leaves: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # names of what was odd, see `story`


def cut(raw: bytes) -> Parts:
    """All leaves of a message, in their order."""
    headers, body = _split(memoryview(raw))
    found = Parts(headers)
    waiting: list[tuple] = [(headers, body, (), 0)]
    choices = 0
    while waiting:
        headers, body, parents, choice = waiting.pop()
        kind = headers.get_content_type()
        boundary = parameter(headers, "boundary") if kind.startswith("multipart/") else ""
        if not boundary or len(boundary) > MAX_BOUNDARY:
            if kind.startswith("multipart/"):
                found.notes.append("no boundary")
            found.leaves.append(Part(headers, body, parents, choice))
        elif len(parents) >= MAX_DEPTH:
            found.notes.append("too deep")
            found.leaves.append(Part(headers, body, parents, choice, "too deep"))
        else:
            room = MAX_PARTS - len(found.leaves) - len(waiting)
            inner, is_cut_off = _between(body, boundary, max(1, room))
            if is_cut_off:
                found.notes.append("too many parts")
            around = (*parents, kind)
            if kind == "multipart/alternative" and not choice:
                choices += 1
                choice = choices
            default = _default_of(kind)
            waiting.extend((*_split(one, default), around, choice) for one in reversed(inner))
            if not inner:
                found.notes.append("no parts")
                found.leaves.append(Part(_as_text(headers), body, parents, choice))
    return found


def head_of(raw: bytes) -> Message:
    return _split(memoryview(raw))[0]


def body_without_transport(raw: bytes) -> memoryview:
    """What follows the headers, as it was sent."""
    return _split(memoryview(raw))[1]


def parameter(headers: Message, name: str, header: str = "Content-Type") -> str:
    """A parameter of a header as text, whatever way it is written."""
    try:
        found = headers.get_param(name, "", header)
        return str(collapse_rfc2231_value(found)).strip().strip('"')
    except (ValueError, LookupError, TypeError):
        return ""


def _split(part: memoryview, default: str = "") -> tuple[Message, memoryview]:
    """Headers and body. What begins with no header is a body alone."""
    start = bytes(part[:MAX_HEAD])
    first = start.lstrip(b"\r\n")
    skipped = len(start) - len(first)
    if first.startswith((b"From ", b">From ")):  # a mail server's own separator
        line = first.find(b"\n") + 1
        skipped, first = skipped + line, first[line:]
    if skipped and part[:1] in (b"\r", b"\n") and default:
        return _headers(b"", default), part[1 if part[:1] == b"\n" else 2 :]
    if not _FIELD.match(first):
        return _headers(b"", default), part
    end = _END_OF_HEAD.search(first)
    if end is None:
        is_all_head = len(part) <= MAX_HEAD
        return _headers(first, default), part[len(part) if is_all_head else MAX_HEAD :]
    return _headers(first[: end.start()], default), part[skipped + end.end() :]


def _headers(block: bytes, default: str) -> Message:
    parsed = BytesHeaderParser(policy=compat32).parsebytes(block.replace(b"\0", b"") + b"\n\n")
    headers = Message()
    for name, value in list(parsed.raw_items())[:MAX_FIELDS]:
        headers[name] = value if value.isascii() else _read(value)
    if default:
        headers.set_default_type(default)
    for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        value = headers.get(name)
        if value is not None and len(str(value)) > MAX_FIELD:
            headers.replace_header(name, str(value)[:MAX_FIELD])
    return headers


def _read(value: str) -> str:
    """A header of raw bytes, as the parser keeps them, as the letters they are."""
    return decode(value.encode("ascii", "surrogateescape"))[0]


def _between(body: memoryview, boundary: str, most: int) -> tuple[list[memoryview], bool]:
    """The parts between the boundaries, at most so many; the last holds what is left over."""
    mark = re.escape(b"--" + boundary.encode("ascii", "surrogateescape"))
    lines = re.compile(rb"(?:^|(\r?\n))" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    parts, begin = [], None
    for line in lines.finditer(body):
        if begin is not None:
            parts.append(body[begin : line.start()])
        begin = line.end() + (2 if bytes(body[line.end() : line.end() + 2]) == b"\r\n" else 1)
        if line[2]:
            return parts, False
        if len(parts) >= most - 1:
            return [*parts, body[begin:]], True
    if begin is not None and begin < len(body):
        parts.append(body[begin:])
    return parts, False


def _default_of(kind: str) -> str:
    return "message/rfc822" if kind == "multipart/digest" else "text/plain"


def _as_text(headers: Message) -> Message:
    plain = Message()
    plain["Content-Type"] = "text/plain"
    if "Content-Transfer-Encoding" in headers:
        plain["Content-Transfer-Encoding"] = headers["Content-Transfer-Encoding"]
    return plain


def _from_base64(content: bytes) -> bytes:
    try:
        return b64decode(content, validate=False)
    except BadBase64:
        kept = _NOT_BASE64.sub(b"", content).rstrip(b"=")
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        try:
            return b64decode(kept + b"=" * (-len(kept) % 4))
        except BadBase64:
            return content


def _write_base64(content: memoryview, into: BinaryIO) -> bool:
    """Decode well-formed base64 in steps; False, with anything written, if it is not that."""
    left, is_over = b"", False
    for start in range(0, len(content), STEP):
        piece = left + bytes(content[start : start + STEP]).translate(None, b" \t\r\n")
        if is_over and piece:
            return False
        whole = len(piece) - len(piece) % 4
        try:
            into.write(b64decode(piece[:whole], validate=True))
        except BadBase64:
            return False
        left, is_over = piece[whole:], is_over or piece[:whole].endswith(b"=")
    return not left


def is_uuencoded(content: bytes) -> bool:
    return bool(_UUENCODED.search(content[:4096]))
