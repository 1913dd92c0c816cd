"""TLS with a real server, from the start and by STARTTLS. A certificate that is not trusted, or of
another name, ends it before a password is said, in words that say what to do."""

import pytest

from helpdesk.mail import fetching
from helpdesk.models import Mailbox, StoredMessage
from tests.mail.messages import make_mailbox, message

pytestmark = pytest.mark.django_db
WAYS = [("imap", "tls"), ("imap", "starttls"), ("pop3", "tls"), ("pop3", "starttls")]


@pytest.fixture
def make_box(mail_server, account):
    def make(protocol: str, security: str, host: str = "127.0.0.1") -> Mailbox:
        mailbox = make_mailbox(
            protocol=protocol,
            host=host,
            port=getattr(mail_server, protocol + ("s" if security == "tls" else "")),
            security=security,
            username=account,
            afterwards="delete",
        )
        mailbox.password = "secret"
        mailbox.save()
        return mailbox

    return make


@pytest.fixture
def trusted(mail_server, monkeypatch):
    """This machine trusts the certificate of the mail server, as docs/mail.md says."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.folder / "certificate.pem"))


@pytest.mark.parametrize(("protocol", "security"), WAYS)
def test_mail_is_fetched_over_tls(mail_server, account, make_box, trusted, protocol, security):
    mail_server.put(account, message("Words"))
    look = fetching.fetch(make_box(protocol, security))
    assert (look.stored, look.error) == (1, "")
    assert mail_server.count(account) == 0


@pytest.mark.parametrize(("protocol", "security"), WAYS)
def test_a_certificate_that_nobody_vouches_for_ends_it(
    mail_server, account, make_box, protocol, security
):
    mail_server.put(account, message("Words"))
    mailbox = make_box(protocol, security)
    assert fetching.fetch(mailbox).stored == 0
    mailbox.refresh_from_db()
    assert "127.0.0.1 shows a certificate that is not trusted" in mailbox.last_error
    assert "SSL_CERT_FILE" in mailbox.last_error
    assert fetching.try_out(mailbox) == (0, mailbox.last_error)
    assert not StoredMessage.objects.exists()
    assert mail_server.count(account) == 1


@pytest.mark.parametrize(("protocol", "security"), WAYS)
def test_a_certificate_of_another_name_ends_it(make_box, trusted, protocol, security):
    _number, error = fetching.try_out(make_box(protocol, security, host="127.0.0.2"))
    assert "certificate for another name. Enter the server by the name in it." in error


def test_a_port_without_tls_is_said(mail_server, make_box):
    mailbox = make_box("imap", "tls")
    mailbox.port = mail_server.imap
    assert "does not speak TLS at this port" in fetching.try_out(mailbox)[1]
