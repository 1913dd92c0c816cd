"""A mailbox over POP3. What is deleted goes when the session ends well, and only then."""

import poplib
import ssl
from base64 import b64encode
from collections.abc import Iterator

from django.utils.translation import gettext as _

from helpdesk.mail.fetching import grants
from helpdesk.mail.fetching.server import FetchError, Waiting, connected, port_of, trust
from helpdesk.models import Mailbox

poplib._MAXLINE = 1024 * 1024  # a line of a message may be longer than the standard allows


class _Client(poplib.POP3):
    """Connects within the fence; TLS from the start where the mailbox says so."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None):
        self._context = context
        super().__init__(host, port)

    def _create_socket(self, timeout):
        plain = connected(self.host, self.port)
        return (
            self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain
        )


class Pop3Server:
    """See `Server`. POP3 has no marks and no folders: what is stored is deleted."""

    def __init__(self, mailbox: Mailbox):
        secure = Mailbox.Security
        self.mailbox = mailbox
        context = trust() if mailbox.security == secure.TLS else None
        self.client = _Client(mailbox.host, port_of(mailbox), context)
        if mailbox.security == secure.STARTTLS:
            self.client.stls(trust())
        try:
            self._sign_in()
        except poplib.error_proto as error:
            self.close()
            why = error.args[0].decode("utf-8", "replace") if error.args else ""
            words = _("The server refused the user or password: %(why)s")
            raise FetchError(words % {"why": why}) from error

    def _sign_in(self) -> None:
        mailbox = self.mailbox
        if (grant := grants.grant_of(mailbox)) is None:
            self.client.user(mailbox.username)
            self.client.pass_(mailbox.password)
            return
        words = grants.sign_in_words(mailbox.username, grants.access_token(grant))
        self.client._shortcmd("AUTH XOAUTH2")  # in two steps, as Microsoft wants it
        self.client._shortcmd(b64encode(words.encode()).decode())

    def waiting(self) -> Iterator[Waiting]:
        rows = [line.decode("ascii", "replace").split() for line in self.client.list()[1]]
        for number, size in (row for row in rows if len(row) == 2):
            yield Waiting(number, int(size))

    def whole(self, key: str) -> bytes | None:
        return b"\r\n".join(self.client.retr(int(key))[1]) + b"\r\n"

    def head(self, key: str) -> bytes:
        return b"\r\n".join(self.client.top(int(key), 0)[1]) + b"\r\n"

    def put_away(self, key: str) -> None:
        self.client.dele(int(key))

    def leave(self, key: str) -> None:
        """It stays on the server, and is seen again: storing knows it by its bytes."""

    def close(self) -> None:
        try:
            self.client.quit()
        except (poplib.error_proto, OSError):
            self.client.close()
