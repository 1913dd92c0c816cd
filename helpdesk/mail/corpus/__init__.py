"""Messages written for this project, each with what is to become of it.

They stand here as code, so that a reader sees what each of them is about: `languages` (what ten
languages look like in every usual charset and wrapping), `clients` (how the twelve commonest mail
programs write an answer), `machines` (what no person wrote), `threads` (which ticket), `files`, and
`hostile` (what is written to break things, or by accident does).
"""

from dataclasses import dataclass, field
from zlib import crc32

US = "support@helpdesk.example"
ANN = "ann@customer.example"
OURS = "ours-1@helpdesk.example"  # a Message-ID that was sent on Ann's ticket


@dataclass(frozen=True)
class Case:
    """`on`: "new" ticket, Ann's "ticket", "linked" (new, linked to Ann's), or "" for none.

    In `raw` stand `{{REPLY}}`, `{{BOUNCE}}`, `{{NUMBER}}` for Ann's signed reply address, the
    bounce address of what was sent to her, and her ticket's number.
    """

    name: str
    raw: bytes
    on: str = "new"
    state: str = "worked"
    kind: str = "human"
    reason: str = ""
    public: bool = True
    answered: bool | None = None
    subject: str | None = None
    text: str | None = None  # the words that are left to read, once all is folded
    says: str = ""  # somewhere in the text
    folded: str = ""  # somewhere in what is folded away
    files: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    author: str = ANN
    runs: tuple[str, ...] = field(default=("<script", "onerror=", "javascript:"))


def mail(body: str | bytes = "Words.", *lines: str, charset: str = "", **headers: str) -> bytes:
    """A message: headers by name (empty: left out), then lines as they are, then a body."""
    said = repr((body, lines, charset, headers))
    values = {
        "From": f"Ann <{ANN}>",
        "To": US,
        "Subject": "Printer",
        "Date": "Mon, 02 Nov 2026 10:00:00 +0000",
        "Message-ID": f"<{crc32(said.encode('utf-8', 'replace'))}@x.example>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = [f"{name}: {value}" for name, value in values.items() if value]
    if charset:
        head.append(f"Content-Type: text/plain; charset={charset}")
    raw = body if isinstance(body, bytes) else body.encode(charset or "utf-8")
    return "\n".join([*head, *lines, "", ""]).encode("utf-8", "surrogateescape") + raw


def part(body: str | bytes, kind: str = "text/plain; charset=utf-8", *lines: str) -> bytes:
    raw = body if isinstance(body, bytes) else body.encode()
    return "\n".join([f"Content-Type: {kind}", *lines, "", ""]).encode() + raw


def parts(*inner: bytes, kind: str = "mixed", boundary: str = "=_part", more: str = "") -> bytes:
    """A multipart with its own header, to stand inside another one."""
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\n\n'.encode()
    return head + _joined(inner, boundary)


def multipart(
    *inner: bytes, kind: str = "mixed", boundary: str = "=_part", more: str = "", **headers: str
) -> bytes:
    said = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}'
    return mail(_joined(inner, boundary), "MIME-Version: 1.0", said, **headers)


def _joined(inner: tuple[bytes, ...], boundary: str) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\n" + one + b"\n" for one in inner) + mark + b"--\n"
