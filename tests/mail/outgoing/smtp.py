"""A real mail server on this machine that keeps what it is given, or refuses as it is told."""

import socket
from base64 import b64decode
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@dataclass
class Got:
    """One message as the server took it: its envelope, and its bytes."""

    sender: str
    to: list[str]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        return self.mail.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.mail.get_body(("html",)).get_content()


@dataclass
class Server:
    """`refuses` maps a recipient to what the server says to it."""

    got: list[Got] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    says_at_end: str = "250 Taken"
    port: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.says_at_end.startswith("250"):
            self.got.append(Got(envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.says_at_end

    def to(self, address: str) -> list[Got]:
        return [one for one in self.got if one.to == [address]]


@dataclass
class Account(Server):
    """Takes mail only from whoever signs in by XOAUTH2 with its token."""

    user: str = ""
    token: str = ""
    signed_in: list[str] = field(default_factory=list)

    async def auth_XOAUTH2(self, server, args):  # noqa: N802
        said = b64decode(args[1]).decode()
        self.signed_in.append(said)
        is_right = said == f"user={self.user}\x01auth=Bearer {self.token}\x01\x01"
        return AuthResult(success=is_right, handled=False, auth_data=self.user)


def start(server: Server | None = None, **options) -> tuple[Server, Controller]:
    server = server or Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    return server, controller
