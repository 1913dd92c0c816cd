"""Keeping a message before anything is made of it: once, whatever way it comes, and how often."""

import hashlib
import zlib
from datetime import datetime, timedelta
from io import BytesIO

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import BinaryField
from django.db.models.functions import Substr
from django.utils import timezone
from psycopg import Cursor

from helpdesk.mail import headers, mime
from helpdesk.models import Mailbox, RawMessage, StoredMessage
from helpdesk.text import fold

IN_SHARE = 0  # the scope of mailboxes among which one takes a message
SWIFTLY = 1  # the level of compression: most of a large message is a packed file already
STEP = 2 * 1024 * 1024  # bytes that are packed, or read back, at once
INSERT_RAW = f"INSERT INTO {RawMessage._meta.db_table} (stored_id, content) VALUES (%s, %b)"
State = StoredMessage.State


class TooLarge(Exception):
    """The message is larger than the mailbox takes."""

    def __init__(self, size: int, mailbox: Mailbox):
        self.size, self.limit = size, mailbox.max_megabytes
        super().__init__(f"The message is larger than {mailbox.max_megabytes} MB.")


def store(
    raw: bytes,
    mailbox: Mailbox,
    *,
    came_at: datetime | None = None,
    envelope_to: str = "",
    is_whole: bool = True,
    size: int | None = None,
) -> tuple[StoredMessage, bool]:
    """The stored message and whether it is new. It is committed when this returns.

    The same bytes in the same mailbox are stored once. Another copy of the same message is kept as
    a copy, so that nothing is lost to somebody who reuses a Message-ID. `is_whole` False: only the
    head was taken, of a message of `size` bytes. Raises TooLarge.
    """
    if len(raw) > mailbox.max_size:
        raise TooLarge(len(raw), mailbox)
    digest = hashlib.sha256(raw).hexdigest()
    seen = StoredMessage.objects.filter(mailbox=mailbox, digest=digest).first()
    if seen is not None:
        return seen, False
    head = mime.head_of(raw[: mime.MAX_HEAD])
    now = timezone.now()
    message = StoredMessage(
        mailbox=mailbox,
        digest=digest,
        identity=identity_of(head, raw),
        scope=IN_SHARE if mailbox.copies == Mailbox.Copies.ONE else mailbox.pk,
        message_id=headers.own_id(head),
        size=len(raw) if size is None else size,
        is_whole=is_whole,
        came_at=min(came_at or now, now),
        stored_at=now,
        due_at=now,
        envelope_to=envelope_to[:254],
        subject=headers.words(head, "Subject", 500),
        sender=fold(next(iter(headers.addresses(head, "From")), ("", ""))[1])[:254],
    )
    content = _packed(raw)
    try:
        return _insert(message, content), True
    except IntegrityError:
        seen = StoredMessage.objects.filter(mailbox=mailbox, digest=digest).first()
        if seen is not None:
            return seen, False
    rows = StoredMessage.objects.filter(scope=message.scope, identity=message.identity)
    message.pk, message.copy_of, message.identity = None, rows.first(), ""
    message.state, message.worked_at = State.COPY, now
    try:
        return _insert(message, content), True
    except IntegrityError:
        return StoredMessage.objects.get(mailbox=mailbox, digest=digest), False


def raw_of(message: StoredMessage) -> bytes:
    """The message as it came; empty once it was redacted.

    Read and unpacked in steps: at once, the driver and the packer would hold four copies.
    """
    unpacker, whole = zlib.decompressobj(), BytesIO()
    start, piece = 0, b""
    while start == 0 or len(piece) == STEP:
        part = Substr("content", start + 1, STEP, output_field=BinaryField())
        rows = RawMessage.objects.filter(stored=message).values_list(part, flat=True)
        piece = bytes(rows.first() or b"")
        whole.write(unpacker.decompress(piece))
        start += STEP
    return whole.getvalue()


def _packed(raw: bytes) -> bytes:
    packer, whole = zlib.compressobj(SWIFTLY), BytesIO()
    for start in range(0, len(raw), STEP):
        whole.write(packer.compress(memoryview(raw)[start : start + STEP]))
    whole.write(packer.flush())
    return whole.getvalue()


def identity_of(head, raw: bytes) -> str:
    """What stays the same of a message on every way: who, when and its name; else its words."""
    said = [headers.all_of(head, name, 2000) for name in ("From", "Date")]
    name = headers.own_id(head)
    digest = hashlib.sha256("\n".join([name, *said]).encode("utf-8", "surrogateescape"))
    if not name:
        digest.update(headers.all_of(head, "Subject", 2000).encode("utf-8", "surrogateescape"))
        digest.update(mime.body_without_transport(raw))
    return digest.hexdigest()


def forget_old(batch: int = 500) -> int:
    """Forget the bytes of messages done with MAIL_KEEP_DAYS ago; returns how many."""
    if not settings.MAIL_KEEP_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.MAIL_KEEP_DAYS)
    done = (State.WORKED, State.DISCARDED, State.COPY)
    old = RawMessage.objects.filter(stored__state__in=done, stored__stored_at__lt=before)
    ids = list(old.values_list("pk", flat=True)[:batch])
    return RawMessage.objects.filter(pk__in=ids).delete()[0] if ids else 0


def _insert(message: StoredMessage, content: bytes) -> StoredMessage:
    with transaction.atomic():
        message.save(force_insert=True)
        _keep(message, content)
    return message


def _keep(message: StoredMessage, content: bytes) -> None:
    """The bytes, on PostgreSQL as they are: written into a statement they are twice as many, and
    several copies of that cost more memory than all else of a large message."""
    if connection.vendor != "postgresql":
        RawMessage.objects.bulk_create([RawMessage(stored=message, content=content)])
        return
    with Cursor(connection.connection) as cursor:
        cursor.execute(INSERT_RAW, [message.pk, content])
