"""Sending a file by TUS: in pieces, and on from where it was cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError, NewAttachment
from integrations.services.onna import tus
from integrations.services.onna.values import WireError

PIECE = 4 * 1024 * 1024  # bytes a request
TRIES = 4  # looks at where it was cut, without a byte of progress between them
NOT_BY_PIECES = (405, 501)
OUT_OF_STEP = (409, 412)


def path_of(resource: str) -> str:
    return f"/upload/{quote(resource, safe='')}/tus"


class Upload:
    """One file on its way to one resource. `mark` tells our own upload from another's."""

    def __init__(
        self, session: Any, resource: str, file: NewAttachment, *, mark: str, origin: str
    ) -> None:
        self._session = session
        self._path = path_of(resource)
        self._file = file
        self._content = file.content or b""
        self._mark = mark
        self._origin = origin

    @cached_property
    def is_taken(self) -> bool:
        """Whether the resource has another file, or one that may be another's."""
        return self._found is not None and self._found.mark != self._mark

    def send(self) -> None:
        """Send what is missing there, which may be nothing. Raises ConnectorError."""
        found = self._found
        if found is not None and found.mark == self._mark and found.length == len(self._content):
            self._send_from(found.offset)
            return
        metadata = {"name": self._file.name, "ref": self._mark}
        try:
            self._call(
                "POST",
                {
                    "Upload-Length": str(len(self._content)),
                    "Upload-Metadata": tus.write_metadata(metadata),
                },
            )
        except ConnectorError as error:
            if error.status not in NOT_BY_PIECES:
                raise
            self._call("PUT", {"Upload-Metadata": tus.write_metadata(metadata)}, self._content)
            return
        self._send_from(0)

    def _send_from(self, offset: int) -> None:
        """All bytes from an offset on; a cut is followed by a look at how far it came."""
        tries = 0
        while offset < len(self._content):
            piece = self._content[offset : offset + PIECE]
            try:
                self._call("PATCH", {"Upload-Offset": str(offset)}, piece)
                offset += len(piece)
                tries = 0
            except ConnectorError as error:
                was_cut = error.status is None and not error.permanent
                tries += 1
                if tries >= TRIES or not (was_cut or error.status in OUT_OF_STEP):
                    raise
                state = self._state()
                if state is None or not 0 <= state.offset <= len(self._content):
                    raise
                tries = 0 if state.offset > offset else tries
                offset = state.offset

    @cached_property
    def _found(self) -> _State | None:
        return self._state()

    def _state(self) -> _State | None:
        """How far the resource's upload is; None if it has none."""
        try:
            answer = self._call("HEAD", {})
        except ConnectorError as error:
            if error.gone:
                return None
            raise
        try:
            offset = tus.read_size(answer.headers, "Upload-Offset")
            length = tus.read_size(answer.headers, "Upload-Length")
            said = tus.read_metadata(answer.headers.get("Upload-Metadata", ""))
        except WireError as error:
            words = _("Onna does not say how far a file came: %(said)s It is tried again.")
            said = {"said": str(error)}
            raise ConnectorError(words % said, permanent=False) from error
        if not (offset or length or said):  # the answer speaks of no upload
            return None
        return _State(offset or 0, length, said.get("ref", ""))

    def _call(self, method: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        headers = {"Tus-Resumable": tus.VERSION, **headers}
        options = {} if body is None else {"body": body, "content_type": tus.CONTENT_TYPE}
        try:
            return self._session.request(
                method, self._path, headers=headers, origin=self._origin, **options
            )
        except ConnectorError as error:
            error.maybe_done = False  # `send` looks how far it came before it sends again
            raise


@dataclass(frozen=True, slots=True)
class _State:
    offset: int
    length: int | None
    mark: str
