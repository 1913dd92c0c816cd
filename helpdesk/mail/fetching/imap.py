"""A mailbox over IMAP. Messages are fetched as bytes, without marking them as read."""

import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from imap_tools import BaseMailBox, MailMessageFlags
from imap_tools.errors import ImapToolsError
from imap_tools.utils import encode_folder

from helpdesk.mail.fetching import grants
from helpdesk.mail.fetching.server import FetchError, Waiting, connected, port_of, trust
from helpdesk.models import Mailbox

FETCHED = "$HelpdeskFetched"  # marks what stays on the server
AT_ONCE = 200  # messages whose sizes are asked for together
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"UID (\d+)")
Failed = (imaplib.IMAP4.error, ImapToolsError, OSError)


class _Client(imaplib.IMAP4):
    """Connects within the fence; TLS from the start where the mailbox says so."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None):
        self._context = context
        super().__init__(host, port)

    def _create_socket(self, timeout):
        plain = connected(self.host, self.port)
        return (
            self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain
        )


class _Box(BaseMailBox):
    def __init__(self, mailbox: Mailbox):
        self._mailbox = mailbox
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        mailbox, secure = self._mailbox, Mailbox.Security
        context = trust() if mailbox.security == secure.TLS else None
        client = _Client(mailbox.host, port_of(mailbox), context)
        if mailbox.security == secure.STARTTLS:
            client.starttls(trust())
        return client


class ImapServer:
    """See `Server`."""

    def __init__(self, mailbox: Mailbox):
        self.mailbox = mailbox
        self.box = _Box(mailbox)
        try:
            self._sign_in()
        except Failed as error:
            self.close()
            words = _("The server refused the user or password: %(why)s")
            raise FetchError(words % {"why": said_by(error)}) from error
        folder = mailbox.folder or "INBOX"
        try:
            self.box.folder.set(folder)
        except Failed as error:
            self.close()
            words = _("There is no folder “%(name)s”: %(why)s")
            raise FetchError(words % {"name": folder, "why": said_by(error)}) from error
        self._ready_folder()
        self.has_uidplus, self.has_move = self._can("UIDPLUS"), self._can("MOVE")

    def _sign_in(self) -> None:
        mailbox = self.mailbox
        if (grant := grants.grant_of(mailbox)) is None:
            self.box.login(mailbox.username, mailbox.password, initial_folder=None)
        else:
            self.box.xoauth2(mailbox.username, grants.access_token(grant), initial_folder=None)

    def waiting(self) -> Iterator[Waiting]:
        """Everything in the folder that was not fetched, oldest first."""
        uids = self.box.uids(f"NOT DELETED UNKEYWORD {FETCHED}")
        for start in range(0, len(uids), AT_ONCE):
            yield from self._sizes(uids[start : start + AT_ONCE])

    def whole(self, key: str) -> bytes | None:
        return self._fetched(key, "BODY.PEEK[]")

    def head(self, key: str) -> bytes:
        return self._fetched(key, "BODY.PEEK[HEADER]") or b""

    def put_away(self, key: str) -> None:
        """Deletes, moves or marks the message, as the mailbox is set."""
        way = self.mailbox.afterwards
        if way == Mailbox.Afterwards.DELETE:
            self._remove(key)
        elif way == Mailbox.Afterwards.MOVE:
            self._move(key, self.mailbox.done_folder)
        else:
            self.leave(key)

    def leave(self, key: str) -> None:
        """The message stays; the mark keeps it from being fetched again."""
        self._mark(key, FETCHED)

    def idle(self, seconds: int) -> bool:
        """Wait until something comes, at most so long; whether something did.

        What came since the folder was listed is asked for first: a server may tell of it in the
        same breath in which it begins to wait, where the library does not look.
        """
        self.box.client.untagged_responses.pop("EXISTS", None)
        self.box.client.noop()
        if self.box.client.untagged_responses.get("EXISTS"):
            return True
        return bool(self.box.idle.wait(timeout=seconds))

    def close(self) -> None:
        try:
            self.box.logout()
        except (*Failed, AttributeError):
            return  # it is gone already

    def _ready_folder(self) -> None:
        if self.mailbox.afterwards != Mailbox.Afterwards.MOVE:
            return
        name = self.mailbox.done_folder
        if not name or name == (self.mailbox.folder or "INBOX"):
            raise FetchError(_("Name another folder for fetched mail."))
        if not self.box.folder.exists(name):
            self.box.folder.create(name)

    # The library's own verbs end with an EXPUNGE, which takes away whatever anybody marked as
    # deleted: these touch one message.

    def _move(self, key: str, folder: str) -> None:
        if self.has_move:  # RFC 6851
            kind, said = self.box.client.uid("MOVE", key, encode_folder(folder))
            self._refuse(kind, said)
        else:
            self.box.copy([key], folder)
            self._remove(key)

    def _remove(self, key: str) -> None:
        """Without UIDPLUS (RFC 4315) the server takes away all that is marked as deleted."""
        self._mark(key, MailMessageFlags.DELETED)
        self._expunge(key)

    def _expunge(self, key: str) -> None:
        client = self.box.client
        self._refuse(*(client.uid("EXPUNGE", key) if self.has_uidplus else client.expunge()))

    def _mark(self, key: str, flag: str) -> None:
        self._refuse(*self.box.client.uid("STORE", key, "+FLAGS", f"({flag})"))

    def _refuse(self, kind: str, said: list) -> None:
        if kind != "OK":
            words = b" ".join(one for one in said if isinstance(one, bytes))
            why = words.decode("utf-8", "replace")[:200]
            raise FetchError(_("The server refused: %(why)s") % {"why": why})

    def _can(self, name: str) -> bool:
        """Asked once signed in: what a server tells strangers is less."""
        _kind, rows = self.box.client.capability()
        return name in b" ".join(row or b"" for row in rows).decode("ascii", "replace").split()

    def _sizes(self, uids: list[str]) -> Iterator[Waiting]:
        kind, rows = self.box.client.uid("fetch", ",".join(uids), "(UID RFC822.SIZE INTERNALDATE)")
        if kind != "OK":
            raise FetchError(_("The server does not list its messages."))
        for row in rows:
            line = row[0] if isinstance(row, tuple) else row
            uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
            if uid and size:
                yield Waiting(uid[1].decode(), int(size[1]), _came_at(line))

    def _fetched(self, key: str, what: str) -> bytes | None:
        kind, rows = self.box.client.uid("fetch", key, f"({what})")
        found = [row[1] for row in rows or [] if isinstance(row, tuple) and len(row) > 1]
        if kind != "OK":
            raise FetchError(_("The server does not give out a message."))
        return found[0] if found else None


def _came_at(line: bytes) -> datetime | None:
    parts = imaplib.Internaldate2tuple(line)
    if parts is None:
        return None
    try:
        return datetime.fromtimestamp(time.mktime(parts), UTC)
    except (ValueError, OverflowError):
        return None


def said_by(error: Exception) -> str:
    """The server's own words, as far as there are any."""
    words = getattr(error, "args", None) or [error]
    first = words[0]
    if isinstance(first, bytes):
        return first.decode("utf-8", "replace")[:200]
    result = getattr(error, "command_result", None)
    if result and result[1] and isinstance(result[1][0], bytes):
        return result[1][0].decode("utf-8", "replace")[:200]
    return str(first)[:200]
