"""A report of a failed delivery: whom it could not reach, for how long, and what of ours it was."""

import re
from dataclasses import dataclass, field
from email.message import Message

from helpdesk.mail import headers, mime
from helpdesk.mail.addresses import bounced_mail, bounced_recipient
from helpdesk.mail.parsing import Mail
from helpdesk.mail.threads import delivered_to
from helpdesk.models import MailReference, OutgoingMail, Recipient, StoredMessage
from helpdesk.text import fold

PERMANENT, TEMPORARY = "permanent", "temporary"
_BLOCKS = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_CODE = re.compile(r"\b([45])\d\d[ -]")
_ADDRESS = re.compile(r"[\w.+%=-]{1,64}@[\w.-]{1,189}\.\w{2,24}")
MAX_BLOCKS = 100


@dataclass
class Bounce:
    """`addresses` are those that failed, with the words of the server that refused them."""

    how_long: str = PERMANENT
    addresses: dict[str, str] = field(default_factory=dict)
    message_ids: list[str] = field(default_factory=list)
    reference: MailReference | None = None
    recipient: Recipient | None = None
    mail: OutgoingMail | None = None  # one that belongs to no comment


def bounce_of(mail: Mail, stored: StoredMessage) -> Bounce:
    bounce = Bounce(how_long="")
    for part in mail.leaves:
        if part.type in ("message/delivery-status", "message/global-delivery-status"):
            _read_status(bounce, part.decoded[: mime.MAX_HEAD])
        elif part.type in ("message/rfc822", "text/rfc822-headers", "message/global-headers"):
            _read_original(bounce, mime.head_of(part.decoded[: mime.MAX_HEAD]))
    if not bounce.addresses:
        _read_words(bounce, mail)
    bounce.message_ids += [*mail.in_reply_to, *mail.references]
    bounce.how_long = bounce.how_long or PERMANENT
    _find(bounce, mail, stored)
    return bounce


def _read_status(bounce: Bounce, content: bytes) -> None:
    """Fields for each recipient (RFC 3464)."""
    for block in _BLOCKS.split(content)[:MAX_BLOCKS]:
        fields = mime.head_of(block + b"\n\n")
        action = headers.words(fields, "Action", 40).lower()
        address = _typed(fields, "Final-Recipient") or _typed(fields, "Original-Recipient")
        if not address or action in ("delivered", "relayed", "expanded"):
            continue
        status = headers.words(fields, "Status", 40)
        words = _typed(fields, "Diagnostic-Code") or status
        is_passing = action == "delayed" or status.startswith("4.")
        if not is_passing or not bounce.how_long:
            bounce.how_long = TEMPORARY if is_passing else PERMANENT
        bounce.addresses[fold(address)] = words[:300]


def _typed(fields: Message, name: str) -> str:
    """The value behind a type, as in `rfc822; ann@example.com`."""
    said = headers.words(fields, name, 1000)
    return (said.partition(";")[2] if ";" in said else said).strip().strip("<>")


def _read_original(bounce: Bounce, head: Message) -> None:
    if own := headers.own_id(head):
        bounce.message_ids.insert(0, own)


def _read_words(bounce: Bounce, mail: Mail) -> None:
    """What servers write that know no standard."""
    failed = headers.all_of(mail.headers, "X-Failed-Recipients", 2000)
    text = mail.text[:20_000]
    for address in [*_ADDRESS.findall(failed), *_ADDRESS.findall(text)[:3]][:10]:
        bounce.addresses.setdefault(fold(address), "")
    code = _STATUS.search(text) or _CODE.search(text)
    if code is not None:
        bounce.how_long = TEMPORARY if code[1] == "4" else PERMANENT
        line = next((one for one in text.split("\n") if code[0] in one), code[0])
        bounce.addresses = {address: line.strip()[:300] for address in bounce.addresses}
    bounce.message_ids += re.findall(r"Message-ID:\s*<([^<>\s]{1,500})>", mail.text, re.IGNORECASE)


def _find(bounce: Bounce, mail: Mail, stored: StoredMessage) -> None:
    """Which of ours it was: by the signed address, or by the Message-ID that comes back."""
    came_to = delivered_to(mail, stored)
    if (which := bounced_recipient(came_to)) is not None:
        rows = Recipient.objects.filter(pk=which).select_related("comment__ticket")
        bounce.recipient = rows.first()
    rows = MailReference.objects.filter(message_id__in=bounce.message_ids[:60], is_ours=True)
    bounce.reference = rows.select_related("ticket", "comment").first()
    if bounce.recipient is None and bounce.reference and bounce.reference.comment_id:
        of_comment = Recipient.objects.filter(comment=bounce.reference.comment_id).order_by("pk")
        named = [one for one in of_comment if fold(one.address) in bounce.addresses]
        bounce.recipient = named[0] if named else None
    mails = OutgoingMail.objects.filter(comment=None).select_related("ticket")
    if (which := bounced_mail(came_to)) is not None:
        bounce.mail = mails.filter(pk=which).first()
    elif bounce.reference and bounce.reference.comment_id is None:
        bounce.mail = mails.filter(message_id=bounce.reference.message_id).first()
