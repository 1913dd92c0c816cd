"""A connector that does everything but send: what it would have sent is kept instead.

The service's own client makes each request to its end, with its addresses, bodies and order. Only
the wire is missing: requests are written down with secrets taken out, and answered by a stand-in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from urllib3 import HTTPHeaderDict

from integrations.connecting import client_of
from integrations.connector import STATUS_FIELDS, Connector, ConnectorError, Fields
from integrations.exchange import SAFE_METHODS, Answer, JournalEntry, Limits, Request
from integrations.http import Session
from integrations.installation import origin_of
from integrations.models import Connection
from integrations.remote import (
    Instance,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemoteTicket,
)

NEW_ID = "dry-run"
LIMITS = Limits(journal_characters=20_000)


@dataclass(frozen=True, slots=True)
class Sending:
    """One request that would be made. `body` is text, or type and size of what is not."""

    method: str
    url: str
    body: str

    @property
    def is_read(self) -> bool:
        return self.method in SAFE_METHODS


@dataclass(slots=True)
class Record:
    """What a rehearsal wrote down. `depends`: more may follow, which the answer decides."""

    sendings: list[Sending] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)  # what it would have looked for first
    depends: bool = False
    begins_new: bool = False  # a new ticket there is taken to begin as new, since it cannot be told

    def note(self, entry: JournalEntry) -> None:
        self.sendings.append(Sending(entry.method, entry.url, entry.request_body))


class RecordingSession(Session):
    """A session that has no wire. `answered_with` are headers of each answer."""

    def __init__(self, *given: Any, answered_with: Mapping[str, str], **options: Any) -> None:
        super().__init__(*given, **options)
        self._answered_with = answered_with

    def _exchange(self, request: Request) -> Answer:
        self._note(request, None, datetime.now(UTC), 0, "")
        return stand_in(request, self._answered_with)


class Rehearsed:
    """Stands before a connector: what it answers is what a service would that takes everything.

    `seen` is the ticket there as it was read by leave of a person, else as it was last agreed on;
    `said` its conversation, None where that was not read.
    """

    def __init__(
        self,
        connector: Connector,
        record: Record,
        *,
        seen: RemoteTicket | None = None,
        said: list[RemoteComment] | None = None,
    ) -> None:
        self.connector, self.record = connector, record
        self.seen, self.said = seen, said
        # A file that would be fetched is not: it would be kept here.
        self.capabilities = replace(connector.capabilities, download_attachments=False)
        self.maps, self.setup, self.memory = connector.maps, connector.setup, connector.memory
        self._made = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connector, name)

    # Tickets -------------------------------------------------------------------------------------

    def create(self, fields: Fields, reference: str, **more: Any) -> RemoteTicket:
        self._send("create", fields, reference, **more)
        left = self.capabilities.after_create
        carried = {name: value for name, value in fields.items() if name not in left}
        if left & set(STATUS_FIELDS):
            self.record.begins_new = True
            carried |= {"status": "new", "resolution": "", "resolution_comment": ""}
        return self._shown(NEW_ID, RemoteTicket(id=NEW_ID), carried)

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        return self.seen or RemoteTicket(id=remote_id)

    def update(
        self, remote_id: str, fields: Fields, *, whole: Fields, reference: str = ""
    ) -> RemoteTicket:
        self._send("update", remote_id, fields, whole=whole, reference=reference)
        return self._shown(remote_id, self.read(remote_id), fields)

    def replace(self, remote_id: str, fields: Fields, **more: Any) -> RemoteTicket:
        self._send("replace", remote_id, fields, **more)
        return self._shown(NEW_ID, RemoteTicket(id=NEW_ID), fields)

    def delete(self, remote_id: str, *, reference: str = "") -> None:
        self._send("delete", remote_id, reference=reference)

    def find(self, fields: Fields, **_more: Any) -> list[RemoteTicket]:
        self.record.looked.append("ticket")
        return []

    # Comments and files --------------------------------------------------------------------------

    def comments(self, remote_id: str, *, reference: str = "") -> list[RemoteComment]:
        return self.said or []

    def add_comment(self, remote_id: str, comment: NewComment, **more: Any) -> RemoteComment:
        self._send("add_comment", remote_id, comment, **more)
        return RemoteComment(id=self._new(), body=comment.body)

    def edit_comment(
        self, remote_id: str, comment_id: str, comment: NewComment, **more: Any
    ) -> RemoteComment:
        self._send("edit_comment", remote_id, comment_id, comment, **more)
        return RemoteComment(id=comment_id, body=comment.body)

    def delete_comment(self, remote_id: str, comment_id: str, **more: Any) -> None:
        self._send("delete_comment", remote_id, comment_id, **more)

    def find_comment(self, *_given: Any, **_more: Any) -> list[RemoteComment]:
        self.record.looked.append("comment")
        return []

    def attachments(self, remote_id: str, *, reference: str = "") -> list[RemoteAttachment]:
        return []

    def add_attachment(
        self, remote_id: str, attachment: NewAttachment, **more: Any
    ) -> RemoteAttachment:
        self._send("add_attachment", remote_id, attachment, **more)
        return RemoteAttachment(id=self._new(), name=attachment.name)

    # What makes no request -----------------------------------------------------------------------

    def check(self) -> str:
        return ""

    def describe(self) -> Instance:
        return Instance()

    def _send(self, name: str, *given: Any, **more: Any) -> None:
        """Let the client make its requests. What it makes of the stand-in's answer is not ours.

        A client that refuses before anything would leave means it; one that cannot go on with the
        stand-in's answer would go on with the service's.
        """
        before = len(self.record.sendings)
        try:
            getattr(self.connector, name)(*given, **more)
        except ConnectorError:
            if len(self.record.sendings) == before:
                raise
            self.record.depends = True

    def _shown(self, remote_id: str, now: RemoteTicket, fields: Fields) -> RemoteTicket:
        theirs = self.connector.written(fields)
        merged = {**now.fields, **self.connector.understood(theirs)}
        return replace(now, id=remote_id, fields=merged, theirs={**now.theirs, **theirs})

    def _new(self) -> str:
        self._made += 1
        return f"{NEW_ID}-{self._made}"


def rehearse(
    connection: Connection,
    record: Record,
    *,
    seen: RemoteTicket | None = None,
    said: list[RemoteComment] | None = None,
    memory: dict[str, Any] | None = None,
) -> Rehearsed:
    """The connection's client without a wire. Raises LostKey and ConnectorError."""
    headers: dict[str, str] = {}
    session = partial(RecordingSession, answered_with=headers, journal=record.note, limits=LIMITS)
    connector = client_of(connection)(
        connection.entered,
        open_session=session,
        maps=connection.maps,
        origin=origin_of(connection),
        memory=dict(memory or {}),
    )
    headers.update(connector.stand_in_headers())
    return Rehearsed(connector, record, seen=seen, said=said)


def stand_in(request: Request, answered_with: Mapping[str, str]) -> Answer:
    """An answer in which most clients find what they look for: the id, beside what was sent.

    Only so that requests which follow the first are seen too; nothing of it is believed.
    """
    said = _sent(request)
    item = {**said, "id": NEW_ID}
    body = {
        **item,
        "item": item,
        "items": [],
        "data": item,
        "status_code": 200,
        "status": "OK",
        "access_token": NEW_ID,
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    headers = HTTPHeaderDict({"Content-Type": "application/json", "Location": f"/{NEW_ID}"})
    headers.update(answered_with)
    return Answer(status=200, headers=headers, body=json.dumps(body).encode())


def _sent(request: Request) -> dict[str, Any]:
    try:
        said = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    inner: Sequence[Any] = list(said.values()) if isinstance(said, dict) else []
    nested = next((one for one in inner if isinstance(one, dict) and len(one) > 2), None)
    return dict(nested or (said if isinstance(said, dict) else {}))
