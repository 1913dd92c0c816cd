"""Mail leaves by TLS, from the start or by STARTTLS, or not at all: where a certificate is not
trusted, of another name or run out it waits, and says what to do."""

from datetime import timedelta

import pytest

from helpdesk import actions
from helpdesk.models import Mailbox, MailGrant, OutgoingMail
from helpdesk.permissions import actor_of
from tests.mail import certificates
from tests.mail.messages import US
from tests.mail.outgoing import smtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(ticket, agent):
    return actions.reply(ticket, by=actor_of(agent), body="Try this.")


@pytest.fixture
def start_smtp():
    started = []

    def start(certificate, security: str, server=None, **options):
        how = "ssl_context" if security == "tls" else "tls_context"
        options |= {how: certificate.at_server, "require_starttls": security == "starttls"}
        server, controller = smtp.start(server, **options)
        started.append(controller)
        return server

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def by_url(smtp_server, settings):
    """The server of EMAIL_URL is this one: `smtp+ssl://` or `smtp+tls://`."""

    def name(server, security: str) -> None:
        settings.EMAIL_PORT = server.port
        settings.EMAIL_USE_SSL = security == "tls"
        settings.EMAIL_USE_TLS = security == "starttls"

    return name


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_leaves_over_tls(tmp_path, monkeypatch, start_smtp, by_url, reply, post, security):
    certificate = certificates.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    server = start_smtp(certificate, security)
    by_url(server, security)
    post()
    assert [got.to for got in server.got] == [["ann@customer.example"]]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("unknown", "name its file in SSL_CERT_FILE"),
        ("another name", "Enter the server by the name in it"),
        ("ran out", "It has to be renewed there"),
    ],
)
def test_nothing_leaves_to_a_server_with_a_wrong_certificate(
    tmp_path,
    monkeypatch,
    start_smtp,
    by_url,
    reply,
    post,
    security,
    trouble,
    words,
):
    certificate = certificates.make(
        tmp_path,
        "127.0.0.9" if trouble == "another name" else "127.0.0.1",
        ends=timedelta(days=-1 if trouble == "ran out" else 1),
    )
    if trouble != "unknown":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    server = start_smtp(certificate, security)
    by_url(server, security)
    post()
    mail = OutgoingMail.objects.get()
    assert (mail.state, server.got) == ("waiting", [])
    assert words in mail.last_error


def test_a_server_that_offers_no_starttls_gets_nothing_readable(by_url, smtp_server, reply, post):
    by_url(smtp_server, "starttls")
    assert post() == []
    assert "offers no STARTTLS" in OutgoingMail.objects.get().last_error


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_the_account_of_a_mailbox_says_its_token_only_over_tls_that_is_trusted(
    tmp_path,
    monkeypatch,
    start_smtp,
    mailbox,
    reply,
    post,
    security,
    is_trusted,
):
    certificate = certificates.make(tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    account = smtp.Account(user=US, token="token")
    needs = {"auth_required": True, "auth_require_tls": security == "starttls"}
    server = start_smtp(certificate, security, account, **needs)
    Mailbox.objects.filter(pk=mailbox.pk).update(username=US)
    grant = MailGrant(
        mailbox=mailbox,
        provider="other",
        token_url="http://127.0.0.1:1/token",
        client_id="client",
        sends=True,
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_security=security,
        expires_at=reply.happened_at + timedelta(hours=1),
    )
    grant.access_token = "token"
    grant.save()
    post()
    assert len(server.got) == len(account.signed_in) == int(is_trusted)
    assert ("SSL_CERT_FILE" in OutgoingMail.objects.get().last_error) is not is_trusted
