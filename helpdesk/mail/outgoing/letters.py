"""A message as it is put on its way: its envelope, headers, words and files.

Everything that came from people is made one line before it becomes a header.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import formataddr

from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation

from helpdesk.mail.outgoing.templates import Words
from helpdesk.models import Attachment, MailReference, Ticket
from helpdesk.text import fold, one_line

REFERENCES = 10  # besides the first one


@dataclass
class Enclosed:
    """Files that go along, and those that are only linked, each as `(name, address)`."""

    files: list[Attachment] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)


class Letter(EmailMultiAlternatives):
    """Goes to one address, whoever its headers name. `from_email` is where bounces go."""

    goes_to = ""

    def recipients(self) -> list[str]:
        return [self.goes_to]


@dataclass
class Envelope:
    """`sender` is where bounces go; `from_` and `reply_to` are shown."""

    goes_to: str
    sender: str
    from_: str
    to: Sequence[str]
    cc: Sequence[str] = ()
    reply_to: str = ""


def letter(
    envelope: Envelope,
    words: Words,
    *,
    message_id: str,
    locale: str = "",
    thread: Sequence[str] = (),
    automatic: str = "",
    leave: str = "",
    enclosed: Enclosed | None = None,
) -> Letter:
    """`thread` are the Message-IDs before it, oldest first; `automatic` is what Auto-Submitted
    says; `leave` is where the reader ends such mail."""
    enclosed = enclosed or Enclosed()
    context = {"words": words, "links": enclosed.links, "leave": leave, "locale": locale}
    with translation.override(locale or translation.get_language()):
        text = render_to_string("mail/out/text.txt", context)
        html = render_to_string("mail/out/page.html", context)
    made = Letter(
        subject=words.subject,
        body=text,
        from_email=envelope.sender,
        to=list(envelope.to),
        cc=list(envelope.cc),
        reply_to=[envelope.reply_to] if envelope.reply_to else [],
        headers=_headers(envelope, message_id, thread, automatic, leave),
    )
    made.goes_to = envelope.goes_to
    made.attach_alternative(html, "text/html")
    for file in enclosed.files:
        with file.file.open("rb") as content:
            made.attach(*_part(file, content.read()))
    return made


def named(name: str, address: str) -> str:
    """`Name <address>`, of one line, whatever the name holds."""
    name = one_line(name).replace("<", "").replace(">", "").strip()[:120]
    return formataddr((name, one_line(address)))


def thread_of(ticket: Ticket, reader: str) -> list[str]:
    """The Message-IDs of what was said to all on this ticket, and to this reader alone, oldest
    first, the middle left out. What was told to others alone, as to agents, is in no thread of
    theirs: their mail program would hang an answer on a message that it never saw.
    """
    rows = MailReference.objects.filter(Q(address="") | Q(address=fold(reader)), ticket=ticket)
    shown = rows.order_by("at", "pk").values_list("message_id", "comment__public")
    ids = [one for one, public in shown if public is not False]
    return ids if len(ids) <= REFERENCES + 1 else [ids[0], *ids[-REFERENCES:]]


def _headers(
    envelope: Envelope, message_id: str, thread: Sequence[str], automatic: str, leave: str
) -> dict[str, str]:
    before = [_bracketed(one) for one in thread if one != message_id]
    headers = {"From": envelope.from_, "Message-ID": f"<{message_id}>"}
    if before:
        headers |= {"In-Reply-To": before[-1], "References": " ".join(before)}
    if automatic:
        headers |= {"Auto-Submitted": automatic, "X-Auto-Response-Suppress": "All"}
    if leave:
        headers |= {
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return headers


def _bracketed(message_id: str) -> str:
    """A Message-ID of anybody's: without what would end it or its line."""
    return "<" + "".join(c for c in message_id if c.isprintable() and c not in "<> ") + ">"


def _part(file: Attachment, content: bytes) -> tuple[str, bytes, str]:
    """Everything goes as a file of bytes but what is known to be harmless to name."""
    name = one_line(file.name).replace("/", "_").replace("\\", "_") or "file"
    kind = file.content_type if file.content_type.startswith(("image/", "application/")) else ""
    return name, content, kind or "application/octet-stream"


def is_writable(address: str) -> bool:
    """Whether an address can stand in a header at all."""
    try:
        Address(addr_spec=address)
    except Exception:  # the parser of the standard library raises what it likes
        return False
    return True
