"""Onna's API, called by us. It keeps what it is given: nothing comes back from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace as altered
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import (
    Capabilities,
    Connector,
    ConnectorError,
    Fields,
    Instance,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteOption,
    RemoteTicket,
)
from integrations.services.onna import envelopes, values, wire
from integrations.services.onna.session import SignedSession
from integrations.services.onna.setup import OnnaSetup
from integrations.services.onna.uploads import Upload

MAX_PAGES = 200


class Client(Connector):
    title = "Onna"
    Setup = OnnaSetup
    vocabularies = {"status": values.STATUS, "priority": values.PRIORITY}
    capabilities = Capabilities(
        fields=wire.TRAVELS,
        lossy=wire.LOSSY & wire.TRAVELS,
        update=False,
        delete=True,
        list=False,
        read_comments=False,
        add_comments=False,
        add_attachments=True,
        replaces=True,
        comments_with_create=True,
        told=frozenset(("created_at", "updated_at", "url", "author")),
        keeps_reference=True,
        can_find=False,
        can_find_comments=False,
    )

    def begin_session(self, open_session: Callable[..., Any]) -> Any:
        self._custom_in = self.setup.get("custom_fields") or ""
        session = SignedSession(
            open_session,
            base_url=self.setup["base_url"],
            client_id=self.setup["client_id"],
            client_secret=self.setup["client_secret"],
            memory=self.memory,
            service=self.title,
        )
        fields = wire.TRAVELS | ({"custom_words"} if self._custom_in else set())
        self.capabilities = altered(
            type(self).capabilities,
            fields=frozenset(fields),
            lossy=wire.LOSSY & fields,
            repeatable_create=bool(self.setup.get("same_ref_replaces") or session.installation),
        )
        return session

    def check(self) -> str:
        """The token, then the folder: a ticket cannot be without it."""
        user = self._read("/oauth/user")
        folder = self._folder()
        said = user if isinstance(user, dict) else {}
        name = " ".join(filter(None, (said.get("name"), said.get("surname")))) or said.get("id")
        words = _("Connected as %(name)s. Tickets go into the folder “%(folder)s”.")
        return words % {"name": name or self.title, "folder": folder}

    def describe(self) -> Instance:
        """Onna has no list of people, words or fields: it takes any."""
        return Instance(id=self.setup["folder"])

    def choices(self, name: str) -> list[RemoteOption]:
        if name == "workspace":
            return self._workspaces()
        if name == "folder" and self.setup.get("folder"):
            return [RemoteOption(key=self.setup["folder"], text=self._folder())]
        raise self.unable(_("list folders: copy the id of one from its address there"))

    def written(self, fields: Fields) -> Fields:
        return wire.write_theirs(fields, self.maps)

    def understood(self, theirs: Fields) -> Fields:
        return wire.read_theirs(theirs, self.maps)

    # Tickets -------------------------------------------------------------------------------------

    def create(
        self, fields: Fields, reference: str, *, comments: Sequence[NewComment] = ()
    ) -> RemoteTicket:
        """Only the POST: the id is to be stored before anything else can fail.

        What an archive shows is what it was given, so that this is not read back.
        """
        for comment in comments:
            self.refuse_private(comment)
        try:
            body = wire.write_ticket(
                fields,
                self.maps,
                parent=self.setup["folder"],
                reference=reference,
                comments=comments,
                custom_in=self._custom_in,
                now=datetime.now(UTC),
            )
        except values.WireError as error:
            words = _("Onna has no room for this ticket. %(said)s")
            raise ConnectorError(words % {"said": error}, permanent=True) from error
        answer = self._call("POST", "/resources/tickets", reference, payload=body)
        made = self.session.json(answer, maybe_done=True)
        if not isinstance(made, dict) or not made.get("onna_id"):
            words = _("Onna answered with a ticket that has no onna_id.")
            raise ConnectorError(words, permanent=False, maybe_done=True, status=answer.status)
        return self._ticket({**body, **made, "ref": reference})

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        item = self._read(_path(remote_id), reference)
        try:
            return self._ticket(item)
        except values.WireError as error:
            words = _("Onna answered with something that is no ticket. It is tried again.")
            raise ConnectorError(words, permanent=False, status=200) from error

    def replace(
        self,
        remote_id: str,
        fields: Fields,
        *,
        comments: Sequence[NewComment] = (),
        reference: str = "",
    ) -> RemoteTicket:
        """The ticket anew under the same reference. Its id is the old one where that replaces."""
        return self.create(fields, reference, comments=comments)

    def delete(self, remote_id: str, *, reference: str = "") -> None:
        self._call("DELETE", _path(remote_id), reference)

    def _ticket(self, item: Any) -> RemoteTicket:
        return wire.read_ticket(item, self.maps, custom_in=self._custom_in)

    # Files ---------------------------------------------------------------------------------------

    def add_attachment(
        self, remote_id: str, attachment: NewAttachment, *, reference: str = ""
    ) -> RemoteAttachment | None:
        """One file lies on the ticket, each further one on a resource of its own beside it."""
        if attachment.content is None:
            raise self.unable(_("take a link in place of a file"))
        upload = self._upload(remote_id, attachment, reference)
        if not upload.is_taken:
            upload.send()
            return RemoteAttachment(id=remote_id, name=attachment.name)
        resource = self._file_resource(attachment, reference)
        self._upload(resource, attachment, reference).send()
        return RemoteAttachment(id=resource, name=attachment.name)

    def _upload(self, resource: str, attachment: NewAttachment, reference: str) -> Upload:
        mark = reference or attachment.name
        origin = reference or self.origin
        return Upload(self.session, resource, attachment, mark=mark, origin=origin)

    def _file_resource(self, attachment: NewAttachment, reference: str) -> str:
        body = {
            "onna_parent_id": self.setup["folder"],
            "ref": reference or attachment.name,
            "url": "",
            "name": attachment.name,
        }
        answer = self._call("POST", "/resources/files", reference, payload=body)
        made = self.session.json(answer, maybe_done=True)
        if not isinstance(made, dict) or not made.get("onna_id"):
            words = _("Onna answered with a file that has no onna_id.")
            raise ConnectorError(words, permanent=False, maybe_done=True, status=answer.status)
        return str(made["onna_id"])

    # Calls ---------------------------------------------------------------------------------------

    def _folder(self) -> str:
        """The name of the folder. A wrong id stops the connection, not one ticket."""
        identity = self.setup["folder"]
        try:
            found = self._read(f"/folders/{quote(identity, safe='')}")
        except ConnectorError as error:
            if not error.gone:
                raise
            words = _("Onna has no folder “%(id)s”. Enter the id of one. (%(status)s)")
            raise ConnectorError(
                words % {"id": identity[:80], "status": error.status},
                permanent=True,
                scope="connection",
                status=error.status,
            ) from error
        return str((found.get("name") if isinstance(found, dict) else "") or identity)

    def _workspaces(self) -> list[RemoteOption]:
        found: dict[str, RemoteOption] = {}
        cursor, seen = "", set()
        for _page in range(MAX_PAGES):
            query = {"cursor": cursor} if cursor else {}
            body = self._read("/workspaces", query=query)
            try:
                items, cursor = envelopes.read_page(body)
            except ValueError as error:
                words = _("Onna answered a list without its items. It is tried again.")
                raise ConnectorError(
                    words, permanent=False, scope="connection", status=200
                ) from error
            for key, text in items:
                found.setdefault(key, RemoteOption(key=key, text=text))
            if not cursor or cursor in seen:
                break
            seen.add(cursor)
        return list(found.values())

    def _read(self, path: str, reference: str = "", **options: Any) -> Any:
        return self.session.json(self._call("GET", path, reference, **options))

    def _call(self, method: str, path: str, reference: str = "", **options: Any) -> Any:
        return self.session.request(method, path, origin=reference or self.origin, **options)


def _path(remote_id: str) -> str:
    return f"/resources/tickets/{quote(remote_id, safe='')}"
