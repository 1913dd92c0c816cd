"""A message read: who, when, what it says, and which files it brings. Pure, and bounded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from html import escape

from django.utils.translation import gettext as _

from helpdesk.folding import Fold, folds_in
from helpdesk.mail import charsets, headers, mime
from helpdesk.mail.markup import text_of_html
from helpdesk.mail.mime import Part
from helpdesk.text import normalise

MAX_TEXT = 150_000  # characters of what becomes a comment; the original keeps the rest
MAX_TEXT_BYTES = 4 * 1024 * 1024  # of one text part
MAX_FILES = 50
BODIES = ("text/plain", "text/html")
_ALIEN = re.compile(r"^\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_PGP = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_SOFT = re.compile(r"^>*")
# What a part without a name is called, by its type.
NAMES = {
    "application/ms-tnef": "winmail.dat",
    "application/pgp-encrypted": "pgp-version.txt",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pdf": "file.pdf",
    "image/gif": "image.gif",
    "image/jpeg": "image.jpg",
    "image/png": "image.png",
    "message/delivery-status": "delivery-status.txt",
    "text/calendar": "invitation.ics",
    "text/html": "message.html",
    "text/plain": "message.txt",
    "text/rfc822-headers": "headers.txt",
    "text/vcard": "card.vcf",
    "text/x-vcard": "card.vcf",
}


@dataclass
class File:
    name: str
    part: Part
    content_id: str = ""


@dataclass
class Mail:
    """A message as the rest of the house reads it. `notes` are names, see `story`."""

    headers: Message
    message_id: str
    senders: list[tuple[str, str]]  # (name, address), as From says
    answers_to: list[tuple[str, str]]
    to: list[tuple[str, str]]
    cc: list[tuple[str, str]]
    subject: str
    sent_at: datetime
    text: str = ""
    folds: list[Fold] = field(default_factory=list)
    html: str = ""
    files: list[File] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # names of files that were not kept
    leaves: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charsets: list[str] = field(default_factory=list)

    @property
    def in_reply_to(self) -> list[str]:
        return headers.message_ids(self.headers, "In-Reply-To")

    @property
    def references(self) -> list[str]:
        return headers.message_ids(self.headers, "References")

    @property
    def recipients(self) -> list[tuple[str, str]]:
        return [*self.to, *self.cc]


def read(raw: bytes, came_at: datetime) -> Mail:
    """The message that these bytes are. Never refuses: what is odd is noted."""
    parts = mime.cut(raw)
    head = parts.headers
    mail = Mail(
        headers=head,
        message_id=headers.own_id(head),
        senders=headers.addresses(head, "From"),
        answers_to=headers.addresses(head, "Reply-To"),
        to=headers.addresses(head, "To"),
        cc=headers.addresses(head, "Cc"),
        subject=headers.words(head, "Subject", 500),
        sent_at=headers.sent_at(head, came_at),
        leaves=parts.leaves,
        notes=list(parts.notes),
    )
    if len(head.get_all("Message-ID", [])) > 1:
        mail.notes.append("several Message-IDs")
    _note_wrapping(mail)
    bodies, files = _told_apart(parts.leaves)
    _read_bodies(mail, bodies)
    _name_files(mail, files)
    return mail


def _told_apart(leaves: Iterable[Part]) -> tuple[list[Part], list[Part]]:
    bodies, files = [], []
    for part in leaves:
        is_body = part.type in BODIES and part.disposition != "attachment" and not part.note
        if is_body and headers.file_name(part.headers) and part.disposition == "inline":
            is_body = part.choice != 0 or not bodies
        elif is_body and headers.file_name(part.headers) and part.parents and not part.choice:
            is_body = False
        (bodies if is_body else files).append(part)
    return bodies, files


def _read_bodies(mail: Mail, bodies: list[Part]) -> None:
    """The words of all text parts in their order, of each choice the better one."""
    done, html = set(), []
    for part in bodies:
        if part.choice and part.choice in done:
            continue
        done.add(part.choice)
        group = [one for one in bodies if one.choice == part.choice] if part.choice else [part]
        plain = "\n\n".join(_text(mail, one) for one in group if one.type == "text/plain")
        markup = "\n".join(_text(mail, one) for one in group if one.type == "text/html")
        text, folds = _better(mail, plain, markup)
        start = len(mail.text) + 2 if mail.text else 0
        mail.text = f"{mail.text}\n\n{text}" if mail.text else text
        mail.folds += [Fold(one.start + start, one.end + start, one.kind) for one in folds]
        html.append(markup or f"<pre>{escape(plain)}</pre>")
    mail.html = "\n".join(html) if any(one.type == "text/html" for one in bodies) else ""
    if _PGP.search(mail.text[:2000]):
        mail.notes.append("encrypted")
    _cap(mail)


def _better(mail: Mail, plain: str, markup: str) -> tuple[str, list[Fold]]:
    plain = plain.strip("\n")
    if plain.strip() and not _ALIEN.match(plain):
        if not markup:
            return plain, folds_in(plain)
        text, folds = text_of_html(markup)
        if len(text) <= 4 * len(plain) + 200:
            return plain, folds_in(plain)
        mail.notes.append("text from HTML")
        return text, folds
    if markup or plain.strip():
        mail.notes.append("text from HTML")
        return text_of_html(markup or plain)
    return "", []


def _text(mail: Mail, part: Part) -> str:
    content = part.decoded
    if len(content) > MAX_TEXT_BYTES:
        mail.notes.append("cut")
        content = content[:MAX_TEXT_BYTES]
    text, name, is_true = charsets.decode(content, part.charset)
    mail.charsets.append(name)
    if not is_true:
        mail.notes.append("charset")
    text = normalise(text)
    if mime.parameter(part.headers, "format").lower() == "flowed":
        text = unflowed(text, mime.parameter(part.headers, "delsp").lower() == "yes")
    return text


def unflowed(text: str, without_space: bool = False) -> str:
    """Lines that end in a blank joined with the next one of the same depth (RFC 3676)."""
    joined: list[str] = []
    is_open, open_depth = False, ""
    for line in text.split("\n"):
        depth = _SOFT.match(line)[0]
        said = line[len(depth) :]
        said = said[1:] if said.startswith(" ") else said
        is_mark = said in ("-- ", "--")
        if is_open and not is_mark and depth == open_depth:
            joined.append(said)
        else:
            joined.append(("\n" if joined else "") + depth + (" " if depth else "") + said)
        is_open, open_depth = said.endswith(" ") and not is_mark, depth
        if is_open and without_space:
            joined[-1] = joined[-1][:-1]
    return "".join(joined)


def _cap(mail: Mail) -> None:
    if len(mail.text) > MAX_TEXT:
        mail.notes.append("cut")
        mail.text = mail.text[:MAX_TEXT]
        ends = [Fold(one.start, min(one.end, MAX_TEXT), one.kind) for one in mail.folds]
        mail.folds = [one for one in ends if one.start < one.end]


def _note_wrapping(mail: Mail) -> None:
    kind = mail.headers.get_content_type()
    inside = {name for part in mail.leaves for name in (*part.parents, part.type)}
    if "multipart/encrypted" in inside or _is_enveloped(mail.headers):
        mail.notes.append("encrypted")
    if "multipart/signed" in inside or (
        kind.endswith("pkcs7-mime") and not _is_enveloped(mail.headers)
    ):
        mail.notes.append("signed")
    if "application/ms-tnef" in inside:
        mail.notes.append("winmail")
    if "text/calendar" in inside:
        mail.notes.append("calendar")


def _is_enveloped(head: Message) -> bool:
    is_smime = head.get_content_type() in ("application/pkcs7-mime", "application/x-pkcs7-mime")
    return is_smime and mime.parameter(head, "smime-type") in ("enveloped-data", "")


def _name_files(mail: Mail, parts: list[Part]) -> None:
    for part in parts:
        if not part.content and not headers.file_name(part.headers):
            continue  # an empty part that nobody named
        name = _name_of(part)
        if part.type in ("message/rfc822", "message/global"):
            mail.notes.append("nested")
        if len(mail.files) >= MAX_FILES:
            mail.refused.append(name)
            continue
        content_id = str(part.headers.get("Content-ID", "")).strip().strip("<>")[:255]
        mail.files.append(File(name=name, part=part, content_id=content_id))


def _name_of(part: Part) -> str:
    if said := headers.file_name(part.headers):
        return said
    if part.type in ("message/rfc822", "message/global"):
        subject = headers.words(mime.head_of(bytes(part.content[: mime.MAX_HEAD])), "Subject", 100)
        words = subject or _("message")
        return f"{words}.eml"
    if part.note == "too deep":
        return "parts.eml"
    ending = part.type.rpartition("/")[2]
    words = _("file")
    return NAMES.get(part.type) or f"{words}.{ending if ending.isalnum() else 'bin'}"
