"""A file that comes in pieces, over several requests and processes, and then lies on a ticket.

Each piece is stored as it comes, as a file that waits to be claimed: what nobody completes within
a day is deleted with all such files. A record says which pieces there are and how far they reach.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from helpdesk import actions
from helpdesk.actions.attachments import CLAIM_WITHIN, discard_kept
from helpdesk.models import Attachment, Ticket
from integrations.gateway import records, writing
from integrations.gateway.caller import Caller
from integrations.gateway.errors import Refused
from integrations.models import Record
from integrations.remote import RemotePerson

log = logging.getLogger(__name__)
UNDER_WAY, DONE = "upload", "uploaded"
SPOOL = 1024 * 1024  # bytes held in memory; more goes to a temporary file
CHUNK = 64 * 1024
MOST_PIECES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How far a file came. `length` None: not said yet. `said` is what began it."""

    name: str
    offset: int = 0
    length: int | None = None
    said: dict[str, str] = field(default_factory=dict)
    pieces: Sequence[str] = ()
    file: str = ""  # uuid of the attachment, once all of it is there

    @property
    def is_done(self) -> bool:
        return bool(self.file)


def begin(
    caller: Caller, ticket: Ticket, name: str, *, length: int | None, said: dict[str, str]
) -> Upload:
    """Begin the upload of that name, anew if it is not complete. One file a name: 412.

    An empty file is complete at once.
    """
    records.forget_older(caller, UNDER_WAY, timezone.now() - CLAIM_WITHIN)
    if records.find(caller, DONE, name) is not None:
        raise Refused(412, _("There is a file here already. Each resource takes one."))
    before = records.find(caller, UNDER_WAY, name)
    if before is not None:
        _discard(caller, before.content["pieces"])
        records.forget(caller, UNDER_WAY, name)
    content = {"offset": 0, "length": length, "said": said, "pieces": []}
    row = records.keep(caller, UNDER_WAY, name, content)
    if length == 0:
        with tempfile.SpooledTemporaryFile() as nothing:
            return append(caller, ticket, name, nothing, offset=0)
    return _read(row)


def find(caller: Caller, name: str) -> Upload | None:
    """How far the upload of that name came; None if there is none (any more)."""
    row = records.find(caller, DONE, name) or records.find(caller, UNDER_WAY, name)
    if row is None:
        return None
    if row.kind == UNDER_WAY and len(_files(caller, row.content["pieces"])) < len(
        row.content["pieces"]
    ):
        records.forget(caller, UNDER_WAY, name)  # pieces are deleted after a day
        return None
    return _read(row)


def append(
    caller: Caller,
    ticket: Ticket,
    name: str,
    piece: IO[bytes],
    *,
    offset: int,
    length: int | None = None,
) -> Upload:
    """Add what comes at an offset; with the last of it the file is on the ticket.

    Refuses another offset than the one reached (412) and more than was announced (413).
    """
    upload = find(caller, name)
    if upload is None or upload.is_done or upload.offset != offset:
        raise _out_of_step(upload)
    length = upload.length if upload.length is not None else length
    size = _size(piece)
    end = offset + size
    if length is not None and end > length:
        words = _("These are more bytes than were announced (%(length)s).")
        raise Refused(413, words % {"length": length})
    if end > most_bytes() or len(upload.pieces) >= MOST_PIECES:
        words = _("At most %(limit)s MB a file, in at most %(pieces)s pieces.")
        said = {"limit": settings.MAX_UPLOAD_MB, "pieces": MOST_PIECES}
        raise Refused(413, words % said)
    if end != length:
        kept = actions.keep_file(File(piece, name="piece"), by=caller.actor) if size else None
        return _reached(caller, upload, end, length, str(kept.uuid) if kept else "")
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as whole:
        for part in _files(caller, upload.pieces):
            with part.file.open("rb") as stored:
                _copy(stored, whole)
        _copy(piece, whole)
        file = File(whole, name=upload.said.get("name") or "file")
        file.size = end
        return _completed(caller, ticket, upload, end, actions.keep_file(file, by=caller.actor))


def _reached(caller: Caller, upload: Upload, end: int, length: int | None, piece: str) -> Upload:
    pieces = [*upload.pieces, *([piece] if piece else [])]
    with transaction.atomic():
        row = _still(caller, upload)
        row.content = {**row.content, "offset": end, "length": length, "pieces": pieces}
        row.save(update_fields=["content"])
    return _read(row)


def _completed(
    caller: Caller, ticket: Ticket, upload: Upload, end: int, kept: Attachment
) -> Upload:
    """The file lies on the ticket in the transaction that ends its upload: both or neither."""
    with transaction.atomic():
        row = _still(caller, upload)
        [file] = writing.attach(caller, ticket, [kept], user=RemotePerson())
        row.kind = DONE
        row.content = {"offset": end, "length": end, "said": upload.said, "file": str(file.uuid)}
        row.save(update_fields=["kind", "content"])
    _discard(caller, upload.pieces)
    return _read(row)


def _still(caller: Caller, upload: Upload) -> Record:
    """The upload's record, locked, if it reaches as far as when it was read."""
    row = records.find(caller, UNDER_WAY, upload.name)
    row = records.locked(row) if row is not None else None
    if row is None or row.kind != UNDER_WAY or row.content["offset"] != upload.offset:
        raise _out_of_step(None if row is None else _read(row))
    return row


def _out_of_step(upload: Upload | None) -> Refused:
    if upload is None:
        return Refused(404, _("No upload was begun here, or it is older than a day. Begin it."))
    words = _("The upload has reached %(offset)s bytes. Go on from there.")
    headers = {"Upload-Offset": str(upload.offset)}
    return Refused(412, words % {"offset": upload.offset}, headers)


def _read(row: Record) -> Upload:
    said: dict[str, Any] = row.content
    return Upload(
        name=row.name,
        offset=said["offset"],
        length=said["length"],
        said=said["said"],
        pieces=said.get("pieces", ()),
        file=said.get("file", ""),
    )


def _files(caller: Caller, pieces: Iterable[str]) -> list[Attachment]:
    """The stored pieces in their order."""
    order = {identity: place for place, identity in enumerate(pieces)}
    rows = Attachment.objects.filter(
        uuid__in=order, state=Attachment.State.WAITING, uploaded_with=caller.key
    )
    return sorted(rows, key=lambda row: order[str(row.uuid)])


def _discard(caller: Caller, pieces: Iterable[str]) -> None:
    discard_kept(_files(caller, pieces))


def _size(piece: IO[bytes]) -> int:
    size = piece.seek(0, 2)
    piece.seek(0)
    return size


def _copy(source: Any, target: Any) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)


class PieceBody(BaseParser):
    """A piece of a file as it comes, of at most the size of a whole one.

    What came before a cut is kept: the sender asks how far that was and goes on from there.
    """

    media_type = "application/offset+octet-stream"

    def parse(self, stream, media_type=None, parser_context=None) -> IO[bytes]:
        piece = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 (closed by the view)
        left = most_bytes() + 1
        try:
            while left > 0 and (chunk := stream.read(min(CHUNK, left))):
                piece.write(chunk)
                left -= len(chunk)
        except OSError:  # the connection was cut
            log.info("An upload was cut after %s bytes", piece.tell())
        if left <= 0:
            piece.close()
            words = _("At most %(limit)s MB a file.")
            raise Refused(413, words % {"limit": settings.MAX_UPLOAD_MB})
        piece.seek(0)
        return piece


def most_bytes() -> int:
    """How large a file may be."""
    return settings.MAX_UPLOAD_MB * 1024 * 1024
