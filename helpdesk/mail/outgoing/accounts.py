"""Which mail server a message leaves by: that of the installation, or the account of its mailbox,
signed in to by OAuth 2."""

import smtplib
import ssl

from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk.mail.fetching import grants
from helpdesk.mail.fetching.server import FetchError, connected, trust
from helpdesk.models import Mailbox, MailGrant, OutgoingMail

HOSTS = {
    MailGrant.Provider.MICROSOFT: "smtp.office365.com",
    MailGrant.Provider.GOOGLE: "smtp.gmail.com",
}
PORTS = {Mailbox.Security.TLS: 465, Mailbox.Security.STARTTLS: 587, Mailbox.Security.NONE: 25}
SECONDS = 30.0
Security = Mailbox.Security


class _Client(smtplib.SMTP):
    """Connects within the fence."""

    def _get_socket(self, host, port, timeout):
        plain = connected(host, port)
        plain.settimeout(timeout)
        return plain


class _SecureClient(_Client):
    """TLS from the start."""

    def _get_socket(self, host, port, timeout):
        plain = super()._get_socket(host, port, timeout)
        return trust().wrap_socket(plain, server_hostname=host)


class AccountBackend(EmailBackend):
    """The account of a mailbox, by XOAUTH2. `open` raises Unrenewed and LostKey, too."""

    def __init__(self, grant: MailGrant):
        security = grant.smtp_security
        super().__init__(
            host=grant.smtp_host or HOSTS.get(grant.provider, ""),
            port=grant.smtp_port or PORTS[security],
            username="",
            password="",
            use_tls=security == Security.STARTTLS,
            use_ssl=False,
            timeout=SECONDS,
        )
        self.grant = grant

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        is_secure = self.grant.smtp_security == Security.TLS
        return _SecureClient if is_secure else _Client

    @property
    def ssl_context(self) -> ssl.SSLContext:
        return trust()

    def open(self) -> bool:
        if self.connection:
            return False
        if not (self.grant.smtp_host or self.grant.provider in HOSTS):
            raise FetchError(_("Enter the SMTP server of the account."))
        token = grants.access_token(self.grant)
        super().open()
        words = grants.sign_in_words(self.grant.mailbox.username, token)
        self.connection.ehlo_or_helo_if_needed()
        self.connection.auth("XOAUTH2", lambda challenge=None: "" if challenge else words)
        return True


class Servers:
    """The connections of one round of sending, each opened when it is first needed.

    A server that takes nothing now is left alone for the round; the mail of the others goes on.
    """

    def __init__(self) -> None:
        self.opened: dict[int | None, EmailBackend] = {}
        self.out: set[int | None] = set()

    def of(self, mail: OutgoingMail):
        account = self.account_of(mail)
        if account not in self.opened:
            self.opened[account] = (
                get_connection() if account is None else AccountBackend(mail.mailbox.grant)
            )
        return self.opened[account]

    def leave_out(self, mail: OutgoingMail) -> None:
        self.out.add(self.account_of(mail))

    def usable(self) -> Q:
        """Which messages leave by a server that was not left out."""
        accounts = [one for one in self.out if one is not None]
        found = ~Q(mailbox__in=accounts) if accounts else Q()
        return found & Q(mailbox__grant__sends=True) if None in self.out else found

    @staticmethod
    def account_of(mail: OutgoingMail) -> int | None:
        """The mailbox through whose account it leaves, if it does."""
        grant = getattr(mail.mailbox, "grant", None) if mail.mailbox_id else None
        return mail.mailbox_id if grant is not None and grant.sends else None
