"""Messages as clients write them, and the mailbox they come into."""

from email.message import EmailMessage
from itertools import count

from helpdesk.mail.receiving import receive
from helpdesk.models import Mailbox, StoredMessage
from tests.factories import default_queue

_numbers = count(1)
US = "support@helpdesk.example"


def make_mailbox(name: str = "Support", address: str = US, **fields) -> Mailbox:
    fields.setdefault("queue", default_queue())
    fields.setdefault("protocol", Mailbox.Protocol.PIPE)
    return Mailbox.objects.create(name=name, address=address, **fields)


def message(
    text: str = "My printer is on fire.",
    *,
    sender: str = "Ann Customer <ann@customer.example>",
    to: str = US,
    subject: str = "Printer on fire",
    html: str = "",
    files: tuple = (),
    **headers: str,
) -> bytes:
    """A plain message of one person; `Message_ID` and the like become headers."""
    mail = EmailMessage()
    if sender:
        mail["From"] = sender
    mail["To"], mail["Subject"] = to, subject
    mail["Date"] = "Mon, 02 Nov 2026 10:00:00 +0100"
    headers.setdefault("Message_ID", f"<{next(_numbers)}.mail@customer.example>")
    for name, value in headers.items():
        if value:
            mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content, kind in files:
        main, _slash, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def send(mailbox: Mailbox, text: str = "My printer is on fire.", **fields) -> StoredMessage:
    """A message received; the row as it is afterwards."""
    return take(mailbox, message(text, **fields))


def take(mailbox: Mailbox, raw: bytes, **how) -> StoredMessage:
    stored = receive(raw, mailbox, **how)
    stored.refresh_from_db()
    return stored


def proven(domain: str, by: str = "mx.helpdesk.example") -> str:
    """An Authentication-Results that vouches for a domain."""
    return f"{by}; dkim=pass header.d={domain}; spf=pass smtp.mailfrom=x@{domain}; dmarc=pass"
