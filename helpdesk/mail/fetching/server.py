"""What fetching asks of a mail server, whichever of the two protocols it speaks."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.models import Mailbox
from helpdesk.outbound.fence import RefusedAddress, is_allowed, networks

TIMEOUT = 30.0  # seconds without a word
RAN_OUT, OTHER_NAME = 10, (62, 64)  # X509_V_ERR of OpenSSL
PORTS = {("imap", "tls"): 993, ("imap", ""): 143, ("pop3", "tls"): 995, ("pop3", ""): 110}


class FetchError(Exception):
    """The server can't be used now; the words are for whoever keeps the mailbox."""


@dataclass(frozen=True)
class Waiting:
    """A message on the server. `came_at` is None where the server does not say."""

    key: str
    size: int
    came_at: datetime | None = None


class Server(Protocol):
    """A connection to a mailbox. Every method raises FetchError, or what the library raises."""

    def waiting(self) -> Iterator[Waiting]: ...
    def whole(self, key: str) -> bytes | None: ...
    def head(self, key: str) -> bytes: ...
    def put_away(self, key: str) -> None: ...
    def leave(self, key: str) -> None: ...
    def close(self) -> None: ...


def port_of(mailbox: Mailbox) -> int:
    is_tls = mailbox.security == Mailbox.Security.TLS
    return mailbox.port or PORTS[mailbox.protocol, "tls" if is_tls else ""]


def connected(host: str, port: int) -> socket.socket:
    """A connection to an address that may be reached, checked before a word is said."""
    allowed = networks(settings.OUTBOUND_ALLOW)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_rest, address in found:
        if not is_allowed(address[0], allowed):
            raise RefusedAddress(host, address[0])
    failure: OSError | None = None
    for *_rest, address in found:
        try:
            return socket.create_connection(address[:2], timeout=TIMEOUT)
        except OSError as error:
            failure = error
    raise failure or OSError("no address")


def trust() -> ssl.SSLContext:
    """TLS as this machine trusts it, with the server's name checked."""
    return ssl.create_default_context()


def refused_tls(host: str, error: ssl.SSLError) -> str:
    """Why there is no TLS with a server, and what to do, in words."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return _("%(host)s does not speak TLS at this port.") % {"host": host}
    if error.verify_code in OTHER_NAME:
        words = _(
            "%(host)s shows a certificate for another name. Enter the server by the name in it."
            " (%(why)s)"
        )
    elif error.verify_code == RAN_OUT:
        words = _(
            "The certificate of %(host)s ran out. It has to be renewed there; or the clock of this"
            " machine is wrong. (%(why)s)"
        )
    else:
        words = _(
            "%(host)s shows a certificate that is not trusted. If it is yours, add its authority to"
            " the certificates of this machine, or name its file in SSL_CERT_FILE, and start the"
            " helpdesk anew. (%(why)s)"
        )
    return words % {"host": host, "why": error.verify_message.rstrip(".")}
